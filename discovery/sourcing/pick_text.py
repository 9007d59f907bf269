"""Picks in words: their class, where to buy, at what price, how sure it is, what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, pgettext_lazy

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import CostKind, Pick, PickClass, Sighting
from discovery.scoring import FlagCode, VatBasis
from discovery.sourcing.review import Part
from discovery.sourcing.shown import ShownPick
from discovery.text import costs, formats, labels
from discovery.text.flags import flag_text
from discovery.text.glossary import TERMS

DECISIONS = {
    Pick.Decision.IGNORED: gettext_noop("Ignored"),
    Pick.Decision.BOUGHT: gettext_noop("Bought"),
}
PARTS = {
    Part.NEW: gettext_noop("New since your last visit"),
    Part.BETTER: gettext_noop("Better since your last visit"),
    Part.WORSE: gettext_noop("Worse since your last visit"),
    Part.GONE: gettext_noop("Gone since your last visit"),
}


SHORT = {
    Part.NEW: pgettext_lazy("picks", "new"),
    Part.BETTER: pgettext_lazy("picks", "better"),
    Part.WORSE: pgettext_lazy("picks", "worse"),
    Part.GONE: pgettext_lazy("picks", "gone"),
}


def class_term(pick_class: str) -> str:
    """The code of a class in the glossary."""
    return f"class_{PickClass(pick_class).value.lower()}"


def kind_term(cost_kind: str) -> str:
    """The code of a kind of cost in the glossary."""
    return f"cost_{CostKind(cost_kind).value}"


def class_label(pick_class: str) -> str:
    """What the looks at a product say of it, in a word or two."""
    return TERMS[class_term(pick_class)].name


def kind_label(cost_kind: str) -> str:
    """Where a real purchase price comes from; empty for none."""
    return TERMS[kind_term(cost_kind)].name if cost_kind else ""


def part_label(part: str) -> str:
    """The heading of a part of the review."""
    return _(PARTS[Part(part)])


def part_short(part: str) -> str:
    """A part of the review in a word, before its number."""
    return str(SHORT[Part(part)])


def classes() -> list[tuple[str, str]]:
    """Every class and what it means."""
    terms = [TERMS[class_term(one)] for one in PickClass.values]
    return [(term.name, term.sentence) for term in terms]


def decision_label(decision: str) -> str:
    """What its owner decided; empty for nothing."""
    return _(DECISIONS[Pick.Decision(decision)]) if decision else ""


def place_text(seen: Pick | Sighting, marketplace: str) -> str:
    """Where it is to be bought: a shop abroad, an offer of the listing, a list; empty if unknown.

    ``marketplace`` is where it is sold.
    """
    source = seen.cost_source
    match seen.cost_kind:
        case CostKind.EUROPE:
            abroad = MARKETPLACES.get(source)
            return abroad.host.removeprefix("www.") if abroad else source
        case CostKind.DIP:
            host = MARKETPLACES[marketplace].host.removeprefix("www.")
            return _("Amazon itself, on %(shop)s") % {"shop": host}
        case CostKind.SAME_LISTING:
            return costs.place_label(source)
        case CostKind.LIST:
            return _("your list “%(name)s”") % {"name": source} if source else _("your list")
        case CostKind.STATED:
            return _("where you found this price")
    return ""


def buy_address(found: ShownPick) -> str:
    """The page where it is bought; empty where only the user knows it."""
    pick = found.pick
    if pick.cost_kind == CostKind.EUROPE:
        abroad = MARKETPLACES.get(pick.cost_source)
        return abroad.product_url(str(found.cost.get("asin") or pick.asin)) if abroad else ""
    if pick.cost_kind in {CostKind.SAME_LISTING, CostKind.DIP}:
        return MARKETPLACES[pick.marketplace].product_url(pick.asin)
    return ""


def parts_of_cost(found: ShownPick) -> str:
    """How a price is made up: ``23,99 € + 4,00 € carriage``; empty where nothing is added to it."""
    price, carriage = (_amount(found.cost.get(name)) for name in ("price", "carriage"))
    if price is None or not carriage:
        return ""
    currency = MARKETPLACES[found.pick.marketplace].currency
    vat = found.cost.get("vat")
    shown = formats.money(price, currency)
    if vat == VatBasis.EXCLUDED.value:
        shown = costs.stated(price, found.pick.marketplace, VatBasis.EXCLUDED)
    return _("%(price)s + %(carriage)s carriage") % {
        "price": shown,
        "carriage": formats.money(carriage, currency),
    }


def dip_text(found: ShownPick) -> str:
    """At what it is sold later, and how often it came back to that; empty for what is no dip."""
    flags = (found.flag(code) for code in (FlagCode.DIP, FlagCode.DIP_UNPROVEN))
    currency = MARKETPLACES[found.pick.marketplace].currency
    return " ".join(flag_text(flag, currency) for flag in flags if flag is not None)


def quantity_text(pick: Pick) -> str:
    """How many one may buy: what one can expect to sell in 30 days, never more."""
    if pick.quantity is None:
        return _("unknown: sales are not known")
    if pick.quantity == 0:
        return _("none: less than one sale a month to expect")
    return ngettext(
        "%(count)s unit at most: your expected sales of 30 days",
        "%(count)s units at most: your expected sales of 30 days",
        pick.quantity,
    ) % {"count": formats.number(pick.quantity)}


def evidence_text(found: ShownPick, now: datetime) -> str:
    """What was seen and when: how often, since when, the age of the data, the offers."""
    pick = found.pick
    parts = [
        ngettext("seen %(count)s time", "seen %(count)s times", pick.sightings_count)
        % {"count": formats.number(pick.sightings_count)},
        _("first on %(when)s") % {"when": formats.when(pick.first_seen_at)},
        _("data of %(age)s ago") % {"age": formats.age(now - pick.data_at)},
    ]
    if abroad := _moment(found.cost.get("seen_at")):
        parts.append(_("purchase price of %(age)s ago") % {"age": formats.age(now - abroad)})
    if pick.offers is not None:
        parts.append(
            ngettext("%(count)s offer", "%(count)s offers", pick.offers)
            % {"count": formats.number(pick.offers)}
        )
    return ", ".join(parts)


def changes_text(found: ShownPick) -> str:
    """What is other than at the last visit: ``ROI 31 % → 52 %, purchase price −3,10 €``."""
    return ", ".join(_changes(found.pick, found.before)) if found.before else ""


def _changes(pick: Pick, before: Sighting) -> Iterator[str]:
    currency = MARKETPLACES[pick.marketplace].currency
    if pick.gone_at is not None:
        yield _("gone since %(when)s") % {"when": formats.when(pick.gone_at)}
        return
    if pick.shown_verdict is not before.shown_verdict:
        verdicts = (labels.verdict_label(seen.shown_verdict) for seen in (before, pick))
        yield " → ".join(verdicts)
    if _percent(pick) != _percent(before):
        yield _("ROI %(before)s → %(now)s") % {"before": _percent(before), "now": _percent(pick)}
    for name, was, now in (
        (_("purchase price"), before.cost, pick.cost),
        (_("sell price"), before.price, pick.price),
    ):
        if was is not None and now is not None and (change := round(now - was, 2)):
            sign = "+" if change > 0 else ""
            yield f"{name} {sign}{formats.money(change, currency)}"
    if (pick.cost_kind, pick.cost_source) != (before.cost_kind, before.cost_source):
        places = (place_text(seen, pick.marketplace) for seen in (before, pick))
        yield _("bought at: %(places)s") % {
            "places": " → ".join(place or formats.MISSING for place in places)
        }
    if before.offers is not None and pick.offers is not None and before.offers != pick.offers:
        yield _("offers %(before)s → %(now)s") % {
            "before": formats.number(before.offers),
            "now": formats.number(pick.offers),
        }


def _percent(seen: Pick | Sighting) -> str:
    return formats.percent(seen.roi_percent)


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None


def _moment(value: Any) -> datetime | None:
    moment = parse_datetime(value) if isinstance(value, str) else None
    return moment if moment and moment.tzinfo else None
