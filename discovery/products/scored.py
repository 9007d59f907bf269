"""A score as it is stored and read back: the same numbers on every page, answer and export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import PlainSerializer, TypeAdapter

from discovery.cache import CachedScore, ScoreRow
from discovery.products.from_keepa import LONGEST_TITLE, ProductCard
from discovery.scoring import FoundCost, Grade, Score, SoldCopy, VatBasis
from discovery.scoring.verdict import SHOWN_RANK


class StatedCost(NamedTuple):
    """What a unit costs, in the currency sold in, as somebody stated it: with VAT or without.

    ``is_whole``: it is for all that the listing sells at once, however many units that are.
    """

    amount: Decimal
    vat: VatBasis
    is_whole: bool = False

    def units_of(self, *, said: int | None, pack_size: int | None) -> int | None:
        """For how many units it is: as ``said`` of a cost that is not that of the listing."""
        return pack_size if self.is_whole else said


def stated_cost(cost: Decimal | None, vat: str, *, default: VatBasis) -> StatedCost | None:
    """The cost of a stored line; ``vat`` is empty where nothing said it, and the default holds."""
    return None if cost is None else StatedCost(cost, VatBasis(vat) if vat else default)


def sold_copy(cost: StatedCost | Decimal | None, *, grade: Grade | None = None) -> SoldCopy:
    """Which used copy a line or a call is about; ``grade`` is what it tells of the copy.

    A cost or a grade of one's own is that of a copy bought elsewhere; with neither, it is the one
    that the listing offers.
    """
    if grade is not None:
        return SoldCopy(grade.value)
    return SoldCopy.LISTING if cost is None else SoldCopy.UNKNOWN


def score_key(
    *,
    asin: str,
    marketplace: str,
    fingerprint: str,
    cost: StatedCost | None,
    cost_units: int | None = None,
    candidates: int = 1,
    sold: SoldCopy = SoldCopy.LISTING,
    found: FoundCost | None = None,
) -> str:
    """The scoring cache key: every input of a verdict is part of it, a cost too.

    ``cost_units``, ``candidates``, ``sold`` and ``found`` as ``score`` takes them.
    """
    key = f"score_{asin}_{marketplace}_{fingerprint}"
    if cost is not None:
        key = f"{key}_cost{cost.amount.normalize():f}{cost.vat.value}"
        units = "all" if cost.is_whole else cost_units
        key = key if units is None else f"{key}_for{units}"
    if found is not None:
        key = f"{key}_{_found_key(found)}"
    key = key if candidates == 1 else f"{key}_of{candidates}"
    return key if sold.is_on_listing else f"{key}_{sold.value}"


def _found_key(found: FoundCost) -> str:
    parts = [found.basis.value, found.source, f"{found.amount.normalize():f}{found.vat.value}"]
    parts.append(found.identity.value)
    if found.sell_at is not None:
        parts += [f"{found.sell_at.normalize():f}", str(found.comebacks), str(found.days)]
    return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Everything needed to show a product again; ``detail_due`` marks a provisional score.

    ``buy_box_known`` is False for a score made without the Buy Box. ``found`` is the price found
    elsewhere that it was made with.
    """

    card: ProductCard
    score: Score
    fetched_at: Annotated[datetime, PlainSerializer(datetime.isoformat, return_type=str)]
    detail_due: bool = False
    buy_box_known: bool = True
    found: FoundCost | None = None


_BREAKDOWN = TypeAdapter(Breakdown)


def to_breakdown(product: ScoredProduct, *, detail_due: bool) -> dict[str, Any]:
    """The breakdown of a product as JSON values."""
    stored: dict[str, Any] = _BREAKDOWN.dump_python(_breakdown(product, detail_due), mode="json")
    return stored


def found_in(stored: Mapping[str, Any] | str) -> FoundCost | None:
    """The price found elsewhere that a stored breakdown was made with, if it was.

    Raises ``ValueError`` on what never was a breakdown.
    """
    return _read(stored).found


def from_breakdown(stored: Mapping[str, Any] | str) -> tuple[ProductCard, Score]:
    """Read back a breakdown, from its JSON values or, faster, from its JSON text.

    Raises ``ValueError`` on what never was a breakdown.
    """
    breakdown = _read(stored)
    return breakdown.card, breakdown.score


def _read(stored: Mapping[str, Any] | str) -> Breakdown:
    if isinstance(stored, str):
        return _BREAKDOWN.validate_json(stored)
    return _BREAKDOWN.validate_python(stored)


def from_cached(row: CachedScore) -> ScoredProduct:
    """A scoring cache row as a product that cost nothing this time."""
    breakdown = _BREAKDOWN.validate_json(row.breakdown)
    return ScoredProduct(
        card=breakdown.card,
        score=breakdown.score,
        cache=CacheState.HIT,
        fetched_at=breakdown.fetched_at,
        scored_at=row.created_at,
        tokens_spent=0,
        tokens_saved=row.tokens_spent,
        detail_due=breakdown.detail_due,
        buy_box_known=breakdown.buy_box_known,
        found=breakdown.found,
    )


def recorded(stored: Mapping[str, Any] | str) -> ScoredProduct:
    """A product as its stored breakdown shows it, for no token.

    When it was scored is not told there: ``scored_at`` is when its data were fetched. Raises
    ``ValueError`` on what never was a breakdown.
    """
    breakdown = _read(stored)
    return ScoredProduct(
        card=breakdown.card,
        score=breakdown.score,
        cache=CacheState.STORED,
        fetched_at=breakdown.fetched_at,
        scored_at=breakdown.fetched_at,
        tokens_spent=0,
        tokens_saved=0,
        detail_due=breakdown.detail_due,
        buy_box_known=breakdown.buy_box_known,
        found=breakdown.found,
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
        title=product.card.title[:LONGEST_TITLE] or None,
        price=None if score.sell_price is None else float(score.sell_price),
        bsr=product.card.bsr,
        breakdown=_BREAKDOWN.dump_json(_breakdown(product, detail_due)),
        tokens_spent=tokens_invested,
        created_at=product.scored_at,
        expires_at=expires_at,
    )


def _breakdown(product: ScoredProduct, detail_due: bool) -> Breakdown:
    return Breakdown(
        product.card,
        product.score,
        product.fetched_at,
        detail_due,
        product.buy_box_known,
        product.found,
    )


def ranked(products: Iterable[ScoredProduct]) -> tuple[ScoredProduct, ...]:
    """Best first: by verdict as shown, then by the engine's rank score."""
    return tuple(
        sorted(
            products,
            key=lambda product: (
                -SHOWN_RANK[product.score.shown_verdict],
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
    """One product with its verdict; ``fetched_at`` tells the age of the data behind it.

    ``detail_due``: a cached score that was made without the Buy Box and may change with it.
    ``buy_box_known``: whether the Buy Box was bought before the score was made. ``found``: the
    price found elsewhere that the score was made with.
    """

    card: ProductCard
    score: Score
    cache: CacheState
    fetched_at: datetime
    scored_at: datetime
    tokens_spent: int
    tokens_saved: int
    detail_due: bool = False
    buy_box_known: bool = True
    found: FoundCost | None = None

    @property
    def asin(self) -> str:
        """The ASIN of the card."""
        return self.card.asin
