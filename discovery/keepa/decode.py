"""From one product of a ``/product`` answer to a ``ProductSnapshot``.

Absent, null, −1 and −2 are handled field by field: each means "none" or "unknown" in its own
place. A field of a wrong type is as good as absent: it is lost, and nothing is guessed from it.
A product is ``Undecodable`` when nothing of it is left, or when it is another marketplace's.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from discovery.keepa.buy_box import decode_buy_box
from discovery.keepa.histories import (
    all_series,
    by_type,
    current_values,
    monthly_sold_series,
)
from discovery.keepa.marketplaces import Marketplace
from discovery.keepa.product import (
    INVALID,
    CategoryRef,
    DeliveredFees,
    Dimensions,
    LiveOffer,
    ProductSnapshot,
)
from discovery.keepa.raw_fields import (
    LATEST_MINUTE,
    OFFSET_MINUTES,
    Noted,
    Raw,
    Undecodable,
    as_integer,
    first_day,
    flag,
    integer,
    integers,
    items,
    known,
    lose,
    mapping,
    mappings,
    moment,
    number,
    positive,
    text,
    texts,
)

logger = logging.getLogger(__name__)

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"[\w+%.-]+\.(?:jpe?g|png|gif|webp)", re.ASCII | re.IGNORECASE)
_ASIN = re.compile(r"[A-Z0-9]{10}")

# What a product is made of. One that holds none of it, nor anything else, does not exist.
_SUBSTANCE = ("title", "csv", "stats")
# An ASIN Keepa does not know may come back as an object of hardly more than its name.
NEAR_EMPTY = 8


def decode_product(raw: Raw, *, marketplace: Marketplace, detail: bool) -> ProductSnapshot:
    """Return the product in our words. ``detail``: the Buy Box or offers were asked for.

    Raises ``Undecodable``.
    """
    noted = Noted(raw)
    snapshot = _snapshot(noted, marketplace=marketplace, detail=detail)
    if integer(raw, "domainId") not in (None, marketplace.domain_id):
        raise Undecodable("domainId")
    if snapshot.is_dead and snapshot.product_type != INVALID:
        # It must not pass for an ASIN that does not exist: something was said of it.
        if noted.lost:
            raise Undecodable(noted.lost[0])
        if len(raw) > NEAR_EMPTY and not raw.keys() & set(_SUBSTANCE):
            raise Undecodable(_SUBSTANCE[0])
    if noted.lost:
        lost = ", ".join(sorted(set(noted.lost))[:8])
        logger.warning("%s: these fields could not be read: %s", snapshot.asin, lost)
    return snapshot


def _snapshot(raw: Noted, *, marketplace: Marketplace, detail: bool) -> ProductSnapshot:
    stats = mapping(raw, "stats")
    series = all_series(raw)
    last_update = moment(raw, "lastUpdate")
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
        eans=_codes(raw, "eanList"),
        upcs=_codes(raw, "upcList"),
        gtins=_codes(raw, "gtinList"),
        current=current_values(stats, series, last_update),
        avg30=by_type(stats, "avg30"),
        avg90=by_type(stats, "avg90"),
        avg180=by_type(stats, "avg180"),
        avg365=by_type(stats, "avg365"),
        out_of_stock90=by_type(stats, "outOfStockPercentage90"),
        drops30=known(stats, "salesRankDrops30"),
        drops90=known(stats, "salesRankDrops90"),
        drops180=known(stats, "salesRankDrops180"),
        drops365=known(stats, "salesRankDrops365"),
        monthly_sold=positive(raw, "monthlySold"),
        availability_amazon=integer(raw, "availabilityAmazon"),
        buy_box=decode_buy_box(raw, stats),
        fees=_fees(raw),
        package=_dimensions(raw, "package"),
        item=_dimensions(raw, "item"),
        is_adult=flag(raw, "isAdultProduct") or False,
        is_hazmat=isinstance(hazards, list | int) and bool(hazards) and hazards != -1,
        is_heat_sensitive=flag(raw, "isHeatSensitive") or False,
        return_rate=positive(raw, "returnRate"),
        listed_since=moment(raw, "listedSince"),
        tracking_since=moment(raw, "trackingSince"),
        series=series,
        live_offers=_live_offers(raw),
        has_detail=detail,
        used_buy_box_item=known(stats, "buyBoxUsedPrice"),
        used_buy_box_condition=positive(stats, "buyBoxUsedCondition"),
        last_update=last_update,
        release_date=first_day(raw, "releaseDate"),
        publication_date=first_day(raw, "publicationDate"),
        coupon=_coupon(raw),
        rank_reference=integer(raw, "salesRankReference"),
        rank_references=_rank_references(raw),
        parent_asin=text(raw, "parentAsin"),
        family_size=_family_size(raw),
        monthly_sold_best=_monthly_sold_best(raw),
        monthly_sold_series=monthly_sold_series(raw),
        eligible_offers=_eligible_offers(raw),
        offers_successful=flag(raw, "offersSuccessful"),
        number_of_items=positive(raw, "numberOfItems"),
        package_quantity=positive(raw, "packageQuantity"),
    )


def asin_of(raw: Any) -> str:
    """The ASIN of a raw product. Raises ``Undecodable``."""
    asin = raw.get("asin") if isinstance(raw, Mapping) else None
    if not isinstance(asin, str) or not is_asin(asin):
        raise Undecodable("asin")
    return asin


def is_asin(text: str) -> bool:
    """Whether it has the shape of one; Keepa is asked about nothing else."""
    return bool(_ASIN.fullmatch(text))


def image_of(name: Any) -> str | None:
    """The name of a picture, which becomes part of an address: a plain file name, or nothing."""
    return name if isinstance(name, str) and _IMAGE.fullmatch(name) else None


def clean_text(text: str | None) -> str | None:
    """Plain text: tags dropped, entities resolved, spaces squeezed; ``None`` when empty.

    It may still hold ``<`` or ``&``: pages must escape it like any other text.
    """
    if text is None:
        return None
    without_tags = _TAG.sub(" ", html.unescape(_TAG.sub(" ", text)))
    printable = "".join(c if c.isprintable() else " " for c in without_tags)
    return " ".join(printable.split()) or None


# --- the parts of a product -----------------------------------------------------------------------


def _codes(raw: Raw, key: str) -> tuple[str, ...]:
    """The product's EAN, UPC or GTIN, written as numbers or as texts."""
    listed = [str(value) if isinstance(value, int) else value for value in items(raw, key)]
    codes = texts({key: listed}, key)
    if len(codes) < len(listed):
        lose(raw, key)
    return codes


