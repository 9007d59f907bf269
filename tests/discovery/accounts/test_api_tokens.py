"""Bearer tokens: shown once, recognised in one statement, refused for good reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.accounts.api_tokens import create_api_token, revoke, user_for_bearer
from discovery.models import ApiToken

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne")


def test_only_a_hash_of_the_token_is_stored(anne: User) -> None:
    token, text = create_api_token(user=anne, name="spreadsheet")
    assert text.startswith("arb_")
    assert len(text) > 40
    stored = ApiToken.objects.values().get(pk=token.pk)
    assert text not in str(stored)
    assert text[4:] not in str(stored)
    assert text.startswith(stored["prefix"])


def test_no_two_tokens_are_alike(anne: User) -> None:
    assert create_api_token(user=anne)[1] != create_api_token(user=anne)[1]


def test_a_token_stands_for_its_user(anne: User) -> None:
    _, text = create_api_token(user=anne)
    assert user_for_bearer(text, now=NOW) == anne


def test_a_revoked_token_is_refused_at_once(anne: User) -> None:
    token, text = create_api_token(user=anne)
    revoke(token=token, now=NOW)
    assert user_for_bearer(text, now=NOW) is None


def test_revoking_twice_keeps_the_first_date(anne: User) -> None:
    token, _ = create_api_token(user=anne)
    revoke(token=token, now=NOW)
    revoke(token=token, now=NOW + timedelta(days=1))
    token.refresh_from_db()
    assert token.revoked_at == NOW


def test_the_token_of_a_disabled_user_is_refused(anne: User) -> None:
    _, text = create_api_token(user=anne)
    User.objects.update(is_active=False)
    assert user_for_bearer(text, now=NOW) is None


@pytest.mark.parametrize("text", ["", "arb_", "arb_wrong", "x" * 10_000, "arb_" + "é" * 50])
def test_nonsense_is_nobody(anne: User, text: str) -> None:
    create_api_token(user=anne)
    assert user_for_bearer(text, now=NOW) is None


def test_the_hash_itself_is_no_token(anne: User) -> None:
    token, _ = create_api_token(user=anne)
    assert user_for_bearer(f"arb_{token.token_hash}", now=NOW) is None


def test_use_is_noted_once_a_minute_at_most(anne: User, django_assert_num_queries: Any) -> None:
    token, text = create_api_token(user=anne)
    with django_assert_num_queries(2):
        user_for_bearer(text, now=NOW)
    with django_assert_num_queries(1):
        user_for_bearer(text, now=NOW + timedelta(seconds=50))
    token.refresh_from_db()
    assert token.last_used_at == NOW
    later = NOW + timedelta(seconds=70)
    with django_assert_num_queries(2):
        user_for_bearer(text, now=later)
    token.refresh_from_db()
    assert token.last_used_at == later
