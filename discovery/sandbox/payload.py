"""A product as `/product` sends it, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from discovery.sandbox import kinds
from discovery.sandbox.categories import category_tree
from discovery.sandbox.fees import closing_fee, fulfilment_fee, referral_percent
from discovery.sandbox.market import NewMarket, NewSide, birth, has_market
from discovery.sandbox.offers import gone_offers, live_offers, with_stock
from discovery.sandbox.products import EBOOK, Product
from discovery.sandbox.ranks import demand, has_rank
from discovery.sandbox.series import NewSteps, Series, has_series, series_of
from discovery.sandbox.stats import Asked, Interval, statistics
from discovery.sandbox.times import DAY, EPOCH_OFFSET_MINUTES
from discovery.sandbox.used import UsedMarket, UsedSide
from discovery.sandbox.world import World

_ASSUMED_PRICE: Final = 10_000
_MONTHLY_FLOORS: Final = (
    50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 2000, 3000, 4000, 5000, 10_000, 20_000,
)  # fmt: skip
_ALWAYS_NULL: Final = (
    "color", "coupon", "description", "edition", "features", "format", "frequentlyBoughtTogether",
    "languages", "model", "partNumber", "promotions", "size", "formats", "couponHistory",
    "competitivePriceThreshold", "suggestedLowerPrice", "ebayListingIds",
)  # fmt: skip


def availability_of_amazon(product: Product, state: NewSide | None) -> int:
    """-1 no offer, 0 in stock, 3 back-ordered."""
    if state is None or state.amazon < 0:
        return -1
    return 3 if product.salt % 61 == 0 else 0


def monthly_sold_history(world: World, product: Product) -> list[int]:
    """`[time, at least so many a month, ...]` over the last year; empty when Amazon shows none."""
    if not has_market(product) or not product.plan.shows_monthly_sold or not product.plan.rank:
        return []
    history: list[int] = []
    for month in range(12, -1, -1):
        minute = world.now - month * 30 * DAY - product.salt % 600
        if minute < birth(world, product):
            continue
        floor = _floor(product.plan.sales * demand(world, product, world.days(minute)))
        if not history or history[-1] != floor:
            history += (minute, floor)
    return history if any(value > 0 for value in history[1::2]) else []


def monthly_sold(world: World, product: Product) -> int:
    """Amazon's own figure, a floor; -1 when it shows none."""
    history = monthly_sold_history(world, product)
    return history[-1] if history else -1


def _floor(sales: float) -> int:
    return max((step for step in _MONTHLY_FLOORS if step <= sales), default=-1)


def dead_payload(asin: str, domain: int, now: int, *, with_stats: bool) -> dict[str, Any]:
    """What Keepa sends for an ASIN that is gone or never was: a shell without any data."""
    shell = _shell(asin, domain)
    shell |= {
        "productType": 4,
        "availabilityAmazon": -1,
        "rootCategory": 0,
        "salesRankReference": -1,
        "csv": [None] * kinds.COUNT,
        "lastUpdate": now,
        "listedSince": 0,
        "stats": None,
        **dict.fromkeys(_SIZES, -1),
    }
    if with_stats:
        empty = [-1] * kinds.COUNT
        names = ("current", "avg", "avg30", "avg90", "avg180", "avg365", "atIntervalStart")
        shell["stats"] = {
            **{name: list(empty) for name in names},
            **{f"salesRankDrops{days}": -1 for days in (30, 90, 180, 365)},
            **{f"outOfStockPercentage{days}": list(empty) for days in (30, 90, 180, 365)},
            **{name: [None] * kinds.COUNT for name in ("min", "max")},
            **{name: [None] * kinds.COUNT for name in ("minInInterval", "maxInInterval")},
            "totalOfferCount": 0,
            "buyBoxPrice": -2,
            "buyBoxShipping": -2,
            "offerCountFBA": -2,
            "offerCountFBM": -2,
        }
    return shell


_SIZES: Final = (
    "packageLength", "packageWidth", "packageHeight", "packageWeight", "packageQuantity",
    "itemLength", "itemWidth", "itemHeight", "itemWeight", "numberOfItems", "numberOfPages",
    "publicationDate", "releaseDate",
)  # fmt: skip


