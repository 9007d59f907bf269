"""A score as it is stored and read back: the same numbers on every page, answer and export."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from discovery.cache import CachedScore, ScoreRow
from discovery.products.from_keepa import ProductCard
from discovery.scoring import Score, Verdict, score_from_json, score_to_json
from discovery.scoring.verdict import RANK

# The place of each verdict in a list that shows the best first.
VERDICT_ORDER: dict[Verdict, int] = {
    verdict: place for place, verdict in enumerate(sorted(RANK, key=RANK.__getitem__, reverse=True))
}


def score_key(*, asin: str, marketplace: str, fingerprint: str, cost: Decimal | None) -> str:
    """The scoring cache key: every input of a verdict is part of it, an explicit cost too."""
    key = f"score_{asin}_{marketplace}_{fingerprint}"
    return key if cost is None else f"{key}_cost{cost.normalize():f}"


def to_breakdown(product: ScoredProduct, *, detail_due: bool) -> dict[str, Any]:
    """Everything needed to show the product again; ``detail_due`` marks a provisional score."""
    return {
        "card": asdict(product.card),
        "score": score_to_json(product.score),
        "fetched_at": product.fetched_at.isoformat(),
        "detail_due": detail_due,
    }


def from_breakdown(breakdown: dict[str, Any]) -> tuple[ProductCard, Score]:
    """Read back what ``to_breakdown`` wrote."""
    return ProductCard(**breakdown["card"]), score_from_json(breakdown["score"])


def from_cached(row: CachedScore) -> ScoredProduct:
    """A scoring cache row as a product that cost nothing this time."""
    card, score = from_breakdown(row.breakdown)
    return ScoredProduct(
        card=card,
        score=score,
        cache=CacheState.HIT,
        fetched_at=datetime.fromisoformat(row.breakdown["fetched_at"]),
        scored_at=row.created_at,
        tokens_spent=0,
        tokens_saved=row.tokens_spent,
    )


def to_row(
    product: ScoredProduct,
    *,
    cache_key: str,
    expires_at: datetime,
    detail_due: bool,
    tokens_invested: int,
) -> ScoreRow:
    """The scoring cache row of a product; a SKIP without any price has ROI 0 in the column."""
    score = product.score
    return ScoreRow(
        cache_key=cache_key,
        asin=product.asin,
        marketplace=product.card.marketplace,
        roi_percent=float(score.roi_percent or 0),
        velocity_score=float(score.velocity_score),
        recommendation=score.verdict.value,
        title=product.card.title,
        price=None if score.sell_price is None else float(score.sell_price),
        bsr=product.card.bsr,
        breakdown=to_breakdown(product, detail_due=detail_due),
        tokens_spent=tokens_invested,
        created_at=product.scored_at,
        expires_at=expires_at,
    )


def ranked(products: Iterable[ScoredProduct]) -> tuple[ScoredProduct, ...]:
    """Best first: by verdict, then by expected profit a day on the money tied up."""
    return tuple(
        sorted(
            products,
            key=lambda product: (
                VERDICT_ORDER[product.score.verdict],
                -float(product.score.rank_score or 0),
                product.asin,
            ),
        )
    )


class CacheState(StrEnum):
    """Where an answer came from, the cheapest first."""

    HIT = "hit"
    SUBSUMED = "subsumed"
    STORED = "stored"  # products only: re-scored from a fresh stored snapshot, no token
    STALE = "stale"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class ScoredProduct:
    """One product with its verdict; ``fetched_at`` is the age of the data behind it."""

    card: ProductCard
    score: Score
    cache: CacheState
    fetched_at: datetime
    scored_at: datetime
    tokens_spent: int
    tokens_saved: int

    @property
    def asin(self) -> str:
        return self.card.asin
