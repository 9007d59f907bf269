"""A niche as one frozen value: canonical, keyed, and put in Keepa's words.

Equal questions are equal values with equal keys, whatever order or spelling they came in. The
reasoning that spares tokens (``contains``, ``matches``, ``sort_key``) follows Keepa's rules: a
value that is absent or −1 satisfies no condition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.keepa.finder_fields import (
    DEFAULT_PRICE_TYPE,
    DEFAULT_SORT,
    FLAGS,
    MOST_RESULTS,
    PRICE_TYPES,
    RANGES,
    SMALLEST_PAGE,
    SORTS,
    Range,
    Unit,
    is_always_known,
)
from discovery.keepa.marketplaces import Marketplace, marketplace_of
from discovery.keepa.product import STANDARD, ProductSnapshot

KEY_PREFIX = "discovery_"


@dataclass(frozen=True)
class NicheFilters:
    """What is asked of the Product Finder. Categories are Keepa ids.

    Every ``*_min``/``*_max`` is inclusive and excludes products for which the value is unknown.
    Prices are in the marketplace's currency and of ``price_type``; ratings are stars; weights
    grams; ``amazon_*90`` percent. ``sort`` is one of ``SORTS``.

    Raises ``ValueError`` for what Keepa cannot be asked. It is no reader: people and programs are
    shown what is wrong, field by field, where their questions are read.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    marketplace: str = "us"
    root_categories: tuple[int, ...] = ()
    categories_include: tuple[int, ...] = ()
    categories_exclude: tuple[int, ...] = ()
    title: str = ""
    brand: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    price_type: str = DEFAULT_PRICE_TYPE
    bsr_min: int | None = None
    bsr_max: int | None = None
    bsr_avg90_min: int | None = None
    bsr_avg90_max: int | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    price_avg90_min: Decimal | None = None
    price_avg90_max: Decimal | None = None
    new_offers_min: int | None = None
    new_offers_max: int | None = None
    fba_offers_min: int | None = None
    fba_offers_max: int | None = None
    used_offers_min: int | None = None
    used_offers_max: int | None = None
    monthly_sold_min: int | None = None
    monthly_sold_max: int | None = None
    drops30_min: int | None = None
    drops30_max: int | None = None
    drops90_min: int | None = None
    drops90_max: int | None = None
    drops180_min: int | None = None
    drops180_max: int | None = None
    drops365_min: int | None = None
    drops365_max: int | None = None
    rating_min: Decimal | None = None
    rating_max: Decimal | None = None
    reviews_min: int | None = None
    reviews_max: int | None = None
    weight_min: int | None = None
    weight_max: int | None = None
    amazon_out_of_stock90_min: int | None = None
    amazon_out_of_stock90_max: int | None = None
    amazon_buy_box_share90_min: int | None = None
    amazon_buy_box_share90_max: int | None = None
    buy_box_sellers90_min: int | None = None
    buy_box_sellers90_max: int | None = None
    amazon_absent: bool = False
    exclude_adult: bool = False
    exclude_hazmat: bool = False
    exclude_heat_sensitive: bool = False
    single_variation: bool = False
    sort: str = DEFAULT_SORT

    def __post_init__(self) -> None:
        market = self.market
        self._settle("marketplace", market.code)
        for name in ("root_categories", "categories_include", "categories_exclude"):
            self._settle(name, tuple(sorted(set(getattr(self, name)))))
        for name in ("brand", "author"):
            self._settle(name, tuple(sorted({_squeezed(v) for v in getattr(self, name)})))
        self._settle("title", _squeezed(self.title))
        for condition in RANGES:
            self._settle_range(condition, market)
        if self.sort not in SORTS or self.price_type not in PRICE_TYPES:
            raise ValueError("sort, price_type")
        if not self._names_a_price:
            # Which price is meant makes no difference when none is asked about.
            self._settle("price_type", DEFAULT_PRICE_TYPE)

    def _settle_range(self, condition: Range, market: Marketplace) -> None:
        bounds = self.bounds(condition)
        if bounds == (None, None):
            return
        lowest, highest = condition.limits(market)
        for name, bound in zip(condition.ends, bounds, strict=True):
            if bound is not None:
                if not lowest <= bound <= highest:
                    raise ValueError(condition.name)
                self._settle(name, _settled(bound, condition.unit, market))
                lowest = Decimal(bound)

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def from_canonical(cls, canonical: Mapping[str, Any]) -> NicheFilters:
        """Read back what ``canonical`` returned, wherever it comes from by now.

        Raises ``InvalidFilters``, a ``ValueError``, for anything else.
        """
        if "marketplace" not in canonical:
            raise InvalidFilters({"marketplace": [FieldProblem("required")]})
        try:
            return _STORED.validate_python(canonical)
        except ValidationError as error:
            wrong = {str((*problem["loc"], "filters")[0]) for problem in error.errors()}
            unreadable = [FieldProblem("unreadable")]
            raise InvalidFilters(dict.fromkeys(sorted(wrong), unreadable)) from None

    @property
    def market(self) -> Marketplace:
        """The marketplace itself. Raises ``UnknownMarketplace``."""
        return marketplace_of(self.marketplace)

    @property
    def _names_a_price(self) -> bool:
        return "price" in self.sort or any(
            bound is not None
            for condition in RANGES
            if condition.uses_price_type
            for bound in self.bounds(condition)
        )

    def bounds(self, condition: Range) -> tuple[Any, Any]:
        """The lowest and highest value asked of a condition, ``None`` where open."""
        low, high = condition.ends
        return getattr(self, low), getattr(self, high)

    def canonical(self) -> dict[str, Any]:
        """The question as plain JSON, without what is left at its default."""
        return dict(self._canonical)

    @cached_property
    def _canonical(self) -> dict[str, Any]:
        asked: dict[str, Any] = _STORED.dump_python(self, mode="json", exclude_defaults=True)
        return {"marketplace": self.marketplace, **asked}

    @cached_property
    def cache_key(self) -> str:
        """``discovery_`` and the SHA-256 of the canonical JSON."""
        text = json.dumps(self._canonical, sort_keys=True, separators=(",", ":"))
        return KEY_PREFIX + hashlib.sha256(text.encode()).hexdigest()

    def to_selection(self, *, per_page: int = 1000, page: int = 0) -> dict[str, Any]:
        """The Product Finder selection. Standard products only, always sorted.

        ``per_page`` is raised to Keepa's minimum of 50. Raises ``ValueError`` when the page
        ends beyond Keepa's 10 000 results.
        """
        per_page = max(per_page, SMALLEST_PAGE)
        if (page + 1) * per_page > MOST_RESULTS:
            raise ValueError("Keepa lists no more than 10 000 results of a question.")
        selection: dict[str, Any] = {
            "productType": [STANDARD],
            "sort": [list(self._sort)],
            "perPage": per_page,
            "page": page,
        }
        words = {
            "rootCategory": list(self.root_categories),
            "categories_include": list(self.categories_include),
            "categories_exclude": list(self.categories_exclude),
            "brand": list(self.brand),
            "author": list(self.author),
            "title": self.title,
        }
        selection |= {name: value for name, value in words.items() if value}
        selection |= {flag.field: flag.asked for flag in FLAGS if getattr(self, flag.name)}
        for condition in RANGES:
            key = condition.key(self.price_type)
            low, high = self.bounds(condition)
            if low is None and high is not None:
                # Whether an upper bound alone lets in −1, "unknown", is not documented.
                low, _ = condition.limits(self.market)
            for bound, suffix in ((low, "_gte"), (high, "_lte")):
                if bound is not None:
                    selection[key + suffix] = _on_the_wire(bound, condition.unit, self.market)
        return selection

    @property
    def _sort(self) -> tuple[str, str]:
        key, direction = SORTS[self.sort]
        return key.format(price_type=self.price_type), direction