def _shell(asin: str, domain: int) -> dict[str, Any]:
    nothing = (
        "author", "binding", "brand", "buyBoxSellerIdHistory", "categories", "categoryTree",
        "eanList", "fbaFees", "gtinList", "imagesCSV", "liveOffersOrder", "manufacturer",
        "parentAsin", "productGroup", "salesRanks", "salesRankReferenceHistory", "title", "type",
        "upcList", "variationCSV", "variations", "offers", "hazardousMaterials",
    )  # fmt: skip
    return {
        "asin": asin,
        "domainId": domain,
        **dict.fromkeys(nothing),
        **dict.fromkeys(_ALWAYS_NULL),
        "hasReviews": False,
        "isAdultProduct": False,
        "isHeatSensitive": False,
        "isB2B": False,
        "isRedirectASIN": False,
        "isSNS": False,
        "launchpad": False,
        "newPriceIsMAP": False,
        "offersSuccessful": False,
    }


def product_payload(
    world: World,
    product: Product,
    *,
    asked: Asked,
    interval: Interval | None,
    with_history: bool,
    days: int | None,
    live_limit: int,
) -> dict[str, Any]:
    """One entry of `products`; `interval` is what `stats=` asked, None for no stats.

    `days` shortens the series served, never the statistics. `live_limit` caps the live offers.
    """
    if product.is_dead:
        return dead_payload(
            product.asin, product.domain, world.now, with_stats=interval is not None
        )
    steps = NewMarket(world, product).since() if has_market(product) else []
    copies = UsedMarket(world, product).since() if has_market(product) else []
    used = copies[-1][1] if copies else None
    series: dict[int, Series] = {}
    for kind in range(kinds.COUNT):
        if asked.shows(kind) and has_series(product, kind):
            found = series_of(world, product, kind, new=steps, used=copies)
            if found is not None:
                series[kind] = found
    sold = monthly_sold_history(world, product)
    payload = _shell(product.asin, product.domain)
    payload |= _identity(world, product)
    payload |= _goods(world, product, steps[-1][1] if steps else None, sold)
    payload |= _freshness(world, product, series)
    payload["csv"] = payload["salesRanks"] = None
    if with_history:
        served = {
            kind: row if days is None else row.since(world.now - days * DAY)
            for kind, row in series.items()
        }
        payload["csv"] = [
            served[kind].csv() if kind in served else None for kind in range(kinds.COUNT)
        ]
        payload["salesRanks"] = _ranks_by_category(product, served.get(kinds.SALES))
        payload["monthlySoldHistory"] = sold or None
    payload["stats"] = (
        statistics(
            world,
            product,
            series,
            steps,
            used=used,
            interval=interval,
            asked=asked,
            monthly_sold=sold,
        )
        if interval is not None
        else None
    )
    if asked.sees_offers and steps:
        payload["buyBoxSellerIdHistory"] = _seller_history(steps)
    if asked.offers:
        payload |= _offers(world, product, steps, used, asked, live_limit)
    return payload


def _identity(world: World, product: Product) -> dict[str, Any]:
    tree = category_tree(product.domain)
    path = product.category.path
    root = product.category.root
    siblings = (
        {"asin": asin, "attributes": [{"dimension": "Color", "value": str(place)}]}
        for place, asin in enumerate(product.children, 1)
    )
    ranked = has_rank(product)
    tracked = birth(world, product) if not product.is_dead else world.now
    published = datetime.fromtimestamp((tracked + EPOCH_OFFSET_MINUTES) * 60, UTC)
    identity: dict[str, Any] = {
        "productType": product.product_type,
        "title": product.title,
        "brand": product.brand or None,
        "manufacturer": product.brand or None,
        "author": product.author or None,
        "binding": product.binding or None,
        "color": product.tint or None,
        "productGroup": product.category.shelf.group,
        "type": product.category.shelf.item_type,
        "categories": [path[-1]],
        "categoryTree": [{"catId": node, "name": tree[node].name} for node in path],
        "rootCategory": root,
        "salesRankReference": root if ranked else -1,
        "salesRankReferenceHistory": [tracked, root] if ranked else None,
        "eanList": [product.ean],
        "gtinList": ["0" + product.ean],
        "upcList": [product.ean[1:]] if product.ean.startswith("0") else None,
        "parentAsin": product.parent_asin or None,
        "variationCSV": ",".join(product.children) or None,
        "variations": list(siblings) or None,
        "trackingSince": tracked,
        "listedSince": tracked,
        "publicationDate": int(published.strftime("%Y%m%d")) if product.author else -1,
        "releaseDate": int(published.strftime("%Y%m")) if product.author else -1,
    }
    if product.has_image:
        name = f"51sandbox{product.number}L.jpg"
        identity["imagesCSV"] = name
        identity["images"] = [{"l": name, "lH": 1500, "lW": 1200, "m": name, "mH": 500, "mW": 400}]
    return identity


