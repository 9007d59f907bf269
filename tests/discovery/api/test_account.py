"""``/api/v1/me``, ``/members``, ``/tokens``: who calls, who may come in, what tokens went on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import change_role
from discovery.accounts.preferences import preferences_of
from discovery.accounts.roles import Role
from discovery.keepa.client import get_client
from discovery.models import ApiToken, Scope, SourcingSwitch
from tests.discovery.api.shelf import all_pages, caller_with, fields, send

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]


@pytest.fixture
def caller(bearer: str) -> Client:
    return caller_with(bearer)


@pytest.fixture
def boss() -> Client:
    """A program of an administrator, with every scope."""
    user = User.objects.create_superuser("boss", password="x")
    return caller_with(create_api_token(user=user, scopes=tuple(Scope))[1])


def test_a_caller_learns_who_they_are_and_what_they_may(caller: Client, anne: User) -> None:
    told = send(caller, "GET", "/me").json()
    assert (told["name"], told["role"], told["scopes"]) == ("anne", "member", ["read", "search"])
    reading = caller_with(create_api_token(user=anne, scopes=(Scope.READ,))[1])
    assert send(reading, "GET", "/me").json()["scopes"] == ["read"]
    # A token holds no more than its owner's role.
    change_role(member=anne, role=Role.VIEWER)
    assert send(caller, "GET", "/me").json()["scopes"] == ["read"]


def test_preferences_are_set_and_told(caller: Client, anne: User) -> None:
    wanted = {"marketplace": "fr", "profile": "prudent", "time_zone": "Europe/Paris"}
    assert send(caller, "PUT", "/me/preferences", wanted).json() == wanted
    assert send(caller, "GET", "/me/preferences").json() == wanted
    assert preferences_of(user=anne).marketplace == "fr"
    assert fields(send(caller, "PUT", "/me/preferences", {"time_zone": "Mars"})) == {"time_zone"}
    unknown = send(caller, "PUT", "/me/preferences", {"profile": "nobodys"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_profile")


def test_what_is_told_by_mail_is_chosen_and_tried(caller: Client) -> None:
    chosen = send(
        caller, "PUT", "/me/notifications", {"search_finished": True, "cache_alert": True}
    )
    # The alert of the cache is of administrators.
    assert (chosen.json()["search_finished"], chosen.json()["cache_alert"]) == (True, False)
    tried = send(caller, "POST", "/me/notifications/test")
    assert (tried.status_code, tried.json()["code"]) == (409, "mail_problem")


def test_a_token_makes_another_no_wider_and_no_longer_than_itself(anne: User) -> None:
    ends = timezone.now() + timedelta(days=3)
    _row, text = create_api_token(user=anne, scopes=(Scope.READ, Scope.SEARCH), expires_at=ends)
    caller = caller_with(text)
    sooner = (ends - timedelta(days=1)).isoformat()
    asked = {"name": "script", "scopes": ["read"], "expires_at": sooner}
    made = send(caller, "POST", "/me/tokens", asked)
    assert (made.status_code, made.json()["scopes"]) == (201, ["read"])
    assert send(caller_with(made.json()["text"]), "GET", "/me").status_code == 200
    wider = asked | {"scopes": ["read", "admin"]}
    assert fields(send(caller, "POST", "/me/tokens", wider)) == {"scopes"}
    for longer in (None, (ends + timedelta(days=1)).isoformat()):
        refused = send(caller, "POST", "/me/tokens", asked | {"expires_at": longer})
        assert fields(refused) == {"expires_at"}
    assert ApiToken.objects.count() == 2


def test_tokens_are_listed_without_their_text_and_revoked(caller: Client, bearer: str) -> None:
    (told,) = send(caller, "GET", "/me/tokens").json()["tokens"]
    assert bearer.startswith(told["prefix"])
    assert "text" not in told
    assert send(caller, "DELETE", f"/me/tokens/{told['id']}").status_code == 204
    assert send(caller, "GET", "/me").status_code == 401


def test_members_are_invited_changed_and_sent_away(boss: Client) -> None:
    invited = send(boss, "POST", "/members", {"email": "paul@example.com", "role": "viewer"})
    assert invited.status_code == 201
    told = invited.json()
    assert (told["member"]["name"], told["member"]["waiting"]) == ("paul@example.com", True)
    assert boss.get(told["link"].removeprefix("http://testserver")).status_code in {200, 302}
    address = f"/members/{told['member']['id']}"
    assert send(boss, "PUT", f"{address}/role", {"role": "member"}).json()["role"] == "member"
    assert send(boss, "POST", f"{address}/deactivate").json()["active"] is False
    assert send(boss, "POST", f"{address}/link").status_code == 404
    assert send(boss, "POST", f"{address}/reactivate").json()["active"] is True
    names = [member["name"] for member in all_pages(boss, "/members", "members")]
    assert names == ["boss", "paul@example.com"]


def test_an_invitation_says_what_is_wrong_with_it(boss: Client) -> None:
    assert fields(send(boss, "POST", "/members", {})) == {"email"}
    assert fields(send(boss, "POST", "/members", {"email": "nowhere"})) == {"email"}
    assert fields(send(boss, "POST", "/members", {"name": "BOSS"})) == {"name"}
    assert fields(send(boss, "POST", "/members", {"name": "paul", "role": "king"})) == {"role"}


def test_the_last_administrator_stays_one(boss: Client) -> None:
    me = send(boss, "GET", "/me").json()["id"]
    for answer in (
        send(boss, "PUT", f"/members/{me}/role", {"role": "member"}),
        send(boss, "POST", f"/members/{me}/deactivate"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")


def test_what_is_of_administrators_is_refused_to_others(caller: Client) -> None:
    for method, address in (
        ("GET", "/members"), ("POST", "/members"), ("GET", "/tokens/ledger"),
        ("POST", "/members/1/reset-second-factor"),
    ):  # fmt: skip
        assert send(caller, method, address, {}).status_code == 403


def test_a_second_factor_that_was_lost_is_removed_where_one_is_asked_for(
    boss: Client, anne: User, settings: Settings
) -> None:
    address = f"/members/{anne.pk}/reset-second-factor"
    settings.MFA = "off"
    assert send(boss, "POST", address).status_code == 404
    settings.MFA = "optional"
    Authenticator.objects.create(user=anne, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert send(boss, "POST", address).json()["id"] == anne.pk
    assert not Authenticator.objects.filter(user=anne).exists()


def test_the_switches_are_turned_one_by_one_by_whom_the_page_lets(
    caller: Client, anne: User
) -> None:
    before = send(caller, "GET", "/jobs/switch").json()
    turned = send(caller, "PUT", "/jobs/switch", {"runs_jobs": not before["runs_jobs"]}).json()
    assert turned["runs_jobs"] is not before["runs_jobs"]
    assert turned["uses_idle_tokens"] is before["uses_idle_tokens"]
    assert SourcingSwitch.objects.count() == 1
    change_role(member=anne, role=Role.VIEWER)
    assert send(caller, "PUT", "/jobs/switch", {"runs_jobs": True}).json()["code"] == "read_only"


def test_where_tokens_went_is_told(boss: Client, keepa: Any) -> None:
    assert send(boss, "GET", "/tokens/today").json()["total"] is None
    get_client().products(["B000000001"], marketplace="us", stats_days=90)
    today = send(boss, "GET", "/tokens/today").json()
    assert today["by_people"] >= 1
    entries = send(boss, "GET", "/tokens/ledger").json()["entries"]
    assert entries[0]["endpoint"] == "product"
    assert sum(entry["tokens"] for entry in entries) == today["by_people"]
    checked = send(boss, "POST", "/tokens/check").json()
    assert checked["tokens_left"] == send(boss, "GET", "/tokens").json()["tokens_left"]
