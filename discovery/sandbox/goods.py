"""What a product says about itself, apart from its histories and statistics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from discovery.sandbox.availability import PRE_ORDER, availability_of_amazon, delay_of_amazon
from discovery.sandbox.categories import category_tree
from discovery.sandbox.fees import closing_fee, delivered_fees, referral_percent
from discovery.sandbox.looks import noticed_at
from discovery.sandbox.market import NewSide, birth
from discovery.sandbox.products import Product
from discovery.sandbox.ranks import has_rank
from discovery.sandbox.series import Series
from discovery.sandbox.times import DAY, EPOCH_OFFSET_MINUTES
from discovery.sandbox.used import UsedSide
from discovery.sandbox.world import World

_ASSUMED_PRICE: Final = 10_000
_DISPLAY_GROUPS: Final = 40
_DIRTY_TEXT: Final = {"nul": "\x00", "surrogate": "\ud83d"}


def identity(world: World, product: Product) -> dict[str, Any]:
    """What the product is: names, codes, categories, family, dates."""
    tree = category_tree(product.domain)
    path = product.category.path
    root = product.category.root
    siblings = (
        {"asin": asin, "attributes": [{"dimension": "Color", "value": str(place)}]}
        for place, asin in enumerate(product.children, 1)
    )
    tracked = birth(world, product) if not product.is_dead else world.now
    published = datetime.fromtimestamp((tracked + EPOCH_OFFSET_MINUTES) * 60, UTC)
    identity: dict[str, Any] = {
        "productType": product.product_type,
        "title": _title(product),
        "brand": product.brand or None,
        "manufacturer": product.brand or None,
        "brandStoreName": brand_store(product) or None,
        "author": product.author or None,
        "binding": (product.binding or None) if product.dirt.tells_group else None,
        "color": product.tint or None,
        "productGroup": product.category.shelf.group if product.dirt.tells_group else None,
        "type": product.category.shelf.item_type,
        "categories": [path[-1]],
        "categoryTree": [{"catId": node, "name": tree[node].name} for node in path],
        "rootCategory": root,
        **_rank_references(world, product, tracked),
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


def goods(
    world: World, product: Product, state: NewSide | None, used: UsedSide | None, sold: list[int]
) -> dict[str, Any]:
    """What is sold: sizes, dangers, fees, Amazon's own offer, monthly sales."""
    body = product.body
    price = assumed_price(product, state)
    percent = referral_percent(product, price)
    available = availability_of_amazon(product, state)
    facts: dict[str, Any] = {
        "packageLength": body.length,
        "packageWidth": body.width,
        "packageHeight": body.height,
        "packageWeight": body.weight,
        "packageQuantity": package_quantity(product),
        "itemLength": max(1, body.length - 8),
        "itemWidth": max(1, body.width - 8),
        "itemHeight": max(1, body.height - 4),
        "itemWeight": 0 if product.salt % 5 == 0 else int(body.weight * 0.92),
        "numberOfItems": number_of_items(product),
        "numberOfPages": 120 + product.salt % 600 if product.author else -1,
        "hazardousMaterials": [{"aspect": "GHS Class", "value": "Flammable"}]
        if product.is_hazmat
        else None,
        "isAdultProduct": product.is_adult,
        "isHeatSensitive": product.is_heat_sensitive,
        "newPriceIsMAP": product.is_map,
        "returnRate": (None, None, 1, 2)[product.salt % 4],
        "hasReviews": product.plan.rating > 0,
        "availabilityAmazon": available,
        "availabilityAmazonDelay": delay_of_amazon(available),
        "coupon": coupon_of(product),
        "couponHistory": coupon_history(world, product),
        "launchpad": is_launchpad(product),
        "referralFeePercent": int(percent),
        "referralFeePercentage": percent,
        "fbaFees": delivered_fees(product, price, looked_up=world.now - product.salt % (5 * DAY)),
    }
    if available == PRE_ORDER:
        release = datetime.fromtimestamp((world.now + 30 * DAY + EPOCH_OFFSET_MINUTES) * 60, UTC)
        facts["releaseDate"] = int(release.strftime("%Y%m%d"))
    if product.dirt.counts_offers:
        facts["buyBoxEligibleOfferCounts"] = eligible_offers(product, state, used)
    if product.category.shelf.media:
        facts["variableClosingFee"] = closing_fee(product)
    if sold and sold[-1] > 0:
        facts["monthlySold"] = sold[-1]
    return facts


def assumed_price(product: Product, state: NewSide | None) -> int:
    """Keepa computes fees at the current offer, else the last known, else 100.00."""
    if state is None:
        return _ASSUMED_PRICE
    current = next((p for p in (state.buy_box, state.new) if p > 0), None)
    return current if current is not None else product.plan.price


