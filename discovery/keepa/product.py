"""A product as Keepa describes it, in our words: names instead of indexes, ``None`` for unknown.

Amounts are integers in the smallest unit of the marketplace's currency, as Keepa sends them;
``ProductSnapshot.money`` makes a ``Decimal`` of one. Nothing here talks to Keepa or decodes JSON.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

STANDARD, DOWNLOADABLE, EBOOK, INACCESSIBLE, INVALID, VARIATION_PARENT = range(6)

# Keepa's codes of an offer's condition (OfferCondition of the vendor's Java client).
CONDITION_NEW = 1
CONDITIONS_USED = frozenset({2, 3, 4, 5})

# ``availability_amazon``: −1 no Amazon offer, 0 in stock, 1 pre-order, 2 unknown, 3 back-order,
# 4 delayed.
NO_AMAZON_OFFER = -1

IMAGE_HOST = "https://m.media-amazon.com/images/I/"


@dataclass(frozen=True, slots=True)
class Series:
    """A step function: ``values[i]`` holds from ``times[i]`` (unix seconds) until the next.

    ``None`` is "no offer", "no rank" or "not measured". Prices include shipping where the
    series' name says so.
    """

    times: tuple[int, ...] = ()
    values: tuple[int | None, ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[tuple[int, int | None]]:
        return iter(zip(self.times, self.values, strict=True))

    @property
    def last(self) -> int | None:
        return self.values[-1] if self.values else None

    def at(self, unix_seconds: int) -> int | None:
        """The value that held at a moment; ``None`` before the first one."""
        position = bisect_right(self.times, unix_seconds)
        return self.values[position - 1] if position else None


@dataclass(frozen=True, slots=True)
class CategoryRef:
    """A browse node on the way from the root category to the product."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class BuyBox:
    """Who holds the Buy Box and who held it; ``None`` wherever Keepa was not asked or says not.

    ``shares`` is the percentage of time each seller won it over the statistics' window.
    """

    price: int | None = None
    shipping: int | None = None
    seller_id: str | None = None
    is_amazon: bool | None = None
    is_fba: bool | None = None
    is_used: bool | None = None
    is_unqualified: bool | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    amazon_share: float | None = None
    seller_count: int | None = None
    used_price: int | None = None
    used_shipping: int | None = None
    used_is_fba: bool | None = None

    @property
    def total(self) -> int | None:
        return None if self.price is None else self.price + (self.shipping or 0)

    @property
    def used_total(self) -> int | None:
        return None if self.used_price is None else self.used_price + (self.used_shipping or 0)


