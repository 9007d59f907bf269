"""What discovery announces; it never knows who listens."""

from __future__ import annotations

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class CompletedSearch:
    """What the ``search_completed`` signal carries to whoever measures."""

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
    average_roi: float | None
    strong_buys: int


# Sent with ``search: CompletedSearch`` once a search has been answered, cached or not.
search_completed = Signal()
