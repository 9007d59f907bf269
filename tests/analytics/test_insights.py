"""What the history teaches over time: hit ratio, tokens, and the hours that paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from analytics.charts import ratio_chart, tokens_chart
from analytics.insights import (
    Activity,
    Grain,
    HistoryFilter,
    Totals,
    activity,
    best_hours,
    best_roi,
    latest_searches,
    page_of_searches,
    periods,
    searches_of,
)
from analytics.models import SearchHistory
from tests.analytics.factories import a_search

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)

Visitor = Callable[..., Any]


def rows() -> QuerySet[SearchHistory]:
    return searches_of(user_id="1", chosen=HistoryFilter(days=0), now=NOW)


def found() -> Activity:
    return activity(rows=rows())


def only(**hours: Totals) -> Activity:
    """Searches at these hours only: ``only(h8=...)``."""
    by_hour = [hours.get(f"h{hour}", Totals()) for hour in range(24)]
    return Activity(total=sum(totals.searches for totals in by_hour), days={}, hours=by_hour)


@pytest.mark.django_db
class TestActivity:
    def test_each_day_is_one_of_the_sites_time_zone(self) -> None:
        # 23:30 UTC is half past midnight of the next day in Paris, in winter.
        a_search(at=datetime(2026, 1, 10, 23, 30, tzinfo=UTC), hit=True, user_id="1")
        assert list(found().days) == [date(2026, 1, 11)]

    def test_what_was_spent_saved_and_answered_is_added_up_day_by_day(self) -> None:
        monday = NOW - timedelta(days=4)
        a_search(at=monday, hit=True, user_id="1", tokens_saved=60, tokens_spent=0)
        a_search(at=monday, hit=False, user_id="1", tokens_saved=0, tokens_spent=61)
        a_search(at=NOW, hit=None, user_id="1")
        counted = found()
        day = counted.days[monday.date()]
        assert (day.answered, day.hits, day.tokens_spent, day.tokens_saved) == (2, 1, 61, 60)
        assert counted.days[NOW.date()].answered == 0
        assert counted.total == 3

    def test_a_row_without_a_date_is_counted_and_belongs_to_no_day(self) -> None:
        a_search(at=None, hit=True, user_id="1")
        a_search(at=NOW, hit=True, user_id="1")
        counted = found()
        assert counted.total == 2
        assert sum(totals.searches for totals in counted.hours) == 1

    def test_it_is_one_statement_however_long_the_history(self) -> None:
        for days_ago in range(0, 60, 5):
            a_search(at=NOW - timedelta(days=days_ago), hit=True, user_id="1")
        with CaptureQueriesContext(connection) as seen:
            found()
        assert len(seen) == 1


@pytest.mark.django_db
class TestMoreSearchesThanAPageReads:
    def test_the_latest_are_told_and_the_page_knows_that_there_are_more(self) -> None:
        for days_ago in range(5):
            a_search(at=NOW - timedelta(days=days_ago), hit=True, user_id="1")
        cut, is_cut = latest_searches(rows=rows(), most=3)
        assert is_cut
        assert [row.created_at for row in cut] == [NOW - timedelta(days=n) for n in range(3)]
        whole, is_cut = latest_searches(rows=rows(), most=5)
        assert not is_cut
        assert whole.count() == 5

    def test_a_filter_picks_from_the_latest_and_looks_no_further(self) -> None:
        for days_ago, hit in enumerate((True, False, True, False)):
            a_search(at=NOW - timedelta(days=days_ago), hit=hit, user_id="1")
        paid = searches_of(user_id="1", chosen=HistoryFilter(answer="paid", days=0), now=NOW)
        found, is_cut = latest_searches(rows=paid, among=rows(), most=3)
        assert is_cut
        assert [row.created_at for row in found] == [NOW - timedelta(days=1)]

    def test_a_row_without_a_date_bars_no_way(self) -> None:
        a_search(at=None, hit=True, user_id="1")
        a_search(at=NOW, hit=True, user_id="1")
        latest, _is_cut = latest_searches(rows=rows(), most=1)
        assert latest.count() == 2

    def test_a_page_holds_its_rows_in_order(self) -> None:
        for days_ago in range(5):
            a_search(at=NOW - timedelta(days=days_ago), hit=True, user_id="1")
        page = page_of_searches(rows=rows(), start=2, stop=4)
        assert [row.created_at for row in page] == [NOW - timedelta(days=n) for n in (2, 3)]


class TestPeriods:
    @pytest.mark.parametrize(
        ("days", "grain", "bars"),
        [(7, Grain.DAY, 8), (30, Grain.DAY, 31), (90, Grain.DAY, 91), (365, Grain.WEEK, 53)],
    )
    def test_every_day_or_week_has_its_bar_a_search_or_not(
        self, days: int, grain: Grain, bars: int
    ) -> None:
        chosen, totals = periods(found=only(), days=days, now=NOW)
        assert (chosen, len(totals)) == (grain, bars)
        assert list(totals) == sorted(totals)
        assert next(iter(totals.values())).hit_percent is None

    @pytest.mark.django_db
    def test_the_whole_history_is_told_by_month_and_nothing_is_lost(self) -> None:
        for month in (1, 3):
            for day in (1, 31):
                at = datetime(2026, month, day, 12, tzinfo=UTC)
                a_search(at=min(at, NOW), hit=day == 1, user_id="1", tokens_spent=10)
        grain, totals = periods(found=found(), days=0, now=NOW)
        assert grain is Grain.MONTH
        assert {start: month.tokens_spent for start, month in totals.items()} == {
            date(2026, 1, 1): 20,
            date(2026, 2, 1): 0,
            date(2026, 3, 1): 20,
        }
        assert [month.hit_percent for month in totals.values()] == [50, None, 50]


class TestBestHours:
    def test_the_hours_with_most_strong_buys_come_first_and_those_without_do_not_come(self) -> None:
        hours = only(h8=Totals(5, strong_buys=2), h9=Totals(5, strong_buys=7), h10=Totals(5))
        assert [hour for hour, _totals in best_hours(found=hours, most=5)] == [9, 8]

    def test_as_many_in_fewer_searches_is_better(self) -> None:
        hours = only(h8=Totals(9, strong_buys=2), h9=Totals(3, strong_buys=2))
        assert [hour for hour, _totals in best_hours(found=hours, most=5)] == [9, 8]

    def test_one_lucky_search_makes_no_best_hour(self) -> None:
        lucky = Totals(5, roi_sum=900.0, with_roi=1)
        steady = Totals(5, roi_sum=120.0, with_roi=3)
        assert lucky.reliable_roi is None
        assert best_roi(found=only(h8=lucky, h9=steady)) == (9, steady)
        assert best_roi(found=only(h8=lucky)) is None


class TestCharts:
    days: ClassVar = {
        date(2026, 3, 1): Totals(4, answered=4, hits=3, tokens_spent=61, tokens_saved=183),
        date(2026, 3, 2): Totals(),
    }

    def test_a_day_without_a_search_has_no_ratio_and_no_bar(self) -> None:
        with translation.override("en"):
            chart = ratio_chart(self.days, Grain.DAY)
        assert [bar.values[0] for bar in chart.bars] == ["75%", "—"]
        assert [len(bar.parts) for bar in chart.bars] == [1, 0]
        assert "75%" in chart.summary

    def test_the_axis_of_a_ratio_ends_at_a_hundred(self) -> None:
        with translation.override("en"):
            labels = [line.label for line in ratio_chart(self.days, Grain.DAY).lines]
        assert labels == ["0%", "50%", "100%"]

    def test_what_was_saved_stands_on_what_was_spent(self) -> None:
        with translation.override("en"):
            chart = tokens_chart(self.days, Grain.DAY)
        spent, saved = chart.bars[0].parts
        assert (spent.tone, saved.tone) == ("misses", "hits")
        assert float(saved.y) + float(saved.height) == pytest.approx(float(spent.y), abs=0.2)
        assert float(saved.height) == pytest.approx(3 * float(spent.height), abs=0.5)
        assert chart.bars[0].values == ("61", "183")

    def test_long_numbers_have_the_room_they_need(self) -> None:
        rich = {date(2026, 3, 1): Totals(tokens_spent=4_000_000)}
        with translation.override("en"):
            assert tokens_chart(rich, Grain.DAY).left > tokens_chart(self.days, Grain.DAY).left


@pytest.mark.django_db
class TestThePage:
    def page(self, visitor: Any, query: str = "") -> str:
        visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        text: str = visitor.get(f"/historique/{query}").content.decode()
        return text

    def test_it_shows_the_ratio_the_tokens_and_the_best_hours_with_their_words(
        self, client_of: Visitor
    ) -> None:
        anne = client_of()
        for _ in range(3):
            a_search(
                at=timezone.now(),
                hit=True,
                user_id=str(anne.user.pk),
                tokens_saved=60,
                strong_buys=2,
                average_roi=40.0,
            )
        text = self.page(anne)
        for name in ("ratio", "tokens", "hours"):
            assert f'aria-labelledby="{name}-alt"' in text
            assert f'<title id="{name}-alt">' in text
        assert "180 saved by the cache" in text
        assert "Best mean ROI: 40%" in text
        assert 'data-label="Strong buys found">6<' in text

    def test_what_is_not_told_is_said(
        self, client_of: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anne = client_of()
        for _ in range(3):
            a_search(at=timezone.now(), hit=True, user_id=str(anne.user.pk))
        monkeypatch.setattr("analytics.insights.MOST_SEARCHES", 2)
        text = self.page(anne)
        assert "More than 2 searches" in text
        assert text.count('data-label="When"') == 2
        assert "among your latest 2 searches" in self.page(anne, "?answer=free")
        assert "0 searches" in self.page(anne, "?answer=paid")

    def test_one_kind_of_answer_has_no_ratio(self, client_of: Visitor) -> None:
        anne = client_of()
        a_search(at=timezone.now(), hit=True, user_id=str(anne.user.pk))
        assert "ratio-alt" not in self.page(anne, "?answer=free")

    def test_nothing_found_is_said(self, client_of: Visitor) -> None:
        anne = client_of()
        a_search(at=timezone.now(), hit=True, user_id=str(anne.user.pk))
        assert "No search of this period found a strong buy." in self.page(anne)

    @pytest.mark.parametrize("days", [7, 365, 0])
    def test_every_period_takes_the_same_statements(self, client_of: Visitor, days: int) -> None:
        anne = client_of()
        counts = []
        for ago in (1, 3, 40, 400):
            a_search(at=timezone.now() - timedelta(days=ago), hit=True, user_id=str(anne.user.pk))
            with CaptureQueriesContext(connection) as seen:
                self.page(anne, f"?days={days}")
            counts.append(len(seen))
        assert len(set(counts[1:])) == 1
