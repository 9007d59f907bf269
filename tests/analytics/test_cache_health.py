from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import Schedule

from analytics.alerts import raise_alert_if_due
from analytics.cache_health import (
    cache_alert,
    cache_health,
    searches_by_day,
    token_uses,
)
from analytics.figures import Rating, price_of
from analytics.health_tables import spending_sheet
from analytics.models import CacheAlert
from tests.analytics.factories import a_call, a_discovery, a_score, a_search, searches

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_an_empty_database_has_figures_too() -> None:
    Schedule.objects.all().delete()

    health = cache_health(now=NOW)

    assert [cache.name for cache in health.caches] == ["discovery", "scoring"]
    for cache in health.caches:
        assert (cache.entries, cache.live, cache.expired, cache.hits) == (0, 0, 0, 0)
        assert (cache.average_reuse, cache.oldest_at) == (0.0, None)
        assert cache.rating is Rating.LOW_REUSE
        assert cache.index_bytes > 0
    assert [period.ratio for period in health.periods] == [None, None, None]
    assert [period.to_json()["period"] for period in health.periods] == ["24h", "7d", "30d"]
    assert (health.next_purge_at, health.alert) == (None, None)
    assert token_uses(now=NOW) == []


def test_live_and_expired_entries_are_told_apart_and_hits_added_up() -> None:
    a_discovery(expires_at=NOW + HOUR, hit_count=7, tokens_spent=11)
    a_discovery(expires_at=NOW + 20 * HOUR, hit_count=2, tokens_spent=20)
    a_discovery(expires_at=NOW, hit_count=None)  # expired this very moment
    a_score(expires_at=NOW - 30 * DAY, hit_count=1, tokens_spent=3)

    discovery, scoring = cache_health(now=NOW).caches

    assert (discovery.entries, discovery.live, discovery.expired) == (3, 2, 1)
    assert (discovery.hits, discovery.tokens_spent) == (9, 42)
    assert discovery.average_reuse == pytest.approx(3.0)
    assert discovery.oldest_at == NOW - DAY
    assert (scoring.entries, scoring.live, scoring.hits) == (1, 0, 1)


@pytest.mark.parametrize(
    ("average", "rating"),
    [(3.01, "Excellent"), (3.0, "Good"), (1.01, "Good"), (1.0, "Low reuse"), (0.0, "Low reuse")],
)
def test_the_rating_follows_the_mean_number_of_hits_per_entry(average: float, rating: str) -> None:
    assert Rating.of(average) == rating


def test_each_period_counts_what_happened_in_it() -> None:
    a_search(at=NOW - HOUR, hit=True, tokens_saved=61, tokens_spent=0)
    a_search(at=NOW - 3 * DAY, hit=False, tokens_saved=0, tokens_spent=61)
    a_search(at=NOW - 20 * DAY, hit=True, tokens_saved=12)
    a_search(at=NOW - 40 * DAY, hit=True, tokens_saved=1000)
    a_search(at=NOW + HOUR, hit=True, tokens_saved=1000)  # not yet
    a_call(at=NOW - 2 * HOUR, tokens=5)
    a_call(at=NOW - 6 * DAY, tokens=61)
    a_call(at=NOW - 31 * DAY, tokens=1000)

    day, week, month = cache_health(now=NOW).periods

    assert (day.searches, day.hits, day.ratio) == (1, 1, 1.0)
    assert (week.searches, week.hits, week.ratio) == (2, 1, 0.5)
    assert (month.searches, month.hits, month.misses) == (3, 2, 1)
    assert [period.tokens_saved for period in (day, week, month)] == [61, 61, 73]
    assert [period.tokens_spent for period in (day, week, month)] == [5, 66, 66]


def test_adopted_searches_of_which_nothing_is_known_weigh_on_no_ratio() -> None:
    a_search(at=NOW - HOUR, hit=None)
    a_search(at=None, hit=None)
    a_search(at=NOW - HOUR, hit=True)

    day = cache_health(now=NOW).periods[0]

    assert (day.searches, day.ratio) == (1, 1.0)


def test_tokens_have_the_price_of_the_settings(settings: Any) -> None:
    settings.TOKEN_PRICE_PER_1000 = Decimal("0.90")
    a_search(at=NOW - HOUR, hit=True, tokens_saved=12_345)

    day = cache_health(now=NOW).periods[0]

    assert day.money_saved == Decimal("11.11")
    assert price_of(0) == Decimal("0.00")


def test_the_next_purge_is_the_schedules() -> None:
    Schedule.objects.update_or_create(
        name="purge-caches",
        defaults={"func": "analytics.tasks.purge_caches", "next_run": NOW + HOUR},
    )

    assert cache_health(now=NOW).next_purge_at == NOW + HOUR


def test_all_figures_take_three_statements(django_assert_max_num_queries: Any) -> None:
    searches(at=NOW - HOUR, hits=30, misses=30)
    with django_assert_max_num_queries(3):
        cache_health(now=NOW)


