"""The digest: at its hour, once, with everything the daily limit has kept back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail

from discovery.models import AlertDelivery, AlertSettings
from discovery.sourcing.alerts.delivery import deliver_due
from discovery.sourcing.alerts.digest import send_digests
from tests.discovery.sourcing.alerts.making import NOON, somebody, told

pytestmark = pytest.mark.django_db
EVENING = NOON + timedelta(hours=6)  # 18:00 in Paris
DAY = timedelta(days=1)


def digests() -> list[AlertDelivery]:
    return list(AlertDelivery.objects.filter(is_digest=True).order_by("pk"))


def test_what_was_kept_back_comes_at_the_hour_with_its_count(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    told(somebody(daily_cap=1, digest_at=time(18)), count=3)
    assert send_digests(now=EVENING - timedelta(minutes=1)) == 0
    assert send_digests(now=EVENING) == 1
    (digest,) = digests()
    assert digest.alerts.count() == 2
    deliver_due(now=EVENING)
    last = mail.outbox[-1]
    assert last.subject == "ArbitrageVault: 2 alerts in the digest"
    assert str(last.body).count("/autosourcing/trouvailles/") == 2


def test_it_comes_once_however_often_it_is_asked_for() -> None:
    told(somebody(daily_cap=0, digest_at=time(18)))
    sent = [send_digests(now=EVENING + timedelta(minutes=minute)) for minute in range(5)]
    assert sent == [1, 0, 0, 0, 0]


def test_each_alert_stands_in_one_digest() -> None:
    user = somebody(daily_cap=0, digest_at=time(18))
    told(user)
    assert send_digests(now=EVENING) == 1
    assert send_digests(now=EVENING + DAY) == 0
    assert len(digests()) == 1


def test_what_was_missed_while_the_site_was_down_comes_in_one() -> None:
    told(somebody(daily_cap=0, digest_at=time(18)), count=2)
    assert send_digests(now=EVENING + 5 * DAY) == 1
    assert digests()[0].alerts.count() == 2


def test_nothing_kept_back_is_no_message() -> None:
    told(somebody(digest_at=time(18)))
    assert send_digests(now=EVENING) == 0


def test_without_an_hour_or_without_a_way_there_is_none() -> None:
    told(somebody(daily_cap=0))
    told(somebody("anne", daily_cap=0, digest_at=time(18), by_email=False))
    assert send_digests(now=EVENING) == 0


@pytest.mark.parametrize(
    ("day", "hour"), [("2026-10-25", 17), ("2026-03-29", 16)], ids=["autumn", "spring"]
)
def test_on_the_days_of_the_clock_change_it_comes_at_the_hour_the_clocks_show(
    day: str, hour: int
) -> None:
    at = datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00")
    user = somebody(daily_cap=0, digest_at=time(18))
    AlertSettings.objects.filter(user=user).update(digested_at=at - DAY + timedelta(hours=2))
    told(user, now=at - timedelta(hours=3))
    assert send_digests(now=at - timedelta(minutes=1)) == 0
    assert send_digests(now=at) == 1
