"""Lots, and lines that turned out to be one product, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from discovery.scoring import CostBasis, FlagCode, Score, VatBasis
from discovery.text import formats


def lot_text(score: Score) -> str:
    """How a cost became that of all a listing sells at once; empty where nothing is to be said."""
    pack, units = score.pack_size or 1, score.cost_units
    if score.cost_basis is not CostBasis.EXPLICIT or not units or units == pack == 1:
        return ""
    values = {
        "pack": formats.number(pack),
        "units": formats.number(units),
        "cost": _given(score),
        "landed": formats.money(score.landed_cost, score.currency),
    }
    if units == pack:
        return _("Your cost is for the whole lot of %(pack)s.") % values
    if score.pack_size is None:
        return ""
    if units == 1:
        sentence = _(
            "The listing sells %(pack)s units at once, your cost is for one: "
            "%(pack)s × %(cost)s, %(landed)s landed."
        )
        return sentence % values
    sentence = _(
        "The listing sells %(pack)s at once, your cost of %(cost)s is for %(units)s: "
        "%(landed)s landed."
    )
    return sentence % values


def _given(score: Score) -> str:
    shown = formats.money(score.cost_given, score.currency)
    if score.cost_vat is VatBasis.EXCLUDED:
        return _("%(amount)s excl. VAT") % {"amount": shown}
    return shown


def most_per_unit_text(score: Score) -> str:
    """The most to pay for one of the units of a lot; empty for a single unit."""
    if not score.max_cost or (score.pack_size or 1) == 1:
        return ""
    unit = formats.money(score.max_cost / (score.pack_size or 1), score.currency)
    return _("for the lot; %(amount)s a unit") % {"amount": unit}


def asks_for_units(score: Score) -> bool:
    """Whether it makes a difference for how many units the cost of a lot was given."""
    is_lot = score.has_flag(FlagCode.PACK) and (score.pack_size or 1) > 1
    return is_lot and score.cost_basis is CostBasis.EXPLICIT


def pack_label(pack_size: int | None) -> str:
    """How many units a product sells at once, in two or three words."""
    if pack_size is None:
        return _("units not known")
    if pack_size == 1:
        return pgettext("pack size", "one unit")
    return _("lot of %(units)s") % {"units": formats.number(pack_size)}


def lots_text(*, quantity: int | None, lots: int | None) -> str:
    """What a quantity of units makes where they are sold in lots; empty where they are not."""
    if quantity is None or lots is None:
        return ""
    sentence = ngettext(
        "%(quantity)s units make %(lots)s lot.", "%(quantity)s units make %(lots)s lots.", lots
    )
    return sentence % {"quantity": formats.number(quantity), "lots": formats.number(lots)}


def merged_text(parts: Sequence[Mapping[str, Any]], *, cost: Decimal | None, currency: str) -> str:
    """Which lines of a list are one product and what became of their costs; empty for one line."""
    if len(parts) < 2:
        return ""
    numbers = ", ".join(formats.number(part["number"]) for part in parts)
    text = _("Lines %(numbers)s are this one product.") % {"numbers": numbers}
    given = [part for part in parts if part["cost"] is not None]
    if len({part["cost"] for part in given}) < 2 or cost is None:
        return text
    costs = ", ".join(
        f"{formats.number(part['quantity'] or 1)} × {amount}"
        for part in given
        for amount in (formats.money(Decimal(part["cost"]), currency),)
    )
    mean = _("Their costs differ (%(costs)s): the mean by quantity is used, %(mean)s.") % {
        "costs": costs,
        "mean": formats.money(cost, currency),
    }
    return f"{text} {mean}"
