"""A clock is set back by two days, or forward: everything goes on by itself."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from discovery import cache, schedules
from discovery.clock_steps import put_right
from discovery.keepa.balance import token_balance
from discovery.keepa.client import get_client
from discovery.models import (
    DiscoveryCacheEntry,
    DiscoveryLease,
    KeepaProduct,
    Run,
    ScoringCacheEntry,
    TokenBucket,
)
from discovery.profiles.service import active_profile
from discovery.runs.queue import wake_runs
from discovery.search.discover import score_asins
from discovery.search.results import Asker

pytestmark = pytest.mark.django_db

TWO_DAYS = timedelta(days=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def schedule(now: datetime, **fields: Any) -> Schedule:
    Schedule.objects.all().delete()
    return Schedule.objects.create(func="some.task", **fields)


class TestSchedules:
    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            (Schedule.MINUTES, {"minutes": 1}),
            (Schedule.MINUTES, {"minutes": 45}),
            (Schedule.HOURLY, {}),
            (Schedule.DAILY, {}),
        ],
    )
    def test_one_that_stands_too_far_ahead_is_brought_back(
        self, now: datetime, kind: str, fields: dict[str, Any]
    ) -> None:
        due = now + timedelta(seconds=30) + TWO_DAYS
        late = schedule(now, schedule_type=kind, next_run=due, **fields)
        assert schedules.put_right(now=now) == 1
        late.refresh_from_db()
        interval = {"I": fields.get("minutes", 0) * MINUTE, "H": 60 * MINUTE, "D": 1440 * MINUTE}
        assert now < late.next_run <= now + interval[kind]
        assert (due - late.next_run) % interval[kind] == timedelta(0)  # the time of day stays
        assert schedules.put_right(now=now) == 0

    @pytest.mark.parametrize(
        ("kind", "ahead"),
        [
            (Schedule.MINUTES, MINUTE),
            (Schedule.HOURLY, timedelta(minutes=59)),
            (Schedule.DAILY, timedelta(hours=24, minutes=59)),  # a clock goes back in autumn
            (Schedule.WEEKLY, timedelta(days=7)),
            (Schedule.MONTHLY, timedelta(days=31)),
            (Schedule.YEARLY, timedelta(days=366)),
            (Schedule.ONCE, timedelta(days=400)),  # the user's own plan
        ],
    )
    def test_what_it_can_have_been_set_to_stays(
        self, now: datetime, kind: str, ahead: timedelta
    ) -> None:
        kept = schedule(now, schedule_type=kind, minutes=1, next_run=now + ahead)
        assert schedules.put_right(now=now) == 0
        kept.refresh_from_db()
        assert kept.next_run == now + ahead

    def test_a_paused_one_stays_paused(self, now: datetime) -> None:
        schedule(now, schedule_type=Schedule.HOURLY, repeats=0, next_run=now + TWO_DAYS)
        assert schedules.put_right(now=now) == 0

    def test_a_refresh_of_ours_is_made_at_once(self, now: datetime) -> None:
        Schedule.objects.all().delete()
        schedules.schedule_refresh(cache_key="k", at=now + TWO_DAYS + MINUTE)
        assert schedules.put_right(now=now) == 1
        assert Schedule.objects.get().next_run == now

    def test_what_a_user_has_changed_is_kept(self, now: datetime) -> None:
        schedules.sync_schedules([schedules.Declared("purge", "f", Schedule.HOURLY)])
        Schedule.objects.filter(name="purge").update(
            schedule_type=Schedule.WEEKLY, next_run=now + timedelta(days=6)
        )
        assert put_right(now=now) == 0
        assert Schedule.objects.get(name="purge").schedule_type == Schedule.WEEKLY


class TestWorkUnderWay:
    def test_a_queued_task_is_taken_out_and_one_at_work_left_alone(self, now: datetime) -> None:
        waits = OrmQ.objects.create(key="q", payload="x", lock=now + TWO_DAYS)
        at_work = OrmQ.objects.create(key="q", payload="y", lock=now + timedelta(minutes=20))
        assert put_right(now=now) == 1
        waits.refresh_from_db()
        at_work.refresh_from_db()
        assert (waits.lock, at_work.lock) == (now, now + timedelta(minutes=20))

    def test_a_waiting_run_waits_as_long_as_it_was_to(
        self, now: datetime, django_user_model: Any
    ) -> None:
        run = Run.objects.create(
            owner=django_user_model.objects.create_user("anne"),
            kind=Run.Kind.LIST,
            state=Run.State.WAITING,
            marketplace="us",
            progressed_at=now + TWO_DAYS,
            resume_at=now + TWO_DAYS + MINUTE,
        )
        assert put_right(now=now) == 1
        run.refresh_from_db()
        assert (run.progressed_at, run.resume_at) == (now, now + MINUTE)

    def test_a_dead_worker_is_missed_within_half_a_minute(
        self, now: datetime, django_user_model: Any
    ) -> None:
        Run.objects.create(
            owner=django_user_model.objects.create_user("anne"),
            kind=Run.Kind.LIST,
            state=Run.State.RUNNING,
            marketplace="us",
            holder=uuid.uuid4(),
            progressed_at=now + TWO_DAYS,
        )
        later = now + timedelta(seconds=30)
        assert wake_runs(now=later) == 0
        put_right(now=now)
        assert wake_runs(now=later) == 1

    def test_the_lease_of_the_dead_runs_out(self, now: datetime, settings: Any) -> None:
        DiscoveryLease.objects.create(
            cache_key="k", holder=uuid.uuid4(), expires_at=now + TWO_DAYS + MINUTE
        )
        assert put_right(now=now) == 1
        lease = timedelta(seconds=settings.LEASE_SECONDS)
        assert DiscoveryLease.objects.get().expires_at == now + lease


def test_answers_from_the_future_are_given_for_one_lifetime_and_not_bought_again(
    keepa: Any, now: datetime, settings: Any
) -> None:
    asins = [product.asin for product in keepa.catalogue.store(1).live[:3]]

    def ask() -> Any:
        return score_asins(
            identifiers=asins,
            marketplace="us",
            profile=active_profile(),
            asker=Asker("manual", "7"),
        )

    ask()
    cache.fill_discovery(
        cache_key="k", marketplace="us", filters={}, asins=asins, total_results=3, tokens_spent=11
    )
    paid = keepa.charged_total
    for table, names in (
        (DiscoveryCacheEntry, ("created_at", "expires_at")),
        (ScoringCacheEntry, ("created_at", "expires_at")),
        (KeepaProduct, ("fetched_at",)),
    ):
        for row in table.objects.all():
            ahead = {name: getattr(row, name) + TWO_DAYS for name in names}
            table.objects.filter(pk=row.pk).update(**ahead)
    assert put_right(now=now) == 1 + 2 * len(asins)
    assert not KeepaProduct.objects.filter(fetched_at__gt=now).exists()
    assert DiscoveryCacheEntry.objects.get().expires_at <= now + settings.DISCOVERY_TTL
    for row in ScoringCacheEntry.objects.all():
        assert row.expires_at <= now + settings.SCORING_TTL
    assert cache.hit_discovery(cache_key="k") is not None
    assert len(ask().products) == len(asins)
    assert keepa.charged_total == paid
    assert put_right(now=now) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", [TWO_DAYS, -TWO_DAYS])
def test_a_balance_of_another_day_is_asked_for(keepa: Any, step: timedelta) -> None:
    """Shifting what is stored is what setting the clock the other way does."""
    client = get_client()
    client.search_categories("Programming", marketplace="us")
    TokenBucket.objects.update(received_at=timezone.now() + step)
    before = [call.endpoint for call in keepa.calls]
    client.search_categories("Programming", marketplace="us")
    after = [call.endpoint for call in keepa.calls]
    assert after[len(before) :] == ["token", "search"]
    assert token_balance(now=timezone.now()) is not None


def test_a_balance_from_the_future_is_shown_to_nobody(now: datetime) -> None:
    TokenBucket.objects.create(
        account="a", tokens_left=900, refill_rate=20, refill_in_ms=1, server_ms=1, ledger_id=1,
        received_at=now + TWO_DAYS,
    )  # fmt: skip
    assert token_balance(now=now) is None
    assert token_balance(now=now + TWO_DAYS) is not None
