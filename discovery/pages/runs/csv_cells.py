"""A scored product as the cells of a CSV file: for a spreadsheet, or plain for a program."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from discovery.products.from_keepa import ProductCard
from discovery.scoring import Score
from discovery.text import conditions, flags, labels

CHUNK = 200
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as Latin-1
# A cell that starts with one of these is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

COLUMNS = (
    "asin",
    "title",
    "brand",
    "verdict",
    "hypothetical",
    "max_cost",
    "sell_price",
    "currency",
    "landed_cost",
    "cost_basis",
    "fees",
    "profit",
    "roi_percent",
    "margin_percent",
    "break_even",
    "velocity_score",
    "monthly_sales",
    "monthly_sales_kind",
    "days_to_sell",
    "confidence",
    "bsr",
    "bsr_avg90",
    "new_offers",
    "fba_offers",
    "flags",
)


class Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def score_cells(card: ProductCard, score: Score) -> tuple[Any, ...]:
    """The values of ``COLUMNS``."""
    return (
        card.asin,
        card.title,
        card.brand or "",
        score.verdict.value,
        score.hypothetical,
        score.max_cost,
        score.sell_price,
        score.currency,
        score.landed_cost,
        score.cost_basis.value if score.cost_basis else "",
        score.fees_total,
        score.profit,
        score.roi_percent,
        score.margin_percent,
        score.break_even,
        round(score.velocity_score, 1),
        None if score.monthly_sales is None else round(score.monthly_sales, 1),
        score.monthly_sales_kind.value,
        None if score.days_to_sell is None else round(score.days_to_sell, 1),
        round(score.confidence, 1),
        card.bsr,
        card.bsr_avg90,
        card.new_offers,
        card.fba_offers,
        " ".join(flag.code.value for flag in score.flags),
    )


def localised(name: str, value: Any, decimal_mark: str) -> str:
    """A value in the active language, for a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | float | int):
        return f"{value}".replace(".", decimal_mark)
    if name == "verdict":
        return labels.verdict_label(value)
    if name == "cost_basis" and value:
        return labels.cost_label(value)
    if name == "monthly_sales_kind":
        return labels.sales_kind_text(value)
    if name == "flags" and value:
        return conditions.joined([flags.flag_label(code) for code in value.split()])
    return str(safe(value))


def safe(value: Any) -> Any:
    """Titles are other people's text: none may become a formula in a spreadsheet."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def headings() -> dict[str, str]:
    """The headings of ``COLUMNS`` in the active language."""
    return {
        "asin": "ASIN",
        "title": _("Title"),
        "brand": _("Brand or author"),
        "verdict": _("Verdict"),
        "hypothetical": _("Hypothetical ROI"),
        "max_cost": _("Buy at most"),
        "sell_price": _("Sell price"),
        "currency": _("Currency"),
        "landed_cost": _("Landed cost"),
        "cost_basis": _("Basis of the cost"),
        "fees": _("Fees"),
        "profit": _("Profit"),
        "roi_percent": _("ROI %"),
        "margin_percent": _("Margin %"),
        "break_even": _("Break-even price"),
        "velocity_score": _("Velocity"),
        "monthly_sales": _("Sales a month"),
        "monthly_sales_kind": _("Source of the sales"),
        "days_to_sell": _("Days to sell"),
        "confidence": _("Confidence"),
        "bsr": _("BSR"),
        "bsr_avg90": _("BSR, 90 days"),
        "new_offers": _("New offers"),
        "fba_offers": _("FBA offers"),
        "flags": _("Risks"),
    }
