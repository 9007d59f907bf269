"""Products, profiles and histories for the engine's tests, made by hand and worked by hand."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from discovery.scoring import (
    Condition,
    Grade,
    PriceBasis,
    PriceSeries,
    PriceStats,
    ProductFacts,
    Profile,
    VatRegime,
)
from discovery.scoring.codes import (
    CostMethod,
    FloorJoin,
)
from discovery.scoring.inputs import (
    Measures,
    PriceDistribution,
    PriceMeasures,
)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = 86_400
CENT = Decimal("0.01")
FR_BOOKS, FR_HOME, US_BOOKS, US_TOYS = 301061, 57004031, 283155, 165793011


def euros(amount: str | int) -> Decimal:
    return Decimal(amount)


def steady(amount: str | int) -> PriceStats:
    """A price that has not moved for a year."""
    price = Decimal(amount)
    return PriceStats(price, price, price, price, price)


def seen(*prices: int, series: PriceSeries = PriceSeries.BUY_BOX, **changes: Any) -> PriceMeasures:
    """A history that spent equal times at each price (cents), over 90 as over 180 days."""
    ordered = tuple(sorted(set(prices)))
    shares = tuple(round(10_000 * (at + 1) / len(ordered)) for at in range(len(ordered)))
    spread = PriceDistribution(ordered, shares)
    usual = PriceMeasures(
        series,
        spread.quantile(2500),
        spread.quantile(5000),
        spread.quantile(7500),
        window_90=spread,
        window_180=spread,
        trend=1.0,
        last_to_median=1.0,
        in_stock_90=1.0,
    )
    return dataclasses.replace(usual, **changes)


def facts(**changes: Any) -> ProductFacts:
    """A healthy FR household article at 30.00 €: 400 g, two FBA sellers, a sale a day."""
    known: dict[str, Any] = {
        "asin": "B000000001",
        "marketplace": "fr",
        "currency": "EUR",
        "fetched_at": NOW,
        "root_category": FR_HOME,
        "buy_box": steady("30.00"),
        "new_fba": steady("30.00"),
        "new": steady("29.00"),
        "bsr": 5_000,
        "bsr_avg30": 5_000,
        "bsr_avg90": 5_000,
        "bsr_avg180": 5_000,
        "count_new": 4,
        "count_new_fba": 2,
        "count_new_fbm": 2,
        "count_used": 3,
        "rank_drops_30": 40,
        "rank_drops_90": 120,
        "rank_drops_180": 240,
        "buy_box_is_amazon": False,
        "amazon_buy_box_share_90": 0,
        "amazon_availability": -1,
        "package_length_mm": 250,
        "package_width_mm": 100,
        "package_height_mm": 80,
        "package_weight_g": 400,
        "measures": Measures(
            history_days=400,
            new=seen(3000),
            rank_trend=1.0,
            drop_days_180=90,
            amazon_presence_90=0.0,
            new_offers_trend=1.0,
            used_offers_trend=1.0,
        ),
    }
    return ProductFacts(**(known | changes))


def french_book(**changes: Any) -> ProductFacts:
    """A French book at 24.90 €: 400 g, in a standard envelope."""
    known: dict[str, Any] = {
        "asin": "2070360024",
        "root_category": FR_BOOKS,
        "buy_box": steady("24.90"),
        "new_fba": steady("24.90"),
        "new": steady("24.90"),
        "package_length_mm": 240,
        "package_width_mm": 160,
        "package_height_mm": 24,
        "measures": dataclasses.replace(facts().measures, new=seen(2490)),
    }
    return facts(**(known | changes))


def american(**changes: Any) -> ProductFacts:
    """A US toy at $30.00: 300 g, large standard by its height of 2 inches."""
    known: dict[str, Any] = {
        "marketplace": "us",
        "currency": "USD",
        "root_category": US_TOYS,
        "package_length_mm": 254,
        "package_width_mm": 102,
        "package_height_mm": 51,
        "package_weight_g": 300,
    }
    return facts(**(known | changes))


def bare(**changes: Any) -> Profile:
    """A profile without own costs, reserves or money floors but the ROI's: pure fee algebra."""
    zero = Decimal(0)
    known: dict[str, Any] = {
        "inbound_per_kg": zero,
        "prep_per_unit": zero,
        "returns_percent": zero,
        "returns_books_percent": zero,
        "returns_high_percent": zero,
        "storage_per_m3": zero,
        "placement_fee": zero,
        "min_profit": zero,
        "consider_profit": zero,
        "min_margin_percent": zero,
        "consider_margin_percent": zero,
    }
    return Profile(**(known | changes))


