"""Who asks too often is told so, with when to come back; nobody else is made to wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.rate_leases import leases
from discovery.models import ApiRate
from discovery.tasks import forget_api_rates

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/tokens"
LIMIT = 3


@pytest.fixture(autouse=True, params=[0, 0.8], ids=["asked each time", "tokens remembered"])
def narrow(settings: Settings, request: pytest.FixtureRequest) -> None:
    """Three requests a minute for a token, six for an address, three refused ones.

    Whether the process remembers tokens, as the web server does, makes no difference.
    """
    settings.API_TOKEN_MEMO = request.param
    leases.forget()
    settings.API_RATE_WINDOW = timedelta(minutes=1)
    settings.API_RATE_PER_TOKEN = LIMIT
    settings.API_RATE_PER_ADDRESS = 2 * LIMIT
    settings.API_RATE_REFUSED = LIMIT


def get(bearer: str, *, address: str = "203.0.113.7", path: str = TOKENS, **more: str) -> Any:
    headers = {"authorization": f"Bearer {bearer}", **more} if bearer else more
    return Client(REMOTE_ADDR=address).get(path, headers=headers)


def statuses(bearer: str, times: int, **how: Any) -> list[int]:
    return [get(bearer, **how).status_code for _ in range(times)]


def test_a_token_has_its_share_and_no_more(bearer: str) -> None:
    assert statuses(bearer, LIMIT + 2) == [200] * LIMIT + [429] * 2


def test_every_answer_tells_what_is_left(bearer: str) -> None:
    first, second = get(bearer), get(bearer)
    assert first["RateLimit-Policy"] == '"token";q=3;w=60, "address";q=6;w=60'
    assert first["RateLimit"] == '"token";r=2;t=60, "address";r=5;t=60'
    assert second["RateLimit"].startswith('"token";r=1;t=')


def test_the_refusal_is_a_problem_and_says_when_to_come_back(bearer: str) -> None:
    statuses(bearer, LIMIT)
    english, french = (get(bearer, **{"accept-language": code}) for code in ("en", "fr"))
    assert english["Content-Type"] == "application/problem+json"
    problem = english.json()
    assert (problem["code"], problem["status"]) == ("rate_limited", 429)
    assert problem["violated-policies"] == ["token"]
    assert int(english["Retry-After"]) == problem["retry_after"]
    assert 0 < problem["retry_after"] <= 60
    assert '"token";r=0;t=' in english["RateLimit"]
    assert english.json()["detail"] != french.json()["detail"]


def test_another_token_of_the_same_user_has_a_share_of_its_own(bearer: str, anne: User) -> None:
    statuses(bearer, LIMIT + 1)
    assert get(create_api_token(user=anne)[1]).status_code == 200


def test_an_address_has_its_share_whatever_the_tokens(anne: User) -> None:
    tokens = [create_api_token(user=anne)[1] for _ in range(3)]
    answers = [get(token) for token in tokens for _ in range(LIMIT)]
    assert [answer.status_code for answer in answers] == [200] * 2 * LIMIT + [429] * LIMIT
    assert answers[-1].json()["violated-policies"] == ["address"]
    assert get(tokens[2], address="203.0.113.8").status_code == 429  # its own share is used up


@pytest.mark.parametrize("token", ["", "arb_guessed", "nothing like one", "arb_" + "x" * 300])
def test_wrong_credentials_are_counted_by_address(token: str) -> None:
    assert statuses(token, LIMIT + 2) == [401] * LIMIT + [429] * 2
    assert statuses(token, 1, address="203.0.113.8") == [401]


def test_guessing_at_the_documentation_counts_as_well() -> None:
    seen = statuses("arb_guessed", LIMIT + 1, path="/api/v1/openapi.json")
    assert seen == [302] * LIMIT + [429]


def test_strangers_behind_the_same_address_lock_no_owner_out(bearer: str) -> None:
    assert statuses("arb_guessed", LIMIT + 5)[-1] == 429
    assert get(bearer).status_code == 200


def test_a_signed_in_browser_is_counted_by_its_user(client: Client, anne: User) -> None:
    client.force_login(anne)
    answers = [client.get(TOKENS) for _ in range(LIMIT + 1)]
    assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]
    assert answers[0]["RateLimit-Policy"].startswith('"user";q=3;w=60')


def test_a_window_that_is_over_is_forgotten(bearer: str) -> None:
    statuses(bearer, LIMIT + 1)
    ApiRate.objects.update(started_at=F("started_at") - timedelta(seconds=61))
    assert statuses(bearer, LIMIT + 1) == [200] * LIMIT + [429]


def test_a_clock_put_back_locks_nobody_out(bearer: str) -> None:
    statuses(bearer, LIMIT + 1)
    ApiRate.objects.update(started_at=F("started_at") + timedelta(days=2))
    assert get(bearer).status_code == 200


def test_without_limits_nothing_is_refused_nor_told(bearer: str, settings: Settings) -> None:
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = 0
    answers = [get(bearer) for _ in range(2 * LIMIT + 1)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]


def test_old_counts_are_deleted(bearer: str) -> None:
    get(bearer)
    assert forget_api_rates() == 0
    ApiRate.objects.filter(key__startswith="token").update(
        started_at=timezone.now() - timedelta(hours=2)
    )
    assert forget_api_rates() == 1
    assert [rate.key for rate in ApiRate.objects.all()] == ["address:203.0.113.7"]


@pytest.mark.django_db(transaction=True)
def test_at_once_from_many_threads_the_count_is_exact(bearer: str, settings: Settings) -> None:
    settings.API_RATE_PER_TOKEN, settings.API_RATE_PER_ADDRESS = 20, 0

    def ask(_number: int) -> int:
        try:
            return int(get(bearer).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(ask, range(40)))
    assert (seen.count(200), seen.count(429)) == (20, 20)
