"""Picks in words, as templates ask for them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Sighting
from discovery.sourcing import pick_text
from discovery.sourcing.shown import ShownPick
from discovery.text import flags, formats, icons

register = template.Library()

for words in (
    pick_text.class_label,
    pick_text.class_term,
    pick_text.kind_label,
    pick_text.kind_term,
    pick_text.part_label,
    pick_text.part_short,
    pick_text.place_text,
    pick_text.buy_address,
    pick_text.parts_of_cost,
    pick_text.dip_text,
    pick_text.quantity_text,
    pick_text.changes_text,
):
    register.filter(words.__name__, words)


@register.filter
def evidence_text(found: ShownPick) -> str:
    """What was seen of a pick, and when."""
    return pick_text.evidence_text(found, timezone.now())


@register.filter
def risks(found: ShownPick) -> list[tuple[str, str, str, str]]:
    """The risks of its score: short name, sentence, icon and tone of each."""
    currency = MARKETPLACES[found.pick.marketplace].currency
    return [
        (
            flags.flag_label(flag.code, flag.params),
            flags.flag_text(flag, currency),
            *icons.SEVERITIES[flag.severity],
        )
        for flag in found.flags
    ]


@register.filter
def place_of(look: Sighting, marketplace: str) -> str:
    """Where a look found the purchase price, with the kind of cost before it."""
    place = pick_text.place_text(look, marketplace)
    kind = pick_text.kind_label(look.cost_kind)
    return " · ".join(part for part in (kind, place) if part) or formats.MISSING


@register.filter
def price_typed(found: ShownPick) -> str:
    """The purchase price as it is typed; empty where none is known."""
    return "" if found.pick.cost is None else formats.exact(found.pick.cost)


@register.filter
def money_of(amount: Decimal | None, marketplace: str) -> str:
    """An amount in the currency of a marketplace."""
    return formats.money(amount, MARKETPLACES[marketplace].currency)


@register.filter
def pick_address(found: ShownPick) -> str:
    """The product's page, reckoned at the purchase price that was found."""
    pick = found.pick
    path = reverse("discovery:product", args=(pick.marketplace, pick.asin))
    if pick.cost is None:
        return path
    asked = {"cost": formats.exact(pick.cost), "cost_vat": "incl", "units": "all"}
    return f"{path}?{urlencode(asked)}"
