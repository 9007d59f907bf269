"""How a product's body and market are drawn: once from the seed, in an order that never changes.

A draw added in the middle would move every product after it: what comes later goes into
`dirt.py`, which draws from the ASIN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from discovery.sandbox.categories import Category
from discovery.sandbox.marketplaces import Marketplace

HISTORY_DAYS: Final = 730


@dataclass(frozen=True, slots=True)
class Body:
    """The package: millimetres and grams."""

    length: int
    width: int
    height: int
    weight: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How the market of one product moves. Prices in the smallest unit, times in days."""

    price: int
    amplitude: float
    period: float
    phase: float
    peak: int
    season: float
    step: int
    """Minutes between two market changes."""
    event: str
    """Nothing, or: spike, crash, surge (of offers), worsening (of the rank)."""
    event_day: float
    amazon: str
    """never, always, cycle, left or back."""
    amazon_day: float
    amazon_ratio: float
    fba_sellers: int
    fbm_sellers: int
    fbm_ratio: float
    fbm_cheap_ratio: float
    """Lowest FBM offer over the Buy Box since `fbm_cheap_day`; 0 when there is no bargain."""
    fbm_cheap_day: float
    used_ratio: float
    """Used Buy Box over the new price; 0 when nobody sells it used."""
    used_low_ratio: float
    """Lowest used offer over the used Buy Box."""
    refurbished: bool
    warehouse: bool
    collectible: bool
    stockouts: tuple[tuple[float, float], ...]
    listed_day: float
    list_price: int
    rank: int
    """Rank at neutral demand; 0 when Amazon ranks it nowhere."""
    rank_lost_day: float
    """From this day on the rank is -1; beyond the horizon when it is kept."""
    sales: float
    """A month, at neutral demand."""
    shows_monthly_sold: bool
    rating: int
    reviews: int


