"""What was opened with a former password, or before being sent away, never opens again."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token, user_for_bearer
from discovery.accounts.members import deactivate, reactivate
from discovery.accounts.password_links import LinkKind, password_link
from discovery.models import ApiToken

pytestmark = pytest.mark.django_db

OLD, NEW = "correct horse battery", "staple of another kind"
BOTH = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def boss() -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(User.objects.create_superuser("boss", password=OLD))
    return browser


class Opened:
    """All that is open to somebody: a session, an API token, a password link."""

    def __init__(self, user: User) -> None:
        self.browser = Client()
        self.browser.force_login(user)
        _, self.token = create_api_token(user=user)
        self.link = link_of(user)

    def still_open(self) -> set[str]:
        ways = {
            "session": self.browser.get("/mon-compte/").status_code == 200,
            "token": user_for_bearer(self.token, now=timezone.now()) is not None,
            "link": Client().get(self.link).status_code == 302,
        }
        return {way for way, is_open in ways.items() if is_open}


@pytest.fixture
def anne(boss: Client) -> User:
    return User.objects.create_user("anne", "anne@example.org", OLD)


@pytest.fixture
def opened(anne: User) -> Opened:
    return Opened(anne)


def link_of(user: User) -> str:
    return password_link(user=user, kind=LinkKind.RESET, now=timezone.now()).path


def by_herself(anne: User, boss: Client) -> None:
    browser = Client()
    browser.force_login(anne)
    browser.post("/mon-compte/", BOTH | {"old_password": OLD})
    assert browser.get("/mon-compte/").status_code == 200


def by_link(anne: User, boss: Client) -> None:
    browser = Client()
    browser.post(browser.get(link_of(anne))["Location"], BOTH)
    assert browser.get("/mon-compte/").status_code == 200


def in_the_administration(anne: User, boss: Client) -> None:
    form = {"password1": NEW, "password2": NEW, "usable_password": "true", "set-password": "1"}
    assert boss.post(f"/admin/auth/user/{anne.pk}/password/", form).status_code == 302


def taken_away_in_the_administration(anne: User, boss: Client) -> None:
    form = {"password1": "", "password2": "", "usable_password": "false", "unset-password": "1"}
    assert boss.post(f"/admin/auth/user/{anne.pk}/password/", form).status_code == 302
    anne.refresh_from_db()
    assert not anne.has_usable_password()


def by_command(anne: User, boss: Client) -> None:
    with patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", "anne", stdout=StringIO())


def by_its_hash(anne: User, boss: Client) -> None:
    anne.password = make_password(NEW)
    anne.save()


@pytest.mark.parametrize(
    "change",
    [
        by_herself,
        by_link,
        in_the_administration,
        taken_away_in_the_administration,
        by_command,
        by_its_hash,
    ],
)
def test_a_new_password_ends_what_the_former_had_opened(
    anne: User, boss: Client, opened: Opened, change: Callable[[User, Client], None]
) -> None:
    assert opened.still_open() == {"session", "token", "link"}
    change(anne, boss)
    assert opened.still_open() == set()


def on_the_page(anne: User, boss: Client, *, active: bool) -> None:
    boss.post(f"/membres/{anne.pk}/{'reactiver' if active else 'desactiver'}/")


def in_the_users_form(anne: User, boss: Client, *, active: bool) -> None:
    form = {
        "username": "anne",
        "email": "anne@example.org",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        **({"is_active": "on"} if active else {}),
    }
    assert boss.post(f"/admin/auth/user/{anne.pk}/change/", form).status_code == 302


def by_service(anne: User, boss: Client, *, active: bool) -> None:
    (reactivate if active else deactivate)(member=anne)


@pytest.mark.parametrize("let", [on_the_page, in_the_users_form, by_service])
def test_what_being_sent_away_ended_does_not_come_back(
    anne: User, boss: Client, opened: Opened, let: Any
) -> None:
    let(anne, boss, active=False)
    assert not User.objects.get(pk=anne.pk).is_active
    assert opened.still_open() == set()
    let(anne, boss, active=True)
    assert User.objects.get(pk=anne.pk).is_active
    assert opened.still_open() == set()
    assert Opened(anne).still_open() == {"session", "token", "link"}


def test_a_session_that_began_while_one_was_sent_away_ends_too(anne: User, boss: Client) -> None:
    deactivate(member=anne)
    late = Client()  # its sign-in was under way when she was sent away
    late.force_login(anne)
    reactivate(member=anne)
    assert late.get("/mon-compte/").status_code == 302


def test_others_notice_nothing(anne: User, boss: Client) -> None:
    other = Opened(User.objects.create_user("bert", password=OLD))
    by_herself(anne, boss)
    deactivate(member=anne)
    assert other.still_open() == {"session", "token", "link"}
    assert boss.get("/membres/").status_code == 200


def test_what_concerns_neither_ends_nothing(anne: User, boss: Client, opened: Opened) -> None:
    anne.first_name = "Anne"
    anne.save()
    anne.save(update_fields=["first_name"])
    assert opened.still_open() == {"session", "token", "link"}


def test_the_same_password_written_down_anew_ends_no_token(
    anne: User, opened: Opened, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    former = anne.password
    Client().post("/login/", {"username": "anne", "password": OLD})
    anne.refresh_from_db()
    assert anne.password != former
    assert "token" in opened.still_open()


def test_when_a_token_was_revoked_is_kept(anne: User, boss: Client, opened: Opened) -> None:
    by_herself(anne, boss)
    assert ApiToken.objects.get(user=anne).revoked_at is not None
