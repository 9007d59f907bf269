"""What the engine is told about one product: frozen data, and the codes of its answers.

Money is ``Decimal`` in the marketplace's currency; absent knowledge is ``None``, never −1 or 0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import PlainSerializer

# Stored as whole seconds since 1970; in memory always in UTC.
Instant = Annotated[
    datetime, PlainSerializer(lambda moment: int(moment.timestamp()), return_type=int)
]


class Condition(StrEnum):
    """The condition we would sell in."""

    NEW = "new"
    USED = "used"


class Grade(StrEnum):
    """How good a used copy is, best first; a buyer compares it with its like and with better."""

    LIKE_NEW = "like_new"
    VERY_GOOD = "very_good"
    GOOD = "good"
    ACCEPTABLE = "acceptable"


class PriceBasis(StrEnum):
    """Which price of a series we expect to sell at."""

    CONSERVATIVE = "conservative"  # the lower of today's and the average
    CURRENT = "current"
    AVERAGE = "average"


class CostMethod(StrEnum):
    """How a purchase price is found when nobody gave one."""

    LOWEST_OFFER = "lowest_offer"
    PRICE_FACTOR = "price_factor"


class CostBasis(StrEnum):
    """Where a landed cost came from."""

    EXPLICIT = "explicit"
    LOWEST_OFFER = "lowest_offer"
    PRICE_FACTOR = "price_factor"  # an assumption: the ROI is hypothetical


class VatBasis(StrEnum):
    """Whether a purchase price holds the VAT of the purchase."""

    INCLUDED = "incl"
    EXCLUDED = "excl"


class VatRegime(StrEnum):
    """The seller's French VAT regime; the same three exist elsewhere under other names."""

    REEL = "reel"
    FRANCHISE = "franchise"
    MARGIN = "margin"


class FloorJoin(StrEnum):
    """Whether every money floor must be met, or any one of them."""

    AND = "and"
    OR = "or"


class Verdict(StrEnum):
    """What to do, best first."""

    STRONG_BUY = "STRONG_BUY"
    BUY = "BUY"
    CONSIDER = "CONSIDER"
    SKIP = "SKIP"


class ShownVerdict(StrEnum):
    """A verdict as it is shown, counted and sorted, best first.

    A CONSIDER whose purchase price is still to be found has a place of its own: above one whose
    known price has proved too high, below what can be bought now.
    """

    STRONG_BUY = "STRONG_BUY"
    BUY = "BUY"
    SOURCING = "SOURCING"
    CONSIDER = "CONSIDER"
    SKIP = "SKIP"

    @classmethod
    def of(cls, verdict: Verdict, *, sourcing: bool) -> ShownVerdict:
        """How a verdict is shown, ``sourcing`` when its product is to be sourced."""
        return cls.SOURCING if sourcing else cls(verdict.value)


class SalesKind(StrEnum):
    """What a monthly sales figure is worth."""

    FLOOR = "floor"  # Amazon says "at least"
    SHARED = "shared"  # Amazon's figure for a family of variations, shared out among them
    PROXY = "proxy"  # counted from sales-rank drops
    RANK_MODEL = "rank_model"  # a power law of the sales rank
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How grave a flag is."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class PriceSeries(StrEnum):
    """The price series of the engine, by Keepa's names."""

    BUY_BOX = "BUY_BOX_SHIPPING"
    NEW_FBA = "NEW_FBA"
    NEW = "NEW"
    AMAZON = "AMAZON"
    USED = "USED"
    BUY_BOX_USED = "BUY_BOX_USED_SHIPPING"
    USED_LIKE_NEW = "USED_NEW_SHIPPING"
    USED_VERY_GOOD = "USED_VERY_GOOD_SHIPPING"
    USED_GOOD = "USED_GOOD_SHIPPING"
    USED_ACCEPTABLE = "USED_ACCEPTABLE_SHIPPING"


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


