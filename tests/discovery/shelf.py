"""A Keepa whose products a test puts on the shelf, one by one; behind the site's own client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from django.utils import timezone

from discovery.keepa.client import KeepaClient, using_client

SERIES = 36
NEW, SALES, COUNT_NEW, BUY_BOX = 1, 3, 11, 18
MINUTES_BEFORE_2011 = 21_564_000


def sold(
    asin: str,
    title: str,
    *codes: str,
    price: int | None = None,
    rank: int | None = None,
    items: int = -1,
    packages: int = -1,
    brand: str | None = None,
) -> dict[str, Any]:
    """A page of amazon.fr that has sold well at ``price`` cents for a year; dead without one."""
    now = int(timezone.now().timestamp()) // 60 - MINUTES_BEFORE_2011
    start = now - 400 * 1440
    values = {NEW: price, SALES: rank, COUNT_NEW: 3 if price else None, BUY_BOX: price}
    figures = [values.get(index) or -1 for index in range(SERIES)]
    csv: list[Any] = [None] * SERIES
    if price:
        csv[NEW] = [start, price, now - 60, price]
        csv[BUY_BOX] = [start, price, 0, now - 60, price, 0]
        csv[SALES] = [start, rank or -1, now - 60, rank or -1]
    windows = ("current", "avg", "avg30", "avg90", "avg180", "avg365")
    drops = {f"salesRankDrops{days}": 4 * days if price else -1 for days in (30, 90, 180, 365)}
    return {
        "asin": asin,
        "domainId": 4,
        "productType": 0,
        "title": title,
        "brand": brand,
        "lastUpdate": now,
        "csv": csv,
        "stats": {
            **{window: list(figures) for window in windows},
            **drops,
            "buyBoxPrice": price or -1,
            "buyBoxShipping": 0,
            "buyBoxIsAmazon": False,
            "outOfStockPercentage90": [0] * SERIES,
        },
        "eanList": list(codes),
        "numberOfItems": items,
        "packageQuantity": packages,
        "availabilityAmazon": -1,
        "packageLength": 180,
        "packageWidth": 120,
        "packageHeight": 30,
        "packageWeight": 200,
        "fbaFees": {"pickAndPackFee": 350},
        "referralFeePercentage": 15.0,
    }


@dataclass
class Shelf:
    """Answers with what stands on it, charged as Keepa does: a token a product or unknown code.

    ``tokens`` is the balance before the first call, ``rate`` the refill a minute that it names.
    ``found_by_code`` are further products, found by codes they need not bear.
    """

    products: list[dict[str, Any]] = field(default_factory=list)
    found_by_code: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: int = 1200
    rate: int = 20
    calls: list[dict[str, str]] = field(default_factory=list)
    charged: int = 0

    @property
    def code_calls(self) -> list[dict[str, str]]:
        """The parameters of the calls that looked up codes."""
        return [call for call in self.calls if "code" in call]

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        if request.url.path == "/token":
            return httpx.Response(200, json=self._envelope(0))
        self.calls.append(asked)
        found, cost = self._found(asked)
        cost += 2 * len(found) if asked.get("buybox") == "1" else 0
        self.charged += cost
        return httpx.Response(200, json={**self._envelope(cost), "products": found})

    def _found(self, asked: dict[str, str]) -> tuple[list[dict[str, Any]], int]:
        if "asin" in asked:
            asins = asked["asin"].split(",")
            return [p for p in self.products if p["asin"] in asins], len(asins)
        found: dict[str, dict[str, Any]] = {}
        cost = 0
        for code in asked["code"].split(","):
            cores = {code.lstrip("0")}
            bearing = [
                p for p in self.products if cores & {ean.lstrip("0") for ean in p["eanList"]}
            ][: int(asked["code-limit"])]
            bearing += [self.found_by_code[code]] if code in self.found_by_code else []
            found |= {product["asin"]: product for product in bearing}
            cost += max(1, len(bearing))
        return list(found.values()), cost

    def _envelope(self, cost: int) -> dict[str, Any]:
        return {
            "timestamp": int(datetime.now(tz=timezone.get_current_timezone()).timestamp() * 1000),
            "tokensLeft": self.tokens - self.charged,
            "refillIn": 60_000,
            "refillRate": self.rate,
            "tokenFlowReduction": 0.0,
            "tokensConsumed": cost,
            "processingTimeInMs": 3,
        }


@contextmanager
def shelved(*products: dict[str, Any]) -> Iterator[Shelf]:
    """The site asks this shelf as long as the ``with`` lasts."""
    shelf = Shelf(list(products))
    client = KeepaClient(
        api_key="a-key",
        base_url="http://shelf.test",
        transport=httpx.MockTransport(shelf.answer),
        sleep=lambda _seconds: None,
    )
    with using_client(client):
        yield shelf
    client.close()
