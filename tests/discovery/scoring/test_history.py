"""What a history says, measured once and weighted by time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import History, PriceSeries, measure
from discovery.scoring.inputs import (
    Measures,
)
from discovery.scoring.prices import spans_meaning_change
from tests.discovery.scoring.factories import DAY, NOW

UNTIL = int(NOW.timestamp())


def ago(days: float) -> int:
    return UNTIL - int(days * DAY)


def history(**series: list[tuple[float, int | None]]) -> History:
    """Points written as (days ago, value)."""
    return History(
        {
            name: tuple((ago(days), value) for days, value in points)
            for name, points in series.items()
        }
    )


def test_nothing_known_is_nothing_measured() -> None:
    assert measure(History(), now=NOW) == Measures()


def test_quartiles_are_weighted_by_time_not_by_number_of_changes() -> None:
    # 80 days at 20.00, then ten changes in the last ten days.
    flutter: list[tuple[float, int | None]] = [(10 - day, 3000 + day) for day in range(10)]
    found = measure(history(BUY_BOX_SHIPPING=[(90, 2000), *flutter]), now=NOW).new
    assert found is not None
    assert (found.p25, found.median, found.p75) == (2000, 2000, 2000)
    assert found.series is PriceSeries.BUY_BOX


def test_time_without_an_offer_counts_for_stock_but_not_for_prices() -> None:
    points: list[tuple[float, int | None]] = [(90, 2000), (60, None), (30, 2400)]
    found = measure(history(BUY_BOX_SHIPPING=points), now=NOW).new
    assert found is not None
    assert found.in_stock_90 == pytest.approx(2 / 3, abs=1e-3)
    assert found.window_90 is not None
    assert found.window_90.prices == (2000, 2400)
    assert found.window_90.cumulative == (5000, 10_000)


def test_time_before_the_first_point_is_unknown_rather_than_out_of_stock() -> None:
    found = measure(history(BUY_BOX_SHIPPING=[(9, 2000)]), now=NOW)
    assert found.new is not None
    assert found.new.in_stock_90 == 1
    assert found.history_days == 9


def test_the_best_sell_side_series_is_measured() -> None:
    both = measure(history(NEW=[(90, 1800)], NEW_FBA=[(90, 2000)]), now=NOW)
    assert both.new is not None
    assert both.new.series is PriceSeries.NEW_FBA
    gone = measure(history(BUY_BOX_SHIPPING=[(300, 2000), (200, None)], NEW=[(90, 1800)]), now=NOW)
    assert gone.new is not None
    assert gone.new.series is PriceSeries.NEW


def test_trends_compare_the_last_month_with_the_last_quarter() -> None:
    rising: list[tuple[float, int | None]] = [(90, 1000), (30, 4000)]
    found = measure(
        history(
            SALES=rising, COUNT_NEW=[(90, 10), (30, 10)], BUY_BOX_SHIPPING=[(90, 30), (30, 15)]
        ),
        now=NOW,
    )
    assert found.rank_trend == 2  # 4 000 over a mean of 2 000
    assert found.new_offers_trend == 1
    assert found.new is not None
    assert found.new.trend == pytest.approx(0.6)
    assert found.new.last_to_median == 0.5


def test_days_with_a_sale_are_counted_once_each() -> None:
    ranks: list[tuple[float, int | None]] = [
        (200, 9000),
        (190, 5000),  # a drop, but too long ago
        (100.0, 8000),
        (99.9, 7000),
        (99.8, 6000),  # the same day
        (50, None),
        (40, 5000),  # a drop across a gap
        (10, 6000),  # worse: no sale
    ]
    assert measure(history(SALES=ranks), now=NOW).drop_days_180 == 2


def test_amazon_presence_is_a_share_of_time() -> None:
    found = measure(history(AMAZON=[(90, None), (45, 1999)]), now=NOW)
    assert found.amazon_presence_90 == 0.5


@pytest.mark.parametrize(
    ("now", "ninety", "half_year"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), False, False),
        (datetime(2026, 2, 20, tzinfo=UTC), True, True),
        (datetime(2026, 4, 1, tzinfo=UTC), True, True),
        (datetime(2026, 7, 1, tzinfo=UTC), False, True),
        (datetime(2026, 12, 1, tzinfo=UTC), False, False),
    ],
)
def test_windows_over_the_change_of_meaning_of_february_2026_are_marked(
    now: datetime, ninety: bool, half_year: bool
) -> None:
    assert spans_meaning_change(now=now, days=90) is ninety
    assert spans_meaning_change(now=now, days=180) is half_year


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 180 * DAY), st.none() | st.integers(1, 9_000)), max_size=120)
)
def test_distributions_stay_compact_and_complete(points: list[tuple[int, int | None]]) -> None:
    ordered = tuple(sorted({UNTIL - at: value for at, value in points}.items()))
    found = measure(History({"BUY_BOX_SHIPPING": ordered}), now=NOW).new
    if found is None:
        return
    assert found.p25 <= found.median <= found.p75
    for window in (found.window_90, found.window_180):
        if window is not None:
            assert len(window.prices) == len(window.cumulative) <= 33
            assert list(window.prices) == sorted(set(window.prices))
            assert list(window.cumulative) == sorted(window.cumulative)
            assert window.cumulative[-1] == 10_000
            assert window.share_within(0, None) == 10_000
            assert window.share_within(10_000, None) == 0


def test_a_naive_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        measure(History(), now=NOW.replace(tzinfo=None))
