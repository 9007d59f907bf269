"""What the chart of a product shows: round marks, French months, few points and every gap."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.pages.products.axes import date_marks, rank_marks, round_marks
from discovery.pages.products.chart_data import CHARTED, chart_data
from discovery.pages.products.price_chart import price_chart, rank_chart
from discovery.products.series import MOST_POINTS, steps, thinned

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
DAY = 86_400
ROUND = re.compile(r"[125]0*(\.0)?")
# What a page may weigh is 250 kB; the data of the chart are most of it.
MOST_BYTES = 150_000


def data_of(history: dict[str, Any], **changes: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"window": "365", "currency": "EUR", "exponent": 2}
    return chart_data(history, now=NOW, **asked | changes)


def wild(points: int, *, seed: int = 1) -> dict[str, list[Any]]:
    """A series of ten years that never stands still and has gaps."""
    dice = Random(seed)
    times = sorted(dice.sample(range(SECOND - 3650 * DAY, SECOND), points))
    values = [None if dice.random() < 0.05 else dice.randint(1_000, 999_999) for _ in times]
    return {"times": times, "values": values}


class TestMarks:
    @given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
    def test_marks_hold_all_values_at_round_distances(self, one: int, other: int) -> None:
        low, high = sorted((one, other))
        marks = round_marks(low, high)
        assert marks[0] <= low <= high <= marks[-1]
        assert 2 <= len(marks) <= 7
        assert ROUND.fullmatch(str(marks[1] - marks[0]))

    @given(st.integers(1, 10_000_000), st.integers(1, 10_000_000))
    def test_ranks_are_marked_at_round_numbers(self, one: int, other: int) -> None:
        best, worst = sorted((one, other))
        marks = rank_marks(best, worst)
        assert marks[0] <= best <= worst <= marks[-1]
        assert marks == sorted(set(marks))
        assert all(ROUND.fullmatch(str(mark)) for mark in marks)
        assert 2 <= len(marks) <= 10

    @pytest.mark.parametrize("rank", [1, 2, 10, 500, 20_000])
    def test_a_rank_that_never_moved_is_drawn_too(self, rank: int) -> None:
        history = {"SALES": {"times": [SECOND - 40 * DAY], "values": [rank]}}
        [line] = rank_chart(history, now=NOW, window="365").lines
        assert "M" in line.path
        assert len(rank_marks(rank, rank)) == 2

    @pytest.mark.parametrize("days", [1, 7, 30, 90, 180, 365, 1500, 4000])
    def test_a_few_dates_are_marked_in_any_period(self, days: int) -> None:
        marks = date_marks(SECOND - days * DAY, SECOND)
        assert 1 <= len(marks) <= 7
        assert all(SECOND - days * DAY <= moment <= SECOND for moment, _label in marks)

    def test_months_are_written_as_french_writes_them(self) -> None:
        year = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13)]
        with override("fr"):
            written = [
                label.split("\u00a0")[0]
                for month in year
                for _moment, label in date_marks(
                    int(month.timestamp()) - 95 * DAY, int(month.timestamp())
                )[-1:]
            ]
        assert written == [
            "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
            "nov.", "déc.",
        ]  # fmt: skip

    def test_days_of_a_month_too_in_both_languages(self) -> None:
        end = int(datetime(2026, 2, 10, tzinfo=UTC).timestamp())
        with override("fr"):
            assert date_marks(end - 5 * DAY, end)[-1][1] == "10\u00a0févr."
        with override("en"):
            assert date_marks(end - 5 * DAY, end)[-1][1] == "Feb 10"

    @override("fr")
    def test_the_picture_of_the_server_has_them_as_well(self) -> None:
        history = {"NEW": wild(300), "SALES": wild(300, seed=2)}
        prices = price_chart(history, now=NOW, window="365", currency="EUR", exponent=2)
        rank = rank_chart(history, now=NOW, window="365")
        assert all(
            re.fullmatch(r"[\d\u202f\u00a0]+,00\xa0€", tick.label) for tick in prices.y_ticks
        )
        assert all(ROUND.fullmatch(re.sub(r"\D", "", tick.label)) for tick in rank.y_ticks)
        assert [tick.label for tick in prices.x_ticks] == [
            "janv.\u00a02026", "avr.\u00a02026", "juil.\u00a02026", "oct.\u00a02026",
        ]  # fmt: skip


class TestPoints:
    def test_what_does_not_change_is_one_point(self) -> None:
        series = {"times": [10, 20, 30, 40], "values": [5, 5, None, 5]}
        assert steps(series, until=35) == [(10, 5), (30, None)]
        assert steps(None, until=35) == []

    def test_few_points_stay_as_they_are(self) -> None:
        points = steps(wild(MOST_POINTS), until=SECOND)
        assert thinned(points, now=SECOND) == points

    @settings(max_examples=25, deadline=None)
    @given(st.integers(MOST_POINTS + 1, 6_000), st.integers(0, 9))
    def test_many_are_thinned_out_to_a_bound_that_keeps_the_extremes(
        self, count: int, seed: int
    ) -> None:
        points = steps(wild(count, seed=seed), until=SECOND)
        kept = thinned(points, now=SECOND)
        assert len(kept) <= MOST_POINTS
        assert kept == sorted(kept, key=lambda point: point[0])
        assert set(kept) <= set(points)
        for wanted in (min, max):
            prices = [value for _moment, value in points if value is not None]
            assert wanted(prices) in {value for _moment, value in kept}
        assert kept[0] == points[0]
        assert kept[-1] == points[-1]

    def test_what_is_recent_keeps_more_of_its_points(self) -> None:
        kept = thinned(steps(wild(6_000), until=SECOND), now=SECOND)
        recent = [moment for moment, _value in kept if moment > SECOND - 90 * DAY]
        old = [moment for moment, _value in kept if moment < SECOND - 3_560 * DAY]
        assert len(recent) > 5 * len(old)

    def test_a_time_without_offers_is_still_a_gap(self) -> None:
        gap = SECOND - 40 * DAY
        times = [gap - at for at in range(40_000, 0, -20)] + [gap, gap + 9 * DAY]
        values = [1_000 + at % 7 for at in range(2_000)] + [None, 900]
        kept = thinned(steps({"times": times, "values": values}, SECOND), now=SECOND)
        assert kept[-2:] == [(gap, None), (gap + 9 * DAY, 900)]


class TestData:
    def test_all_series_at_their_fullest_stay_within_the_page(self) -> None:
        history = {series.name: wild(6_000, seed=at) for at, series in enumerate(CHARTED)}
        data = data_of(history, window="all")
        assert len(data["series"]) == len(CHARTED)
        assert len(json.dumps(data)) <= MOST_BYTES

    def test_only_series_with_a_value_are_there_in_minutes_between_points(self) -> None:
        history = {
            "NEW": {"times": [SECOND - 600, SECOND - 300], "values": [1250, None]},
            "USED": {"times": [SECOND - 600], "values": [None]},
            "COUNT_NEW": {"times": [SECOND + 900], "values": [4]},
        }
        (series,) = data_of(history)["series"]
        assert series["name"] == "NEW"
        minutes = list(accumulate(series["times"]))
        assert minutes == [(SECOND - 600) // 60, (SECOND - 300) // 60]
        assert series["values"] == [1250, None]

    def test_who_sells_used_copies_sees_theirs_at_once(self) -> None:
        history = {"USED": wild(9), "NEW": wild(9)}
        shown = {series["name"]: series["shown"] for series in data_of(history)["series"]}
        assert shown == {"NEW": True, "USED": False}
        data = data_of(history, shown=frozenset({"USED"}))
        assert all(series["shown"] for series in data["series"])

    def test_every_series_differs_in_colour_or_dashes_and_has_a_name(self) -> None:
        assert len({series.kind for series in CHARTED}) == len(CHARTED)
        assert len({series.label for series in CHARTED}) == len(CHARTED)