class FlagCode(StrEnum):
    """Every risk the engine can name; docs/scoring.md explains each."""

    AMAZON_SELLS = "amazon_sells"
    AMAZON_HOLDS_BUY_BOX = "amazon_holds_buy_box"
    PRICE_SPIKE = "price_spike"
    PRICE_FALLING = "price_falling"
    PRICE_ABOVE_CORRIDOR = "price_above_corridor"
    PRICE_BELOW_CORRIDOR = "price_below_corridor"
    RARELY_PROFITABLE = "rarely_profitable"
    PRICE_MEANING_CHANGED = "price_meaning_changed"
    NO_BUY_BOX = "no_buy_box"
    NO_CURRENT_OFFER = "no_current_offer"
    OFTEN_OUT_OF_STOCK = "often_out_of_stock"
    RANK_WORSENING = "rank_worsening"
    NO_RANK = "no_rank"
    SALES_UNKNOWN = "sales_unknown"
    OFFER_SURGE = "offer_surge"
    HAZMAT = "hazmat"
    HEAT_SENSITIVE = "heat_sensitive"
    ADULT = "adult"
    OVERSIZE = "oversize"
    HIGH_RETURNS = "high_returns"
    VARIATION_PARENT = "variation_parent"
    NOT_SELLABLE = "not_sellable"
    FIXED_PRICE_BOOK = "fixed_price_book"
    FEES_UNKNOWN = "fees_unknown"
    CLOSING_FEE_UNKNOWN = "closing_fee_unknown"
    FEE_MISMATCH = "fee_mismatch"
    SIZE_UNKNOWN = "size_unknown"
    FEW_DATA = "few_data"
    STALE_DATA = "stale_data"
    COST_ASSUMED = "cost_assumed"
    DOMINANT_SELLER = "dominant_seller"
    BRAND_SELLS_ALONE = "brand_sells_alone"
    NOT_RELEASED = "not_released"
    BACK_ORDER = "back_order"
    AMAZON_ON_ORDER = "amazon_on_order"
    COUPON = "coupon"
    SALES_SHARED = "sales_shared"
    RANK_REFERENCE_CHANGED = "rank_reference_changed"
    GRADE_ASSUMED = "grade_assumed"
    SIZE_NEAR_LIMIT = "size_near_limit"
    FEES_OLD = "fees_old"
    TAX_UNKNOWN = "tax_unknown"
    PACK = "pack"
    PACK_COST = "pack_cost"
    AMBIGUOUS_CODE = "ambiguous_code"


class ReasonCode(StrEnum):
    """Why a verdict is what it is; parameters are listed in docs/scoring.md."""

    NO_PRICE = "no_price"
    ROI_MET = "roi_met"
    ROI_MISSED = "roi_missed"
    PROFIT_MET = "profit_met"
    PROFIT_MISSED = "profit_missed"
    MARGIN_MET = "margin_met"
    MARGIN_MISSED = "margin_missed"
    VELOCITY_MET = "velocity_met"
    VELOCITY_MISSED = "velocity_missed"
    CONFIDENCE_MET = "confidence_met"
    CONFIDENCE_MISSED = "confidence_missed"
    LOSES_MONEY = "loses_money"
    HYPOTHETICAL_COST = "hypothetical_cost"
    TO_SOURCE = "to_source"  # params: amount, profit, percent
    UNREALISTIC_COST = "unrealistic_cost"  # params: amount, price
    NO_COST_PAYS = "no_cost_pays"  # params: price
    CAPPED = "capped"
    OFTEN_PROFITABLE = "often_profitable"
    BETTER_PRICE = "better_price"


class ChangeCode(StrEnum):
    """What would change a verdict."""

    COST_AT_MOST = "cost_at_most"  # params: verdict, amount
    HOLDS_UP_TO_COST = "holds_up_to_cost"  # params: verdict, amount
    VELOCITY_AT_LEAST = "velocity_at_least"  # params: verdict, needed, actual
    CONFIDENCE_AT_LEAST = "confidence_at_least"  # params: verdict, needed, actual
    WITHOUT_FLAG = "without_flag"  # params: verdict, flag
    CONFIRM_COST = "confirm_cost"  # params: none


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


@dataclass(frozen=True, slots=True)
class Measures:
    """What depends on history alone, computed once when a product is fetched.

    ``rank_trend`` and the offer trends are last-30-days means over 90-day means: above 1 the
    rank number (worse) or the offers (more) went up. ``drop_days_180`` counts the days of the
    last 180 with at least one sales-rank drop. ``amazon_presence_90`` is a share 0-1,
    ``most_new_offers_180`` the most new offers seen at once in the last 180 days.
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
