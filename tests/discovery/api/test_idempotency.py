"""``Idempotency-Key``: what spends is done once, however often it is asked."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.idempotent_calls import ABANDONED, KEPT
from discovery.models import DiscoveryCacheEntry, IdempotentCall
from discovery.tasks import forget_api_rates
from tests.discovery.api.conftest import BOOKS, Ask

pytestmark = pytest.mark.django_db(transaction=True)

KEY = {"idempotency-key": "order-66"}
OTHER = BOOKS | {"max_results": 9}


def age(by: timedelta) -> None:
    IdempotentCall.objects.update(started_at=F("started_at") - by)


def forget_what_is_known() -> None:
    """Any work done again now costs tokens."""
    DiscoveryCacheEntry.objects.all().delete()


def test_made_again_a_call_answers_as_before_and_spends_nothing(keepa: Any, ask: Ask) -> None:
    first = ask("discover", BOOKS, **KEY)
    assert "Idempotent-Replayed" not in first
    spent = keepa.charged_total
    assert spent > 0
    forget_what_is_known()
    again = ask("discover", BOOKS, **KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again["Idempotent-Replayed"], again["Content-Type"]) == ("true", first["Content-Type"])
    assert again["RateLimit"] != first["RateLimit"]  # of this request, not of the first
    assert keepa.charged_total == spent


def test_without_a_key_or_with_another_the_work_is_done(keepa: Any, ask: Ask) -> None:
    ask("discover", BOOKS, **KEY)
    spent = keepa.charged_total
    forget_what_is_known()
    ask("discover", BOOKS)
    forget_what_is_known()
    ask("discover", BOOKS, **{"idempotency-key": "order-67"})
    assert keepa.charged_total == 3 * spent


def test_a_key_serves_one_call(keepa: Any, ask: Ask, shipped_profiles: None) -> None:
    ask("discover", BOOKS, **KEY)
    spent = keepa.charged_total
    for call, body in (("discover", OTHER), ("discover-with-scoring", BOOKS)):
        refused = ask(call, body, **KEY)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert keepa.charged_total == spent


def test_everybody_has_keys_of_their_own(keepa: Any, ask: Ask) -> None:
    ask("discover", BOOKS, **KEY)
    bert = create_api_token(user=User.objects.create_user("bert"))[1]
    other = Client(headers={"authorization": f"Bearer {bert}"}).post(
        "/api/v1/products/discover", json.dumps(OTHER), "application/json", headers=KEY
    )
    assert (other.status_code, "Idempotent-Replayed" in other) == (200, False)


def test_of_two_at_the_same_moment_one_works_and_the_other_is_told_to_wait(
    keepa: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, may_end = Event(), Event()
    answer = keepa.__class__.__call__

    def slow(self: Any, *asked: Any) -> Any:
        at_work.set()
        may_end.wait(20)
        return answer(self, *asked)

    monkeypatch.setattr(keepa.__class__, "__call__", slow)

    def first_call() -> Any:
        try:
            return ask("discover", BOOKS, **KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(first_call)
        assert at_work.wait(20)
        second = ask("discover", BOOKS, **KEY)
        may_end.set()
        spent_once = first.result().json()["metadata"]["tokens_spent"]
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_in_progress")
    assert int(second["Retry-After"]) > 0
    assert ask("discover", BOOKS, **KEY)["Idempotent-Replayed"] == "true"
    assert keepa.charged_total == spent_once


@pytest.mark.parametrize(("fault", "status"), [("429", 402), ("402", 502), ("500", 503)])
def test_a_failure_is_not_kept_and_the_retry_does_the_work(
    keepa: Any, ask: Ask, fault: str, status: int
) -> None:
    keepa.faults.push(fault, times=20)
    assert ask("discover", BOOKS, **KEY).status_code == status
    assert not IdempotentCall.objects.exists()
    keepa.faults.clear()
    done = ask("discover", BOOKS, **KEY)
    assert (done.status_code, "Idempotent-Replayed" in done) == (200, False)


def test_a_fault_of_ours_is_not_kept(keepa: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("discovery.api.products.niche_of_body", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ask("discover", BOOKS, **KEY)
    assert not IdempotentCall.objects.exists()
    assert ask("discover", BOOKS, **KEY).status_code == 200


def test_a_question_that_makes_no_sense_stays_so(keepa: Any, ask: Ask) -> None:
    wrong = BOOKS | {"bsr_range": [9, 1]}
    first, again = ask("discover", wrong, **KEY), ask("discover", wrong, **KEY)
    assert (first.status_code, again.status_code) == (422, 422)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")


def test_a_call_whose_process_died_may_be_made_again_after_a_while(keepa: Any, ask: Ask) -> None:
    ask("discover", BOOKS, **KEY)
    IdempotentCall.objects.update(status=None)
    assert ask("discover", BOOKS, **KEY).status_code == 409
    age(ABANDONED)
    assert ask("discover", OTHER, **KEY).status_code == 422  # still the key of that call
    done = ask("discover", BOOKS, **KEY)
    assert (done.status_code, "Idempotent-Replayed" in done) == (200, False)
    assert ask("discover", BOOKS, **KEY)["Idempotent-Replayed"] == "true"


def test_a_key_is_free_again_after_a_day(keepa: Any, ask: Ask) -> None:
    ask("discover", BOOKS, **KEY)
    age(KEPT - timedelta(minutes=1))
    assert forget_api_rates() == 0
    assert ask("discover", BOOKS, **KEY)["Idempotent-Replayed"] == "true"
    age(timedelta(minutes=2))
    assert "Idempotent-Replayed" not in ask("discover", OTHER, **KEY)
    age(KEPT + timedelta(minutes=1))
    assert forget_api_rates() == 1
    assert not IdempotentCall.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "two words", "é", "x" * 256, "\t"])
def test_what_is_no_key_is_refused(keepa: Any, ask: Ask, key: str) -> None:
    refused = ask("discover", BOOKS, **{"idempotency-key": key})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_idempotency_key")
    assert keepa.charged_total == 0


def test_the_answer_is_kept_from_whom_the_key_is_not(keepa: Any, ask: Ask, client: Client) -> None:
    ask("discover", BOOKS, **KEY)
    stranger = client.post(
        "/api/v1/products/discover", json.dumps(BOOKS), "application/json", headers=KEY
    )
    assert stranger.status_code == 401


def test_a_key_costs_two_statements(keepa: Any, ask: Ask, django_assert_num_queries: Any) -> None:
    wrong = BOOKS | {"bsr_range": [9, 1]}  # refused before any work
    ask("discover", wrong)  # the token's use is noted
    with django_assert_num_queries(1):
        ask("discover", wrong)
    with django_assert_num_queries(3):  # the token; the claim; the answer
        ask("discover", wrong, **KEY)
    with django_assert_num_queries(3):  # the token; the claim that is none; the answer
        ask("discover", wrong, **KEY)
