"""The columns of a scored product: one registry for pages, files, the API and the terminal.

Pages and files add what the search or the list itself says (``exports/columns.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from discovery.models import ProductCost
from discovery.products.from_keepa import ProductCard
from discovery.scoring import Score, VatBasis
from discovery.scoring.marketplaces import has_vat, marketplace
from discovery.scoring.quantities import fewer_than
from discovery.text import conditions, costs, formats, labels, reasons

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Row:
    """A stored line with its product and score read back once; neither when it has no answer."""

    line: Any  # the stored line of a search or of a list; None where nothing is stored
    card: ProductCard | None
    score: Score | None
    spark: str = ""  # the path of its rank over the last 90 days (``products/sparks.py``)
    added_at: datetime | None = None  # since when it is a favourite, on the page of favourites
    own: ProductCost | None = None  # what the product costs its user, where that is known

    @property
    def key(self) -> str:
        """What tells it from the other rows of a page: its line, else its product."""
        if self.line is not None:
            return str(self.line.pk)
        return f"{self.card.marketplace}-{self.card.asin}" if self.card else ""

    @property
    def sold(self) -> int | None:
        """The units of the line that sell within 60 days, where that is fewer than it has."""
        sales = self.score.expected_sales_per_month if self.score else None
        return fewer_than(self.units, sales)

    @property
    def units(self) -> int | None:
        """How often the listing is bought: units that it sells in lots make so many lots."""
        units: int | None = self.line.quantity if self.line.lots is None else self.line.lots
        return units

    @property
    def total_profit(self) -> Decimal | None:
        """What the line earns with what sells of it, in the score's currency.

        No quantity is one unit, units sold in lots make so many lots; a loss is that of them all.
        """
        profit: Decimal | None = self.line.profit
        units: int = self.units or 1
        if profit is None:
            return None
        return profit * (units if profit <= 0 else self.sold or units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing a result says.

    ``name`` and ``heading`` stand above it in files; ``value`` is what a program reads, ``words``
    makes of it what a person reads (by default the number or text itself). ``on_page`` and
    ``in_terminal`` are headings that differ there; ``shown`` is the terminal's cell, given the
    API's value and the currency. ``api`` is its name in the API, empty when it is not there as
    such. ``holds_vat`` marks amounts that are paid with their VAT.
    """

    name: str
    heading: Words
    value: Callable[[Row], Any]
    words: Callable[[Any], str] | None = None
    on_page: Words = ""
    is_number: bool = True
    api: str = ""
    in_terminal: Words = ""
    shown: Callable[[Any, str], str] = lambda value, _currency: formats.number(value)
    holds_vat: bool = False

    def heading_on(self, marketplace: str) -> str:
        """The heading in a file of that marketplace: an amount that holds VAT says so."""
        return (
            costs.with_vat(str(self.heading), marketplace) if self.holds_vat else str(self.heading)
        )


def _read_from(
    part: str, name: str, heading: Words, *, read: Callable[[Any], Any] | None = None, **more: Any
) -> Column:
    """A column that is a field of the row's ``part``, or what is ``read`` of that part."""
    of, of_row = read or attrgetter(name), attrgetter(part)
    more.setdefault("value", lambda row: of(of_row(row)) if of_row(row) else None)
    return Column(name=name, heading=heading, **{"api": name, **more})


_card, _score = partial(_read_from, "card"), partial(_read_from, "score")


def _text(value: Any, _currency: str) -> str:
    return str(value or "")


def _percent(value: Any, _currency: str) -> str:
    return formats.percent(value)


def _flag_codes(score: Score) -> tuple[str, ...]:
    return tuple(flag.code for flag in score.flags)


def _landed_cost(score: Score) -> Decimal | None:
    """The cost as it was given; one grossed up as pages show it, in the currency's decimals."""
    cost = score.landed_cost
    if cost is None or score.cost_without_vat is None:
        return cost
    return cost.quantize(marketplace(score.marketplace).cent, ROUND_HALF_UP)


def _vat_of_cost(score: Score) -> VatBasis | None:
    """Whether the cost that was given holds VAT; nothing without one, or without VAT."""
    is_stated = score.cost_given is not None and has_vat(score.marketplace)
    return score.cost_vat if is_stated else None


def _labels(codes: Iterable[str]) -> str:
    return conditions.joined([reasons.forbidding_label(code) for code in codes])


def by_name(*columns: Column) -> dict[str, Column]:
    """The columns in their order, each under its name."""
    return {column.name: column for column in columns}


COLUMNS = by_name(
    _card("asin", "ASIN", value=lambda row: (row.card or row.line).asin, shown=_text),
    _card("title", _("Title"), on_page=_("Product"), is_number=False, shown=_text),
    _card("brand", _("Brand or author")),
    _score(
        "verdict",
        _("Verdict"),
        api="recommendation",
        is_number=False,
        words=labels.verdict_label,
        shown=lambda value, _currency: labels.verdict_label(value),
    ),
    _score("hypothetical", _("Hypothetical ROI"), api="roi_is_hypothetical"),
    _score(
        "max_cost",
        _("Buy at most"),
        in_terminal=_("Max cost"),
        shown=formats.money,
        holds_vat=True,
    ),
    _score(
        "sell_price",
        _("Sell price"),
        api="price",
        on_page=_("Price"),
        in_terminal=_("Price"),
        shown=formats.money,
    ),
    _score("currency", _("Currency")),
    _score(
        "landed_cost",
        _("Landed cost"),
        on_page=_("Your cost"),
        read=_landed_cost,
        holds_vat=True,
    ),
    _score("cost_basis", _("Basis of the cost"), words=labels.cost_label),
    _score("fees", _("Fees"), read=attrgetter("fees_total"), api="fees_total"),
    _score("profit", _("Profit"), shown=formats.money),
    _score("roi_percent", _("ROI %"), on_page=_("ROI"), in_terminal=_("ROI"), shown=_percent),
    _score("margin_percent", _("Margin %")),
    _score("break_even", _("Break-even price")),
    _score("velocity_score", _("Velocity")),
    _score(
        "monthly_sales",
        _("Sales a month"),
        on_page=_("Sales / month"),
        in_terminal=_("Sales/month"),
    ),
    _score("monthly_sales_kind", _("Source of the sales"), words=labels.sales_kind_text),
    _score("days_to_sell", _("Days to sell")),
    _score("confidence", _("Confidence")),
    _card("bsr", _("BSR")),
    _card("bsr_avg90", _("BSR, 90 days")),
    _card("new_offers", _("New offers"), on_page=_("Offers")),
    _card("fba_offers", _("FBA offers")),
    _score("flags", _("Risks"), read=_flag_codes, api="", words=_labels),
    _score("buy_forbidden_by", _("Buy forbidden by"), api="", words=_labels),
    _score("cost_vat", _("VAT of your cost"), read=_vat_of_cost, words=costs.basis_label),
    _score(
        "max_cost_excl_vat", _("Buy at most, excl. VAT"), read=attrgetter("max_cost_without_vat")
    ),
    _score("sourcing", _("To source")),
    _score("profit_at_max_cost", _("Profit at that maximum")),
    _score("roi_at_max_cost", _("ROI % at that maximum")),
    _score("pack_size", _("Units sold at once")),
    _score("cost_source", _("Bought at"), api="", words=costs.place_label),
)