def test_the_answer_is_plain_json() -> None:
    a_discovery(expires_at=NOW + HOUR, hit_count=4)
    searches(at=NOW - HOUR, hits=10, misses=90)

    told = cache_health(now=NOW).to_json()

    assert told["caches"][0]["rating"] == "Excellent"
    assert told["caches"][0]["oldest_at"] == (NOW - 23 * HOUR).isoformat()
    assert told["periods"][0] == {
        "period": "24h",
        "searches": 100,
        "hits": 10,
        "misses": 90,
        "hit_ratio": 0.1,
        "tokens_spent": 0,
        "tokens_saved": 0,
        "money_spent": "0.00",
        "money_saved": "0.00",
        "currency": "EUR",
    }
    assert told["alert"] == {"ratio": 0.1, "searches": 100, "threshold": 0.5, "days": 7}


@pytest.mark.parametrize(
    ("hits", "misses", "age", "alerted"),
    [
        (24, 26, DAY, True),
        (25, 25, DAY, False),  # half is enough
        (10, 39, DAY, False),  # too few searches to judge
        (0, 50, 6 * DAY, True),
        (0, 50, 8 * DAY, False),  # past
    ],
)
def test_the_alert_needs_a_low_ratio_over_enough_searches_of_this_week(
    hits: int, misses: int, age: timedelta, alerted: bool
) -> None:
    searches(at=NOW - age, hits=hits, misses=misses)

    assert (cache_alert(now=NOW) is not None) is alerted
    assert cache_health(now=NOW).alert == cache_alert(now=NOW)


def test_the_alerts_bounds_are_settings(settings: Any) -> None:
    settings.CACHE_ALERT_RATIO, settings.CACHE_ALERT_MIN_SEARCHES = 0.9, 5
    searches(at=NOW - DAY, hits=4, misses=1)

    alert = cache_alert(now=NOW)

    assert alert is not None
    assert (alert.ratio, alert.searches, alert.threshold) == (0.8, 5, 0.9)


def test_the_alert_is_logged_and_mailed_once_a_day(
    settings: Any, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALERT_EMAILS = ("anne@example.com",)
    searches(at=NOW, hits=10, misses=50)

    with caplog.at_level(logging.WARNING, "analytics.alerts"):
        told = [raise_alert_if_due(now=NOW + n * HOUR) for n in range(49)]

    assert [hour for hour, raised in enumerate(told) if raised] == [0, 24, 48]
    assert len(caplog.records) == 3
    assert [mail.to for mail in mailoutbox] == [["anne@example.com"]] * 3
    assert "60" in mailoutbox[0].body


def test_without_an_address_the_alert_is_only_logged(
    mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    searches(at=NOW, hits=0, misses=50)

    assert raise_alert_if_due(now=NOW)

    assert mailoutbox == []
    assert "low cache hit ratio: 0.0 % of 50 searches" in caplog.text


def test_no_alert_leaves_no_trace() -> None:
    searches(at=NOW, hits=50, misses=0)

    assert not raise_alert_if_due(now=NOW)
    assert not CacheAlert.objects.exists()


def test_a_mail_server_that_refuses_does_not_fail_the_task(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALERT_EMAILS = ("anne@example.com",)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    searches(at=NOW, hits=0, misses=50)

    assert raise_alert_if_due(now=NOW)

    assert "could not be mailed" in caplog.text


def test_searches_are_counted_by_day_of_the_sites_time_zone() -> None:
    searches(at=datetime(2026, 3, 9, 22, 30, tzinfo=UTC), hits=2, misses=1)  # 23:30 in Paris
    searches(at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC), hits=1, misses=0)  # 00:30 on the 10th
    searches(at=datetime(2026, 3, 1, tzinfo=UTC), hits=9, misses=9)
    a_search(at=NOW, hit=None)

    with timezone.override("Europe/Paris"):
        counts = searches_by_day(now=NOW, days=3)

    assert [(day, count.hits, count.misses) for day, count in counts.items()] == [
        (date(2026, 3, 8), 0, 0),
        (date(2026, 3, 9), 2, 1),
        (date(2026, 3, 10), 1, 0),
    ]


def test_a_day_of_23_hours_is_counted_once() -> None:
    searches(at=datetime(2026, 3, 29, 21, 30, tzinfo=UTC), hits=1, misses=0)  # 23:30 in Paris

    with timezone.override("Europe/Paris"):
        counts = searches_by_day(now=datetime(2026, 3, 30, 9, tzinfo=UTC), days=3)

    assert [count.answered for count in counts.values()] == [0, 1, 0]


def test_tokens_are_summed_by_what_they_were_spent_on() -> None:
    a_call(at=NOW - DAY, tokens=11)
    a_call(at=NOW - DAY, tokens=12)
    a_call(at=NOW - DAY, tokens=0, outcome="server_error")
    a_call(at=NOW - DAY, tokens=100, endpoint="product", purpose="refresh")
    a_call(at=NOW - 31 * DAY, tokens=1000)

    uses = token_uses(now=NOW)

    assert uses == [("product", "refresh", 1, 0, 100), ("query", "interactive", 3, 1, 23)]
    assert spending_sheet(uses).rows[-1][2:] == ("4", "1", "123")