def freshness(world: World, product: Product, series: dict[int, Series]) -> dict[str, Any]:
    """When Keepa looked and what it saw change."""
    changes = [
        noticed_at(world, product, series[kind].times[-1]) for kind in (0, 1, 2) if kind in series
    ]
    return {
        "lastUpdate": world.now,
        "lastPriceChange": min(max(changes, default=world.now), world.now),
        "lastRatingUpdate": world.now - product.salt % 2000,
        "lastEbayUpdate": 0,
    }


def ranks_by_category(product: Product, ranks: Series | None) -> dict[str, list[int]] | None:
    """The main rank under the root, and a sparser one in the product's own sub-category."""
    if ranks is None or not ranks.times:
        return None
    leaf: list[int] = []
    for time, rank in zip(ranks.times[::9], ranks.values[::9], strict=True):
        leaf += (time, max(1, rank // 40) if rank > 0 else -1)
    main = _display_group(product) or product.category.root
    return {str(main): ranks.csv(), str(product.category.id): leaf}


def _title(product: Product) -> str:
    """The title, with a character in it that no text should hold, for a few."""
    dirt = _DIRTY_TEXT.get(product.dirt.text, "")
    middle = len(product.title) // 2
    return product.title[:middle] + dirt + product.title[middle:] if dirt else product.title


def number_of_items(product: Product) -> int:
    """Of a pack, what it holds, where the listing says so; some single sets have many pieces."""
    if product.pack > 1:
        return product.pack if product.salt % 3 else 1
    return (1, 1, 1, 1, -1, 0, 1, 1, 1, 10)[product.salt % 10]


def package_quantity(product: Product) -> int:
    """Of a pack, what it holds, where the listing says so; else -1 or 0, both for unknown."""
    if product.pack > 1 and product.salt % 2:
        return product.pack
    return 0 if product.salt % 7 == 0 else -1


def brand_store(product: Product) -> str:
    """The name of the brand's own shop on Amazon; empty when it has none."""
    return product.brand if product.dirt.private_label else ""


def rank_reference(world: World, product: Product) -> int:
    """`salesRankReference`: -1 when no rank is left, -2 on the launchpad, else a category."""
    if not has_rank(product):
        return -2 if is_launchpad(product) else -1
    if world.today >= product.plan.rank_lost_day:
        return -1
    return _display_group(product) or product.category.root


def _rank_references(world: World, product: Product, tracked: int) -> dict[str, Any]:
    history = None
    if has_rank(product):
        history = [tracked, _display_group(product) or product.category.root]
        if world.today >= product.plan.rank_lost_day:
            history += (world.minutes(product.plan.rank_lost_day), -1)
    return {
        "salesRankReference": rank_reference(world, product),
        "salesRankReferenceHistory": history,
    }


def _display_group(product: Product) -> int:
    """The small id of the display group the rank is of; 0 when it is of the root category."""
    if product.dirt.rank_reference != "display group":
        return 0
    return 1 + product.category.root % _DISPLAY_GROUPS


def is_launchpad(product: Product) -> bool:
    """Whether it is one of the young brands Amazon pushes, which have no rank of their own."""
    return product.plan.rank == 0 and not product.is_dead and product.salt % 3 == 0


def coupon_of(product: Product) -> list[int] | None:
    """`[once, on subscription]`: an amount in the smallest unit, or minus per cent; 0 for none."""
    if product.dirt.coupon is None:
        return None
    scale = product.market.price_scale
    return [int(value * scale) if value > 0 else value for value in product.dirt.coupon]


def coupon_history(world: World, product: Product) -> list[int] | None:
    """`[time, once, on subscription, ...]`: an earlier week of the same, and what holds now."""
    coupon = coupon_of(product)
    if coupon is None:
        return None
    began, ended, again = (world.minutes(day) for day in (-40, -33, -5))
    return [began, *coupon, ended, 0, 0, again, *coupon]


def eligible_offers(product: Product, state: NewSide | None, used: UsedSide | None) -> list[int]:
    """`buyBoxEligibleOfferCounts`: FBA and FBM of new, used, collectible and refurbished."""
    copies = used.copies if used is not None else 0
    by_fba = min(copies, int(used is not None and used.is_fba))
    return [
        state.fba_count if state is not None else 0,
        state.fbm_count if state is not None else 0,
        by_fba,
        copies - by_fba,
        0,
        int(used is not None and used.collectible > 0),
        0,
        int(used is not None and used.refurbished > 0),
    ]
