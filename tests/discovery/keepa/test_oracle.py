"""Our decoding beside that of the `keepa` package, on the same payloads.

Payloads come from the sandbox. The variable KEEPA_SAMPLES may name a folder with answers of the
real API (``*.json``, in sub-folders too): they are then checked the same way, and a folder
without any is an error rather than a test that passes on nothing.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keepa as keepa_package
import pytest
from keepa import keepa_sync  # what the package itself decodes statistics with

from discovery.keepa.csv_types import CSV_TYPES
from discovery.keepa.decode import decode_product
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.product import INVALID, ProductSnapshot
from discovery.sandbox.server import SandboxApp
from tests.discovery.keepa.real_answers import FOLDER, is_cut_off, products_of, samples
from tests.discovery.sandbox.conftest import Keepa

PRICE_OF_THE_ORACLE = {name for _, name, is_price in keepa_package.csv_indices if is_price}
LONGEST_CSV = 40  # the package indexes without looking at the length
# Statistics by series: those we keep, and those the histories must bear out.
KEPT = ("current", "avg30", "avg90", "avg180", "avg365")
EXTREMES = ("min", "max")


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


def assert_same_statistics(raw: dict[str, Any], snapshot: ProductSnapshot) -> int:
    """Compare today's values, the averages and the extremes; returns how many there were."""
    stats = raw.get("stats")
    if not stats:
        assert (snapshot.avg30, snapshot.avg90, snapshot.avg180, snapshot.avg365) == ({},) * 4
        return 0
    told = getattr(keepa_sync, "_parse_stats")(stats, to_datetime=True)  # noqa: B009
    compared = 0
    for window in KEPT:
        theirs = {
            name: _integer(name, value)
            for name, value in (told.get(window) or {}).items()
            # No rank is 0: the package takes one for a rank.
            if value is not None and not (name == "SALES" and value == 0)
        }
        mine = {name: value for name, value in getattr(snapshot, window).items() if name in theirs}
        assert theirs == mine, window
        compared += len(theirs)
    return compared + sum(_same_extremes(told.get(name) or {}, name, snapshot) for name in EXTREMES)


def _same_extremes(told: dict[str, Any], extreme: str, snapshot: ProductSnapshot) -> int:
    """The lowest and highest ever, which Keepa tells, are those of the series as we read it.

    Keepa's are over all of the history: they cannot lie inside what our series holds.
    """
    compared = 0
    for csv_type in CSV_TYPES:
        theirs, ours = told.get(csv_type.name), snapshot.series.get(csv_type.name)
        if theirs is None or ours is None:
            continue
        _when, number = theirs
        value = _integer(csv_type.name, number)
        known = [point for point in ours.values if point is not None]
        if value is None or not known:
            continue
        # Without shipping in some years and with it in others: a triplet's extreme may be either.
        if not csv_type.shipped:
            inside = min(known) >= value if extreme == "min" else max(known) <= value
            assert inside, (extreme, csv_type.name, value)
        compared += 1
    return compared


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
    points = statistics = 0
    for raw in products:
        snapshot = decode_product(raw, marketplace=market, detail=True)
        points += assert_same_numbers(raw, snapshot)
        statistics += assert_same_statistics(raw, snapshot)
    assert points > 1000
    assert statistics > 100


@pytest.mark.skipif(not FOLDER, reason="KEEPA_SAMPLES names no folder")
def test_there_are_real_answers_where_they_are_said_to_be() -> None:
    assert any(list(products_of(path)) for path in samples()), FOLDER


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_both_read_the_same_numbers_in_real_answers(path: Path) -> None:
    if is_cut_off(path):
        pytest.skip("cut in the middle: the client's tests have such answers")
    for raw, market in products_of(path):
        snapshot = decode_product(raw, marketplace=market, detail=False)
        points = assert_same_numbers(raw, snapshot)
        assert_same_statistics(raw, snapshot)
        if raw.get("productType") == INVALID:
            assert snapshot.is_dead  # whatever is left of its title and history
        elif points:
            assert not snapshot.is_dead