@dataclass(frozen=True, slots=True)
class DeliveredFees:
    """Amazon's fees as Keepa delivers them, computed by Amazon at a price of its choosing."""

    referral_percent: Decimal | None = None
    pick_and_pack: int | None = None
    pick_and_pack_tax: int | None = None
    storage: int | None = None
    storage_tax: int | None = None
    closing: int | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Millimetres and grams; ``None`` when Keepa says 0 or −1."""

    length: int | None = None
    width: int | None = None
    height: int | None = None
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class LiveOffer:
    """An offer that stood on the listing when Keepa last looked; ``condition`` is Keepa's code.

    ``shipping`` is ``None`` when it is unknown or the offer cannot be shipped.
    """

    seller_id: str
    condition: int
    price: int | None
    shipping: int | None
    is_fba: bool
    is_amazon: bool
    is_prime: bool
    is_map: bool
    stock: int | None
    last_seen: datetime | None

    @property
    def total(self) -> int | None:
        return None if self.price is None else self.price + (self.shipping or 0)


@dataclass(frozen=True, slots=True)
class ProductSnapshot:
    """All we keep of one product of one marketplace at one moment.

    ``current``, the averages and ``out_of_stock*`` (percent of the time) are keyed by series
    name ("BUY_BOX_SHIPPING", "SALES", "COUNT_NEW_FBA", ...); an absent name is "none". The rank
    is always that of the main category. ``minimum`` and ``maximum`` hold (unix seconds, value).
    ``has_detail`` tells whether the Buy Box was asked for: without it an absent Buy Box price
    is unknown, not none.
    """

    asin: str
    marketplace: str
    currency: str
    exponent: int
    title: str | None = None
    brand: str | None = None
    author: str | None = None
    binding: str | None = None
    product_group: str | None = None
    product_kind: str | None = None  # Keepa's ``type``, such as ABIS_BOOK
    product_type: int = STANDARD
    root_category: int | None = None
    categories: tuple[int, ...] = ()
    category_tree: tuple[CategoryRef, ...] = ()
    sales_rank_reference: int | None = None
    image: str | None = None
    eans: tuple[str, ...] = ()
    upcs: tuple[str, ...] = ()
    gtins: tuple[str, ...] = ()

    current: Mapping[str, int] = field(default_factory=dict)
    avg30: Mapping[str, int] = field(default_factory=dict)
    avg90: Mapping[str, int] = field(default_factory=dict)
    avg180: Mapping[str, int] = field(default_factory=dict)
    avg365: Mapping[str, int] = field(default_factory=dict)
    minimum: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    maximum: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    out_of_stock30: Mapping[str, int] = field(default_factory=dict)
    out_of_stock90: Mapping[str, int] = field(default_factory=dict)
    amazon_out_of_stock_count90: int | None = None
    drops30: int | None = None
    drops90: int | None = None
    drops180: int | None = None
    drops365: int | None = None
    total_offer_count: int | None = None
    offer_count_fba: int | None = None  # of the offers fetched; only with ``offers``
    offer_count_fbm: int | None = None

    monthly_sold: int | None = None  # at least
    monthly_sold_history: Series = field(default_factory=Series)
    availability_amazon: int | None = None
    buy_box: BuyBox = field(default_factory=BuyBox)
    fees: DeliveredFees = field(default_factory=DeliveredFees)
    competitive_price: int | None = None
    suggested_lower_price: int | None = None
    package: Dimensions = field(default_factory=Dimensions)
    item: Dimensions = field(default_factory=Dimensions)
    package_quantity: int | None = None
    is_adult: bool = False
    is_hazmat: bool = False
    is_heat_sensitive: bool = False
    has_reviews: bool = False
    return_rate: int | None = None  # 1 low, 2 high
    is_map: bool = False
    parent_asin: str | None = None
    has_variations: bool = False

    last_update: datetime | None = None
    last_price_change: datetime | None = None
    listed_since: datetime | None = None
    tracking_since: datetime | None = None
    publication_date: date | None = None
    release_date: date | None = None

    series: Mapping[str, Series] = field(default_factory=dict)
    live_offers: tuple[LiveOffer, ...] = ()
    has_statistics: bool = False
    has_detail: bool = False

    def money(self, minor_units: int | None) -> Decimal | None:
        """An amount of ``currency``, or ``None`` for ``None``."""
        return None if minor_units is None else Decimal(minor_units).scaleb(-self.exponent)

    def price(self, name: str, window: str = "current") -> Decimal | None:
        """A price by series name; ``window`` is current, avg30, avg90, avg180 or avg365."""
        values: Mapping[str, int] = getattr(self, window)
        return self.money(values.get(name))

    @property
    def rank(self) -> int | None:
        """The sales rank in the main category."""
        return self.current.get("SALES")

    @property
    def rating(self) -> Decimal | None:
        """Stars, 0 to 5."""
        value = self.current.get("RATING")
        return None if value is None else Decimal(value).scaleb(-1)

    @property
    def is_variation_parent(self) -> bool:
        return self.product_type == VARIATION_PARENT

    @property
    def is_dead(self) -> bool:
        """Keepa has nothing on this ASIN: it was deprecated, or never existed."""
        if self.product_type == INVALID:
            return True
        return self.title is None and not self.current and not self.series

    @property
    def image_url(self) -> str | None:
        return f"{IMAGE_HOST}{self.image}" if self.image else None

    @property
    def codes(self) -> frozenset[str]:
        """Every EAN, UPC and GTIN, in each of the lengths a user may type it."""
        return frozenset(
            form for code in (*self.eans, *self.upcs, *self.gtins) for form in _forms(code)
        )


def _forms(code: str) -> tuple[str, ...]:
    core = code.lstrip("0")
    return (code, *(core.zfill(length) for length in (12, 13, 14) if len(core) <= length))
