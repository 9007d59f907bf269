"""What a product costs its user, as a row shows it and lets it be typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.models import CostVat, ProductCost
from discovery.products.columns import Row
from discovery.scoring import CostBasis, Score, VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.scoring.pack_size import cost_of_listing
from discovery.text import costs, formats, labels

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
def cost_said(cost: ProductCost) -> str:
    """Who said what a product costs, and when."""
    return _(SAID[Source(cost.source)]) % {"when": formats.when(cost.stated_at)}


@register.filter
def cost_kept(cost: ProductCost) -> str:
    """The cost as it was said."""
    return costs.stated(cost.cost, cost.marketplace, cost.cost_vat)


@register.filter
def cost_cell(row: Row) -> CostCell:
    """The cost of a row: that of its line's own file, else what its user pays for the product.

    Without a score there is nothing to reckon with: the cell is not shown then.
    """
    line, score, own = row.line, cast(Score, row.score), row.own
    is_lines = line is not None and line.cost is not None
    value = placeholder = ""
    source = tip = ""
    if score.cost_basis is CostBasis.EXPLICIT and score.cost_given is not None:
        whole = cost_of_listing(score.cost_given, units=score.cost_units, pack_size=score.pack_size)
        value = formats.exact(whole)
    if value:
        source = Source.LIST if is_lines or own is None else Source(own.source)
        tip = _("Your cost, from this list") if is_lines or own is None else cost_said(own)
    elif own is not None and not is_lines:
        # Said elsewhere since this row was scored.
        placeholder, source = formats.exact(own.cost), f"{own.source}-since"
        tip = _("%(said)s: this row was scored before. Type it here to reckon with it.") % {
            "said": cost_said(own)
        }
    elif score.landed_cost is not None:
        placeholder = formats.exact(score.landed_cost)
        source = str(score.cost_basis or "")
        tip = labels.cost_label(score.cost_basis)
    if value and costs.given_text(score):
        tip = f"{tip} · {costs.paid(score.landed_cost, score.marketplace)}"
    return CostCell(
        line=None if line is None else line.pk,
        value=value,
        placeholder=placeholder,
        vat=score.cost_vat,
        bases=tuple((basis, str(label)) for basis, label in CostVat.choices)
        if has_vat(score.marketplace)
        else (),
        source=source,
        tip=tip,
    )