def _category_tree(raw: Raw) -> tuple[CategoryRef, ...]:
    return tuple(
        CategoryRef(node_id, clean_text(text(node, "name")) or "")
        for node in mappings(raw, "categoryTree")
        if node is not None and (node_id := integer(node, "catId")) is not None
    )


def _image(raw: Raw) -> str | None:
    names = [
        image.get("l") or image.get("m")
        for image in items(raw, "images")
        if isinstance(image, Mapping)
    ]
    names += (text(raw, "imagesCSV") or "").split(",")
    return next((name for name in names if image_of(name)), None)


def _coupon(raw: Raw) -> int | None:
    """What one order saves; the second number is the saving of a subscription."""
    once = next(iter(integers(raw, "coupon")), 0)
    return once if once > 0 or -100 < once < 0 else None


def _eligible_offers(raw: Raw) -> tuple[int, ...]:
    """Eight counts, told apart by their places."""
    key = "buyBoxEligibleOfferCounts"
    counts = [as_integer(count) for count in items(raw, key)]
    if None in counts:
        lose(raw, key)
        return ()
    return tuple(count for count in counts if count is not None)


def _rank_references(raw: Raw) -> tuple[tuple[int, int], ...]:
    key = "salesRankReferenceHistory"
    points = items(raw, key)
    found = [
        ((minute + OFFSET_MINUTES) * 60, category)
        for minute, category in zip(
            map(as_integer, points[::2]), map(as_integer, points[1::2]), strict=False
        )
        if minute is not None and category is not None and 0 <= minute <= LATEST_MINUTE
    ]
    if len(found) * 2 < len(points):
        lose(raw, key)
    return tuple(sorted(found))


def _family_size(raw: Raw) -> int | None:
    listed = [item.get("asin") for item in items(raw, "variations") if isinstance(item, Mapping)]
    listed += (text(raw, "variationCSV") or "").split(",")
    siblings = {name.strip() for name in listed if isinstance(name, str)} - {"", raw.get("asin")}
    return len(siblings) + 1 if siblings else None


def _monthly_sold_best(raw: Raw) -> int | None:
    given = [as_integer(told) or 0 for told in items(raw, "monthlySoldHistory")[1::2]]
    # −1 is "Amazon says nothing".
    best = max([*given, positive(raw, "monthlySold") or 0])
    return best if best > 0 else None


def _fees(raw: Raw) -> DeliveredFees:
    return DeliveredFees(
        referral_percent=_referral(raw),
        pick_and_pack=positive(mapping(raw, "fbaFees"), "pickAndPackFee"),
        closing=known(raw, "variableClosingFee"),
        at=moment(mapping(raw, "fbaFees"), "lastUpdate") or moment(raw, "lastUpdate"),
    )


def _referral(raw: Raw) -> Decimal | None:
    # ``referralFeePercent`` is the older whole number of the same thing.
    for key in ("referralFeePercentage", "referralFeePercent"):
        value = number(raw, key)
        if value is not None and 0 < value <= 100:
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
    offers = mappings(raw, "offers")
    live = []
    for position in integers(raw, "liveOffersOrder"):
        offer = offers[position] if 0 <= position < len(offers) else None
        if offer is None:
            lose(raw, "liveOffersOrder")
        else:
            live.append(_live_offer(offer))
    return tuple(live)


def _live_offer(offer: Raw) -> LiveOffer:
    newest = [as_integer(value) for value in items(offer, "offerCSV")[-2:]]
    price, shipping = newest if len(newest) == 2 else (None, None)
    stock = items(offer, "stockCSV")
    left = as_integer(stock[-1]) if stock else None
    return LiveOffer(
        seller_id=text(offer, "sellerId") or "",
        condition=integer(offer, "condition") or 0,
        price=None if price is None or price < 0 else price,
        shipping=None if shipping is None or shipping < 0 else shipping,
        is_fba=flag(offer, "isFBA") or False,
        is_amazon=flag(offer, "isAmazon") or False,
        stock=None if left is None or left < 0 else left,
        is_preorder=flag(offer, "isPreorder") or False,
        is_shippable=flag(offer, "isShippable") is not False,
    )
