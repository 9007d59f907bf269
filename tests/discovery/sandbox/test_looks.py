"""`lastUpdate` is when Keepa looked, and nothing of a product changes between two looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from discovery.sandbox import kinds
from discovery.sandbox.looks import looked_at, noticed_at
from discovery.sandbox.times import keepa_minutes
from tests.discovery.sandbox.conftest import Clock, Keepa

COOKWARE = 990_004_002_000
"""A French sub-category of some hundred products."""

HOURS = timedelta(hours=1)


def asins_of(keepa: Keepa, **conditions: Any) -> list[str]:
    found = keepa.find({"categories_include": [COOKWARE], "perPage": 1000, **conditions}, 4)
    asins: list[str] = found["asinList"]
    return asins


def looked_up(keepa: Keepa, asins: list[str]) -> dict[str, dict[str, Any]]:
    options = {"stats": 90, "buybox": 1, "rating": 1, "history": 0}
    return {
        product["asin"]: product
        for start in range(0, len(asins), 100)
        for product in keepa.products(asins[start : start + 100], 4, **options)
    }


def tells_the_same(before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    return before is not None and before["stats"]["current"] == after["stats"]["current"]


@pytest.mark.parametrize(
    ("first", "second"), [(0.5, 6), (9, 8), (77, 500)], ids=lambda hours: f"{hours} h"
)
def test_what_changed_since_then_holds_every_product_that_differs(
    clock: Clock, keepa: Keepa, first: float, second: float
) -> None:
    clock.now += first * HOURS
    then = keepa_minutes(clock.now)
    before = looked_up(keepa, asins_of(keepa))
    clock.now += second * HOURS
    after = looked_up(keepa, asins_of(keepa))
    differing = {asin for asin in after if not tells_the_same(before.get(asin), after[asin])}
    changed = set(asins_of(keepa, lastUpdate_gte=then))
    assert differing
    assert differing <= changed
    assert changed == {asin for asin, told in after.items() if told["lastUpdate"] >= then}
    # And what was not looked at is told word for word as before.
    assert all(before[asin] == after[asin] for asin in after.keys() - changed)


def test_a_price_that_changed_is_found_by_when_keepa_noticed(clock: Clock, keepa: Keepa) -> None:
    clock.now += 15 * HOURS
    then = keepa_minutes(clock.now)
    before = looked_up(keepa, asins_of(keepa))
    clock.now += 60 * HOURS
    after = looked_up(keepa, asins_of(keepa))
    for fields, types in (
        ("lastPriceChange_gte", (kinds.AMAZON, kinds.NEW, kinds.USED)),
        ("lastPriceChange_NEW_gte", (kinds.NEW,)),
        ("lastPriceChange_AMAZON_gte", (kinds.AMAZON,)),
    ):
        repriced = {
            asin
            for asin, told in after.items()
            if asin in before
            and any(
                told["stats"]["current"][kind] != before[asin]["stats"]["current"][kind]
                for kind in types
            )
        }
        assert repriced
        assert repriced <= set(asins_of(keepa, **{fields: then}))
    assert {asin for asin, told in after.items() if told["lastPriceChange"] >= then} == set(
        asins_of(keepa, lastPriceChange_gte=then)
    )


def test_a_sixth_or_so_of_the_products_is_looked_at_in_a_working_day(
    clock: Clock, keepa: Keepa
) -> None:
    total = len(asins_of(keepa))
    shares = []
    for _ in range(9):
        then = keepa_minutes(clock.now)
        clock.now += 8 * HOURS
        shares.append(len(asins_of(keepa, lastUpdate_gte=then + 1)) / total)
    assert 0.10 < sum(shares) / len(shares) < 0.20
    assert max(shares) < 0.40


def test_every_product_is_looked_at_within_three_days(clock: Clock, keepa: Keepa) -> None:
    clock.now += 10 * 24 * HOURS
    now = keepa_minutes(clock.now)
    fresh = set(asins_of(keepa, lastUpdate_gte=now - 3 * 1440 - 360))
    lost = {p.asin for p in keepa.app.catalogue.store(4).live if p.stale_days}
    assert set(asins_of(keepa)) - fresh <= lost


def test_a_look_is_never_ahead_and_notices_what_came_before_it(observed: Keepa) -> None:
    catalogue = observed.app.catalogue
    for hours in (0, 6, 47, 300):
        world = catalogue.world(catalogue.anchor + hours * 60)
        for product in catalogue.store(4).live[:400]:
            look = looked_at(world, product)
            assert look <= world.now
            if look > world.anchor:
                assert noticed_at(world, product, look) == look
                assert noticed_at(world, product, look - 359) == look


def test_new_products_appear_and_the_past_does_not_know_them(
    clock: Clock, new_sandbox: Callable[..., Keepa]
) -> None:
    keepa = new_sandbox(refill_rate=10_000)
    before = set(asins_of(keepa))
    clock.now += 20 * 24 * HOURS
    new = set(asins_of(keepa)) - before
    assert new
    told = looked_up(keepa, sorted(new))
    assert told.keys() == new
    assert all(product["title"] for product in told.values())
    since = keepa.app.catalogue.anchor
    assert all(product["listedSince"] >= since for product in told.values())
    clock.now -= 20 * 24 * HOURS
    assert not any(product["title"] for product in looked_up(keepa, sorted(new)).values())


def test_live_prices_asked_for_are_charged_by_the_age_of_what_is_known(
    clock: Clock, keepa: Keepa
) -> None:
    clock.now += 20 * 24 * HOURS
    now = keepa.app.answers.world().now
    told = looked_up(keepa, asins_of(keepa)[:60])
    old = next(asin for asin, product in told.items() if product["lastUpdate"] <= now - 12 * 60)
    for hours, cost in ((0, 2), (6, 2), (2000, 1)):
        answer = keepa.get("product", domain=4, asin=old, update=hours)
        assert answer["tokensConsumed"] == cost