def cents(lowest: int, highest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(lowest, highest).map(lambda minor: Decimal(minor) / 100)


class Dice:
    """Draws of one seed: many times faster than a strategy for each of a product's fields."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def maybe(self, value: Any) -> Any:
        return None if self.random.random() < 0.25 else value

    def whole(self, low: int, high: int) -> int:
        """Small and large values alike."""
        return int(math.exp(self.random.uniform(math.log(low + 1), math.log(high + 1)))) - 1

    def count(self, low: int, high: int) -> int | None:
        return None if self.random.random() < 0.25 else max(low, self.whole(low, high))

    def ratio(self, low: float, high: float) -> float | None:
        return None if self.random.random() < 0.25 else self.random.uniform(low, high)

    def yes(self) -> bool:
        return self.random.random() < 0.2

    def price(self) -> Decimal | None:
        minor = self.count(50, 40_000)
        return None if minor is None else Decimal(minor) / 100

    def pick(self, *values: Any) -> Any:
        return self.random.choice(values)

    def stats(self) -> PriceStats:
        """A series around one level, sometimes a spike, sometimes with holes."""
        level = self.price()
        if level is None:
            return PriceStats()
        around = [(level * Decimal(self.random.randint(60, 150)) / 100) for _ in range(5)]
        return PriceStats(*[self.maybe(max(price, CENT).quantize(CENT)) for price in around])

    def history(self) -> PriceMeasures | None:
        level = self.count(50, 40_000)
        if level is None:
            return None
        prices = [max(1, level * self.random.randint(50, 150) // 100) for _ in range(6)]
        return seen(
            *prices,
            series=self.pick(*PriceSeries),
            trend=self.ratio(0.2, 3),
            last_to_median=self.ratio(0.2, 3),
            in_stock_90=self.ratio(0, 1),
        )


def any_product(seed: int) -> ProductFacts:
    """Any product Keepa could describe, holes included."""
    dice = Dice(seed)
    marketplace, currency = dice.pick(("fr", "EUR"), ("us", "USD"), ("de", "EUR"), ("uk", "GBP"))
    shares = dice.count(0, 100)
    return ProductFacts(
        asin="B000000001",
        marketplace=marketplace,
        currency=currency,
        fetched_at=NOW,
        root_category=dice.pick(FR_BOOKS, FR_HOME, US_BOOKS, US_TOYS, 197858031, 3760911, None),
        product_type=dice.pick(0, 0, 0, 0, 0, 2, 5),
        is_adult=dice.yes(),
        is_hazmat=dice.yes(),
        buy_box=dice.stats(),
        new_fba=dice.stats(),
        new=dice.stats(),
        amazon=dice.stats(),
        used=dice.stats(),
        used_buy_box=dice.stats(),
        lowest_fbm_new=dice.price(),
        warehouse=dice.price(),
        list_price=dice.price(),
        bsr=dice.count(1, 3_000_000),
        bsr_avg90=dice.count(1, 3_000_000),
        count_new=dice.count(0, 60),
        count_new_fba=dice.count(0, 30),
        count_new_fbm=dice.count(0, 30),
        count_used=dice.count(0, 60),
        monthly_sold=dice.maybe(dice.count(1, 5000)),
        rank_drops_30=dice.count(0, 800),
        rank_drops_90=dice.count(0, 2000),
        rank_drops_180=dice.count(0, 3000),
        amazon_availability=dice.pick(None, -1, 0, 2),
        buy_box_is_amazon=dice.pick(None, True, False, False),
        amazon_buy_box_share_90=shares,
        referral_percent=dice.pick(None, *map(Decimal, ("8", "15", "15.45", "12"))),
        fba_fee=dice.maybe(Decimal(dice.random.randint(150, 2000)) / 100),
        closing_fee=dice.maybe(Decimal(dice.random.randint(0, 200)) / 100),
        package_length_mm=dice.count(1, 1500),
        package_width_mm=dice.count(1, 1000),
        package_height_mm=dice.count(1, 600),
        package_weight_g=dice.count(1, 30_000),
        return_rate=dice.pick(None, 1, 2),
        measures=Measures(
            history_days=dice.whole(0, 1000),
            new=dice.history(),
            used=dice.history(),
            rank_trend=dice.ratio(0.2, 4),
            drop_days_180=dice.count(0, 180),
            amazon_presence_90=dice.ratio(0, 1),
            new_offers_trend=dice.ratio(0.2, 4),
            used_offers_trend=dice.ratio(0.2, 4),
        ),
        used_like_new=dice.stats(),
        used_very_good=dice.stats(),
        used_good=dice.stats(),
        used_acceptable=dice.stats(),
        used_buy_box_grade=dice.maybe(dice.pick(*Grade)),
        seen_at=dice.pick(None, NOW - timedelta(hours=dice.whole(0, 200))),
        buy_box_leader_share_90=dice.count(0, 100),
        sole_seller=dice.yes(),
        buy_box_held_up=dice.yes(),
        release_day=dice.pick(None, None, None, date(2019, 5, 4), date(2026, 6, 9)),
        coupon_amount=dice.pick(None, None, None, Decimal("1.50")),
        coupon_percent=dice.pick(None, None, None, 10, 60),
        monthly_sold_best=dice.count(50, 9000),
        is_variation=dice.yes(),
        family_size=dice.count(2, 30),
        rank_reference_changed=dice.yes(),
    )


def profile_of(seed: int) -> Profile:
    """A plausible profile of any regime, condition and method."""
    dice = Dice(seed)
    target = dice.random.randint(0, 100)
    return Profile(
        condition=dice.pick(*Condition),
        price_basis=dice.pick(*PriceBasis),
        cost_method=dice.pick(*CostMethod),
        regime=dice.pick(*VatRegime),
        seller_country=dice.pick("FR", "DE", "US"),
        floors_join=dice.pick(*FloorJoin),
        consider_roi_percent=Decimal(min(15, target)),
        roi_target_percent=Decimal(target),
        strong_roi_percent=Decimal(max(50, target)),
        buffer_percent=Decimal(dice.random.randint(0, 10)),
        price_factor_percent=Decimal(dice.random.randint(5, 95)),
    )


def any_facts() -> st.SearchStrategy[ProductFacts]:
    return st.integers(0, 2**32).map(any_product)


def any_profile() -> st.SearchStrategy[Profile]:
    return st.integers(0, 2**20).map(profile_of)
