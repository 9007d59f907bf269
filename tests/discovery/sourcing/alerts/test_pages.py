"""Alertes: the centre, channels and hours, the log; one's own alone, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from benchmarks.drills.receiving import Receiver
from discovery.models import Alert, AlertChannel, AlertDelivery, AlertSettings, Preferences
from discovery.sourcing.alerts.channels import add_channel
from discovery.sourcing.alerts.delivery import deliver_due
from discovery.sourcing.alerts.secrets import opened
from tests.discovery.sourcing.alerts.making import NOON, job_of, look, pick_of, somebody, told

pytestmark = pytest.mark.django_db
CENTRE, SETTINGS = "/autosourcing/alertes/", "/autosourcing/alertes/reglages/"
HOURS = {
    "by_email": "on",
    "daily_cap": "5",
    "quiet_from": "22:00",
    "quiet_until": "07:30",
    "digest_at": "18:00",
    "time_zone": "Europe/Lisbon",
}


@pytest.fixture
def paul() -> User:
    cache.clear()
    return somebody()


@pytest.fixture
def browser(paul: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(paul)
    return browser


def text_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def test_the_centre_shows_ones_own_alerts_and_marks_them_as_read(
    browser: Client, paul: User
) -> None:
    told(somebody("anne"), count=1)
    told(paul, count=2)
    page = browser.get(CENTRE)
    assert {alert.owner_id for alert in page.context["page"]["alerts"]} == {paul.pk}
    text = text_of(page)
    assert "2 unread alerts." in text
    assert "to buy at €12.50: amazon.de" in text
    assert browser.post(f"{CENTRE}lues/").status_code == 302
    assert Alert.objects.filter(read_at=None).exclude(owner=paul).count() == 1
    assert "unread" not in text_of(browser.get(CENTRE))


def test_what_came_while_the_centre_was_read_stays_unread(browser: Client, paul: User) -> None:
    told(paul, count=2)
    late = Alert.objects.order_by("pk").last()
    assert late is not None
    Alert.objects.filter(pk=late.pk).update(created_at=NOON + timedelta(minutes=1))
    browser.post(f"{CENTRE}lues/", {"until": NOON.isoformat()})
    assert Alert.objects.get(read_at=None) == late


def test_without_any_the_centre_says_so(browser: Client) -> None:
    assert "No alert yet." in text_of(browser.get(CENTRE))


def test_the_number_of_queries_does_not_grow_with_the_alerts(
    browser: Client, paul: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    told(paul, count=12)
    deliver_due(now=NOON)
    for address in (CENTRE, SETTINGS):
        with django_assert_max_num_queries(14):
            browser.get(address)


def test_hours_are_kept(browser: Client, paul: User) -> None:
    assert browser.post(SETTINGS, HOURS).status_code == 302
    chosen = AlertSettings.objects.get(user=paul)
    assert (chosen.by_email, chosen.daily_cap) == (True, 5)
    assert (f"{chosen.quiet_until:%H:%M}", f"{chosen.digest_at:%H:%M}") == ("07:30", "18:00")
    assert Preferences.objects.get(user=paul).time_zone == "Europe/Lisbon"
    page = text_of(browser.get(SETTINGS))
    assert 'value="07:30"' in page
    assert "Hours are those of Europe/Lisbon." in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"quiet_until": ""}, "Quiet hours need a beginning and an end."),
        ({"quiet_until": "22:00"}, "Quiet hours that end as they begin are none."),
        ({"digest_at": "23:00"}, "The digest lies within your quiet hours."),
        ({"time_zone": "Mars/Base"}, "There is no such time zone"),
        ({"time_zone": "../../etc/passwd"}, "There is no such time zone"),
        ({"daily_cap": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(
    browser: Client, paul: User, changes: dict[str, str], sentence: str
) -> None:
    answer = browser.post(SETTINGS, HOURS | changes)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert AlertSettings.objects.get(user=paul).digest_at is None


def test_a_channel_is_added_and_its_address_never_shown_again(
    browser: Client, received: Receiver
) -> None:
    address = f"json://me:topsecret@localhost:{received.port}/topic"
    posted = {"name": "My hook", "address": address}
    page = text_of(browser.post(f"{CENTRE}canaux/", posted, follow=True))
    assert "The channel “My hook” is added" in page
    assert "json://lo…host" in page
    assert opened(AlertChannel.objects.get().address).address == address
    for secret in ("topsecret", "topic", str(received.port)):
        assert secret not in page


def test_an_address_that_is_refused_is_not_shown_again_either(browser: Client) -> None:
    posted = {"name": "Hook", "address": "json://me:topsecret@127.0.0.1/"}
    answer = browser.post(f"{CENTRE}canaux/", posted)
    assert answer.status_code == 422
    assert "leads into this site" in text_of(answer)
    assert "topsecret" not in text_of(answer)
    assert not AlertChannel.objects.exists()


def test_a_test_says_whether_it_arrived(browser: Client, paul: User, received: Receiver) -> None:
    channel = add_channel(owner=paul, name="hook", address=received.address)
    address = f"{CENTRE}canaux/{channel.pk}/essayer/"
    assert "accepted by the server" in text_of(browser.post(address, follow=True))
    assert "This was tried a moment ago" in text_of(browser.post(address, follow=True))
    cache.clear()
    received.status = 500
    page = text_of(browser.post(address, follow=True))
    assert "The server answered with the status 500." in page


def test_a_test_by_mail(browser: Client, mailoutbox: Any) -> None:
    page = text_of(browser.post(f"{SETTINGS}courriel/", follow=True))
    assert "A test was sent to paul@example.org." in page
    assert len(mailoutbox) == 1


def test_a_channel_is_deleted_by_its_owner_alone(browser: Client, paul: User) -> None:
    mine, hers = (
        AlertChannel.objects.create(owner=owner, name="x", scheme="ntfys", address=b"")
        for owner in (paul, somebody("anne"))
    )
    assert browser.post(f"{CENTRE}canaux/{hers.pk}/supprimer/").status_code == 404
    assert browser.post(f"{CENTRE}canaux/{hers.pk}/essayer/").status_code == 404
    assert browser.post(f"{CENTRE}canaux/{mine.pk}/supprimer/").status_code == 302
    assert list(AlertChannel.objects.all()) == [hers]


def test_a_channel_that_is_paused_sends_nothing_until_it_is_used_again(
    browser: Client, paul: User, received: Receiver
) -> None:
    AlertSettings.objects.update(by_email=False)
    channel = add_channel(owner=paul, name="hook", address=received.address)
    address = f"{CENTRE}canaux/{channel.pk}/interrupteur/"
    told(paul, count=1)  # on its way already
    page = text_of(browser.post(address, {"action": "off"}, follow=True))
    assert "The channel “hook” is paused" in page
    assert "Go on" in page
    deliver_due(now=NOON)
    delivery = AlertDelivery.objects.get()
    assert (delivery.state, delivery.failure, received.messages) == ("failed", "channel_off", [])
    channel.refresh_from_db()
    assert channel.failed_at is None
    assert look(pick_of(paul, asin="B0FAKE9001"), job_of(paul, name="Jeux")) is not None
    assert AlertDelivery.objects.count() == 1
    assert "is used again" in text_of(browser.post(address, {"action": "on"}, follow=True))
    assert look(pick_of(paul, asin="B0FAKE9002"), job_of(paul, name="BD")) is not None
    assert deliver_due(now=NOON).sent == 1
    assert browser.post(address, {"action": "sideways"}).status_code == 400


def test_the_log_says_how_each_delivery_went(browser: Client, paul: User) -> None:
    told(paul, count=2)
    AlertDelivery.objects.order_by("pk").filter(pk=AlertDelivery.objects.latest("pk").pk).update(
        state="failed", failure="mail_refused", attempts=8, repeats=1
    )
    deliver_due(now=NOON)
    page = text_of(browser.get(SETTINGS))
    assert "The mail server refused the message." in page
    assert "It may have arrived more than once." in page
    assert "given up" in page


def test_a_viewer_reads_and_is_offered_no_change(paul: User, browser: Client) -> None:
    from discovery.accounts.members import change_role
    from discovery.accounts.roles import Role

    told(paul)
    AlertChannel.objects.create(owner=paul, name="hook", scheme="ntfys", address=b"")
    change_role(member=paul, role=Role.VIEWER)
    page = text_of(browser.get(CENTRE))
    assert "Un livre" in page
    assert "Mark all as read" not in page
    page = text_of(browser.get(SETTINGS))
    assert "hook" in page
    assert "Add a channel" not in page
    assert "Save" not in page
    assert "Mail me a test" not in page
    assert "supprimer" not in page
    assert browser.post(SETTINGS, HOURS).status_code == 403


def test_in_french(paul: User) -> None:
    told(paul)
    browser = Client(headers={"accept-language": "fr"})
    browser.force_login(paul)
    assert "1 alerte non lue." in text_of(browser.get(CENTRE))
    assert "Canaux et heures des alertes" in text_of(browser.get(SETTINGS))


def test_the_admin_shows_no_address(paul: User, received: Receiver) -> None:
    boss = User.objects.create_superuser("boss", password="x")
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(boss)
    channel = add_channel(
        owner=paul, name="hook", address=f"json://me:topsecret@localhost:{received.port}/topic"
    )
    told(paul)
    for model in ("alert", "alertdelivery", "alertchannel", "alertsettings"):
        assert browser.get(f"/admin/discovery/{model}/").status_code == 200
    for model, row in (
        ("alert", Alert.objects.first()),
        ("alertdelivery", AlertDelivery.objects.first()),
        ("alertchannel", channel),
    ):
        assert row is not None
        page = text_of(browser.get(f"/admin/discovery/{model}/{row.pk}/change/"))
        assert "topsecret" not in page
        assert str(received.port) not in page
