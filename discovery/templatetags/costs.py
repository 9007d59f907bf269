"""What a product costs its user, as a row shows it and lets it be typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.models import CostVat, ProductCost
from discovery.scoring import CostBasis, Score, VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.scoring.pack_size import cost_of_listing
from discovery.text import formats, labels

register = template.Library()

Source = ProductCost.Source
SAID = {
    Source.TYPED: gettext_noop("Your cost, typed on %(when)s"),
    Source.BOUGHT: gettext_noop("What you paid, noted on %(when)s"),
    Source.API: gettext_noop("Your cost, from the API on %(when)s"),
    Source.LIST: gettext_noop("Your cost, from a list on %(when)s"),
}


@dataclass(frozen=True, slots=True)
class CostCell:
    """``value`` is the cost known, as it is typed; ``placeholder`` what is reckoned without one.

    Both are for all that the listing sells at once. ``line`` is the line of a run, if it is one;
    ``source`` who said the cost, else what it is; ``bases`` are the choices of its VAT, if any.
    """

    line: int | None
    value: str
    placeholder: str
    vat: VatBasis
    bases: tuple[tuple[str, str], ...]
    source: str
    tip: str


@register.filter
def cost_cell(line: Any, score: Score) -> CostCell:
    """The cost of a row: that of its line's own file, else what its user pays for the product.

    ``line`` is a line of a run or a favourite; ``own`` on it is the ``ProductCost`` known.
    """
    own: ProductCost | None = getattr(line, "own", None)
    is_lines = getattr(line, "cost", None) is not None
    value, placeholder, vat = "", "", score.cost_vat
    source = tip = ""
    if score.cost_basis is CostBasis.EXPLICIT and score.cost_given is not None:
        whole = cost_of_listing(score.cost_given, units=score.cost_units, pack_size=score.pack_size)
        value = formats.exact(whole)
    elif own is not None and not is_lines:
        # Scored before it was known, and nothing is stored to score it again with.
        value, vat = formats.exact(own.cost), VatBasis(own.cost_vat)
    if value:
        source = Source.LIST if is_lines or own is None else Source(own.source)
        said = None if is_lines or own is None else formats.when(own.stated_at)
        tip = _(SAID[source]) % {"when": said} if said else _("Your cost, from this list")
    elif score.landed_cost is not None:
        placeholder = formats.exact(score.landed_cost)
        source = str(score.cost_basis or "")
        tip = labels.cost_label(score.cost_basis)
    return CostCell(
        line=line.pk if isinstance(getattr(line, "pk", None), int) else None,
        value=value,
        placeholder=placeholder,
        vat=vat,
        bases=tuple((basis, str(label)) for basis, label in CostVat.choices)
        if has_vat(score.marketplace)
        else (),
        source=source,
        tip=tip,
    )
