"""What discovery announces; it never knows who listens."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class CompletedSearch:
    """What the ``search_completed`` signal carries to whoever measures.

    ``cache_hit``: answered without a call to Keepa. ``average_roi`` is percent, of the products
    whose purchase price is known. ``run_id`` names the run that keeps the answer, where one does.
    ``cache`` is how it was come by, a ``CacheState``.
    """

    search_type: str
    source: str
    user_id: str | None
    marketplace: str
    filters: dict[str, object]
    results_count: int
    cache_hit: bool
    duration_ms: int
    tokens_spent: int
    tokens_saved: int
    average_roi: float | None = None
    strong_buys: int = 0
    run_id: UUID | None = None
    cache: str | None = None


# Sent with ``search: CompletedSearch`` once a search has been answered, cached or not.
search_completed = Signal()
