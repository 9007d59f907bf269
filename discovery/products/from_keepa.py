"""From what Keepa said to what the engine reads, the charts draw and a result shows.

The only place where ``keepa`` meets ``scoring``: neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any

from discovery.keepa.buy_box import shares_of
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.product import CONDITION_NEW, ProductSnapshot
from discovery.scoring import Grade, History, PriceSeries, PriceStats, ProductFacts, measure
from discovery.scoring.inputs import (
    GRADE_SERIES,
    SERIES_FIELDS,
    Measures,
)
from discovery.scoring.pack_size import PackSize, pack_size

LONGEST_TITLE = 500  # characters, of the columns that hold one
EAN_LENGTH = 13
MOST_EANS = 10  # some listings carry dozens
# The series the charts draw.
CHARTED = (
    *(series for series in PriceSeries if series not in GRADE_SERIES.values()),
    "NEW_FBM_SHIPPING", "LISTPRICE", "SALES",
    "COUNT_NEW", "COUNT_NEW_FBA", "COUNT_USED",
)  # fmt: skip
# The series the engine reads.
MEASURED = (*PriceSeries, "SALES", "COUNT_NEW", "COUNT_USED")
MONTHLY_SOLD = "MONTHLY_SOLD"  # charted too, though no series of Keepa's table
# Keepa's codes of an offer's condition: OfferCondition of the vendor's Java client.
GRADES = {2: Grade.LIKE_NEW, 3: Grade.VERY_GOOD, 4: Grade.GOOD, 5: Grade.ACCEPTABLE}
# An offer within 5 % of the Buy Box price shares in its sales; dearer ones rarely do.
NEAR_BUY_BOX = 1.05
# How long a seller must have been alone on a listing to be its brand's own.
ALONE_FOR = timedelta(days=90)
# No category: Keepa's ``salesRankReference`` when there is no rank.
NO_REFERENCE = -1

# What the engine names as Keepa's snapshot does.
_SAME = (
    "asin", "marketplace", "currency", "root_category", "product_group", "binding",
    "product_type", "is_adult", "is_hazmat", "is_heat_sensitive", "is_variation_parent",
    "monthly_sold", "monthly_sold_best", "return_rate", "rating", "listed_since", "family_size",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductCard:
    """What a page shows of a product beside its score."""

    asin: str
    marketplace: str
    title: str
    brand: str | None
    image: str | None
    category: str | None
    bsr: int | None
    bsr_avg90: int | None
    new_offers: int | None
    fba_offers: int | None
    eans: tuple[str, ...] = ()  # of 13 digits, as Keepa orders them


def facts_of(snapshot: ProductSnapshot, *, now: datetime) -> ProductFacts:
    """Everything the engine reads about the product, its history measured once, here."""
    same: dict[str, Any] = {name: getattr(snapshot, name) for name in _SAME}
    same |= {name: _prices(snapshot, series) for series, name in SERIES_FIELDS.items()}
    same |= _used_prices(snapshot, same)
    current, tree, buy_box = snapshot.current, snapshot.category_tree, snapshot.buy_box
    # Keepa cannot have looked later than we asked, whatever its clock says.
    seen_at = min(snapshot.last_update or now, now)
    amazon = marketplace_of(snapshot.marketplace).amazon_seller_id
    shares = shares_of(buy_box, amazon=amazon, until=seen_at)
    measures = measure(_history(snapshot), now=now)
    pack = pack_of(snapshot)
    return ProductFacts(
        **same,
        fetched_at=now,
        root_category_name=tree[0].name if tree else None,
        category_ids=tuple(node.id for node in tree) or snapshot.categories,
        lowest_fbm_new=snapshot.price("NEW_FBM_SHIPPING"),
        warehouse=snapshot.price("WAREHOUSE"),
        list_price=snapshot.price("LISTPRICE"),
        bsr=snapshot.rank,
        bsr_avg30=snapshot.mean_rank("avg30"),
        bsr_avg90=snapshot.mean_rank("avg90"),
        bsr_avg180=snapshot.mean_rank("avg180"),
        count_new=current.get("COUNT_NEW"),
        count_new_fba=snapshot.fba_offers,
        count_new_fbm=snapshot.fbm_offers,
        count_used=current.get("COUNT_USED"),
        sellers_near_price=_sellers_near_buy_box(snapshot),
        rank_drops_30=snapshot.drops30,
        rank_drops_90=snapshot.drops90,
        rank_drops_180=snapshot.drops180,
        rank_drops_365=snapshot.drops365,
        out_of_stock_90=snapshot.out_of_stock90.get("NEW"),
        amazon_availability=snapshot.availability_amazon,
        buy_box_is_amazon=buy_box.is_amazon,
        amazon_buy_box_share_90=_whole(shares.amazon if shares else None),
        referral_percent=snapshot.fees.referral_percent,
        fba_fee=snapshot.money(snapshot.fees.pick_and_pack),
        closing_fee=snapshot.money(snapshot.fees.closing),
        package_length_mm=snapshot.package.length,
        package_width_mm=snapshot.package.width,
        package_height_mm=snapshot.package.height,
        package_weight_g=snapshot.package.weight or snapshot.item.weight,
        first_data_at=_first_data(snapshot),
        measures=measures,
        seen_at=None if seen_at == now else seen_at,
        release_day=snapshot.release_date or snapshot.publication_date,
        buy_box_leader_share_90=_whole(shares.leader if shares else None),
        sole_seller=_is_sole_seller(snapshot, measures),
        buy_box_held_up=buy_box.is_held_up,
        buy_box_preorder=buy_box.is_preorder,
        coupon_amount=snapshot.money(max(snapshot.coupon or 0, 0)) or None,
        coupon_percent=-min(snapshot.coupon or 0, 0) or None,
        is_variation=snapshot.parent_asin is not None or snapshot.family_size is not None,
        rank_reference_changed=_rank_reference_changed(snapshot, seen_at),
        category_names=tuple(node.name for node in tree),
        fees_at=snapshot.fees.at,
        used_buy_box_grade=GRADES.get(snapshot.used_buy_box_condition or 0),
        pack_size=pack.units,
        pack_size_other=pack.other,
    )


def pack_of(snapshot: ProductSnapshot) -> PackSize:
    """How many units the listing sells at once; a book, whose ASIN is its ISBN-10, is one."""
    return pack_size(
        title=snapshot.title,
        number_of_items=snapshot.number_of_items,
        package_quantity=snapshot.package_quantity,
        is_book=not snapshot.asin.startswith("B"),
    )


def card_of(snapshot: ProductSnapshot) -> dict[str, Any]:
    """What a result shows of the product beside its score."""
    tree = snapshot.category_tree
    return {
        "title": snapshot.title or "",
        "brand": snapshot.brand or snapshot.author,
        "image": snapshot.image,
        "category": tree[-1].name if tree else None,
        "bsr": snapshot.rank,
        "bsr_avg90": snapshot.mean_rank("avg90"),
        "new_offers": snapshot.current.get("COUNT_NEW"),
        "fba_offers": snapshot.fba_offers,
        "eans": eans_of(snapshot),
    }


def eans_of(snapshot: ProductSnapshot) -> list[str]:
    """The product's EANs, then its UPCs and GTINs written as EANs; no more than ``MOST_EANS``.

    The GTIN of a case of it is another number, and left out.
    """
    others = (code.zfill(EAN_LENGTH) for code in (*snapshot.upcs, *map(_unit, snapshot.gtins)))
    known = (*snapshot.eans, *(code for code in others if len(code) == EAN_LENGTH))
    return list(dict.fromkeys(known))[:MOST_EANS]


def _unit(gtin: str) -> str:
    """A GTIN-14 that a zero was put before, without it."""
    return gtin[1:] if len(gtin) > EAN_LENGTH and gtin.startswith("0") else gtin


def history_of(snapshot: ProductSnapshot) -> dict[str, Any]:
    """The series the charts draw: name to times (unix seconds) and values (smallest unit)."""
    told = {**snapshot.series, MONTHLY_SOLD: snapshot.monthly_sold_series}
    return {
        name: {"times": list(series.times), "values": list(series.values)}
        for name in (*CHARTED, MONTHLY_SOLD)
        if (series := told.get(name))
    }


def _history(snapshot: ProductSnapshot) -> History:
    return History(
        {
            name: tuple(zip(series.times, series.values, strict=True))
            for name in MEASURED
            if (series := snapshot.series.get(name))
        }
    )


def _prices(snapshot: ProductSnapshot, name: str) -> PriceStats:
    return PriceStats(*(snapshot.price(name, field) for field in PriceStats._fields))


def _whole(share: float | None) -> int | None:
    return None if share is None else round(share)


def _is_sole_seller(snapshot: ProductSnapshot, measures: Measures) -> bool:
    """Whether a branded listing has had one new offer for ``ALONE_FOR`` and still has it."""
    if snapshot.brand is None or snapshot.current.get("COUNT_NEW") != 1:
        return False
    if measures.most_new_offers_180 is not None:
        return measures.most_new_offers_180 == 1 and measures.history_days >= ALONE_FOR.days
    # Keepa rounds these means: two of them say that hardly anybody else ever came.
    return snapshot.avg90.get("COUNT_NEW") == 1 == snapshot.avg180.get("COUNT_NEW")


def _rank_reference_changed(snapshot: ProductSnapshot, until: datetime) -> bool:
    """Whether the rank was one of another category within the last 90 days."""
    opens = (until - timedelta(days=90)).timestamp()
    ends = [start for start, _ in snapshot.rank_references[1:]]
    seen = {
        category
        for (_, category), end in zip_longest(snapshot.rank_references, ends)
        if end is None or end > opens
    }
    return len(seen - {NO_REFERENCE}) > 1


def _used_prices(snapshot: ProductSnapshot, known: dict[str, Any]) -> dict[str, PriceStats]:
    """Used prices made comparable: live offers fill in grades, and the used Buy Box its shipping.

    Until February 2026 Keepa's USED left the shipping out: where it is the very item price of the
    used Buy Box, that offer is meant, and costs what the used Buy Box costs.
    """
    found: dict[str, PriceStats] = {}
    for code, grade in GRADES.items():
        name = SERIES_FIELDS[GRADE_SERIES[grade]]
        totals = [
            offer.total
            for offer in snapshot.live_offers
            # One that nobody can have today is neither bought nor competes.
            if offer.condition == code and offer.is_available and offer.total is not None
        ]
        if totals and known[name].current is None:
            found[name] = known[name]._replace(current=snapshot.money(min(totals)))
    used, box = known["used"], known["used_buy_box"]
    if used.current is not None and used.current == snapshot.money(snapshot.used_buy_box_item):
        found["used"] = used._replace(current=box.current or used.current)
    return found


def _sellers_near_buy_box(snapshot: ProductSnapshot) -> int | None:
    """New offers near the Buy Box that a buyer could have sent today."""
    buy_box = snapshot.current.get(PriceSeries.BUY_BOX, snapshot.buy_box.total)
    if not snapshot.live_offers or buy_box is None:
        return None
    return sum(
        offer.condition == CONDITION_NEW
        and offer.is_available
        and offer.total is not None
        and offer.total <= buy_box * NEAR_BUY_BOX
        for offer in snapshot.live_offers
    )


def _first_data(snapshot: ProductSnapshot) -> datetime | None:
    starts = [series.times[0] for series in snapshot.series.values() if series.times]
    return datetime.fromtimestamp(min(starts), UTC) if starts else snapshot.tracking_since
