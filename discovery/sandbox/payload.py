"""A product as `/product` sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discovery.sandbox import kinds
from discovery.sandbox.goods import freshness, goods, identity, ranks_by_category
from discovery.sandbox.market import NewMarket, has_market
from discovery.sandbox.monthly import monthly_sold_history
from discovery.sandbox.offers import offers_of, seller_history, used_box_history
from discovery.sandbox.products import Product
from discovery.sandbox.series import Series, has_series, series_of
from discovery.sandbox.shells import dead_payload, shell_of
from discovery.sandbox.stats import Asked, Interval, statistics
from discovery.sandbox.trimming import trim
from discovery.sandbox.used import UsedMarket
from discovery.sandbox.world import World

_NEW_TYPES_FROM = 36
"""The entries beyond the table of `csv` are types nobody here knows."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of a product the request wants; `interval` is what `stats=` asked, None for none.

    `days` shortens every history, never the statistics; `extras` are keys asked for by name.
    """

    interval: Interval | None = None
    with_history: bool = True
    days: int | None = None
    only_live_offers: bool = False
    extras: tuple[str, ...] = ()


def product_payload(
    world: World, product: Product, *, asked: Asked, shape: Shape
) -> dict[str, Any]:
    """One entry of `products`, in the state `world` shows."""
    if product.is_dead:
        return dead_payload(
            product.asin,
            product.domain,
            world.now,
            length=product.dirt.series,
            with_stats=shape.interval is not None,
        )
    steps = NewMarket(world, product).since() if has_market(product) else []
    copies = UsedMarket(world, product).since() if has_market(product) else []
    state, used = (steps[-1][1], copies[-1][1]) if steps else (None, None)
    series: dict[int, Series] = {}
    for kind in range(kinds.COUNT):
        if asked.shows(kind) and has_series(product, kind):
            found = series_of(world, product, kind, new=steps, used=copies)
            if found is not None:
                series[kind] = found
    sold = monthly_sold_history(world, product)
    payload = shell_of(product.asin, product.domain)
    payload |= identity(world, product)
    payload |= goods(world, product, state, used, sold)
    payload |= freshness(world, product, series)
    payload["csv"] = payload["salesRanks"] = None
    if shape.with_history:
        payload["csv"] = [
            _served(product, kind, series.get(kind)) for kind in range(product.dirt.series)
        ]
        payload["salesRanks"] = ranks_by_category(product, series.get(kinds.SALES))
        payload["monthlySoldHistory"] = sold or None
    payload["stats"] = None
    if shape.interval is not None:
        payload["stats"] = statistics(
            world,
            product,
            series,
            steps,
            used=used,
            interval=shape.interval,
            asked=asked,
            monthly_sold=sold,
        )
    if asked.sees_offers and steps:
        payload["buyBoxSellerIdHistory"] = seller_history(steps)
    if asked.offers:
        payload |= offers_of(world, product, state, used, asked, only_live=shape.only_live_offers)
        payload["buyBoxUsedHistory"] = used_box_history(product, copies)
    payload |= dict.fromkeys(shape.extras)
    if shape.days is not None:
        trim(payload, world.now, shape.days)
    return payload


def _served(product: Product, kind: int, series: Series | None) -> list[int] | None:
    if series is None:
        return [0, 1] if kind == _NEW_TYPES_FROM and has_market(product) else None
    flat = series.csv()
    if product.dirt.unknown_shipping and kind in {kinds.NEW_FBM_SHIPPING, kinds.BUY_BOX_SHIPPING}:
        # Here and there the shipping is not known, and the price stands alone.
        for place in range(2, len(flat), 9):
            if flat[place] == 0:
                flat[place] = -1
    return flat
