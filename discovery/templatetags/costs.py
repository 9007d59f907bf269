"""What a product costs its user, as a row shows it and lets it be typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django import template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.models import CostVat, ProductCost
from discovery.products.columns import Row
from discovery.scoring import CostBasis, Score, VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.scoring.pack_size import cost_of_listing
from discovery.text import costs, formats

register = template.Library()

Source = ProductCost.Source
SINCE = "-since"
SAID = {
    Source.TYPED: gettext_noop("Your cost, typed on %(when)s"),
    Source.BOUGHT: gettext_noop("What you paid, noted on %(when)s"),
    Source.API: gettext_noop("Your cost, from the API on %(when)s"),
    Source.LIST: gettext_noop("Your cost, from a list on %(when)s"),
}


@dataclass(frozen=True, slots=True)
class CostCell:
    """``value`` is the cost known, as it is typed; ``placeholder`` what is reckoned without one.

    Both are for all that the listing sells at once; ``text`` is the one there is, to be read.
    ``line`` is the line of a run, if it is one; ``source`` who said the cost, else what it is;
    ``bases`` are the choices of its VAT, if any.
    """

    line: int | None
    value: str
    placeholder: str
    text: str
    vat: VatBasis
    bases: tuple[tuple[str, str], ...]
    source: str
    tip: str

    @property
    def before(self) -> str:
        """What stands for the product's cost until another is typed."""
        return self.placeholder if self.is_since else self.value

    @property
    def is_since(self) -> bool:
        """Whether the cost was said after the row was scored: it is not reckoned with here."""
        return self.source.endswith(SINCE)


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
    market = score.marketplace
    value = placeholder = source = tip = ""
    text, vat = formats.MISSING, score.cost_vat
    if score.cost_basis is CostBasis.EXPLICIT and score.cost_given is not None:
        whole = cost_of_listing(score.cost_given, units=score.cost_units, pack_size=score.pack_size)
        value, text = formats.exact(whole), costs.stated(whole, market, score.cost_vat)
    if value:
        source = Source.LIST if is_lines or own is None else Source(own.source)
        tip = _("Your cost, from this list") if is_lines or own is None else cost_said(own)
    elif own is not None and not is_lines:
        # Said elsewhere since this row was scored.
        placeholder, source = formats.exact(own.cost), f"{own.source}{SINCE}"
        text, vat = costs.stated(own.cost, market, own.cost_vat), VatBasis(own.cost_vat)
        tip = _("%(said)s: this row was scored before. Type it here to reckon with it.") % {
            "said": cost_said(own)
        }
    elif score.landed_cost is not None:
        placeholder = formats.amount(score.landed_cost, score.currency)
        text = costs.paid(score.landed_cost, market)
        source = str(score.cost_basis or "")
        tip = costs.way_text(score)
    if value and costs.given_text(score):
        tip = f"{tip} · {costs.paid(score.landed_cost, market)}"
    return CostCell(
        line=None if line is None else line.pk,
        value=value,
        placeholder=placeholder,
        text=text,
        vat=vat,
        bases=tuple((basis, str(label)) for basis, label in CostVat.choices)
        if has_vat(market)
        else (),
        source=source,
        tip=tip,
    )


@register.simple_tag
def bought_address(row: Row, profile: str, is_foreign: object = False) -> str:
    """Where a row's product is noted as bought: what it costs its reader is filled in already.

    In somebody else's answer (``is_foreign``) the costs are not the reader's.
    """
    score = cast(Score, row.score)
    asked = {"marketplace": score.marketplace, "asin": score.asin}
    cell = None if is_foreign else cost_cell(row)
    if cell and cell.value:
        asked |= {"cost": cell.value, "cost_vat": cell.vat.value}
    if profile:
        asked["profile"] = profile
    return f"{reverse('discovery:add_purchase')}?{urlencode(asked)}"
