"""What the engine is told about one product: frozen data.

Money is ``Decimal`` in the marketplace's currency; absent knowledge is ``None``, never −1 or 0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, NamedTuple

from pydantic import PlainSerializer

from discovery.scoring.codes import Condition, Grade, PriceSeries

# Stored as whole seconds since 1970; in memory always in UTC.
Instant = Annotated[
    datetime, PlainSerializer(lambda moment: int(moment.timestamp()), return_type=int)
]


# Where ``ProductFacts`` holds each series.
SERIES_FIELDS = {
    PriceSeries.BUY_BOX: "buy_box",
    PriceSeries.NEW_FBA: "new_fba",
    PriceSeries.NEW: "new",
    PriceSeries.AMAZON: "amazon",
    PriceSeries.USED: "used",
    PriceSeries.BUY_BOX_USED: "used_buy_box",
    PriceSeries.USED_LIKE_NEW: "used_like_new",
    PriceSeries.USED_VERY_GOOD: "used_very_good",
    PriceSeries.USED_GOOD: "used_good",
    PriceSeries.USED_ACCEPTABLE: "used_acceptable",
}
# The cheapest copy of each grade, best grade first.
GRADE_SERIES = {
    Grade.LIKE_NEW: PriceSeries.USED_LIKE_NEW,
    Grade.VERY_GOOD: PriceSeries.USED_VERY_GOOD,
    Grade.GOOD: PriceSeries.USED_GOOD,
    Grade.ACCEPTABLE: PriceSeries.USED_ACCEPTABLE,
}


class PriceStats(NamedTuple):
    """One price series as known now: today's price and its time-weighted averages (days)."""

    current: Decimal | None = None
    avg30: Decimal | None = None
    avg90: Decimal | None = None
    avg180: Decimal | None = None
    avg365: Decimal | None = None

    def average(self, days: int) -> Decimal | None:
        """The average over 30, 90, 180 or 365 days."""
        found: Decimal | None = getattr(self, f"avg{days}")
        return found


NO_PRICES = PriceStats()

# Keepa's ``availabilityAmazon``: −1 no offer, 0 in stock, 2 unknown, and orders without stock.
AMAZON_IN_STOCK, AMAZON_PREORDER = 0, 1
AMAZON_ON_ORDER = frozenset({AMAZON_PREORDER, 3, 4})  # back-order, delayed


class PriceDistribution(NamedTuple):
    """How a price was spread over time.

    ``prices`` are in minor units, ascending; ``cumulative[i]`` is the share of the priced time,
    in basis points (10 000 = all of it), spent at or under ``prices[i]``.
    """

    prices: tuple[int, ...]
    cumulative: tuple[int, ...]

    def share_within(self, low: int, high: int | None) -> int:
        """Basis points of time the price spent in ``low`` ≤ price ≤ ``high`` (minor units)."""
        below = bisect_left(self.prices, low)
        upto = len(self.prices) if high is None else bisect_right(self.prices, high)
        if upto <= below:
            return 0
        return self.cumulative[upto - 1] - (self.cumulative[below - 1] if below else 0)

    def quantile(self, basis_points: int) -> int:
        """The price (minor units) under which the series spent that share of its time."""
        at = bisect_left(self.cumulative, basis_points)
        return self.prices[min(at, len(self.prices) - 1)]


@dataclass(frozen=True, slots=True)
class PriceMeasures:
    """What the history of one sell-side series says; prices in minor units.

    ``p25``, ``median``, ``p75`` are over 90 days (180 when those hold no price). ``trend`` is the
    mean of the last 30 days over the mean of the last 90; ``last_to_median`` the last price over
    the median. ``in_stock_90`` is the share (0-1) of the observed 90 days with a price.
    """

    series: PriceSeries
    p25: int
    median: int
    p75: int
    window_90: PriceDistribution | None = None
    window_180: PriceDistribution | None = None
    trend: float | None = None
    last_to_median: float | None = None
    in_stock_90: float | None = None


class PastDip(NamedTuple):
    """A time when Amazon's price was far down: by so many percent of the usual one, at its lowest.

    ``days`` until the usual price was back; ``None`` when it did not come back in half a year.
    """

    percent: int
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Dip:
    """Amazon's price when measured, far under the usual one, and what became of earlier dips.

    ``usual`` is what it sold for before this dip, in minor units; ``past`` the latest first, the
    present one not among them.
    """

    usual: int
    past: tuple[PastDip, ...] = ()


@dataclass(frozen=True, slots=True)
class Measures:
    """What depends on history alone, computed once when a product is fetched.

    ``rank_trend`` and the offer trends are last-30-days means over 90-day means: above 1 the
    rank number (worse) or the offers (more) went up. ``drop_days_180`` counts the days of the
    last 180 with at least one sales-rank drop. ``amazon_presence_90`` is a share 0-1,
    ``most_new_offers_180`` the most new offers seen at once in the last 180 days. ``dip`` is set
    while Amazon's price is far under the usual one.
    """

    history_days: int = 0
    new: PriceMeasures | None = None
    used: PriceMeasures | None = None
    rank_trend: float | None = None
    drop_days_180: int | None = None
    amazon_presence_90: float | None = None
    new_offers_trend: float | None = None
    used_offers_trend: float | None = None
    most_new_offers_180: int | None = None
    dip: Dip | None = None

    def of(self, condition: Condition) -> PriceMeasures | None:
        """The measures of the sell-side series of a condition."""
        return self.new if condition is Condition.NEW else self.used


