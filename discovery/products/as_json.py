"""A scored product as plain JSON-able data: what the API sends and the commands print.

Amounts are numbers in the answer's ``currency``, percentages are percent (30 = 30 %), times ISO
8601 in UTC, texts in the active language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from discovery.products.asin_lookup import Lookup
from discovery.products.candidates import Candidate
from discovery.products.columns import COLUMNS, Row
from discovery.products.scored import ScoredProduct
from discovery.scoring import FlagCode, Score
from discovery.text import flags, labels, reasons

Answer = dict[str, Any]


def product_answer(product: ScoredProduct, candidates: Sequence[Candidate] = ()) -> Answer:
    """One scored product: the columns in their order, then all else its verdict rests on.

    ``candidates`` are the products its code stands for, where there are several.
    """
    card, score = product.card, product.score
    row = Row(None, card, score)
    return {
        **{column.api: _plain(column.value(row)) for column in COLUMNS.values() if column.api},
        "title": card.title or None,
        "buy_forbidden_by": [
            {"code": code.value, "text": reasons.forbidding_label(code)}
            for code in score.buy_forbidden_by
        ],
        "buy_box_known": product.buy_box_known,
        "marketplace": card.marketplace,
        "category": card.category,
        "image": card.image,
        **_money(score),
        **_words(score),
        "cost_units": score.cost_units,
        "ambiguous": score.has_flag(FlagCode.AMBIGUOUS_CODE),
        "candidates": [candidate_answer(candidate) for candidate in candidates],
        "rank_score": _plain(score.rank_score, 6),
        "fetched_at": _time(product.fetched_at),
        "scored_at": _time(product.scored_at),
    }


def candidate_answer(candidate: Candidate) -> Answer:
    """One product of a code, as far as the look-up tells of it."""
    names = ("asin", "title", "brand", "pack_size", "is_alive", "bsr")
    return {name: getattr(candidate, name) for name in names}


def code_answer(text: str, lookup: Lookup) -> Answer:
    """What a code, as given, stands for; an empty ASIN is held unknown since ``resolved_at``."""
    return {
        "given": text,
        "code": lookup.code,
        "asin": lookup.asin or None,
        "ambiguous": lookup.is_ambiguous,
        "chosen": bool(lookup.chosen),
        "may_be_more": lookup.may_be_more,
        "resolved_at": _time(lookup.resolved_at) if lookup.resolved_at else None,
        "candidates": [candidate_answer(candidate) for candidate in lookup.candidates],
    }


def _money(score: Score) -> Answer:
    plain = {
        name: _plain(getattr(score, name))
        for name in (
            "condition", "grade", "cost_given", "cost_source", "sell_price", "sell_price_series",
            "sell_price_basis", "target_price", "net_proceeds", "share_profitable_90",
            "share_profitable_180", "expected_sales_per_month", "competitors",
        )
    }  # fmt: skip
    fees = [
        {
            "code": line.code.value,
            "label": labels.fee_label(line.code),
            "amount": _plain(line.amount),
            "source": line.source.value,
            "to_check": line.to_check,
        }
        for line in (score.fees.lines if score.fees else ())
    ]
    parts = {"corridor": score.corridor, "better_price": score.better_price}
    return {
        **plain,
        "fees": fees,
        **{
            name: part and {key: _plain(value) for key, value in asdict(part).items()}
            for name, part in parts.items()
        },
    }


def _words(score: Score) -> Answer:
    return {
        "flags": [
            {
                "code": flag.code.value,
                "severity": flag.severity.value,
                "cap": flag.cap.value if flag.cap else None,
                "text": flags.flag_text(flag, score.currency),
            }
            for flag in score.flags
        ],
        "reasons": [
            {
                "code": reason.code.value,
                "supports": reason.supports,
                "text": reasons.reason_text(reason, score.currency),
            }
            for reason in score.reasons
        ],
        "what_would_change": [
            {"code": change.code.value, "text": reasons.change_text(change, score)}
            for change in score.what_would_change
        ],
    }


def _plain(value: Any, digits: int = 2) -> Any:
    """Numbers rounded, codes as their text; all else as it is."""
    if isinstance(value, Decimal | float):
        return round(float(value), digits)
    return value.value if isinstance(value, Enum) else value


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
