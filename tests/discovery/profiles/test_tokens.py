"""API tokens on the page Configuration: made, shown once, listed with what they open, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token, user_for_bearer
from discovery.accounts.own_tokens import MOST_TOKENS
from discovery.models import ApiToken, Scope
from discovery.profiles.service import ensure_shipped_profiles

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
PAGE = "/configuration/"
TOKEN = {"name": "spreadsheet", "scopes": ["read", "search"], "lasts": ""}


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    ensure_shipped_profiles()


def test_an_api_token_is_shown_once_works_and_is_revoked(client_of: Visitor) -> None:
    anne = client_of("anne")
    answer = anne.post(f"{PAGE}jetons/", TOKEN | {"name": "tableur"})
    (token,) = set(re.findall(r"arb_[\w-]{30,}", answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    assert user_for_bearer(token, now=timezone.now()) == anne.user
    again = anne.get(PAGE).content.decode()
    assert token not in again
    assert "tableur" in again

    row = ApiToken.objects.get()
    bob = Client()
    bob.force_login(User.objects.create_user("bob"))
    assert bob.post(f"{PAGE}jetons/{row.pk}/revoquer/").status_code == 404
    assert anne.post(f"{PAGE}jetons/{row.pk}/revoquer/").status_code == 302
    assert user_for_bearer(token, now=timezone.now()) is None


def test_a_token_opens_what_was_ticked_and_lasts_as_chosen(client_of: Visitor) -> None:
    anne = client_of("anne")
    day = timezone.localdate() + timedelta(days=100)
    asked = {"name": "sheet", "scopes": ["read"], "lasts": "date", "until": day.isoformat()}
    assert anne.post(f"{PAGE}jetons/", asked).status_code == 200
    token = ApiToken.objects.get()
    midnight = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    assert (token.scopes, token.expires_at) == (["read"], midnight)
    anne.post(f"{PAGE}jetons/", TOKEN | {"lasts": "90"})
    (end,) = ApiToken.objects.filter(scopes=["read", "search"]).values_list("expires_at", flat=True)
    assert end is not None
    assert timedelta(days=89) < end - timezone.now() <= timedelta(days=90)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["write"]},
        {"scopes": ["admin"]},  # she is no administrator
        {"lasts": "7"},
        {"lasts": "date"},
        {"lasts": "date", "until": "2020-01-01"},
        {"lasts": "date", "until": "9999-12-31"},
        {"lasts": "date", "until": "soon"},
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(client_of: Visitor, wrong: dict[str, Any]) -> None:
    answer = client_of("anne").post(f"{PAGE}jetons/", TOKEN | wrong)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_administrators_alone_are_offered_tokens_that_administer(client_of: Visitor) -> None:
    offer = 'value="admin"'
    assert offer not in client_of("anne").get(PAGE).content.decode()
    root = client_of("root", is_superuser=True)
    assert offer in root.get(PAGE).content.decode()
    assert root.post(f"{PAGE}jetons/", TOKEN | {"scopes": ["admin"]}).status_code == 200


def test_the_list_tells_what_a_token_opens_and_whether_it_is_over(client_of: Visitor) -> None:
    anne = client_of("anne")
    create_api_token(user=anne.user, scopes=[Scope.READ], expires_at=timezone.now())
    page = anne.get(PAGE, headers={"accept-language": "en"}).content.decode()
    assert ">Read<" in page
    assert "expired" in page


def test_expired_tokens_leave_room_for_new_ones(client_of: Visitor) -> None:
    anne = client_of("anne")
    for _number in range(MOST_TOKENS):
        create_api_token(user=anne.user, expires_at=timezone.now())
    assert anne.post(f"{PAGE}jetons/", TOKEN).status_code == 200
    for _number in range(MOST_TOKENS - 1):
        create_api_token(user=anne.user)
    assert anne.post(f"{PAGE}jetons/", TOKEN).status_code == 422


@pytest.mark.parametrize("name", ["", "x" * 81])
def test_a_token_needs_a_name_of_sensible_length(client_of: Visitor, name: str) -> None:
    answer = client_of().post(f"{PAGE}jetons/", TOKEN | {"name": name})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()
