"""Of several ways to buy one product, the best; and what kind of purchase a score is about."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from discovery.scoring.codes import CostBasis
from discovery.scoring.results import Score
from discovery.scoring.verdict import RANK

ZERO = Decimal(0)


class PurchaseKind(StrEnum):
    """Where a real purchase price comes from."""

    SAME_LISTING = "same_listing"
    EUROPE = "europe"
    DIP = "dip"
    LIST = "list"
    STATED = "stated"


_KINDS = {
    CostBasis.LOWEST_OFFER: PurchaseKind.SAME_LISTING,
    CostBasis.EUROPE: PurchaseKind.EUROPE,
    CostBasis.DIP: PurchaseKind.DIP,
    CostBasis.EXPLICIT: PurchaseKind.STATED,
}


def best_way(scores: Sequence[Score]) -> Score:
    """The score to act on, of one product bought in several ways; the first of equals.

    By verdict; then what can be bought before what has still to be found; then by rank, and by the
    lower cost. Raises ``ValueError`` without any.
    """
    if not scores:
        raise ValueError("a product is bought in one way at least")
    return max(scores, key=_worth)


def cost_kind(score: Score, *, list_name: str | None = None) -> str:
    """A ``PurchaseKind``'s value; empty when the cost is nobody's.

    ``list_name`` is the supplier's list that a stated cost stands in.
    """
    if score.hypothetical or score.cost_basis is None:
        return ""
    kind = _KINDS[score.cost_basis]
    return PurchaseKind.LIST.value if list_name and kind is PurchaseKind.STATED else kind.value


def _worth(score: Score) -> tuple[int, bool, float, Decimal]:
    is_real = score.landed_cost is not None and not score.hypothetical
    return RANK[score.verdict], is_real, score.rank_score, -(score.landed_cost or ZERO)
