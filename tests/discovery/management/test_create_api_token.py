"""``manage.py create_api_token USER``"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.utils import timezone

from discovery.accounts.api_tokens import user_for_bearer
from discovery.models import ApiToken
from tests.discovery.management.conftest import Run

NOW = timezone.now()
pytestmark = pytest.mark.django_db


def test_the_token_alone_is_on_standard_output_and_works(run: Run) -> None:
    anne = User.objects.create_user("anne")
    text = run("create_api_token", "anne", "--name", "spreadsheet").out.strip()
    assert user_for_bearer(text, now=timezone.now()) == anne
    assert ApiToken.objects.get().name == "spreadsheet"


def test_it_reads_and_searches_for_ever_unless_said_otherwise(run: Run) -> None:
    User.objects.create_user("anne")
    run("create_api_token", "anne")
    token = ApiToken.objects.get()
    assert (token.scopes, token.expires_at) == (["read", "search"], None)


def test_it_opens_what_is_said_until_it_is_said(run: Run) -> None:
    User.objects.create_superuser("root")
    run("create_api_token", "root", "--scope", "admin", "--scope", "read", "--expires", "30d")
    token = ApiToken.objects.get()
    assert token.scopes == ["read", "admin"]
    left = (token.expires_at or NOW) - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_a_day_ends_at_its_midnight(run: Run) -> None:
    User.objects.create_user("anne")
    run("create_api_token", "anne", "--expires", "2099-01-31")
    (end,) = ApiToken.objects.values_list("expires_at", flat=True)
    assert end is not None
    assert timezone.localtime(end).isoformat() == "2099-02-01T00:00:00+01:00"


@pytest.mark.parametrize("when", ["yesterday", "2020-01-01", "9999-12-31", "0d", "-1d"])
def test_a_token_that_would_be_over_at_once_is_not_made(run: Run, when: str) -> None:
    User.objects.create_user("anne")
    with pytest.raises((CommandError, SystemExit)):
        run("create_api_token", "anne", f"--expires={when}")
    assert not ApiToken.objects.exists()


def test_only_an_administrators_token_administers(run: Run) -> None:
    User.objects.create_user("anne")
    with pytest.raises(CommandError, match="no administrator"):
        run("create_api_token", "anne", "--scope", "admin")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("user", ["nobody", "gone"])
def test_a_token_is_made_for_active_users_only(run: Run, user: str) -> None:
    User.objects.create_user("gone", is_active=False)
    with pytest.raises(CommandError) as caught:
        run("create_api_token", user)
    assert caught.value.returncode == 2
    assert user in str(caught.value)
    assert not ApiToken.objects.exists()