def _goods(
    world: World, product: Product, state: NewSide | None, sold: list[int]
) -> dict[str, Any]:
    body = product.body
    price = _assumed_price(product, state)
    percent = referral_percent(product, price)
    fee = fulfilment_fee(product, price) if product.product_type != EBOOK else None
    looked_up = world.now - product.salt % (5 * DAY)
    goods: dict[str, Any] = {
        "packageLength": body.length,
        "packageWidth": body.width,
        "packageHeight": body.height,
        "packageWeight": body.weight,
        "packageQuantity": -1,
        "itemLength": max(1, body.length - 8),
        "itemWidth": max(1, body.width - 8),
        "itemHeight": max(1, body.height - 4),
        "itemWeight": 0 if product.salt % 5 == 0 else int(body.weight * 0.92),
        "numberOfItems": 1,
        "numberOfPages": 120 + product.salt % 600 if product.author else -1,
        "hazardousMaterials": [{"aspect": "GHS Class", "value": "Flammable"}]
        if product.is_hazmat
        else None,
        "isAdultProduct": product.is_adult,
        "isHeatSensitive": product.is_heat_sensitive,
        "newPriceIsMAP": product.is_map,
        "returnRate": (None, None, 1, 2)[product.salt % 4],
        "hasReviews": product.plan.rating > 0,
        "availabilityAmazon": availability_of_amazon(product, state),
        "referralFeePercent": int(percent),
        "referralFeePercentage": percent,
        "fbaFees": None if fee is None else {"lastUpdate": looked_up, "pickAndPackFee": fee},
    }
    if product.category.shelf.media:
        goods["variableClosingFee"] = closing_fee(product)
    if sold and sold[-1] > 0:
        goods["monthlySold"] = sold[-1]
    return goods


def _assumed_price(product: Product, state: NewSide | None) -> int:
    """Keepa computes fees at the current offer, else the last known, else 100.00."""
    if state is None:
        return _ASSUMED_PRICE
    current = next((p for p in (state.buy_box, state.new) if p > 0), None)
    return current if current is not None else product.plan.price


def _freshness(world: World, product: Product, series: dict[int, Series]) -> dict[str, Any]:
    changes = [series[kind].times[-1] for kind in (0, 1, 2) if kind in series]
    return {
        "lastUpdate": world.now,
        "lastPriceChange": min(max(changes, default=world.now), world.now),
        "lastRatingUpdate": world.now - product.salt % 2000,
        "lastEbayUpdate": 0,
    }


def _ranks_by_category(product: Product, ranks: Series | None) -> dict[str, list[int]] | None:
    """The main rank under the root, and a sparser one in the product's own sub-category."""
    if ranks is None or not ranks.times:
        return None
    leaf: list[int] = []
    for time, rank in zip(ranks.times[::9], ranks.values[::9], strict=True):
        leaf += (time, max(1, rank // 40) if rank > 0 else -1)
    return {str(product.category.root): ranks.csv(), str(product.category.id): leaf}


def _seller_history(steps: NewSteps) -> list[str]:
    history: list[str] = []
    for minute, state in steps:
        if not history or history[-1] != state.seller:
            history += (str(minute), state.seller)
    return history


def _offers(
    world: World, product: Product, steps: NewSteps, used: UsedSide | None, asked: Asked, limit: int
) -> dict[str, Any]:
    if not steps or used is None:
        return {"offers": None, "liveOffersOrder": None, "offersSuccessful": True}
    state = steps[-1][1]
    live = live_offers(product, state, used, world.now)[:limit]
    gone = gone_offers(product, state, world.now)
    offers = gone + live
    if asked.stock:
        offers = with_stock(offers, product.salt, world.now)
    return {
        "offers": offers or None,
        "liveOffersOrder": list(range(len(gone), len(offers))) or None,
        "offersSuccessful": True,
    }