_STORED = TypeAdapter(NicheFilters)
# Asked alike by both, or the wider answer proves nothing about the narrower question.
_SAME_IN_BOTH = (
    "marketplace",
    "title",
    "brand",
    "author",
    "categories_include",
    "categories_exclude",
    "single_variation",
    "_sort",
)


def contains(outer: NicheFilters, inner: NicheFilters) -> bool:
    """Whether every product of ``inner`` is one of ``outer``'s, and ``matches`` can pick them.

    Conservative: what a product's own data do not settle for certain (words, sub-categories,
    values that need the Buy Box detail) must be asked alike in both.
    """
    sort_field, _ = inner._sort
    return (
        all(getattr(outer, name) == getattr(inner, name) for name in _SAME_IN_BOTH)
        and _roots_within(outer, inner)
        and all(getattr(inner, flag.name) or not getattr(outer, flag.name) for flag in FLAGS)
        and all(_range_within(condition, outer, inner) for condition in RANGES)
        and is_always_known(sort_field)
        and _is_bounded(sort_field, inner)
    )


def _roots_within(outer: NicheFilters, inner: NicheFilters) -> bool:
    wide, narrow = set(outer.root_categories), set(inner.root_categories)
    return not wide or set() < narrow <= wide


def _range_within(condition: Range, outer: NicheFilters, inner: NicheFilters) -> bool:
    wide, narrow = outer.bounds(condition), inner.bounds(condition)
    key = condition.key(inner.price_type)
    if wide != (None, None) and condition.key(outer.price_type) != key:
        return False
    if wide == narrow:
        return True
    low_fits = wide[0] is None or (narrow[0] is not None and narrow[0] >= wide[0])
    high_fits = wide[1] is None or (narrow[1] is not None and narrow[1] <= wide[1])
    return low_fits and high_fits and is_always_known(key)


