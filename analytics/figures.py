"""What is measured about the caches: one frozen dataclass an answer, and how it is put as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CURRENCY = "EUR"  # of settings.TOKEN_PRICE_PER_1000; Keepa bills in euros
ALERT_WINDOW = timedelta(days=7)
EXCELLENT_ABOVE, GOOD_ABOVE = 3.0, 1.0  # mean hits per entry


CACHE_LABELS = {"discovery": gettext_lazy("Searches kept"), "scoring": gettext_lazy("Scores kept")}


class Rating(TextChoices):
    """Whether what is stored is asked for again."""

    EXCELLENT = "Excellent", gettext_lazy("Excellent")
    GOOD = "Good", gettext_lazy("Good")
    LOW_REUSE = "Low reuse", gettext_lazy("Low reuse")

    @classmethod
    def of(cls, average_reuse: float) -> Rating:
        """The rating of a cache, by its mean number of hits per entry."""
        if average_reuse > EXCELLENT_ABOVE:
            return cls.EXCELLENT
        return cls.GOOD if average_reuse > GOOD_ABOVE else cls.LOW_REUSE


def price_of(tokens: int) -> Decimal:
    """What so many tokens cost, in ``CURRENCY``, to the cent (settings.TOKEN_PRICE_PER_1000)."""
    price: Decimal = settings.TOKEN_PRICE_PER_1000 * tokens / 1000
    return price.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """One cache: sizes in bytes, ``tokens_spent`` on filling it, ``live`` are not yet expired."""

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
        """The cache's name, in the active language."""
        return str(CACHE_LABELS[self.name])

    @property
    def expired(self) -> int:
        """Entries past their expiry, which the purge has not removed yet."""
        return self.entries - self.live

    @property
    def average_reuse(self) -> float:
        """Hits per entry; 0 for an empty cache."""
        return self.hits / self.entries if self.entries else 0.0

    @property
    def rating(self) -> Rating:
        """What ``average_reuse`` is worth."""
        return Rating.of(self.average_reuse)

    @property
    def total_bytes(self) -> int:
        """The table and its indexes."""
        return self.table_bytes + self.index_bytes

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; ``average_reuse`` to two decimals."""
        return asdict(self) | {
            "expired": self.expired,
            "average_reuse": round(self.average_reuse, 2),
            "rating": self.rating.value,
            "oldest_at": _iso(self.oldest_at),
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
        """Searches that asked Keepa."""
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
    def label(self) -> str:
        """``24 hours``, ``7 days``, in the active language."""
        if self.hours < 48:
            return _("%(n)d hours") % {"n": self.hours}
        return _("%(n)d days") % {"n": self.hours // 24}

    @property
    def money_spent(self) -> Decimal:
        """The price of ``tokens_spent``, in ``CURRENCY``."""
        return price_of(self.tokens_spent)

    @property
    def money_saved(self) -> Decimal:
        """The price of ``tokens_saved``, in ``CURRENCY``."""
        return price_of(self.tokens_saved)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; ``period`` is ``24h``, ``7d`` or ``30d``, money a decimal string."""
        counts = ("searches", "hits", "misses", "tokens_spent", "tokens_saved")
        return {
            "period": f"{self.hours}h" if self.hours < 48 else f"{self.hours // 24}d",
            **{name: getattr(self, name) for name in counts},
            "hit_ratio": None if self.ratio is None else round(self.ratio, 4),
            "money_spent": str(self.money_spent),
            "money_saved": str(self.money_saved),
            "currency": CURRENCY,
        }


@dataclass(frozen=True, slots=True)
class LowRatio:
    """The caches answered less than ``threshold`` (0 to 1) of enough searches to be sure of it."""

    ratio: float
    searches: int
    threshold: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; ``days`` is the window the ratio was measured over."""
        return asdict(self) | {"ratio": round(self.ratio, 4), "days": ALERT_WINDOW.days}


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


class TokenUse(NamedTuple):
    """Calls of one kind and the tokens they cost; ``failed`` are those Keepa did not answer."""

    endpoint: str
    purpose: str
    calls: int
    failed: int
    tokens: int


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
