"""The columns of a scored product: one registry for pages, files, the API and the terminal.

Pages and files add what the search or the list itself says (``pages/columns.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from discovery.products.from_keepa import ProductCard
from discovery.products.scored import from_breakdown
from discovery.scoring import Score
from discovery.text import conditions, formats, labels, reasons

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Row:
    """A stored line with its product and score read back once; neither when it has no answer."""

    line: Any  # the stored line of a search or of a list; None where nothing is stored
    card: ProductCard | None
    score: Score | None

    @property
    def total_profit(self) -> Decimal | None:
        """The profit of the whole line, in the score's currency; no quantity is one unit."""
        profit = self.line.profit
        return None if profit is None else profit * (self.line.quantity or 1)


def row_of(line: Any) -> Row:
    """The row of a stored line, its breakdown decoded."""
    return Row(line, *(from_breakdown(line.breakdown) if line.breakdown else (None, None)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing a result says.

    ``name`` and ``heading`` stand above it in files; ``value`` is what a program reads, ``words``
    makes of it what a person reads (by default the number or text itself). ``on_page`` and
    ``in_terminal`` are headings that differ there; ``shown`` is the terminal's cell, given the
    API's value and the currency. ``api`` is its name in the API, empty when it is not there as
    such.
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


def _of_card(read: Callable[[ProductCard], Any]) -> Callable[[Row], Any]:
    return lambda row: read(row.card) if row.card else None


def _of_score(read: Callable[[Score], Any]) -> Callable[[Row], Any]:
    return lambda row: read(row.score) if row.score else None


def _text(value: Any, _currency: str) -> str:
    return str(value or "")


def _percent(value: Any, _currency: str) -> str:
    return formats.percent(value)


def _labels(codes: Iterable[str]) -> str:
    return conditions.joined([reasons.forbidding_label(code) for code in codes])


def by_name(*columns: Column) -> dict[str, Column]:
    return {column.name: column for column in columns}


COLUMNS = by_name(
    Column(
        name="asin",
        heading="ASIN",
        value=lambda row: row.card.asin if row.card else row.line.asin,
        api="asin",
        shown=_text,
    ),
    Column(
        name="title",
        heading=_("Title"),
        on_page=_("Product"),
        is_number=False,
        value=_of_card(lambda card: card.title or None),
        api="title",
        shown=_text,
    ),
    Column(
        name="brand",
        heading=_("Brand or author"),
        value=_of_card(lambda card: card.brand),
        api="brand",
    ),
    Column(
        name="verdict",
        heading=_("Verdict"),
        is_number=False,
        value=_of_score(lambda score: score.verdict),
        words=labels.verdict_label,
        api="recommendation",
        shown=lambda value, _currency: labels.verdict_label(value),
    ),
    Column(
        name="hypothetical",
        heading=_("Hypothetical ROI"),
        value=_of_score(lambda score: score.hypothetical),
        api="roi_is_hypothetical",
    ),
    Column(
        name="max_cost",
        heading=_("Buy at most"),
        in_terminal=_("Max cost"),
        value=_of_score(lambda score: score.max_cost),
        api="max_cost",
        shown=formats.money,
    ),
    Column(
        name="sell_price",
        heading=_("Sell price"),
        on_page=_("Price"),
        in_terminal=_("Price"),
        value=_of_score(lambda score: score.sell_price),
        api="price",
        shown=formats.money,
    ),
    Column(
        name="currency",
        heading=_("Currency"),
        value=_of_score(lambda score: score.currency),
        api="currency",
    ),
    Column(
        name="landed_cost",
        heading=_("Landed cost"),
        value=_of_score(lambda score: score.landed_cost),
        api="landed_cost",
    ),
    Column(
        name="cost_basis",
        heading=_("Basis of the cost"),
        value=_of_score(lambda score: score.cost_basis),
        words=labels.cost_label,
        api="cost_basis",
    ),
    Column(
        name="fees",
        heading=_("Fees"),
        value=_of_score(lambda score: score.fees_total),
        api="fees_total",
    ),
    Column(
        name="profit",
        heading=_("Profit"),
        value=_of_score(lambda score: score.profit),
        api="profit",
        shown=formats.money,
    ),
    Column(
        name="roi_percent",
        heading=_("ROI %"),
        on_page=_("ROI"),
        in_terminal="ROI",
        value=_of_score(lambda score: score.roi_percent),
        api="roi_percent",
        shown=_percent,
    ),
    Column(
        name="margin_percent",
        heading=_("Margin %"),
        value=_of_score(lambda score: score.margin_percent),
        api="margin_percent",
    ),
    Column(
        name="break_even",
        heading=_("Break-even price"),
        value=_of_score(lambda score: score.break_even),
        api="break_even",
    ),
    Column(
        name="velocity_score",
        heading=_("Velocity"),
        value=_of_score(lambda score: score.velocity_score),
        api="velocity_score",
    ),
    Column(
        name="monthly_sales",
        heading=_("Sales a month"),
        in_terminal=_("Sales/month"),
        value=_of_score(lambda score: score.monthly_sales),
        api="monthly_sales",
    ),
    Column(
        name="monthly_sales_kind",
        heading=_("Source of the sales"),
        value=_of_score(lambda score: score.monthly_sales_kind),
        words=labels.sales_kind_text,
        api="monthly_sales_kind",
    ),
    Column(
        name="days_to_sell",
        heading=_("Days to sell"),
        value=_of_score(lambda score: score.days_to_sell),
        api="days_to_sell",
    ),
    Column(
        name="confidence",
        heading=_("Confidence"),
        value=_of_score(lambda score: score.confidence),
        api="confidence",
    ),
    Column(
        name="bsr",
        heading=_("BSR"),
        in_terminal="BSR",
        value=_of_card(lambda card: card.bsr),
        api="bsr",
    ),
    Column(
        name="bsr_avg90",
        heading=_("BSR, 90 days"),
        value=_of_card(lambda card: card.bsr_avg90),
        api="bsr_avg90",
    ),
    Column(
        name="new_offers",
        heading=_("New offers"),
        on_page=_("Offers"),
        value=_of_card(lambda card: card.new_offers),
        api="new_offers",
    ),
    Column(
        name="fba_offers",
        heading=_("FBA offers"),
        value=_of_card(lambda card: card.fba_offers),
        api="fba_offers",
    ),
    Column(
        name="flags",
        heading=_("Risks"),
        value=_of_score(lambda score: tuple(flag.code for flag in score.flags)),
        words=_labels,
    ),
    Column(
        name="buy_forbidden_by",
        heading=_("Buy forbidden by"),
        value=_of_score(reasons.forbidding_codes),
        words=_labels,
    ),
)