def are_settled_by(outer: NicheFilters, inner: NicheFilters, values: Mapping[str, Any]) -> bool:
    """Whether a product's ``finder_values`` hold all that ``inner`` asks beyond ``outer``.

    Not so when an older version stored them, or when Keepa left something out.
    """
    sort_field, _ = inner._sort
    needed = {sort_field}
    if inner.root_categories != outer.root_categories:
        needed.add("rootCategory")
    for condition in RANGES:
        if inner.bounds(condition) != outer.bounds(condition):
            needed.add(condition.key(inner.price_type))
    needed |= {flag.field for flag in FLAGS if getattr(inner, flag.name) and flag.testable}
    return needed <= values.keys()


def _is_bounded(field: str, filters: NicheFilters) -> bool:
    # Without a bound, products that lack the value are listed too, in an order only Keepa knows.
    return any(
        condition.key(filters.price_type) == field and filters.bounds(condition) != (None, None)
        for condition in RANGES
    )


def matches(filters: NicheFilters, values: Mapping[str, Any]) -> bool:
    """Whether a product whose ``finder_values`` are given satisfies the conditions.

    Only conditions that can be tested on one product are: words and sub-categories are not, nor
    is a field the product was not asked about (absent from ``values``). ``contains`` never lets
    such a condition decide.
    """
    if filters.root_categories and values.get("rootCategory") not in filters.root_categories:
        return False
    for flag in FLAGS:
        if flag.testable and getattr(filters, flag.name) and flag.field in values:
            asked = flag.asked if isinstance(flag.asked, list) else [flag.asked]
            if values[flag.field] not in asked:
                return False
    return all(_in_range(condition, filters, values) for condition in RANGES)


def _in_range(condition: Range, filters: NicheFilters, values: Mapping[str, Any]) -> bool:
    low, high = filters.bounds(condition)
    key = condition.key(filters.price_type)
    if (low is None and high is None) or (key not in values and not is_always_known(key)):
        return True
    value = values.get(key)
    if value is None:
        return False
    market = filters.market
    return (low is None or value >= _on_the_wire(low, condition.unit, market)) and (
        high is None or value <= _on_the_wire(high, condition.unit, market)
    )


def sort_key(filters: NicheFilters, values: Mapping[str, Any]) -> tuple[int, float]:
    """A key that puts products in the order asked for; those without the value come last."""
    field, direction = filters._sort
    value = values.get(field)
    if value is None:
        return (1, 0)
    return (0, -value if direction == "desc" else value)


def finder_values(snapshot: ProductSnapshot) -> dict[str, Any]:
    """What the Product Finder's conditions are tested against, as plain JSON.

    Values are Keepa's own integers; ``None`` is "none", an absent field "not asked for".
    """
    values: dict[str, Any] = {
        "rootCategory": snapshot.root_category,
        "availabilityAmazon": snapshot.availability_amazon,
        "isAdultProduct": snapshot.is_adult,
        "isHazMat": snapshot.is_hazmat,
        "isHeatSensitive": snapshot.is_heat_sensitive,
        "monthlySold": snapshot.monthly_sold,
        "salesRankDrops30": snapshot.drops30,
        "salesRankDrops90": snapshot.drops90,
        "salesRankDrops180": snapshot.drops180,
        "salesRankDrops365": snapshot.drops365,
        "packageWeight": snapshot.package.weight,
        "outOfStockPercentage90": snapshot.out_of_stock90.get("AMAZON"),
    }
    if snapshot.eligible_offers and snapshot.eligible_offers[0] >= 0:
        values["buyBoxEligibleOfferCountsNewFBA"] = snapshot.eligible_offers[0]
    names = ("SALES", "COUNT_NEW", "COUNT_USED", *PRICE_TYPES)
    for name in dict.fromkeys(names):
        for window, known in (("current", snapshot.current), ("avg90", snapshot.avg90)):
            key = f"{window}_{name}"
            if name in known or snapshot.has_detail or is_always_known(key):
                values[key] = known.get(name)
    for name in ("RATING", "COUNT_REVIEWS"):
        if name in snapshot.current:
            values[f"current_{name}"] = snapshot.current[name]
    return values


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _settled(value: Any, unit: Unit, market: Marketplace) -> int | Decimal:
    if unit is Unit.MONEY:
        return market.decimal(market.minor(Decimal(value)))
    if unit is Unit.STARS:
        return Decimal(value).quantize(Decimal("0.1"))
    return int(value)


def _on_the_wire(bound: Any, unit: Unit, market: Marketplace) -> int:
    if unit is Unit.MONEY:
        return market.minor(bound)
    return int(bound * 10) if unit is Unit.STARS else int(bound)
