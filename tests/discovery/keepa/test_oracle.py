"""Our decoding beside that of the `keepa` package, on the same payloads.

Payloads come from the sandbox. The variable KEEPA_SAMPLES may name a folder with answers of the
real API (``*.json``): they are then checked the same way.
"""

from __future__ import annotations

import json
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keepa as keepa_package
import pytest
from keepa import keepa_sync  # what the package itself decodes statistics with

from discovery.keepa.decode import decode_product
from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.keepa.product import ProductSnapshot
from discovery.sandbox.server import SandboxApp
from tests.discovery.sandbox.conftest import Keepa

PRICE_OF_THE_ORACLE = {name for _, name, is_price in keepa_package.csv_indices if is_price}
LONGEST_CSV = 40  # the package indexes without looking at the length


def samples() -> list[Path]:
    folder = os.environ.get("KEEPA_SAMPLES", "")
    return sorted(Path(folder).glob("*.json")) if folder else []


def assert_same_numbers(raw: dict[str, Any], snapshot: ProductSnapshot) -> int:
    """Compare every series, point by point; returns how many points there were."""
    csv = [*(raw.get("csv") or []), *[None] * LONGEST_CSV]
    told = keepa_package.parse_csv(csv)
    points = 0
    for index, name, _ in keepa_package.csv_indices:
        if not csv[index]:
            assert not snapshot.series.get(name)
            continue
        if name == "EXTRA_INFO_UPDATES":
            continue  # no number of ours
        ours = list(snapshot.series[name])
        theirs = list(zip(told[f"{name}_time"], told[name], strict=True))
        assert len(ours) == len(theirs), name
        for place, ((at, value), (when, expected)) in enumerate(zip(ours, theirs, strict=True)):
            assert datetime.fromtimestamp(at, UTC).replace(tzinfo=None) == when
            if "SHIPPING" in name and csv[index][3 * place + 2] < 0 <= csv[index][3 * place + 1]:
                continue  # unknown shipping: the package takes a cent off the price
            assert value == _integer(name, expected), (name, when)
            points += 1
    return points


def _integer(name: str, expected: Any) -> int | None:
    if isinstance(expected, float) and math.isnan(expected):
        return None
    if name == "RATING":
        return round(expected * 10) if expected >= 0 else None
    number = round(expected * 100) if name in PRICE_OF_THE_ORACLE else int(expected)
    return None if number < 0 else number


def assert_same_statistics(raw: dict[str, Any], snapshot: ProductSnapshot) -> None:
    stats = raw.get("stats")
    if not stats:
        assert (snapshot.avg30, snapshot.avg90, snapshot.avg180) == ({}, {}, {})
        return
    told = getattr(keepa_sync, "_parse_stats")(stats, to_datetime=True)  # noqa: B009
    for ours, theirs in (("avg30", "avg30"), ("avg90", "avg90"), ("avg180", "avg180")):
        known = told.get(theirs) or {}
        mine = getattr(snapshot, ours)
        assert {name: _integer(name, value) for name, value in known.items()} == {
            name: value for name, value in mine.items() if name in known
        }


@pytest.mark.parametrize(("code", "root"), [("us", 283155), ("fr", 322086011), ("fr", 301061)])
def test_both_read_the_same_numbers_in_the_sandbox(
    sandbox_app: SandboxApp, code: str, root: int
) -> None:
    keepa = Keepa(sandbox_app)
    market = marketplace_of(code)
    found = keepa.find({"rootCategory": [root], "perPage": 50}, domain=market.domain_id)
    asins = found["asinList"][::5]
    products = keepa.products(
        asins, domain=market.domain_id, stats=90, buybox=1, offers=20, history=1
    )
    assert len(products) == len(asins)
    points = 0
    for raw in products:
        snapshot = decode_product(raw, marketplace=market, detail=True)
        points += assert_same_numbers(raw, snapshot)
        assert_same_statistics(raw, snapshot)
    assert points > 1000


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_both_read_the_same_numbers_in_real_answers(path: Path) -> None:
    try:
        body = json.loads(path.read_text())
    except ValueError:
        pytest.skip("cut in the middle: the client's tests have such answers")
    by_domain = {market.domain_id: market for market in MARKETPLACES.values()}
    for raw in body["products"]:
        snapshot = decode_product(raw, marketplace=by_domain[raw["domainId"]], detail=False)
        assert snapshot.is_dead == (assert_same_numbers(raw, snapshot) == 0)
        assert_same_statistics(raw, snapshot)
