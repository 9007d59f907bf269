"""In which order results are shown: profit by the year on the money tied up, as far as trusted."""

from __future__ import annotations

from decimal import Decimal

from discovery.scoring.profile import Profile

DAYS_PER_YEAR = 365.0


def days_held(profile: Profile, days_to_sell: float | None) -> float:
    """The days until one of ours sells, as the ranking counts them."""
    days = float(profile.assumed_days_to_sell) if days_to_sell is None else days_to_sell
    return min(max(days, 1.0), profile.max_days_to_sell)


def rank_score(*, profit: Decimal, tied_up: Decimal, days: float, confidence: float) -> float:
    """Annual profit per unit of money tied up (percent); gains count only as far as trusted.

    ``profit`` and ``tied_up`` in one currency, ``days`` until one sells, ``confidence`` 0-100.
    """
    yearly = float(100 * profit / tied_up) * DAYS_PER_YEAR / days
    return round(yearly * confidence / 100 if yearly > 0 else yearly, 2)
