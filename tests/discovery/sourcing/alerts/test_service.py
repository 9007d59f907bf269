"""A look becomes an alert with its messages, or none; hours and the daily cap are kept."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from discovery.models import Alert, AlertChannel, AlertDelivery, Pick, Preferences
from tests.discovery.sourcing.alerts.making import NOON, job_of, look, pick_of, somebody

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_one_product_is_told_once_for_two_jobs_not_when_it_swings_and_again_when_better() -> None:
    user = somebody()
    books, novelties = (job_of(user, name=name, min_roi=30) for name in ("Livres", "Nouveautés"))
    pick = pick_of(user)

    first = look(pick, books, now=NOON)
    assert first is not None
    assert first.reason == "first"
    assert look(pick, novelties, now=NOON) is None
    assert look(pick, books, now=NOON + DAY, roi_percent=28.0) is None
    assert look(pick, books, now=NOON + 2 * DAY, roi_percent=31.0) is None
    again = look(pick, books, now=NOON + 3 * DAY, roi_percent=52.0, price=Decimal("16.60"))
    assert again is not None
    assert (again.reason, again.values["roi"]) == ("better", 52.0)


def test_the_alert_keeps_the_figures_and_its_message_waits_in_the_outbox() -> None:
    user = somebody()
    alert = look(pick_of(user), job_of(user))
    assert alert is not None
    alert.refresh_from_db()
    assert alert.values["cost"] == "12.5000"
    assert alert.values["cost_source"] == "de"
    delivery = AlertDelivery.objects.get()
    assert (delivery.state, delivery.due_at, delivery.channel) == ("pending", NOON, None)
    assert list(delivery.alerts.all()) == [alert]
    pick = Pick.objects.get()
    assert (pick.is_above, pick.alerted_at, pick.alerted["reason"]) == (True, NOON, "first")


def test_a_look_that_is_undone_leaves_no_alert() -> None:
    user = somebody()
    pick, job = pick_of(user), job_of(user)
    with transaction.atomic():
        look(pick, job)
        transaction.set_rollback(True)
    assert not Alert.objects.exists()
    assert not Pick.objects.get().is_above


def test_whoever_has_chosen_nothing_finds_it_in_the_centre() -> None:
    user = User.objects.create_user("anne")
    alert = look(pick_of(user), job_of(user))
    assert alert is not None
    assert not AlertDelivery.objects.exists()


def test_each_active_channel_and_the_mail_have_a_message_of_their_own() -> None:
    user = somebody()
    for name, is_active in (("phone", True), ("team", True), ("old", False)):
        AlertChannel.objects.create(
            owner=user, name=name, scheme="ntfys", address=b"", is_active=is_active
        )
    look(pick_of(user), job_of(user))
    channels = AlertDelivery.objects.values_list("channel__name", flat=True)
    assert sorted(channels, key=str) == [None, "phone", "team"]


def test_without_a_job_nobody_has_asked() -> None:
    assert look(pick_of(somebody()), None) is None


def test_a_job_that_tells_nothing_does_not_make_another_tell_twice() -> None:
    user = somebody()
    pick = pick_of(user)
    telling, silent = job_of(user), job_of(user, name="Muette", on=False)
    assert look(pick, telling) is not None
    look(pick, silent, now=NOON + DAY, roi_percent=60.0)
    pick.refresh_from_db()
    assert pick.is_above


@pytest.mark.parametrize("decision", ["ignored", "bought"])
def test_what_its_owner_has_settled_is_not_told(decision: str) -> None:
    user = somebody()
    assert look(pick_of(user, decision=decision), job_of(user)) is None


def test_amazon_coming_back_to_a_favourite_is_told_beside_its_crossings() -> None:
    user = somebody()
    job, pick = job_of(user, source="favourites"), pick_of(user, verdict="SKIP")
    back = look(pick, job, events=("amazon_back",))
    assert back is not None
    assert back.reason == "amazon_back"
    assert look(pick, job, now=NOON + DAY / 2, events=("amazon_back",)) is None
    first = look(pick, job, now=NOON + DAY / 2, verdict="BUY")
    assert first is not None
    assert first.reason == "first"


def test_in_quiet_hours_the_message_waits_for_their_end_in_the_users_own_zone() -> None:
    user = somebody(quiet_from=time(22), quiet_until=time(7))
    Preferences.objects.create(user=user, time_zone="America/New_York")
    alert = look(pick_of(user), job_of(user), now=datetime(2026, 11, 20, 11, tzinfo=UTC))
    assert alert is not None
    assert alert.way == "later"
    assert AlertDelivery.objects.get().due_at == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_beyond_the_daily_cap_the_rest_is_for_the_digest() -> None:
    user = somebody(daily_cap=2, digest_at=time(18))
    job = job_of(user)
    ways = []
    for number in range(4):
        alert = look(pick_of(user, asin=f"B0FAKE000{number}"), job)
        ways.append(alert and alert.way)
    assert ways == ["now", "now", "digest", "digest"]
    assert AlertDelivery.objects.count() == 2


def test_the_next_day_has_its_own_count_and_without_a_digest_says_what_was_held_back() -> None:
    user = somebody(daily_cap=1)
    job = job_of(user)
    for number in range(3):
        look(pick_of(user, asin=f"B0FAKE000{number}"), job)
    next_day = look(pick_of(user, asin="B0FAKE0009"), job, now=NOON + DAY)
    assert next_day is not None
    assert (next_day.way, next_day.values["held_back"]) == ("now", 2)
    day_after = look(pick_of(user, asin="B0FAKE0010"), job, now=NOON + 2 * DAY)
    assert day_after is not None
    assert "held_back" not in day_after.values


def test_a_cap_of_none_keeps_every_message_for_the_digest() -> None:
    user = somebody(daily_cap=0, digest_at=time(18))
    alert = look(pick_of(user), job_of(user))
    assert alert is not None
    assert alert.way == "digest"
