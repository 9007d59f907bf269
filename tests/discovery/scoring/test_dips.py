"""Amazon's own price far under the usual one: what it usually was, and how often it came back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from discovery.scoring import (
    Condition,
    CostBasis,
    History,
    PriceSeries,
    Profile,
    VatBasis,
    facts_from_json,
    facts_to_json,
    measure,
)
from discovery.scoring.dips import LONGEST, dip_cost, dip_of
from discovery.scoring.inputs import Dip, PastDip
from tests.discovery.scoring.dipping import Points, dipping, in_a_dip, prices
from tests.discovery.scoring.factories import DAY, euros


def now_in(points: Points, *, market: Points | None = None, day: float) -> Dip | None:
    return dip_of(points, market or [], int(day * DAY))


def test_a_dip_tells_the_usual_price_and_what_became_of_the_earlier_ones() -> None:
    points = [*dipping(3), *prices((400, 2200))]
    found = now_in(points, day=402)
    assert found == Dip(usual=4000, past=(PastDip(50, 10.0),) * 3)


def test_the_present_one_counts_among_no_comebacks() -> None:
    assert now_in(prices((0, 4000), (100, 2000)), day=105) == Dip(usual=4000, past=())


@pytest.mark.parametrize("price", [4000, 3700, 4800, None])
def test_outside_a_dip_there_is_none(price: int | None) -> None:
    assert now_in([*dipping(3), *prices((400, price))], day=402) is None


def test_no_history_is_no_dip() -> None:
    assert now_in([], day=10) is None
    assert now_in(prices((0, None)), day=10) is None
    assert now_in(prices((0, 2000)), day=10) is None  # nothing before it to compare with


def test_a_dip_that_is_over_by_then_is_none_any_more_and_the_future_is_not_read() -> None:
    points = prices((0, 4000), (100, 2000), (110, 4000))
    assert now_in(points, day=105) == Dip(usual=4000)
    assert now_in(points, day=120) is None


def test_a_price_that_stayed_down_did_not_come_back_and_becomes_the_usual_one() -> None:
    points = prices((0, 4000), (100, 2000), (400, 1200))
    assert now_in(points, day=401) == Dip(usual=2000, past=(PastDip(50, None),))
    assert now_in(points[:2], day=100 + LONGEST / DAY + 1) is None


def test_it_has_come_back_at_95_percent_of_the_usual_price() -> None:
    for price, days in ((3800, 10.0), (3799, 40.0)):
        points = prices((0, 4000), (100, 2000), (110, price), (140, 4000), (300, 2000))
        assert now_in(points, day=301) == Dip(usual=4000, past=(PastDip(50, days),))


def test_a_dip_is_as_deep_as_its_lowest_price() -> None:
    points = prices((0, 4000), (100, 3000), (102, 1000), (104, 3500), (110, 4000), (200, 2800))
    found = now_in(points, day=201)
    assert found is not None
    assert found.past == (PastDip(75, 10.0),)


def test_what_it_sells_for_tells_the_usual_price_and_the_comeback() -> None:
    """Amazon is gone after its dip: others sell it at the usual price again."""
    market = prices((0, 4000), (100, 2000), (115, 4100), (300, 2000))
    amazon = prices((0, 3900), (100, 2000), (108, None), (300, 2000))
    assert now_in(amazon, market=market, day=301) == Dip(usual=4100, past=(PastDip(50, 15.0),))


def test_the_usual_price_is_the_median_of_the_time_not_of_the_changes() -> None:
    flicker: list[tuple[float, int | None]] = [(10 + at / 100, 9000) for at in range(50)]
    points = prices((0, 4000), *flicker, (11, 4000), (60, 2000))
    found = now_in(points, day=61)
    assert found is not None
    assert found.usual == 4000


def test_where_the_last_90_days_hold_no_price_the_180_do() -> None:
    points = prices((0, 4000), (10, None), (140, 2000))
    found = now_in(points, day=141)
    assert found is not None
    assert found.usual == 4000


def test_it_is_measured_when_a_product_is_fetched_and_stored_with_its_facts() -> None:
    end = datetime(2026, 6, 1, tzinfo=UTC)
    start = int((end - timedelta(days=401)).timestamp())
    points = [(start + at, price) for at, price in [*dipping(3), *prices((400, 2200))]]
    measures = measure(History({PriceSeries.AMAZON: points}), now=end)
    assert measures.dip == Dip(usual=4000, past=(PastDip(50, 10.0),) * 3)
    product = in_a_dip(8.0, None)
    assert facts_from_json(facts_to_json(product)) == product


def test_facts_stored_before_dips_were_measured_still_read() -> None:
    stored = facts_to_json(in_a_dip(8.0))
    del stored["measures"]["dip"]
    assert facts_from_json(stored).measures.dip is None


def test_the_cost_of_a_dip_is_amazons_price_sold_later_at_the_usual_one() -> None:
    found = dip_cost(in_a_dip(8.0, 30.0, 10.0, None), Profile())
    assert found is not None
    assert (found.basis, found.source, found.vat) == (
        CostBasis.DIP, "amazon", VatBasis.INCLUDED,
    )  # fmt: skip
    assert (found.amount, found.sell_at) == (euros("12.00"), euros("30.00"))
    assert (found.comebacks, found.days) == (3, 10.0)


def test_only_dips_as_deep_as_the_profile_asks_for_count() -> None:
    product = in_a_dip(8.0, 9.0, percent=30)
    for percent, comebacks in ((25, 2), (30, 2), (31, 0)):
        found = dip_cost(product, Profile(dip_percent=Decimal(percent)))
        assert found is not None
        assert found.comebacks == comebacks
        assert (found.days is None) is (comebacks == 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"amazon_availability": -1, "amazon": {}},
        {"amazon_availability": 3},  # it takes orders
        {"dip_percent": Decimal(61)},
        {"condition": Condition.USED},
    ],
)
def test_there_is_none_unless_amazon_sells_it_new_that_far_down(changes: dict[str, Any]) -> None:
    own = {name: value for name, value in changes.items() if name in ("dip_percent", "condition")}
    product = {name: value for name, value in changes.items() if name not in own}
    if "amazon" in product:
        product["amazon"] = type(in_a_dip().amazon)()
    assert dip_cost(in_a_dip(8.0, **product), Profile(**own)) is None
    assert dip_cost(in_a_dip(8.0), Profile()) is not None
