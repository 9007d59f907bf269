"""From one product of a ``/product`` answer to a ``ProductSnapshot``.

Absent, null, −1 and −2 are handled field by field: each means "none" or "unknown" in its own
place. A field of a wrong type makes the product ``Undecodable``: a number guessed from nonsense
would be worse than no product.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from discovery.keepa.csv_types import CSV_TYPES, Kind
from discovery.keepa.marketplaces import Marketplace
from discovery.keepa.product import (
    BuyBox,
    CategoryRef,
    DeliveredFees,
    Dimensions,
    LiveOffer,
    ProductSnapshot,
    Series,
)
from discovery.keepa.raw_fields import (
    OFFSET_MINUTES,
    Raw,
    Undecodable,
    as_integer,
    flag,
    integer,
    integers,
    items,
    known,
    mapping,
    moment,
    positive,
    text,
    texts,
)

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"[\w+%.-]+\.(?:jpe?g|png|gif|webp)", re.ASCII | re.IGNORECASE)
_ASIN = re.compile(r"[A-Z0-9]{10}")

# An ASIN Keepa does not know may come back as an object of hardly more than its name.
NEAR_EMPTY = 8


def decode_product(raw: Raw, *, marketplace: Marketplace, detail: bool) -> ProductSnapshot:
    """Return the product in our words. ``detail``: the Buy Box or offers were asked for.

    Raises ``Undecodable``.
    """
    if len(raw) > NEAR_EMPTY and not {"title", "csv"} & raw.keys():
        # Without either it would pass for an ASIN that does not exist.
        raise Undecodable("title")
    if integer(raw, "domainId") not in (None, marketplace.domain_id):
        raise Undecodable("domainId")
    stats = mapping(raw, "stats")
    series = _all_series(raw)
    hazards = raw.get("hazardousMaterials")
    return ProductSnapshot(
        asin=asin_of(raw),
        marketplace=marketplace.code,
        currency=marketplace.currency,
        exponent=marketplace.exponent,
        title=clean_text(text(raw, "title")),
        brand=clean_text(text(raw, "brand")),
        author=clean_text(text(raw, "author")),
        binding=text(raw, "binding"),
        product_group=text(raw, "productGroup"),
        product_type=integer(raw, "productType") or 0,
        root_category=positive(raw, "rootCategory"),
        categories=integers(raw, "categories"),
        category_tree=_category_tree(raw),
        image=_image(raw),
        eans=texts(raw, "eanList"),
        upcs=texts(raw, "upcList"),
        gtins=texts(raw, "gtinList"),
        current=_current(stats, series),
        avg30=_by_type(stats, "avg30"),
        avg90=_by_type(stats, "avg90"),
        avg180=_by_type(stats, "avg180"),
        avg365=_by_type(stats, "avg365"),
        out_of_stock90=_by_type(stats, "outOfStockPercentage90"),
        drops30=known(stats, "salesRankDrops30"),
        drops90=known(stats, "salesRankDrops90"),
        drops180=known(stats, "salesRankDrops180"),
        drops365=known(stats, "salesRankDrops365"),
        monthly_sold=positive(raw, "monthlySold"),
        availability_amazon=integer(raw, "availabilityAmazon"),
        buy_box=_buy_box(stats, marketplace),
        fees=_fees(raw),
        package=_dimensions(raw, "package"),
        item=_dimensions(raw, "item"),
        is_adult=flag(raw, "isAdultProduct") or False,
        is_hazmat=bool(hazards) and hazards != -1,
        is_heat_sensitive=flag(raw, "isHeatSensitive") or False,
        return_rate=positive(raw, "returnRate"),
        listed_since=moment(raw, "listedSince"),
        tracking_since=moment(raw, "trackingSince"),
        series=series,
        live_offers=_live_offers(raw),
        has_detail=detail,
        number_of_items=positive(raw, "numberOfItems"),
        package_quantity=positive(raw, "packageQuantity"),
    )


def asin_of(raw: Any) -> str:
    """The ASIN of a raw product. Raises ``Undecodable``."""
    asin = raw.get("asin") if isinstance(raw, Mapping) else None
    if not isinstance(asin, str) or not _ASIN.fullmatch(asin):
        raise Undecodable("asin")
    return asin


def clean_text(text: str | None) -> str | None:
    """Plain text: tags dropped, entities resolved, spaces squeezed; ``None`` when empty.

    It may still hold ``<`` or ``&``: pages must escape it like any other text.
    """
    if text is None:
        return None
    without_tags = _TAG.sub(" ", html.unescape(_TAG.sub(" ", text)))
    printable = "".join(c if c.isprintable() else " " for c in without_tags)
    return " ".join(printable.split()) or None


# --- statistics and histories: indexes become names -----------------------------------------------


def _by_type(stats: Raw, key: str) -> dict[str, int]:
    values = items(stats, key)
    found = {}
    for csv_type, value in zip(CSV_TYPES, values, strict=False):
        number = -1 if value is None else as_integer(value, key)
        if number > 0 or (number == 0 and csv_type.kind is not Kind.RANK):
            found[csv_type.name] = number
    return found


def _current(stats: Raw, series: Mapping[str, Series]) -> dict[str, int]:
    """Today's values: the statistics' where they reach, else the newest point of the history."""
    covered = len(items(stats, "current"))
    current = _by_type(stats, "current")
    for csv_type in CSV_TYPES[covered:]:
        history = series.get(csv_type.name)
        if history is not None and history.last is not None:
            current[csv_type.name] = history.last
    return current


def _all_series(raw: Raw) -> dict[str, Series]:
    found = {}
    for csv_type, points in zip(CSV_TYPES, items(raw, "csv"), strict=False):
        if points is None:
            continue
        key = f"csv[{csv_type.index}]"
        if not isinstance(points, list):
            raise Undecodable(key)
        if points:
            found[csv_type.name] = (
                _triplets(points, key) if csv_type.shipped else _pairs(points, key)
            )
    return found


def _pairs(points: Sequence[Any], key: str) -> Series:
    times, values = _columns(points, key, 2)
    return Series(times, tuple([value if value >= 0 else None for value in values]))


def _triplets(points: Sequence[Any], key: str) -> Series:
    times, prices, shipping = _columns(points, key, 3)
    totals = [
        None if price < 0 else price + max(extra, 0)
        for price, extra in zip(prices, shipping, strict=True)
    ]
    return Series(times, tuple(totals))


def _columns(points: Sequence[Any], key: str, width: int) -> list[Any]:
    """The times in unix seconds, then the integers that stand beside them, column by column."""
    if len(points) % width or not {type(point) for point in points} <= {int}:
        raise Undecodable(key)
    minutes, *values = (points[column::width] for column in range(width))
    return [tuple([(minute + OFFSET_MINUTES) * 60 for minute in minutes]), *values]


# --- the parts of a product -----------------------------------------------------------------------


def _category_tree(raw: Raw) -> tuple[CategoryRef, ...]:
    nodes = items(raw, "categoryTree")
    if not all(isinstance(node, Mapping) for node in nodes):
        raise Undecodable("categoryTree")
    return tuple(
        CategoryRef(number, clean_text(text(node, "name")) or "")
        for node in nodes
        if (number := integer(node, "catId")) is not None
    )


def _image(raw: Raw) -> str | None:
    names = [
        image.get("l") or image.get("m")
        for image in items(raw, "images")
        if isinstance(image, Mapping)
    ]
    names += (text(raw, "imagesCSV") or "").split(",")
    # The name becomes part of an address: anything but a plain file name is ignored.
    return next((name for name in names if isinstance(name, str) and _IMAGE.fullmatch(name)), None)


def _buy_box(stats: Raw, marketplace: Marketplace) -> BuyBox:
    return BuyBox(
        price=known(stats, "buyBoxPrice"),
        shipping=known(stats, "buyBoxShipping"),
        is_amazon=flag(stats, "buyBoxIsAmazon"),
        amazon_share=_share_of(marketplace.amazon_seller_id, stats),
    )


def _share_of(seller: str, stats: Raw) -> float | None:
    """Percent of the time; ``None`` when not asked for, 0 for a seller who is not listed."""
    if stats.get("buyBoxStats") is None:
        return None
    record = mapping(stats, "buyBoxStats").get(seller, {"percentageWon": 0.0})
    won = record.get("percentageWon") if isinstance(record, Mapping) else None
    if isinstance(won, bool) or not isinstance(won, int | float):
        raise Undecodable("buyBoxStats")
    return float(won)


def _fees(raw: Raw) -> DeliveredFees:
    return DeliveredFees(
        referral_percent=_referral(raw),
        pick_and_pack=positive(mapping(raw, "fbaFees"), "pickAndPackFee"),
        closing=known(raw, "variableClosingFee"),
    )


def _referral(raw: Raw) -> Decimal | None:
    # ``referralFeePercent`` is the older whole number of the same thing.
    for key in ("referralFeePercentage", "referralFeePercent"):
        value = raw.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Undecodable(key)
        if 0 < value <= 100:
            return Decimal(str(value))
    return None


def _dimensions(raw: Raw, what: str) -> Dimensions:
    return Dimensions(
        length=positive(raw, f"{what}Length"),
        width=positive(raw, f"{what}Width"),
        height=positive(raw, f"{what}Height"),
        weight=positive(raw, f"{what}Weight"),
    )


def _live_offers(raw: Raw) -> tuple[LiveOffer, ...]:
    """Only what ``liveOffersOrder`` lists stands on the listing; the rest is history."""
    offers = items(raw, "offers")
    live = []
    for position in integers(raw, "liveOffersOrder"):
        if not 0 <= position < len(offers) or not isinstance(offers[position], Mapping):
            raise Undecodable("liveOffersOrder")
        live.append(_live_offer(offers[position]))
    return tuple(live)


def _live_offer(offer: Raw) -> LiveOffer:
    history = items(offer, "offerCSV")
    newest = [as_integer(value, "offerCSV") for value in history[-2:]]
    price, shipping = newest if len(newest) == 2 else (-2, -2)
    stock = items(offer, "stockCSV")
    return LiveOffer(
        seller_id=text(offer, "sellerId") or "",
        condition=integer(offer, "condition") or 0,
        price=price if price >= 0 else None,
        shipping=shipping if shipping >= 0 else None,
        is_fba=flag(offer, "isFBA") or False,
        is_amazon=flag(offer, "isAmazon") or False,
        stock=as_integer(stock[-1], "stockCSV") if stock else None,
    )
