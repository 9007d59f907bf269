"""What the search services answer with: one frozen dataclass for each noun that leaves them.

Pages, API, commands and exports all read these, so that one stored score is the only truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from discovery.keepa.errors import KeepaError
from discovery.keepa.finder import NicheFilters
from discovery.products.asin_lookup import Lookup
from discovery.products.scored import CacheState, ScoredProduct

FREE_STATES = frozenset({CacheState.HIT, CacheState.SUBSUMED})  # no token was spent


@dataclass(frozen=True, slots=True)
class Discovery:
    """The ordered ASINs that answer a niche, and what the answer cost.

    ``asins`` holds every ASIN kept for the niche; ``max_results`` is applied by the caller.
    ``problem`` is why a stale answer was served.
    """

    cache_key: str
    filters: NicheFilters
    asins: tuple[str, ...]
    total_results: int
    cache: CacheState
    created_at: datetime
    tokens_spent: int
    tokens_saved: int
    problem: KeepaError | None = None

    @property
    def marketplace(self) -> str:
        """The marketplace of the niche, by its code."""
        return self.filters.marketplace

    def age(self, *, now: datetime) -> timedelta:
        """How old the answer is; never negative."""
        return max(now - self.created_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel: what it was given, what it cost, how many it left standing."""

    name: str
    items: int
    tokens_spent: int
    survivors: int


@dataclass(frozen=True, slots=True)
class ScoredSearch:
    """Ranked products, and the honest account of how they were obtained.

    ``unusable`` are ASINs Keepa has no data for, ``undecodable`` those whose answer made no
    sense; ``lookups`` tell, of products named one by one, how each name was read; ``problem`` is
    set when a later batch failed and the list is therefore partial.
    """

    products: tuple[ScoredProduct, ...]
    marketplace: str
    profile_slug: str
    profile_revision: int
    profile_fingerprint: str
    cache: CacheState
    tokens_spent: int
    tokens_saved: int
    duration_ms: int
    discovery: Discovery | None = None
    stages: tuple[Stage, ...] = ()
    unusable: tuple[str, ...] = ()
    undecodable: tuple[str, ...] = ()
    problem: KeepaError | None = None
    lookups: Mapping[str, Lookup] = field(default_factory=dict)

    @property
    def total_count(self) -> int:
        """How many products match, by Keepa's estimate; those scored when they were named."""
        return self.discovery.total_results if self.discovery else len(self.products)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come; sent after each stage and batch."""

    stage: str
    wanted: int = 0
    found: int = 0
    fetched: int = 0
    scored: int = 0
    tokens_spent: int = 0


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf, and from where, a search is made."""

    source: str  # frontend, api, manual, schedule, mcp
    user_id: str | None = None
    purpose: str = "interactive"  # background work leaves a floor of tokens
    holder: UUID | None = None  # under which others know who is buying
    on_progress: Callable[[Progress], None] | None = field(default=None, compare=False)