def draw_body(draw: Random, leaf: Category) -> Body:
    """The package of a product of this category."""
    shelf = leaf.shelf
    weight = max(20, int(shelf.weight * math.exp(draw.gauss(0, 0.55))))
    if draw.random() < shelf.oversize:
        weight = int(weight * draw.uniform(3, 9))
        length = draw.randint(620, 1350)
        return Body(length, draw.randint(250, 480), draw.randint(90, 300), weight)
    if shelf.key == "books":
        return Body(draw.randint(200, 285), draw.randint(135, 220), max(8, weight // 17), weight)
    side = (weight / 0.30) ** (1 / 3) * 10  # a cube of 0.3 g/cm3, in mm
    length = int(side * draw.uniform(1.2, 1.8))
    width = int(side * draw.uniform(0.8, 1.1))
    return Body(length, width, max(10, int(side**3 / (length * width))), weight)


def _rank(draw: Random, leaf: Category, market: Marketplace) -> int:
    if draw.random() < 0.02:
        return 0
    middle = 4.75 if leaf.shelf.key == "books" else 4.45
    rank = 10 ** draw.gauss(middle, 0.75) * max(0.35, market.demand)
    return int(min(max(rank, 40), 4_000_000))


def _event(draw: Random) -> tuple[str, float]:
    fate = draw.random()
    for name, chance, first, last in (
        ("spike", 0.03, 8, 35),
        ("crash", 0.06, 15, 60),
        ("surge", 0.085, 6, 28),
        ("worsening", 0.12, 30, 75),
    ):
        if fate < chance:
            return name, -draw.uniform(first, last)
    return "", -1e9


def _amazon(draw: Random, *, bargain: bool) -> tuple[str, float]:
    fate = draw.random() * (1.0 if not bargain else 0.66)
    if fate < 0.50:
        return "never", 0.0
    if fate < 0.60:
        return "left", -draw.uniform(20, 400)
    if fate < 0.65:
        return "back", -draw.uniform(5, 90)
    if fate < 0.83:
        return "cycle", draw.uniform(40, 160)
    return "always", 0.0


def _stockouts(draw: Random) -> tuple[tuple[float, float], ...]:
    count = draw.choice((0, 0, 0, 1, 1, 2))
    gaps = []
    for _ in range(count):
        begin = -draw.uniform(0, HISTORY_DAYS) + 4
        gaps.append((begin, min(begin + draw.uniform(5, 35), draw.uniform(-6, 1))))
    return tuple(gap for gap in gaps if gap[1] > gap[0])


def _new_bargain(draw: Random, leaf: Category, market: Marketplace) -> float:
    """Lowest FBM offer over the Buy Box where there is a bargain, else 0."""
    fate = draw.random()
    if market.code != "fr":
        chance, deepest, dearest = 0.055, 0.26, 0.60
    else:
        # VAT eats into French margins, so a bargain there is deeper or is none. New French books
        # sell at a fixed price: a bargain is rarer, and suspicious.
        chance, deepest, dearest = (0.05 if leaf.shelf.key == "books" else 0.08), 0.2, 0.52
    if fate < chance:
        return draw.uniform(deepest, dearest)
    return draw.uniform(0.60, 0.85) if fate < chance + 0.05 else 0.0


def draw_plan(draw: Random, leaf: Category, market: Marketplace, *, unsold: bool) -> Plan:
    """The market of a product of this category; `unsold` when no shop offers its kind."""
    shelf = leaf.shelf
    price = leaf.price * math.exp(draw.gauss(0, shelf.spread)) * market.price_scale
    price = int(min(max(price, 450 * market.price_scale), 70_000 * market.price_scale))
    bargain = _new_bargain(draw, leaf, market)
    amazon, amazon_day = _amazon(draw, bargain=bargain > 0)
    event, event_day = _event(draw)
    rank = _rank(draw, leaf, market)
    sales = shelf.reach * 1e6 * market.demand / rank * math.exp(draw.gauss(0, 0.3)) if rank else 1.0
    seasonal = draw.random() < 0.35
    few_data = draw.random() < 0.02
    unsold = draw.random() < 0.015 or unsold
    used = draw.random() < shelf.used
    swing = 0.02 if market.code == "fr" and shelf.key == "books" else draw.uniform(0.02, 0.13)
    return Plan(
        price=price,
        amplitude=swing,
        period=draw.uniform(35, 220),
        phase=draw.uniform(0, 2 * math.pi),
        peak=(leaf.peak if leaf.peak >= 0 else draw.randrange(365)) if seasonal else -1,
        season=draw.uniform(0.5, 2.5),
        step=int(draw.uniform(3.0, 8.0) * 1440),
        event=event,
        event_day=event_day,
        amazon="never" if unsold else amazon,
        amazon_day=amazon_day,
        amazon_ratio=draw.uniform(0.92, 1.06),
        fba_sellers=0 if unsold or draw.random() < 0.12 else 1 + int(draw.expovariate(1 / 4)) % 30,
        fbm_sellers=0 if unsold else int(bargain > 0) + int(draw.expovariate(1 / 4)) % 40,
        fbm_ratio=draw.uniform(0.97, 1.16),
        fbm_cheap_ratio=bargain,
        fbm_cheap_day=-draw.uniform(2, 45),
        used_ratio=draw.uniform(0.5, 0.85) if used and not unsold else 0.0,
        used_low_ratio=draw.uniform(0.2, 0.55) if draw.random() < 0.25 else draw.uniform(0.75, 1),
        refurbished=draw.random() < shelf.refurbished,
        warehouse=draw.random() < 0.08 and not unsold,
        collectible=shelf.key == "books" and draw.random() < 0.05,
        stockouts=_stockouts(draw),
        listed_day=-draw.uniform(8, 40) if few_data else -_age(draw),
        list_price=int(price * draw.uniform(1.0, 1.35)) if draw.random() < 0.6 else 0,
        rank=rank,
        rank_lost_day=-draw.uniform(10, 40) if draw.random() < 0.012 else 1e9,
        sales=sales,
        shows_monthly_sold=draw.random() < 0.6,
        rating=draw.randint(31, 49) if draw.random() < 0.92 else 0,
        reviews=max(1, int(sales * draw.uniform(1, 12))),
    )


def _age(draw: Random) -> float:
    return float(HISTORY_DAYS) if draw.random() < 0.75 else draw.uniform(120, HISTORY_DAYS)


def by_one_seller(plan: Plan) -> Plan:
    """The same market with a single seller in it, who ships with Amazon: a private label."""
    return replace(
        plan,
        event="",
        amazon="never",
        fba_sellers=1,
        fbm_sellers=0,
        fbm_cheap_ratio=0.0,
        used_ratio=0.0,
        refurbished=False,
        warehouse=False,
        stockouts=(),
    )
