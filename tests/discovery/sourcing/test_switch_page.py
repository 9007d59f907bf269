"""The card that says what runs by itself, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.sourcing.switches import Switches, switches

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ADDRESS = "/autosourcing/interrupteur/"
ENGLISH = {"accept-language": "en"}


def test_in_the_demonstration_jobs_run_until_they_are_stopped(client_of: Visitor) -> None:
    anne = client_of()
    assert "Jobs run at their times." in anne.get("/", headers=ENGLISH).content.decode()
    answer = anne.post(ADDRESS, {"setting": "jobs", "action": "off"}, follow=True, headers=ENGLISH)
    text = answer.content.decode()
    assert "Jobs no longer run by themselves." in text
    assert "No job runs by itself." in text
    assert switches() == Switches(runs_jobs=False, uses_idle_tokens=True)


def test_with_a_real_key_each_is_switched_on_by_itself(client_of: Visitor, settings: Any) -> None:
    settings.KEEPA_SANDBOX = False
    anne = client_of()
    text = anne.get("/", headers=ENGLISH).content.decode()
    assert "nothing spends tokens by itself until it is switched on" in text
    anne.post(ADDRESS, {"setting": "idle_tokens", "action": "on"})
    assert switches() == Switches(runs_jobs=False, uses_idle_tokens=True)
    anne.post(ADDRESS, {"setting": "idle_tokens", "action": "off"})
    anne.post(ADDRESS, {"setting": "jobs", "action": "on"})
    assert switches() == Switches(runs_jobs=True, uses_idle_tokens=False)


def test_one_comes_back_to_the_page_the_card_stood_on(client_of: Visitor) -> None:
    sent = {"setting": "jobs", "action": "off", "back": "/niches/"}
    assert client_of().post(ADDRESS, sent)["Location"] == "/niches/"


@pytest.mark.parametrize(
    "sent", [{}, {"setting": "jobs"}, {"setting": "x", "action": "on"}, {"action": "on"}]
)
def test_what_no_button_sends_changes_nothing(client_of: Visitor, sent: dict[str, str]) -> None:
    assert client_of().post(ADDRESS, sent).status_code == 400
    assert switches() == Switches(runs_jobs=True, uses_idle_tokens=True)


def test_a_viewer_reads_the_card_and_finds_no_button(client_of: Visitor) -> None:
    vera = client_of("vera")
    change_role(member=vera.user, role=Role.VIEWER)
    text = vera.get("/", headers=ENGLISH).content.decode()
    assert "Jobs run at their times." in text
    assert "Stop the jobs" not in text
    assert vera.post(ADDRESS, {"setting": "jobs", "action": "off"}).status_code == 403
