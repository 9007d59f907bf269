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

from discovery.keepa import keepa_time
from discovery.keepa.csv_types import CSV_TYPES, CsvType, Kind
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
        product_kind=text(raw, "type"),
        product_type=integer(raw, "productType") or 0,
        root_category=positive(raw, "rootCategory"),
        categories=integers(raw, "categories"),
        category_tree=_category_tree(raw),
        sales_rank_reference=positive(raw, "salesRankReference"),
        image=_image(raw),
        eans=texts(raw, "eanList"),
        upcs=texts(raw, "upcList"),
        gtins=texts(raw, "gtinList"),
        current=_current(stats, series),
        avg30=_by_type(stats, "avg30"),
        avg90=_by_type(stats, "avg90"),
        avg180=_by_type(stats, "avg180"),
        avg365=_by_type(stats, "avg365"),
        minimum=_extremes(stats, "min"),
        maximum=_extremes(stats, "max"),
        out_of_stock30=_by_type(stats, "outOfStockPercentage30"),
        out_of_stock90=_by_type(stats, "outOfStockPercentage90"),
        amazon_out_of_stock_count90=known(stats, "outOfStockCountAmazon90"),
        drops30=known(stats, "salesRankDrops30"),
        drops90=known(stats, "salesRankDrops90"),
        drops180=known(stats, "salesRankDrops180"),
        drops365=known(stats, "salesRankDrops365"),
        total_offer_count=known(stats, "totalOfferCount"),
        offer_count_fba=known(stats, "offerCountFBA"),
        offer_count_fbm=known(stats, "offerCountFBM"),
        monthly_sold=positive(raw, "monthlySold"),
        monthly_sold_history=_pairs(items(raw, "monthlySoldHistory"), "monthlySoldHistory"),
        availability_amazon=integer(raw, "availabilityAmazon"),
        buy_box=_buy_box(stats, marketplace),
        fees=_fees(raw),
        competitive_price=positive(raw, "competitivePriceThreshold"),
        suggested_lower_price=positive(raw, "suggestedLowerPrice"),
        package=_dimensions(raw, "package"),
        item=_dimensions(raw, "item"),
        package_quantity=positive(raw, "packageQuantity"),
        is_adult=flag(raw, "isAdultProduct") or False,
        is_hazmat=bool(hazards) and hazards != -1,
        is_heat_sensitive=flag(raw, "isHeatSensitive") or False,
        has_reviews=flag(raw, "hasReviews") or False,
        return_rate=positive(raw, "returnRate"),
        is_map=flag(raw, "newPriceIsMAP") or False,
        parent_asin=text(raw, "parentAsin"),
        has_variations=bool(raw.get("variationCSV") or raw.get("variations")),
        last_update=moment(raw, "lastUpdate"),
        last_price_change=moment(raw, "lastPriceChange"),
        listed_since=moment(raw, "listedSince"),
        tracking_since=moment(raw, "trackingSince"),
        publication_date=keepa_time.to_date(integer(raw, "publicationDate") or 0),
        release_date=keepa_time.to_date(integer(raw, "releaseDate") or 0),
        series=series,
        live_offers=_live_offers(raw),
        has_statistics=bool(stats),
        has_detail=detail,
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
        if value is not None and _is_something(csv_type, as_integer(value, key)):
            found[csv_type.name] = as_integer(value, key)
    return found


def _is_something(csv_type: CsvType, value: int) -> bool:
    return value > 0 or (value == 0 and csv_type.kind is not Kind.RANK)


def _current(stats: Raw, series: Mapping[str, Series]) -> dict[str, int]:
    """Today's values: the statistics' word first, else the newest point of the history."""
    told = len(items(stats, "current"))
    current = _by_type(stats, "current")
    for csv_type in CSV_TYPES[told:]:
        history = series.get(csv_type.name)
        if history is not None and history.last is not None:
            current[csv_type.name] = history.last
    return current


