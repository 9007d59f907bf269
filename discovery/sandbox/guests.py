"""Products and sellers other people's tests ask for by name, read from `guests.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from discovery.sandbox import identifiers
from discovery.sandbox.categories import Category, category_tree
from discovery.sandbox.dirt import CLEAN
from discovery.sandbox.marketplaces import MARKETPLACES, Marketplace
from discovery.sandbox.plans import HISTORY_DAYS, Plan, draw_body, draw_plan
from discovery.sandbox.products import INVALID, STANDARD, Product

_NUMBERED_FROM: Final = 50_000_000


@cache
def _rows(table: str) -> list[dict[str, Any]]:
    text = Path(__file__).with_name("guests.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)[table]
    return rows


def guest_sellers(domain: int) -> frozenset[str]:
    """Sellers of a marketplace who are asked for by their ids and have nothing on offer."""
    return frozenset(
        each for row in _rows("sellers") if row["domain"] == domain for each in row["ids"]
    )


def guests_of(domain: int) -> Iterator[Product]:
    """The guests of a marketplace, the same for every seed."""
    market = MARKETPLACES[domain]
    number = _NUMBERED_FROM
    for row in _rows("guests"):
        if row["domain"] != domain:
            continue
        leaf = next(
            node
            for node in category_tree(domain).values()
            if node.shelf.key == row["shelf"] and node.key == row["leaf"]
        )
        drawn = [
            identifiers.isbn10(number + n, market.isbn_group, 0) for n in range(row.get("count", 0))
        ]
        for asin in row.get("asins", drawn):
            yield _guest(row, asin, number, leaf, market)
            number += 1


def _guest(
    row: dict[str, Any], asin: str, number: int, leaf: Category, market: Marketplace
) -> Product:
    draw = Random(f"guest {asin}")  # noqa: S311 # nosec B311 # demonstration data
    is_book = leaf.shelf.key == "books"
    plan = draw_plan(draw, leaf, market, unsold=False)
    return Product(
        number=number,
        domain=market.domain,
        category=leaf,
        asin=asin,
        product_type=INVALID if row.get("gone") else STANDARD,
        title=f"{row['name']} No. {number - _NUMBERED_FROM + 1}",
        brand="Sandbox",
        author=row.get("author", "Ashworth, Margaret") if is_book else "",
        binding="paperback" if is_book else "",
        ean=identifiers.isbn13(asin)
        if is_book
        else identifiers.ean_of(number, market.ean_prefix, 0),
        parent_asin="",
        children=(),
        tint="",
        body=draw_body(draw, leaf),
        plan=_well_sold(plan) if row.get("ranked", True) else replace(plan, rank=0),
        salt=draw.getrandbits(40),
        is_hazmat=False,
        is_adult=False,
        is_heat_sensitive=False,
        is_map=False,
        has_image=False,
        pack=1,
        fee_quirk="",
        stale_days=0.0,
        dirt=CLEAN,
    )


def _well_sold(plan: Plan) -> Plan:
    """New, used and collected, for as long as anything is."""
    return replace(
        plan,
        amazon="cycle",
        amazon_day=90.0,
        fba_sellers=4,
        fbm_sellers=5,
        used_ratio=0.6,
        refurbished=True,
        warehouse=True,
        collectible=True,
        stockouts=(),
        listed_day=-float(HISTORY_DAYS),
        list_price=int(plan.price * 1.2),
        rank=180_000,
        rank_lost_day=1e9,
        sales=25.0,
        rating=44,
        reviews=300,
    )
