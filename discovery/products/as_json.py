"""A scored product as plain JSON-able data: what the API sends and the commands print.

Amounts are numbers in the answer's ``currency``, percentages are percent (30 = 30 %), times ISO
8601 in UTC, texts in the active language.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from discovery.products.scored import ScoredProduct
from discovery.scoring.results import BetterPrice, Corridor, FeeBreakdown, Score
from discovery.text import flags, labels, reasons

Answer = dict[str, Any]


def product_answer(product: ScoredProduct) -> Answer:
    """One scored product, every number of its verdict included."""
    card, score = product.card, product.score
    return {
        "asin": card.asin,
        "title": card.title or None,
        "price": _number(score.sell_price),
        "bsr": card.bsr,
        "roi_percent": _number(score.roi_percent),
        "velocity_score": _number(score.velocity_score),
        "recommendation": score.verdict.value,
        "marketplace": card.marketplace,
        "currency": score.currency,
        "condition": score.condition.value,
        "brand": card.brand,
        "category": card.category,
        "image": card.image,
        "bsr_avg90": card.bsr_avg90,
        "new_offers": card.new_offers,
        "fba_offers": card.fba_offers,
        **_money(score),
        **_demand(score),
        "confidence": _number(score.confidence),
        **_words(score),
        "rank_score": _number(score.rank_score, 6),
        "fetched_at": _time(product.fetched_at),
        "scored_at": _time(product.scored_at),
    }


def _money(score: Score) -> Answer:
    return {
        "max_cost": _number(score.max_cost),
        "roi_is_hypothetical": score.hypothetical,
        "landed_cost": _number(score.landed_cost),
        "cost_basis": score.cost_basis.value if score.cost_basis else None,
        "cost_source": score.cost_source,
        "profit": _number(score.profit),
        "margin_percent": _number(score.margin_percent),
        "sell_price": _number(score.sell_price),
        "sell_price_series": score.sell_price_series.value if score.sell_price_series else None,
        "sell_price_basis": score.sell_price_basis.value,
        "break_even": _number(score.break_even),
        "target_price": _number(score.target_price),
        "net_proceeds": _number(score.net_proceeds),
        "fees_total": _number(score.fees_total),
        "fees": _fees(score.fees),
        "corridor": _corridor(score.corridor),
        "share_profitable_90": _number(score.share_profitable_90),
        "share_profitable_180": _number(score.share_profitable_180),
        "better_price": _better_price(score.better_price),
    }


def _demand(score: Score) -> Answer:
    return {
        "monthly_sales": _number(score.monthly_sales),
        "monthly_sales_kind": score.monthly_sales_kind.value,
        "expected_sales_per_month": _number(score.expected_sales_per_month),
        "competitors": _number(score.competitors),
        "days_to_sell": _number(score.days_to_sell),
    }


def _words(score: Score) -> Answer:
    return {
        "flags": [
            {
                "code": flag.code.value,
                "severity": flag.severity.value,
                "cap": flag.cap.value if flag.cap else None,
                "text": flags.flag_text(flag, currency=score.currency),
            }
            for flag in score.flags
        ],
        "reasons": [
            {
                "code": reason.code.value,
                "supports": reason.supports,
                "text": reasons.reason_text(reason, currency=score.currency),
            }
            for reason in score.reasons
        ],
        "what_would_change": [
            {
                "code": change.code.value,
                "text": reasons.change_text(change, currency=score.currency),
            }
            for change in score.what_would_change
        ],
    }


def _fees(fees: FeeBreakdown | None) -> list[Answer]:
    return [
        {
            "code": line.code.value,
            "label": labels.fee_label(line.code),
            "amount": _number(line.amount),
            "source": line.source.value,
            "to_check": line.to_check,
        }
        for line in (fees.lines if fees else ())
    ]


def _corridor(corridor: Corridor | None) -> Answer | None:
    if corridor is None:
        return None
    return {
        "series": corridor.series.value,
        "p25": _number(corridor.p25),
        "median": _number(corridor.median),
        "p75": _number(corridor.p75),
    }


def _better_price(better: BetterPrice | None) -> Answer | None:
    if better is None:
        return None
    return {
        "price": _number(better.price),
        "profit": _number(better.profit),
        "gain": _number(better.gain),
    }


def _number(value: Decimal | float | None, digits: int = 2) -> float | None:
    return None if value is None else round(float(value), digits)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
