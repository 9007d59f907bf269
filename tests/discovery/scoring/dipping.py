"""Histories with dips of Amazon's price, made by hand; days count from the first point."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

from discovery.scoring import ProductFacts
from discovery.scoring.inputs import Dip, PastDip
from tests.discovery.scoring.factories import DAY, facts, steady

Points = list[tuple[int, int | None]]


def prices(*points: tuple[float, int | None]) -> Points:
    """(day, cents or None) as a series."""
    return [(int(day * DAY), price) for day, price in points]


def dipping(times: int, *, low: int = 2000, lasts: float = 10) -> Points:
    """At 40.00 €, down to ``low`` for a while every 100 days, so many times, and back."""
    points: list[tuple[float, int | None]] = [(0, 4000)]
    for at in range(1, times + 1):
        points += [(100 * at, low), (100 * at + lasts, 4000)]
    return prices(*points)


def in_a_dip(*days: float | None, percent: int = 50, **changes: Any) -> ProductFacts:
    """Usually 30.00 €, at Amazon 12.00 € today; each of ``days`` is a dip of the past."""
    dip = Dip(usual=3000, past=tuple(PastDip(percent, each) for each in days))
    dipped = steady("30.00")._replace(current=Decimal("12.00"))
    known = {
        "buy_box": dipped,
        "new_fba": steady("29.00"),
        "amazon": dipped,
        "amazon_availability": 0,
        "buy_box_is_amazon": True,
        "amazon_buy_box_share_90": 10,
        "measures": dataclasses.replace(facts().measures, dip=dip),
    }
    return facts(**known | changes)
