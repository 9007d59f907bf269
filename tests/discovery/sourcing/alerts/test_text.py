"""Alerts in words: every reason and every failure has its sentence, in both languages."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils.translation import override

from discovery.models import AlertDelivery
from discovery.sourcing.alerts.delivery import FOR_GOOD
from discovery.sourcing.alerts.rules import Reason
from discovery.sourcing.alerts.text import (
    FAILURES,
    MOST_IN_DIGEST,
    buying_text,
    failure_text,
    message_of,
    reason_text,
)
from tests.discovery.sourcing.alerts.making import job_of, look, pick_of, somebody, told


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_sentence_in_both_languages(reason: Reason) -> None:
    with override("en"):
        english = reason_text(reason)
    with override("fr"):
        assert english != reason_text(reason) != ""


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_has_its_sentence_in_both_languages(code: str) -> None:
    with override("en"):
        english = failure_text(code)
    with override("fr"):
        assert english != failure_text(code) != ""


def test_a_status_is_said_a_code_nobody_knows_too_and_no_failure_is_nothing() -> None:
    with override("en"):
        assert failure_text("status_418") == "The server answered with the status 418."
        assert failure_text("something_new") == failure_text("sender_failed")
        assert failure_text("") == ""


def test_what_is_given_up_at_once_can_be_said() -> None:
    assert all(code in FAILURES or code.startswith("status_") for code in FOR_GOOD)


@pytest.mark.django_db
def test_of_a_favourite_the_subject_says_what_has_happened() -> None:
    user = somebody()
    alert = look(pick_of(user), job_of(user, source="favourites"), events=("amazon_back",))
    assert alert is not None
    with override("en"):
        assert message_of(AlertDelivery(), [alert]).subject == "Amazon sells it again. · Un livre"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("same_listing", "fbm", "to buy at €12.50: an FBM seller"),
        ("dip", "", "to buy at €12.50: Amazon itself, on amazon.fr"),
        ("list", "", "to buy at €12.50: your list"),
        ("", "", "to buy at €12.50"),
    ],
)
def test_where_it_is_bought_is_said_for_every_kind_of_cost(
    kind: str, source: str, said: str
) -> None:
    user = somebody()
    alert = look(pick_of(user, cost_kind=kind, cost_source=source), job_of(user))
    assert alert is not None
    with override("en"):
        assert buying_text(alert) == said


@pytest.mark.django_db
def test_a_pick_without_a_known_cost_says_nothing_of_one() -> None:
    user = somebody()
    alert = look(pick_of(user, cost=None, cost_kind="", cost_source=""), job_of(user))
    assert alert is not None
    assert buying_text(alert) == ""


@pytest.mark.django_db
def test_titles_of_others_stay_on_one_line_and_short() -> None:
    user = somebody()
    alert = look(pick_of(user, title="A\r\nBcc: x@example.org " + "z" * 300), job_of(user))
    assert alert is not None
    subject = message_of(AlertDelivery(), [alert]).subject
    assert "\n" not in subject
    assert len(subject) < 150


@pytest.mark.django_db
@pytest.mark.parametrize(
    "title",
    ["@everyone <@here>", "[free](https://evil.example)", "a \N{RIGHT-TO-LEFT OVERRIDE}b\x07"],
)
@pytest.mark.parametrize("is_digest", [True, False])
def test_titles_of_others_call_nobody_link_nowhere_and_turn_nothing_round(
    title: str, is_digest: bool
) -> None:
    user = somebody()
    alert = look(pick_of(user, title=title), job_of(user, name="@here"))
    assert alert is not None
    message = message_of(AlertDelivery(is_digest=is_digest), [alert])
    told = f"{message.subject}\n{message.body}".replace(settings.SITE_ADDRESS, "")
    for harm in ("@everyone", "@here", "](", "://", "\N{RIGHT-TO-LEFT OVERRIDE}", "\x07"):
        assert harm not in told


@pytest.mark.django_db
def test_a_long_digest_names_so_many_and_counts_the_rest() -> None:
    user = somebody(daily_cap=500)
    alerts = [found.alerts.get() for found in told(user, count=MOST_IN_DIGEST + 2)]
    with override("en"):
        message = message_of(AlertDelivery(is_digest=True), alerts)
    assert message.body.count("/autosourcing/trouvailles/") == MOST_IN_DIGEST
    assert "and 2 more" in message.body
