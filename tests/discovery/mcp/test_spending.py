"""Nothing is spent before its price was told and accepted."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import signing
from django.db import OperationalError, connections
from django.utils import timezone

from discovery.mcp import spending
from discovery.mcp.tools import runs
from discovery.models import KeepaProduct, Run, Scope, ScoringCacheEntry, TokenBucket
from discovery.runs.worker import work_on
from tests.discovery.builders import build_job
from tests.discovery.mcp.conftest import Agent, spent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("profiles")]

BOOKS = {"categories": ["Books"], "bsr_range": [10_000, 50_000]}
SEARCH: dict[str, Any] = {"question": BOOKS, "marketplace": "us", "max_results": 5}


@pytest.fixture
def told(keepa: Any, anne: Agent) -> None:
    """Keepa was asked once: its plan is known."""
    anne.call("score_products", identifiers=["B000000000"], **accepted(anne, ["B000000000"]))


def accepted(agent: Agent, identifiers: list[str]) -> dict[str, Any]:
    quote = agent.call("score_products", identifiers=identifiers)["quote"]
    return {"confirmation": quote["confirmation"]}


@pytest.fixture
def small_plan(told: None) -> None:
    """An hour of refill is 60 tokens."""
    TokenBucket.objects.update(refill_rate=1, tokens_left=50, received_at=timezone.now())


def some(keepa: Any, count: int) -> list[str]:
    return [product.asin for product in keepa.catalogue.store(1).live[:count]]


def test_the_first_call_tells_the_price_and_spends_nothing(keepa: Any, anne: Agent) -> None:
    answer = anne.call("search_niche", **SEARCH)
    quote = answer["quote"]
    assert 0 < quote["tokens_at_least"] < quote["tokens_at_most"]
    assert quote["confirmation"]
    assert quote["expires_at"] > timezone.now().isoformat()
    assert answer["tokens"]["spent"] == 0
    assert "run" not in answer
    assert spent() == 0
    assert not Run.objects.exists()


def test_a_reader_is_told_the_price_and_nothing_to_accept_it_with(
    keepa: Any, reader: Agent
) -> None:
    quote = reader.call("quote_search", **SEARCH)["quote"]
    assert quote["tokens_at_most"] > 0
    assert quote["confirmation"] is None


def test_before_the_plan_is_known_a_price_needs_its_confirmation(keepa: Any, anne: Agent) -> None:
    quote = anne.call("search_niche", **SEARCH, max_tokens=10_000)["quote"]
    assert quote["accept_with"] == "confirmation"
    assert quote["hour_of_refill"] is None
    assert not Run.objects.exists()


@pytest.mark.usefixtures("told")
class TestUpToAnHourOfRefill:
    def test_the_tokens_that_may_be_spent_accept_the_price(self, anne: Agent) -> None:
        quote = anne.call("search_niche", **SEARCH)["quote"]
        assert quote["accept_with"] == "max_tokens"
        begun = anne.call("search_niche", **SEARCH, max_tokens=quote["tokens_at_most"])
        assert begun["run"]["state"] == "queued"
        run = Run.objects.get()
        assert (run.owner, run.history_source) == (anne.user, "mcp")

    def test_fewer_tokens_than_it_may_cost_answer_the_price_again(self, anne: Agent) -> None:
        quote = anne.call("search_niche", **SEARCH)["quote"]
        fewer = quote["tokens_at_most"] - 1
        assert "quote" in anne.call("search_niche", **SEARCH, max_tokens=fewer)
        assert not Run.objects.exists()

    def test_what_the_run_spends_is_within_the_price(self, anne: Agent) -> None:
        before = spent()
        quote = anne.call("search_niche", **SEARCH)["quote"]
        run = anne.call("search_niche", **SEARCH, max_tokens=quote["tokens_at_most"])["run"]
        work_on(run_id=run["id"])
        assert quote["tokens_at_least"] <= spent() - before <= quote["tokens_at_most"]

    def test_what_is_known_is_free_and_comes_at_once(self, anne: Agent) -> None:
        most = anne.call("search_niche", **SEARCH)["quote"]["tokens_at_most"]
        run = anne.call("search_niche", **SEARCH, max_tokens=most)["run"]
        work_on(run_id=run["id"])
        before = spent()
        again = anne.call("search_niche", **SEARCH)
        assert again["run"]["state"] == "done"
        assert again["results"]
        assert again["tokens"]["spent"] == 0
        assert again["tokens"]["saved"] > 0
        assert again["age"]["cache"] == "hit"
        assert again["age"]["seconds"] < 60
        assert spent() == before


@pytest.mark.usefixtures("small_plan")
class TestAboveAnHourOfRefill:
    def test_only_the_confirmation_of_the_price_accepts_it(self, keepa: Any, anne: Agent) -> None:
        asins = some(keepa, 20)
        before = spent()
        asked: dict[str, Any] = {"identifiers": asins}
        quote = anne.call("score_products", **asked, max_tokens=10_000)["quote"]
        assert (quote["hour_of_refill"], quote["accept_with"]) == (60, "confirmation")
        assert spent() == before
        found = anne.call("score_products", **asked, confirmation=quote["confirmation"])
        assert len(found["products"]) == 20
        assert 0 < spent() - before <= quote["tokens_at_most"]
        assert found["tokens"]["spent"] == spent() - before

    def test_used_again_it_answers_what_it_did_and_spends_nothing(
        self, keepa: Any, anne: Agent
    ) -> None:
        asked: dict[str, Any] = {"identifiers": some(keepa, 20)}
        confirmed = asked | {
            "confirmation": anne.call("score_products", **asked)["quote"]["confirmation"]
        }
        first = anne.call("score_products", **confirmed)
        KeepaProduct.objects.all().delete()
        before = spent()
        again = anne.call("score_products", **confirmed)
        assert again["products"] == first["products"]
        assert (again["tokens"]["spent"], spent()) == (0, before)

    def test_it_is_good_for_nothing_else_and_for_nobody_else(
        self, keepa: Any, anne: Agent, paul: Agent
    ) -> None:
        asked: dict[str, Any] = {"identifiers": some(keepa, 20)}
        before = spent()
        value = anne.call("score_products", **asked)["quote"]["confirmation"]
        other = {"identifiers": some(keepa, 21)}
        forged = signing.dumps(["0" * 64, 10_000, "x"], salt="another")
        for agent, arguments, given in (
            (anne, other, value),
            (paul, asked, value),
            (anne, asked, value[:-1] + ("A" if value[-1] != "A" else "B")),
            (anne, asked, forged),
            (anne, asked, "x"),
        ):
            error = agent.fail("score_products", **arguments, confirmation=given)
            assert (error["code"], error["status"]) == ("wrong_confirmation", 422)
        assert spent() == before

    def test_another_token_of_the_same_user_may_give_it(self, keepa: Any, anne: Agent) -> None:
        asked: dict[str, Any] = {"identifiers": some(keepa, 20)}
        value = anne.call("score_products", **asked)["quote"]["confirmation"]
        other = Agent(anne.user, [Scope.READ, Scope.SEARCH])
        assert other.call("score_products", **asked, confirmation=value)["products"]

    def test_after_ten_minutes_it_is_void(self, keepa: Any, anne: Agent) -> None:
        asked: dict[str, Any] = {"identifiers": some(keepa, 20)}
        value = anne.call("score_products", **asked)["quote"]["confirmation"]
        later = timezone.now() + spending.VALID_FOR + timedelta(seconds=1)
        with time_machine.travel(later, tick=False):
            error = anne.fail("score_products", **asked, confirmation=value)
        assert error["code"] == "wrong_confirmation"

    def test_a_price_that_has_risen_is_told_anew(self, keepa: Any, anne: Agent) -> None:
        known, asked = some(keepa, 2), {"identifiers": some(keepa, 22)}
        most = anne.call("score_products", identifiers=known)["quote"]["tokens_at_most"]
        anne.call("score_products", identifiers=known, max_tokens=most)
        quote = anne.call("score_products", **asked)["quote"]
        KeepaProduct.objects.all().delete()
        ScoringCacheEntry.objects.all().delete()
        before = spent()
        dearer = anne.call("score_products", **asked, confirmation=quote["confirmation"])["quote"]
        assert dearer["tokens_at_most"] > quote["tokens_at_most"]
        assert dearer["confirmation"] != quote["confirmation"]
        assert spent() == before
        assert anne.call("score_products", **asked, confirmation=dearer["confirmation"])["products"]

    def test_where_the_work_fails_it_may_be_confirmed_again(self, keepa: Any, anne: Agent) -> None:
        asked: dict[str, Any] = {"identifiers": some(keepa, 20)}
        value = anne.call("score_products", **asked)["quote"]["confirmation"]
        keepa.faults.push("402", times=1)
        error = anne.fail("score_products", **asked, confirmation=value)
        assert (error["code"], error["status"]) == ("invalid_key", 502)
        assert anne.call("score_products", **asked, confirmation=value)["products"]


@pytest.mark.usefixtures("told")
def test_a_run_of_a_job_has_no_bound_and_always_needs_its_confirmation(anne: Agent) -> None:
    job = build_job(owner=anne.user)
    quote = anne.call("run_job", job_id=job.pk, max_tokens=10_000)["quote"]
    assert quote["tokens_at_most"] is None
    assert quote["tokens_expected"] > 0
    assert quote["accept_with"] == "confirmation"
    assert not Run.objects.exists()
    begun = anne.call("run_job", job_id=job.pk, confirmation=quote["confirmation"])
    assert begun["run"]["kind"] == "sourcing"
    again = anne.call("run_job", job_id=job.pk, confirmation=quote["confirmation"])
    assert again["run"]["id"] == begun["run"]["id"]
    fresh = anne.call("run_job", job_id=job.pk)["quote"]["confirmation"]
    assert anne.fail("run_job", job_id=job.pk, confirmation=fresh)["code"] == "already_at_work"


def test_a_lack_of_tokens_says_when_there_will_be(keepa: Any, anne: Agent) -> None:
    accept = accepted(anne, some(keepa, 3))
    keepa.faults.push("429", times=5)
    error = anne.fail("score_products", identifiers=some(keepa, 3), **accept)
    assert (error["code"], error["status"]) == ("tokens_exhausted", 402)
    assert error["retry_after"] > 0


def test_the_confirmation_tells_nobody_anything_but_a_digest(keepa: Any, anne: Agent) -> None:
    value = anne.call("search_niche", **SEARCH)["quote"]["confirmation"]
    digest, most, _nonce = signing.loads(value, salt=spending.SALT)
    assert len(digest) == 64
    assert isinstance(most, int)
    assert "Books" not in json.dumps([digest, most])
    assert User.objects.count() == 1


def begun_at_once(agent: Agent, asked: dict[str, Any], *, times: int) -> list[dict[str, Any]]:
    """What as many calls of ``search_niche`` at the same moment are answered."""

    def ask(_number: int) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                   "params": {"name": "search_niche", "arguments": asked}}  # fmt: skip
        try:
            answer: dict[str, Any] = agent.post(message).json()["result"]
            return answer
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(ask, range(times)))


def test_of_many_calls_that_confirm_at_the_same_moment_one_starts_the_search(
    keepa: Any, anne: Agent
) -> None:
    value = anne.call("search_niche", **SEARCH)["quote"]["confirmation"]
    results = begun_at_once(anne, SEARCH | {"confirmation": value}, times=4)
    run = Run.objects.get()
    told = {
        result["structuredContent"]["error"]["code"]
        if result["isError"]
        else result["structuredContent"]["run"]["id"]
        for result in results
    }
    assert str(run.pk) in told
    assert told <= {str(run.pk), "idempotency_in_progress"}


@pytest.mark.parametrize("lost", ["keep_answer", "run_answer"])
def test_where_the_answer_is_lost_the_search_is_not_started_again(
    keepa: Any, anne: Agent, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """The database went away after the run was queued."""
    value = anne.call("search_niche", **SEARCH)["quote"]["confirmation"]

    def away(*_given: Any, **_named: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr({"keep_answer": spending, "run_answer": runs}[lost], lost, away)
        anne.post(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
             "params": {"name": "search_niche", "arguments": SEARCH | {"confirmation": value}}}
        )  # fmt: skip
    assert Run.objects.count() == 1
    if lost == "keep_answer":
        error = anne.fail("search_niche", **SEARCH, confirmation=value)
        assert error["code"] == "idempotency_in_progress"
    else:
        again = anne.call("search_niche", **SEARCH, confirmation=value)
        assert again["run"]["id"] == str(Run.objects.get().pk)
        assert again["tokens"]["spent"] == 0
    assert Run.objects.count() == 1


def test_used_again_it_tells_how_far_the_run_is_now(keepa: Any, anne: Agent) -> None:
    value = anne.call("search_niche", **SEARCH)["quote"]["confirmation"]
    begun = anne.call("search_niche", **SEARCH, confirmation=value)["run"]
    work_on(run_id=begun["id"])
    again = anne.call("search_niche", **SEARCH, confirmation=value)
    assert (again["run"]["id"], again["run"]["state"]) == (begun["id"], "done")
    assert again["results"]
    assert again["tokens"]["spent"] == 0