NO_MEASURES = Measures()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """Everything the engine reads about one product, as known at ``fetched_at``.

    Lengths in mm, weight in g, shares and percentages 0-100 unless said otherwise. Prices of
    Buy Box, used Buy Box and ``lowest_fbm_new`` include shipping. ``referral_percent``,
    ``fba_fee`` (excl. VAT) and ``closing_fee`` are Keepa's, computed by Amazon at an assumed
    price, as they stood at ``fees_at`` (``None``: at ``fetched_at``); see docs/scoring.md for how
    they are read.

    ``used_like_new`` … ``used_acceptable`` are the cheapest copies of each grade, with shipping;
    ``used_buy_box_grade`` is that of the used Buy Box.

    ``seen_at`` is when Keepa looked, ``fetched_at`` when we asked: the age of the facts is that
    of ``known_at``. ``buy_box_leader_share_90`` is the largest share of the Buy Box that a third
    party held in 90 days; ``sole_seller``: for months the only new offer has been one seller's.
    ``sellers_near_price`` counts only offers that can be sent now. ``coupon_amount`` (money) or
    ``coupon_percent`` comes off the Buy Box price. ``monthly_sold_best`` is the most Amazon ever
    gave; of a variation (``is_variation``), its figures are of ``family_size`` products together.
    """

    asin: str
    marketplace: str  # "us", "uk", "de", "fr", "jp", "ca", "it", "es", "in", "mx", "br"
    currency: str
    fetched_at: Instant
    root_category: int | None = None
    root_category_name: str | None = None
    category_ids: tuple[int, ...] = ()
    product_group: str | None = None
    binding: str | None = None
    product_type: int = 0
    is_adult: bool = False
    is_hazmat: bool = False
    is_heat_sensitive: bool = False
    is_variation_parent: bool = False
    buy_box: PriceStats = NO_PRICES
    new_fba: PriceStats = NO_PRICES
    new: PriceStats = NO_PRICES
    amazon: PriceStats = NO_PRICES
    used: PriceStats = NO_PRICES
    used_buy_box: PriceStats = NO_PRICES
    lowest_fbm_new: Decimal | None = None
    warehouse: Decimal | None = None
    list_price: Decimal | None = None
    bsr: int | None = None
    bsr_avg30: int | None = None
    bsr_avg90: int | None = None
    bsr_avg180: int | None = None
    count_new: int | None = None
    count_new_fba: int | None = None  # Amazon included
    count_new_fbm: int | None = None
    count_used: int | None = None
    sellers_near_price: int | None = None  # from live offers; None unless they were asked for
    monthly_sold: int | None = None
    rank_drops_30: int | None = None
    rank_drops_90: int | None = None
    rank_drops_180: int | None = None
    rank_drops_365: int | None = None
    out_of_stock_90: int | None = None
    amazon_availability: int | None = None  # −1 no Amazon offer, 0 in stock, 1.. see Keepa
    buy_box_is_amazon: bool | None = None
    amazon_buy_box_share_90: int | None = None
    referral_percent: Decimal | None = None
    fba_fee: Decimal | None = None
    closing_fee: Decimal | None = None
    package_length_mm: int | None = None
    package_width_mm: int | None = None
    package_height_mm: int | None = None
    package_weight_g: int | None = None
    return_rate: int | None = None  # 1 low, 2 high
    rating: Decimal | None = None
    listed_since: Instant | None = None
    first_data_at: Instant | None = None
    measures: Measures = field(default=NO_MEASURES)
    seen_at: Instant | None = None
    release_day: date | None = None
    buy_box_leader_share_90: int | None = None
    sole_seller: bool = False
    buy_box_held_up: bool = False  # its offer cannot be sent at once
    buy_box_preorder: bool = False
    coupon_amount: Decimal | None = None
    coupon_percent: int | None = None
    monthly_sold_best: int | None = None
    is_variation: bool = False
    family_size: int | None = None
    rank_reference_changed: bool = False  # within the last 90 days

    @property
    def known_at(self) -> datetime:
        """When what these facts say was seen: the age of everything in them."""
        return self.seen_at or self.fetched_at

    @property
    def is_unreleased(self) -> bool:
        """Whether it was seen before its release: what its rank counts are pre-orders."""
        if self.release_day is not None:
            return self.release_day > self.known_at.date()
        return self.buy_box_preorder or self.amazon_availability == AMAZON_PREORDER

    category_names: tuple[str, ...] = ()  # of the category tree, from the root down
    fees_at: Instant | None = None
    used_like_new: PriceStats = NO_PRICES
    used_very_good: PriceStats = NO_PRICES
    used_good: PriceStats = NO_PRICES
    used_acceptable: PriceStats = NO_PRICES
    used_buy_box_grade: Grade | None = None
    pack_size: int | None = None  # units sold at once
    pack_size_other: int | None = None  # what Keepa counts where the title says pack_size

    @property
    def package_sides(self) -> tuple[int | None, int | None, int | None]:
        """Length, width and height in mm."""
        return self.package_length_mm, self.package_width_mm, self.package_height_mm

    def prices(self, series: PriceSeries) -> PriceStats:
        """The statistics of one series."""
        stats: PriceStats = getattr(self, SERIES_FIELDS[series])
        return stats
