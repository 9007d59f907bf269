"""A list whose calls meet a 429, a lost answer, an empty bucket: every line gets its answer, what
was bought is not bought again, and the account is Keepa's to the token.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.models import Run
from discovery.runs.queue import wake_runs
from tests.discovery.runs.working import BATCH, Begin, Kind, State, states, work

pytestmark = pytest.mark.django_db(transaction=True)


def go_on(run: Run) -> Run:
    """The wait is over, and the run is worked on."""
    Run.objects.filter(pk=run.pk, state=State.WAITING).update(
        resume_at=timezone.now() - timedelta(seconds=1)
    )
    wake_runs(now=timezone.now())
    return work(run, work_for=600)


def code_of(run: Run) -> str:
    assert run.failure
    return str(run.failure["code"])


def times_asked(keepa: Any) -> Counter[str]:
    """How often the statistics of each product were asked for."""
    return Counter(
        asin
        for call in keepa.calls
        if call.endpoint == "product" and "buybox" not in call.params
        for asin in call.params["asin"].split(",")
        if call.status != 429
    )


def test_a_429_and_a_lost_answer_lose_no_line_and_buy_nothing_stored_twice(
    begin: Begin, keepa: Any
) -> None:
    run = work(begin(Kind.LIST, 50), work_for=0)
    assert states(run) == {"scored": BATCH, "pending": 50 - BATCH}
    keepa.faults.push("429", endpoint="product")
    run = go_on(run)
    assert (run.state, code_of(run)) == (State.WAITING, "tokens_exhausted")
    assert run.resume_at is not None
    assert run.resume_at > timezone.now()
    keepa.faults.push("slow", endpoint="product", seconds=3600)
    run = go_on(run)
    assert (run.state, code_of(run)) == (State.WAITING, "keepa_timeout")
    run = go_on(run)
    assert (run.state, states(run)) == (State.DONE, {"scored": 50})
    assert run.tokens_spent == keepa.charged_total
    asked = times_asked(keepa)
    assert len(asked) == 50
    assert sorted(asked.values()) == [1] * 30 + [2] * BATCH  # the batch whose answer was lost


def test_a_list_is_cut_to_what_may_be_spent_and_waits_for_the_rest(
    begin: Begin, keepa: Any
) -> None:
    run = begin(Kind.LIST, 50)
    floor = keepa.bucket.capacity // 5  # of 1 200: left to people
    keepa.bucket.set(floor + 12)
    get_client().token_status()
    run = work(run, work_for=600)
    assert (run.state, code_of(run)) == (State.WAITING, "tokens_exhausted")
    assert states(run) == {"pending": 50}  # 12 of 20 would be a batch hardly worth its call
    keepa.bucket.set(floor + 40)
    get_client().token_status()
    run = go_on(run)
    assert run.state == State.WAITING
    assert floor <= keepa.bucket.look().tokens_left <= floor + 40
    keepa.bucket.set(keepa.bucket.capacity)
    get_client().token_status()
    run = go_on(run)
    assert (run.state, states(run)) == (State.DONE, {"scored": 50})
    assert run.tokens_spent == keepa.charged_total


def test_on_a_plan_smaller_than_a_batch_a_list_is_never_promised_what_cannot_be(
    begin: Begin, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Buy Boxes for a hundred products cost 300 tokens: more than 4 a minute ever add up to."""
    run = begin(Kind.LIST, 90)
    monkeypatch.setattr("discovery.search.score_products.BATCH", 100)
    monkeypatch.setattr("discovery.runs.worker.BATCH", 100)
    keepa.bucket.refill_rate = 4
    keepa.bucket.set(240)
    get_client().token_status()
    for _ in range(8):
        run = go_on(run) if run.state == State.WAITING else work(run, work_for=600)
        if run.state == State.DONE:
            break
        assert code_of(run) == "tokens_exhausted"
        assert run.failure
        assert 0 < run.failure["retry_after"] <= 3600
        keepa.bucket.set(240)  # that hour has passed
        get_client().token_status()
    assert (run.state, states(run)) == (State.DONE, {"scored": 90})
    assert run.tokens_spent == keepa.charged_total
    assert max(len(call.params["asin"].split(",")) for call in boxes(keepa)) <= 80


def boxes(keepa: Any) -> list[Any]:
    return [call for call in keepa.calls if "buybox" in call.params]


@pytest.mark.parametrize(
    ("fault", "turns"), [("cut", 1), ("late_502", 1), ("reset", 1), ("truncated", 2), ("slow", 2)]
)
def test_a_batch_paid_for_twice_in_vain_is_not_paid_for_a_third_time_by_itself(
    begin: Begin, keepa: Any, fault: str, turns: int
) -> None:
    keepa.faults.push(fault, endpoint="product", times=9, seconds=3600)
    run = begin(Kind.LIST, BATCH)
    run = work(run, work_for=600)
    for _ in range(turns - 1):
        assert run.state == State.WAITING
        run = go_on(run)
    get_client().token_status()
    assert (run.state, states(run)) == (State.FAILED, {"pending": BATCH})
    assert keepa.charged_total == 2 * BATCH
    assert run.is_resumable


@pytest.mark.parametrize("fault", ["502", "reset_before"])
def test_a_keepa_that_is_down_altogether_is_waited_out_and_asked_for_its_balance_first(
    begin: Begin, keepa: Any, fault: str
) -> None:
    run = begin(Kind.LIST, BATCH)
    get_client().token_status()
    for endpoint in ("token", "product"):
        keepa.faults.push(fault, endpoint=endpoint, times=100)
    run = work(run, work_for=600)
    for _ in range(4):
        assert (run.state, code_of(run)) == (State.WAITING, "keepa_unavailable")
        run = go_on(run)
    # Of the first nobody could say what it had cost; nothing that costs tokens was asked since.
    assert sum(call.endpoint == "product" for call in keepa.calls) == 1
    keepa.faults.clear()
    run = go_on(run)
    assert (run.state, states(run)) == (State.DONE, {"scored": BATCH})
    assert run.tokens_spent == keepa.charged_total


def test_failures_that_cost_nothing_are_no_batch_paid_for_in_vain(begin: Begin, keepa: Any) -> None:
    run = begin(Kind.LIST, BATCH)
    keepa.faults.push("500", endpoint="product", times=6)
    run = work(run, work_for=600)
    run = go_on(run)
    keepa.faults.push("slow", endpoint="product", seconds=3600)
    run = go_on(run)
    assert (run.state, code_of(run)) == (State.WAITING, "keepa_timeout")
    run = go_on(run)
    assert run.state == State.DONE
