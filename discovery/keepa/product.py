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

# Keepa's ``productType``; 1 is a download, 2 an e-book, 3 a product whose data are not accessible.
STANDARD, INVALID, VARIATION_PARENT = 0, 4, 5
PROGRAMME = -2  # a ``salesRankReference`` that is no category: Amazon's Launchpad
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

    def at(self, second: int) -> int | None:
        """The value in force at a moment (unix seconds); ``None`` before the first."""
        position = bisect_right(self.times, second) - 1
        return self.values[position] if position >= 0 else None


@dataclass(frozen=True, slots=True)
class CategoryRef:
    """A browse node on the way from the root category to the product."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class BuyBox:
    """The Buy Box of new copies; ``None`` wherever Keepa was not asked or does not say.

    ``shares`` are the percentages of the statistics' window each seller won it for; they need
    not add up to 100. ``owners`` are the changes of hand: unix seconds and the seller's id, or
    ``None`` for nobody and for not known. ``condition`` is Keepa's code (1 new).
    """

    price: int | None = None
    shipping: int | None = None
    is_amazon: bool | None = None
    condition: int | None = None
    is_back_order: bool = False
    is_preorder: bool = False
    is_shippable: bool = True
    shares: Mapping[str, float] | None = None
    owners: tuple[tuple[int, str | None], ...] = ()

    @property
    def is_held_up(self) -> bool:
        """Whether the offer in it cannot be sent at once."""
        return self.is_back_order or self.is_preorder or not self.is_shippable

    @property
    def total(self) -> int | None:
        """The price with its shipping, where that is known; smallest unit of the currency."""
        return None if self.price is None else self.price + (self.shipping or 0)


@dataclass(frozen=True, slots=True)
class DeliveredFees:
    """Amazon's fees as Keepa delivers them, computed by Amazon at a price of its choosing.

    ``at`` is when: what Keepa says of the fulfilment fee, else when it last looked at the product.
    """

    referral_percent: Decimal | None = None
    pick_and_pack: int | None = None
    closing: int | None = None
    at: datetime | None = None


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

    ``shipping`` is ``None`` when it is unknown or the offer cannot be shipped, ``stock`` when it
    is unknown. ``is_available``: it can be shipped now, is no pre-order, and is not known to be
    out of stock.
    """

    seller_id: str
    condition: int
    price: int | None
    shipping: int | None
    is_fba: bool
    is_amazon: bool
    stock: int | None
    is_preorder: bool = False
    is_shippable: bool = True

    @property
    def is_available(self) -> bool:
        """Whether a buyer could have it sent today."""
        return self.is_shippable and not self.is_preorder and self.stock != 0

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
    ``last_update`` is when Keepa looked; ``offers_successful`` is False when the offers asked for
    could not be read: nothing follows from their absence.

    ``rank_reference`` is the category the rank belongs to, ``rank_references`` what it was and
    since when (unix seconds); −1 is none, −2 a programme of Amazon's. ``coupon`` is what one
    order saves: an amount, or a percentage when negative. ``monthly_sold_best`` is the highest
    figure Amazon ever gave, ``family_size`` the number of variations (this one counted), ``None``
    when unknown; ``eligible_offers`` counts offers that may win the Buy Box, in Keepa's order
    (new FBA, new FBM, used FBA, used FBM, …).
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
    used_buy_box_item: int | None = None  # without its shipping
    used_buy_box_condition: int | None = None  # Keepa's code, as of an offer

    last_update: datetime | None = None
    release_date: date | None = None
    publication_date: date | None = None
    coupon: int | None = None
    rank_reference: int | None = None
    rank_references: tuple[tuple[int, int], ...] = ()
    parent_asin: str | None = None
    family_size: int | None = None
    monthly_sold_best: int | None = None
    monthly_sold_series: Series = field(default_factory=Series)
    eligible_offers: tuple[int, ...] = ()
    offers_successful: bool | None = None
    number_of_items: int | None = None
    package_quantity: int | None = None

    def money(self, minor_units: int | None) -> Decimal | None:
        """An amount of ``currency``, or ``None`` for ``None``."""
        return None if minor_units is None else Decimal(minor_units).scaleb(-self.exponent)

    def price(self, name: str, window: str = "current") -> Decimal | None:
        """A price by series name; ``window`` is current, avg30, avg90, avg180 or avg365.

        0 is no price: nothing that can be bought costs nothing.
        """
        values: Mapping[str, int] = getattr(self, window)
        return self.money(values.get(name) or None)

    @property
    def rank(self) -> int | None:
        """The sales rank in the main category; ``None`` when there is only a shelf's."""
        return self.mean_rank("current")

    def mean_rank(self, window: str) -> int | None:
        """The main category's rank over a window of ``price``; ``None`` when it is a shelf's."""
        values: Mapping[str, int] = getattr(self, window)
        return None if self.has_shelf_rank else values.get("SALES")

    @property
    def has_shelf_rank(self) -> bool:
        """Whether the rank given is that of a category below the root, or of a programme."""
        roots = {self.root_category, *(node.id for node in self.category_tree[:1])}
        shelves = {node.id for node in self.category_tree[1:]} | set(self.categories)
        return self.rank_reference == PROGRAMME or self.rank_reference in shelves - roots

    @property
    def fba_offers(self) -> int | None:
        """New offers Amazon ships, its own included."""
        return self._counted("COUNT_NEW_FBA", 0)

    @property
    def fbm_offers(self) -> int | None:
        """New offers their sellers ship."""
        return self._counted("COUNT_NEW_FBM", 1)

    def _counted(self, name: str, position: int) -> int | None:
        # Shorter answers end before these counts: the offers that may win the Buy Box stand in.
        eligible = self.eligible_offers[position] if position < len(self.eligible_offers) else None
        known = eligible if eligible is not None and eligible >= 0 else None
        return self.current.get(name, known)

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
