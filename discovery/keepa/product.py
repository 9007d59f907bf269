"""A product as Keepa describes it, in our words: names instead of indexes, ``None`` for unknown.

Amounts are integers in the smallest unit of the marketplace's currency, as Keepa sends them;
``ProductSnapshot.money`` makes a ``Decimal`` of one. Nothing here talks to Keepa or decodes JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

# Keepa's ``productType``; 1 is a download, 2 an e-book, 3 a product whose data are not accessible.
STANDARD, INVALID, VARIATION_PARENT = 0, 4, 5
CONDITION_NEW = 1  # of an offer: OfferCondition of the vendor's Java client; 2 to 5 are used


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
        """The newest value; ``None`` when there is none."""
        return self.values[-1] if self.values else None


@dataclass(frozen=True, slots=True)
class CategoryRef:
    """A browse node on the way from the root category to the product."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class BuyBox:
    """The Buy Box; ``None`` wherever Keepa was not asked or does not say.

    ``amazon_share`` is the percentage of time Amazon won it over the statistics' window.
    """

    price: int | None = None
    shipping: int | None = None
    is_amazon: bool | None = None
    amazon_share: float | None = None

    @property
    def total(self) -> int | None:
        """The price with its shipping, where that is known; smallest unit of the currency."""
        return None if self.price is None else self.price + (self.shipping or 0)


@dataclass(frozen=True, slots=True)
class DeliveredFees:
    """Amazon's fees as Keepa delivers them, computed by Amazon at a price of its choosing."""

    referral_percent: Decimal | None = None
    pick_and_pack: int | None = None
    closing: int | None = None


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
    stock: int | None

    @property
    def total(self) -> int | None:
        """The price with its shipping, where that is known; smallest unit of the currency."""
        return None if self.price is None else self.price + (self.shipping or 0)


@dataclass(frozen=True, slots=True)
class ProductSnapshot:
    """All we keep of one product of one marketplace at one moment.

    ``current``, the averages and ``out_of_stock90`` (percent of the time) are keyed by series
    name ("BUY_BOX_SHIPPING", "SALES", "COUNT_NEW_FBA", ...); an absent name is "none". The rank
    is always that of the main category. ``availability_amazon`` is Keepa's code: −1 no Amazon
    offer, 0 in stock, 1 pre-order, 2 unknown, 3 back-order, 4 delayed. ``has_detail`` is
    whether the Buy Box was asked for: without it an absent Buy Box price is unknown, not none.
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
    product_type: int = STANDARD
    root_category: int | None = None
    categories: tuple[int, ...] = ()
    category_tree: tuple[CategoryRef, ...] = ()
    image: str | None = None
    eans: tuple[str, ...] = ()
    upcs: tuple[str, ...] = ()
    gtins: tuple[str, ...] = ()

    current: Mapping[str, int] = field(default_factory=dict)
    avg30: Mapping[str, int] = field(default_factory=dict)
    avg90: Mapping[str, int] = field(default_factory=dict)
    avg180: Mapping[str, int] = field(default_factory=dict)
    avg365: Mapping[str, int] = field(default_factory=dict)
    out_of_stock90: Mapping[str, int] = field(default_factory=dict)
    drops30: int | None = None
    drops90: int | None = None
    drops180: int | None = None
    drops365: int | None = None

    monthly_sold: int | None = None  # at least
    availability_amazon: int | None = None
    buy_box: BuyBox = field(default_factory=BuyBox)
    fees: DeliveredFees = field(default_factory=DeliveredFees)
    package: Dimensions = field(default_factory=Dimensions)
    item: Dimensions = field(default_factory=Dimensions)
    is_adult: bool = False
    is_hazmat: bool = False
    is_heat_sensitive: bool = False
    return_rate: int | None = None  # 1 low, 2 high

    listed_since: datetime | None = None
    tracking_since: datetime | None = None

    series: Mapping[str, Series] = field(default_factory=dict)
    live_offers: tuple[LiveOffer, ...] = ()
    has_detail: bool = False
    number_of_items: int | None = None
    package_quantity: int | None = None

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
        """Whether it stands for a family of variations and cannot be bought itself."""
        return self.product_type == VARIATION_PARENT

    @property
    def is_dead(self) -> bool:
        """Keepa has nothing on this ASIN: it was deprecated, or never existed."""
        if self.product_type == INVALID:
            return True
        return self.title is None and not self.current and not self.series

    @property
    def codes(self) -> frozenset[str]:
        """Every EAN, UPC and GTIN, in each of the lengths (12 to 14 digits) a user may type it."""
        found = set(self.eans + self.upcs + self.gtins)
        cores = {code.lstrip("0") for code in found}
        return frozenset(
            found | {core.zfill(n) for core in cores for n in (12, 13, 14) if len(core) <= n}
        )
