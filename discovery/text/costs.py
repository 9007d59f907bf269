"""Purchase prices in words: an amount never stands without saying whether it holds VAT."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.scoring import CostBasis, Score, VatBasis
from discovery.scoring.marketplaces import has_vat, marketplace
from discovery.scoring.purchase_ways import PurchaseKind
from discovery.text import formats, labels

BASES = {
    VatBasis.INCLUDED: gettext_noop("incl. VAT"),
    VatBasis.EXCLUDED: gettext_noop("excl. VAT"),
}

KINDS = {
    PurchaseKind.SAME_LISTING: gettext_noop("same listing"),
    PurchaseKind.EUROPE: gettext_noop("Europe"),
    PurchaseKind.DIP: gettext_noop("price dip"),
    PurchaseKind.LIST: gettext_noop("supplier's list"),
    PurchaseKind.STATED: gettext_noop("your price"),
}
# Where a cost is asked, by the source of a score: an offer of the listing, or a marketplace.
PLACES = {
    "fbm": gettext_noop("an FBM seller"),
    "lowest": gettext_noop("the cheapest seller"),
    "amazon": "Amazon",
    "warehouse": gettext_noop("Amazon's returned goods"),
    "de": gettext_noop("Germany"),
    "it": gettext_noop("Italy"),
    "es": gettext_noop("Spain"),
    "fr": gettext_noop("France"),
}
# Bases whose place says more than the basis alone.
ELSEWHERE = (CostBasis.EUROPE, CostBasis.DIP)


def basis_label(basis: VatBasis | str) -> str:
    """Whether an amount holds VAT: ``TTC`` or ``HT``."""
    return _(BASES[VatBasis(basis)])


def stated(amount: Decimal | None, market: str, basis: VatBasis | str) -> str:
    """A cost as somebody stated it: ``8,40 € HT``; without a basis where the store has no VAT."""
    text = formats.money(amount, marketplace(market).currency)
    if amount is None or not has_vat(market):
        return text
    return f"{text} {basis_label(basis)}"  # a narrow column may break here


def with_vat(heading: str, market: str) -> str:
    """The heading of amounts that hold VAT: ``Buy at most (incl. VAT)`` where the store has it."""
    if not has_vat(market):
        return heading
    included = basis_label(VatBasis.INCLUDED)
    return _("%(heading)s (%(basis)s)") % {"heading": heading, "basis": included}


def paid(amount: Decimal | None, market: str) -> str:
    """An amount as it is paid: ``10,08 € TTC``; ``10.08 $`` where the store has no VAT."""
    return stated(amount, market, VatBasis.INCLUDED)


def given_text(score: Score) -> str:
    """The cost as it was given, to stand beside the one paid; empty where it is the same."""
    if score.cost_without_vat is None:
        return ""
    return stated(score.cost_without_vat, score.marketplace, VatBasis.EXCLUDED)


def place_label(source: str | None) -> str:
    """Where a cost is asked: ``Germany``, ``FBM seller``, a list by its name; empty for none."""
    return _(PLACES[source]) if source in PLACES else source or ""


def kind_text(kind: str, source: str = "") -> str:
    """What kind of purchase it is, and where: ``Europe (Germany)``, ``price dip``; empty for none.

    ``kind`` is a ``PurchaseKind``'s value, ``source`` as a score or a pick holds it.
    """
    if not kind:
        return ""
    label, place = _(KINDS[PurchaseKind(kind)]), place_label(source)
    # A dip is Amazon's own, always.
    if not place or kind == PurchaseKind.DIP:
        return label
    return _("%(kind)s (%(place)s)") % {"kind": label, "place": place}


def way_text(score: Score) -> str:
    """Where a purchase price comes from: ``your cost``, ``Europe (Germany)``; empty for none."""
    if score.cost_basis in ELSEWHERE:
        return kind_text(score.cost_basis.value, score.cost_source or "")
    return labels.cost_label(score.cost_basis)


def source_text(score: Score) -> str:
    """Where the cost comes from, that it holds VAT, and how it was given: one line below it."""
    parts = [way_text(score)]
    if has_vat(score.marketplace):
        parts.append(basis_label(VatBasis.INCLUDED))
    if given := given_text(score):
        parts.append(_("%(amount)s as given") % {"amount": given})
    return ", ".join(parts)


def most_without_vat(score: Score) -> str:
    """The maximum buy price without VAT, for who states costs so; else empty."""
    if score.max_cost_without_vat is None:
        return ""
    return stated(score.max_cost_without_vat, score.marketplace, VatBasis.EXCLUDED)


def max_cost_text(score: Score) -> str:
    """The most to pay; with its sign where that is the price to look for: ``≤ 20 €``."""
    amount = paid(score.max_cost, score.marketplace)
    return f"≤{formats.NBSP}{amount}" if score.sourcing else amount


def headline(score: Score) -> str:
    """What to do, and up to which price for what is to be sourced: ``To source ≤ 20.07 €``."""
    label = labels.verdict_label(score.shown_verdict)
    return f"{label} {max_cost_text(score)}" if score.sourcing else label


def at_max_cost_text(score: Score) -> str:
    """At which purchase price the profit and ROI of a row are earned; empty for a known cost."""
    if not score.hypothetical:
        return ""
    if not score.sourcing:
        return _("cost unknown")
    return _("bought at %(price)s") % {"price": paid(score.max_cost, score.marketplace)}