def _extremes(stats: Raw, key: str) -> dict[str, tuple[int, int]]:
    found = {}
    for csv_type, point in zip(CSV_TYPES, items(stats, key), strict=False):
        if point is None:
            continue
        if not isinstance(point, list) or len(point) < 2:
            raise Undecodable(key)
        when, value = (as_integer(number, key) for number in point[:2])
        if when > 0 and _is_something(csv_type, value):
            found[csv_type.name] = (keepa_time.to_unix(when), value)
    return found


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
    if len(points) % 2:
        raise Undecodable(key)
    _only_numbers(points, key)
    return Series(
        times=_times(points[::2]),
        values=tuple([value if value >= 0 else None for value in points[1::2]]),
    )


def _triplets(points: Sequence[Any], key: str) -> Series:
    if len(points) % 3:
        raise Undecodable(key)
    _only_numbers(points, key)
    return Series(
        times=_times(points[::3]),
        values=tuple(
            [
                None if price < 0 else price + max(shipping, 0)
                for price, shipping in zip(points[1::3], points[2::3], strict=True)
            ]
        ),
    )


def _only_numbers(points: Sequence[Any], key: str) -> None:
    if not {type(point) for point in points} <= {int}:
        raise Undecodable(key)


def _times(keepa_minutes: Sequence[int]) -> tuple[int, ...]:
    return tuple([(minute + keepa_time.OFFSET_MINUTES) * 60 for minute in keepa_minutes])


# --- the parts of a product -----------------------------------------------------------------------


def _category_tree(raw: Raw) -> tuple[CategoryRef, ...]:
    tree = []
    for node in items(raw, "categoryTree"):
        if not isinstance(node, Mapping):
            raise Undecodable("categoryTree")
        found = integer(node, "catId")
        if found is not None:
            tree.append(CategoryRef(found, clean_text(text(node, "name")) or ""))
    return tuple(tree)


def _image(raw: Raw) -> str | None:
    names = [
        image.get("l") or image.get("m")
        for image in items(raw, "images")
        if isinstance(image, Mapping)
    ]
    names += (text(raw, "imagesCSV") or "").split(",")
    # The name becomes part of an address: anything but a plain file name is ignored.
    return next(
        (name for name in names if isinstance(name, str) and _IMAGE.fullmatch(name)),
        None,
    )


def _buy_box(stats: Raw, marketplace: Marketplace) -> BuyBox:
    shares = _shares(stats)
    seller = text(stats, "buyBoxSellerId")
    return BuyBox(
        price=known(stats, "buyBoxPrice"),
        shipping=known(stats, "buyBoxShipping"),
        seller_id=None if seller in {"-1", "-2"} else seller,
        is_amazon=flag(stats, "buyBoxIsAmazon"),
        is_fba=flag(stats, "buyBoxIsFBA"),
        is_used=flag(stats, "buyBoxIsUsed"),
        is_unqualified=flag(stats, "buyBoxIsUnqualified"),
        shares=shares or {},
        amazon_share=None if shares is None else shares.get(marketplace.amazon_seller_id, 0.0),
        seller_count=None if shares is None else len(shares),
        used_price=known(stats, "buyBoxUsedPrice"),
        used_shipping=known(stats, "buyBoxUsedShipping"),
        used_is_fba=flag(stats, "buyBoxUsedIsFBA"),
    )


def _shares(stats: Raw) -> dict[str, float] | None:
    if stats.get("buyBoxStats") is None:
        return None
    shares = {}
    for seller, record in mapping(stats, "buyBoxStats").items():
        won = record.get("percentageWon") if isinstance(record, Mapping) else None
        if isinstance(won, bool) or not isinstance(won, int | float):
            raise Undecodable("buyBoxStats")
        shares[seller] = float(won)
    return shares


def _fees(raw: Raw) -> DeliveredFees:
    fba = mapping(raw, "fbaFees")
    return DeliveredFees(
        referral_percent=_referral(raw),
        pick_and_pack=positive(fba, "pickAndPackFee"),
        pick_and_pack_tax=known(fba, "pickAndPackFeeTax"),
        storage=positive(fba, "storageFee"),
        storage_tax=known(fba, "storageFeeTax"),
        closing=known(raw, "variableClosingFee"),
        updated_at=moment(fba, "lastUpdate"),
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
        is_prime=flag(offer, "isPrime") or False,
        is_map=flag(offer, "isMAP") or False,
        stock=as_integer(stock[-1], "stockCSV") if stock else None,
        last_seen=moment(offer, "lastSeen"),
    )
