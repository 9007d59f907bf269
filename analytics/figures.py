"""What is measured about the caches: one frozen dataclass an answer, and how it is put as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CURRENCY = "EUR"  # of settings.TOKEN_PRICE_PER_1000; Keepa bills in euros
ALERT_WINDOW = timedelta(days=7)
EXCELLENT_ABOVE, GOOD_ABOVE = 3.0, 1.0  # mean hits per entry


class Rating(StrEnum):
    """Whether what is stored is asked for again."""

    EXCELLENT = "Excellent"
    GOOD = "Good"
    LOW_REUSE = "Low reuse"

    @classmethod
    def of(cls, average_reuse: float) -> Rating:
        if average_reuse > EXCELLENT_ABOVE:
            return cls.EXCELLENT
        return cls.GOOD if average_reuse > GOOD_ABOVE else cls.LOW_REUSE

    @property
    def label(self) -> str:
        return str(_RATING_LABELS[self])


_RATING_LABELS = {
    Rating.EXCELLENT: gettext_lazy("Excellent"),
    Rating.GOOD: gettext_lazy("Good"),
    Rating.LOW_REUSE: gettext_lazy("Low reuse"),
}
_CACHE_LABELS = {
    "discovery": gettext_lazy("Searches kept"),
    "scoring": gettext_lazy("Scores kept"),
}


def price_of(tokens: int) -> Decimal:
    """What so many tokens cost, in ``CURRENCY``, to the cent (settings.TOKEN_PRICE_PER_1000)."""
    price: Decimal = settings.TOKEN_PRICE_PER_1000 * tokens / 1000
    return price.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """One cache: ``average_reuse`` in hits per entry, sizes in bytes, tokens spent filling it."""

    name: str
    table: str
    entries: int
    live: int
    hits: int
    tokens_spent: int
    oldest_at: datetime | None
    table_bytes: int
    index_bytes: int

    @property
    def label(self) -> str:
        return str(_CACHE_LABELS[self.name])

    @property
    def expired(self) -> int:
        return self.entries - self.live

    @property
    def average_reuse(self) -> float:
        return self.hits / self.entries if self.entries else 0.0

    @property
    def rating(self) -> Rating:
        return Rating.of(self.average_reuse)

    @property
    def total_bytes(self) -> int:
        return self.table_bytes + self.index_bytes

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "table": self.table,
            "entries": self.entries,
            "live": self.live,
            "expired": self.expired,
            "hits": self.hits,
            "average_reuse": round(self.average_reuse, 2),
            "rating": self.rating.value,
            "tokens_spent": self.tokens_spent,
            "oldest_at": _iso(self.oldest_at),
            "table_bytes": self.table_bytes,
            "index_bytes": self.index_bytes,
        }


@dataclass(frozen=True, slots=True)
class Period:
    """What happened in the last ``hours``; ``hits`` are searches that the cache answered."""

    hours: int
    searches: int
    hits: int
    tokens_spent: int
    tokens_saved: int

    @property
    def misses(self) -> int:
        return self.searches - self.hits

    @property
    def ratio(self) -> float | None:
        """The share of searches answered from the cache, 0 to 1; ``None`` without a search."""
        return self.hits / self.searches if self.searches else None

    @property
    def percent(self) -> int | None:
        """The ratio in whole percent."""
        return None if self.ratio is None else round(self.ratio * 100)

    @property
    def code(self) -> str:
        """``24h``, ``7d`` or ``30d``."""
        return f"{self.hours}h" if self.hours < 48 else f"{self.hours // 24}d"

    @property
    def label(self) -> str:
        if self.hours < 48:
            return _("%(n)d hours") % {"n": self.hours}
        return _("%(n)d days") % {"n": self.hours // 24}

    @property
    def money_spent(self) -> Decimal:
        return price_of(self.tokens_spent)

    @property
    def money_saved(self) -> Decimal:
        return price_of(self.tokens_saved)

    def to_json(self) -> dict[str, Any]:
        return {
            "period": self.code,
            "searches": self.searches,
            "hits": self.hits,
            "misses": self.misses,
            "hit_ratio": None if self.ratio is None else round(self.ratio, 4),
            "tokens_spent": self.tokens_spent,
            "tokens_saved": self.tokens_saved,
            "money_spent": str(self.money_spent),
            "money_saved": str(self.money_saved),
            "currency": CURRENCY,
        }


@dataclass(frozen=True, slots=True)
class LowRatio:
    """The caches answered less than ``threshold`` of enough searches to be sure of it."""

    ratio: float
    searches: int
    threshold: float

    def to_json(self) -> dict[str, Any]:
        return {
            "ratio": round(self.ratio, 4),
            "searches": self.searches,
            "threshold": self.threshold,
            "days": ALERT_WINDOW.days,
        }


@dataclass(frozen=True, slots=True)
class CacheHealth:
    """Every figure of the cache-health page; ``periods`` are 24 hours, 7 days and 30 days."""

    measured_at: datetime
    caches: tuple[CacheFigures, ...]
    periods: tuple[Period, ...]
    next_purge_at: datetime | None
    alert: LowRatio | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types: dates in ISO 8601, money as decimal strings, ratios 0 to 1."""
        return {
            "measured_at": _iso(self.measured_at),
            "caches": [cache.to_json() for cache in self.caches],
            "periods": [period.to_json() for period in self.periods],
            "next_purge_at": _iso(self.next_purge_at),
            "alert": self.alert.to_json() if self.alert else None,
        }


@dataclass(frozen=True, slots=True)
class DayCount:
    """Searches of one day of the site's time zone, by whether the cache answered."""

    day: date
    hits: int
    misses: int

    @property
    def total(self) -> int:
        return self.hits + self.misses


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Calls of one kind and what they cost; ``failed`` are those that were not answered."""

    endpoint: str
    purpose: str
    calls: int
    failed: int
    tokens: int


@dataclass(frozen=True, slots=True)
class TokenSummary:
    """Tokens of the last ``days``, from the ledger (spent) and the history (saved)."""

    days: int
    uses: tuple[TokenUse, ...]
    saved: int

    @property
    def calls(self) -> int:
        return sum(use.calls for use in self.uses)

    @property
    def failed(self) -> int:
        return sum(use.failed for use in self.uses)

    @property
    def spent(self) -> int:
        return sum(use.tokens for use in self.uses)

    @property
    def money_spent(self) -> Decimal:
        return price_of(self.spent)

    @property
    def money_saved(self) -> Decimal:
        return price_of(self.saved)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
