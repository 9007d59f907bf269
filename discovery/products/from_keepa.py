"""From what Keepa said to what the engine reads, the charts draw and a result shows.

The only place where ``keepa`` meets ``scoring``: neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from discovery.keepa.product import CONDITION_NEW, ProductSnapshot
from discovery.scoring import History, PriceSeries, PriceStats, ProductFacts, measure
from discovery.scoring.inputs import SERIES_FIELDS
from discovery.scoring.pack_size import PackSize, pack_size

LONGEST_TITLE = 500  # characters, of the columns that hold one
# The series the charts draw.
CHARTED = (*PriceSeries, "SALES", "COUNT_NEW", "COUNT_NEW_FBA", "COUNT_USED")
# An offer within 5 % of the Buy Box price shares in its sales; dearer ones rarely do.
NEAR_BUY_BOX = 1.05

# What the engine names as Keepa's snapshot does.
_SAME = (
    "asin", "marketplace", "currency", "root_category", "product_group", "binding",
    "product_type", "is_adult", "is_hazmat", "is_heat_sensitive", "is_variation_parent",
    "monthly_sold", "return_rate", "rating", "listed_since",
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


def facts_of(snapshot: ProductSnapshot, *, now: datetime) -> ProductFacts:
    """Everything the engine reads about the product, its history measured once, here."""
    same: dict[str, Any] = {name: getattr(snapshot, name) for name in _SAME}
    same |= {name: _prices(snapshot, series) for series, name in SERIES_FIELDS.items()}
    pack = pack_of(snapshot)
    current, tree, share = snapshot.current, snapshot.category_tree, snapshot.buy_box.amazon_share
    return ProductFacts(
        **same,
        fetched_at=now,
        root_category_name=tree[0].name if tree else None,
        category_ids=tuple(node.id for node in tree) or snapshot.categories,
        lowest_fbm_new=snapshot.price("NEW_FBM_SHIPPING"),
        warehouse=snapshot.price("WAREHOUSE"),
        list_price=snapshot.price("LISTPRICE"),
        bsr=snapshot.rank,
        bsr_avg30=snapshot.avg30.get("SALES"),
        bsr_avg90=snapshot.avg90.get("SALES"),
        bsr_avg180=snapshot.avg180.get("SALES"),
        count_new=current.get("COUNT_NEW"),
        count_new_fba=current.get("COUNT_NEW_FBA"),
        count_new_fbm=current.get("COUNT_NEW_FBM"),
        count_used=current.get("COUNT_USED"),
        sellers_near_price=_sellers_near_buy_box(snapshot),
        rank_drops_30=snapshot.drops30,
        rank_drops_90=snapshot.drops90,
        rank_drops_180=snapshot.drops180,
        rank_drops_365=snapshot.drops365,
        out_of_stock_90=snapshot.out_of_stock90.get("NEW"),
        amazon_availability=snapshot.availability_amazon,
        buy_box_is_amazon=snapshot.buy_box.is_amazon,
        amazon_buy_box_share_90=None if share is None else round(share),
        referral_percent=snapshot.fees.referral_percent,
        fba_fee=snapshot.money(snapshot.fees.pick_and_pack),
        closing_fee=snapshot.money(snapshot.fees.closing),
        package_length_mm=snapshot.package.length,
        package_width_mm=snapshot.package.width,
        package_height_mm=snapshot.package.height,
        package_weight_g=snapshot.package.weight or snapshot.item.weight,
        first_data_at=_first_data(snapshot),
        measures=measure(_history(snapshot), now=now),
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
        "bsr_avg90": snapshot.avg90.get("SALES"),
        "new_offers": snapshot.current.get("COUNT_NEW"),
        "fba_offers": snapshot.current.get("COUNT_NEW_FBA"),
    }


def history_of(snapshot: ProductSnapshot) -> dict[str, Any]:
    """The series the charts draw: name to times (unix seconds) and values (smallest unit)."""
    return {
        name: {"times": list(series.times), "values": list(series.values)}
        for name in CHARTED
        if (series := snapshot.series.get(name))
    }


def _history(snapshot: ProductSnapshot) -> History:
    return History(
        {
            name: tuple(zip(series.times, series.values, strict=True))
            for name, series in snapshot.series.items()
        }
    )


def _prices(snapshot: ProductSnapshot, name: str) -> PriceStats:
    return PriceStats(*(snapshot.price(name, field) for field in PriceStats._fields))


def _sellers_near_buy_box(snapshot: ProductSnapshot) -> int | None:
    buy_box = snapshot.buy_box.total
    if not snapshot.live_offers or buy_box is None:
        return None
    return sum(
        offer.condition == CONDITION_NEW
        and offer.total is not None
        and offer.total <= buy_box * NEAR_BUY_BOX
        for offer in snapshot.live_offers
    )


def _first_data(snapshot: ProductSnapshot) -> datetime | None:
    starts = [series.times[0] for series in snapshot.series.values() if series.times]
    return datetime.fromtimestamp(min(starts), UTC) if starts else snapshot.tracking_since
