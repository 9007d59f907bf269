"""The small curve of a row: 90 days of rank in thirty points, the best on top."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.models import KeepaProduct
from discovery.products.sparks import POINTS, rank_points, spark_path, sparks_of
from tests.discovery.products.test_pages import stored

UNTIL = datetime(2026, 11, 20, tzinfo=UTC)


def day(days_ago: float) -> int:
    return int((UNTIL - timedelta(days=days_ago)).timestamp())


def test_the_last_point_is_the_rank_of_today_and_the_first_that_of_three_months_ago() -> None:
    points = rank_points([(day(400), 900), (day(45), 100)], until=UNTIL)
    assert len(points) == POINTS
    assert points == [900] * 14 + [100] * 16


def test_what_came_later_or_is_unknown_is_no_point() -> None:
    assert rank_points([(day(-1), 5)], until=UNTIL) == []
    assert rank_points([], until=UNTIL) == []
    points = rank_points([(day(60), 50), (day(30), None), (day(10), -1)], until=UNTIL)
    assert points[:9] == [None] * 9
    assert points[9:19] == [50] * 10
    assert points[19:] == [None] * 11


def test_a_better_rank_stands_higher_and_a_gap_stays_one() -> None:
    path = spark_path([None, 1_000, 100, None, 10, 10])
    heights = {int(x): int(y) for x, y in re.findall(r"[ML](\d+) (\d+)", path)}
    assert heights[2] > heights[4] > heights[8] == heights[10]
    assert path.count("M") == 2
    assert "M0" not in path
    assert spark_path([7]) == spark_path([]) == spark_path([None, None]) == ""
    assert re.fullmatch(r"M0 8L2 8", spark_path([5, 5]))


@pytest.mark.django_db
def test_a_page_needs_one_statement_that_reads_no_history() -> None:
    for nth in range(3):
        product = stored(f"B{nth:09}")
        points: list[Any] = rank_points([(0, 100), (int(timezone.now().timestamp()) - 9, 50)],
                                        until=timezone.now())  # fmt: skip
        KeepaProduct.objects.filter(pk=product.pk).update(rank_spark=points if nth else [])
    with CaptureQueriesContext(connection) as seen:
        found = sparks_of(marketplace="us", asins=[f"B{nth:09}" for nth in range(4)])
    assert set(found) == {"B000000001", "B000000002"}
    assert len(seen) == 1
    assert "history" not in seen[0]["sql"]
