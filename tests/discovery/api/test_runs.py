"""``/api/v1/runs``: every kind of run found, read, stopped, gone on with, shared, compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.api.run_schemas import RunDetail, RunsAnswer
from discovery.keepa.errors import TokensExhausted
from discovery.models import Run, TokenLedgerEntry
from discovery.runs.service import repeat_search
from discovery.runs.waiting import await_end
from tests.discovery.api.conftest import Ask
from tests.discovery.builders import finished_list, finished_run, scored_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]

FILTERS: dict[str, Any] = {
    "marketplace": "us", "root_categories": [283155], "bsr_min": 10_000, "bsr_max": 50_000,
}  # fmt: skip


@pytest.fixture
def paul(db: None) -> User:
    return User.objects.create_user("paul")


def test_runs_are_paged_without_one_lost_or_twice(call: Ask, anne: User) -> None:
    made = [finished_run(owner=anne, products=[]) for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = call("GET", f"/runs?limit=2{cursor and f'&cursor={cursor}'}").json()
        RunsAnswer.model_validate(page)
        seen += [run["id"] for run in page["runs"]]
        cursor = page["next"]
        if len(seen) == 2:  # what comes meanwhile is on no later page
            finished_run(owner=anne, products=[])
    assert seen == [str(run.pk) for run in reversed(made)]


def test_a_page_of_runs_takes_as_many_statements_however_many_there_are(
    call: Ask, anne: User, django_assert_max_num_queries: Any
) -> None:
    call("GET", "/runs")  # the token has been used
    for _ in range(12):
        finished_run(owner=anne, products=[])
    with django_assert_max_num_queries(4) as taken:  # who asks, how often; runs; their categories
        assert len(call("GET", "/runs").json()["runs"]) == 12
    assert "outcome" not in taken[-2]["sql"]


def test_kinds_states_and_what_is_shared_are_asked_for(call: Ask, anne: User, paul: User) -> None:
    finished_run(owner=anne, products=[])
    listed = finished_list(owner=anne, products=[])
    foreign = finished_run(owner=paul, products=[], shared=True)
    finished_run(owner=paul, products=[])
    found = call("GET", "/runs?kind=list&state=done").json()["runs"]
    assert [run["id"] for run in found] == [str(listed.pk)]
    shared = call("GET", "/runs?shared=true").json()["runs"]
    assert [(run["id"], run["owner"], run["is_own"]) for run in shared] == [
        (str(foreign.pk), "paul", False)
    ]
    assert call("GET", "/runs?kind=nonsense").status_code == 422


def test_a_run_tells_its_funnel_and_its_verdicts(call: Ask, anne: User) -> None:
    run = finished_run(owner=anne, products=[scored_product()])
    answer = call("GET", f"/runs/{run.pk}").json()
    RunDetail.model_validate(answer)
    assert (answer["state"], answer["scored"], answer["tokens_spent"]) == ("done", 1, 106)
    assert sum(answer["summary"]["verdicts"].values()) == 1
    finder = answer["summary"]["stages"][0]
    assert (finder["code"], finder["tokens_spent"], finder["survivors"]) == ("finder", 20, 1000)
    assert answer["summary"]["purchase"] is None
    listed = finished_list(owner=anne, products=[scored_product(cost="5")])
    listed.lines.update(verdict="BUY")
    purchase = call("GET", f"/runs/{listed.pk}").json()["summary"]["purchase"]
    assert purchase["units"] == 2


def test_a_run_that_waits_for_tokens_says_until_when(call: Ask, anne: User) -> None:
    failure = TokensExhausted(retry_after=600).to_stored()
    run = finished_run(
        owner=anne, products=[], state="waiting", failure=failure, total=9,
        finished_at=None, resume_at=timezone.now() + timedelta(minutes=10),
    )  # fmt: skip
    answer = call("GET", f"/runs/{run.pk}").json()
    assert answer["problem"]["code"] == "tokens_exhausted"
    assert 590 <= answer["problem"]["retry_after"] <= 600
    assert answer["seconds_left"] is None
    # It is not waited for; the caller hears when to ask again.
    resumed = call("POST", f"/runs/{run.pk}/resume")
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    assert resumed["Location"] == f"/api/v1/runs/{run.pk}"
    Run.objects.filter(pk=run.pk).update(state="waiting")
    await_end(Run.objects.get(pk=run.pk), seconds=3600)  # it would hang, were it waited for


def test_a_search_is_queued_and_a_known_one_is_answered_at_once(
    call: Ask, keepa: Any, anne: User
) -> None:
    from discovery.runs.worker import work_on

    asked = {"filters": FILTERS, "max_results": 5, "profile": "prudent", "name": "Old books"}
    quoted = call("POST", "/niches/quote", asked).json()
    assert quoted["tokens"] > 0
    assert not TokenLedgerEntry.objects.exists()
    queued = call("POST", "/runs", asked)
    assert (queued.status_code, queued.json()["state"]) == (202, "queued")
    assert (queued.json()["name"], queued.json()["profile"]["slug"]) == ("Old books", "prudent")
    assert queued["Retry-After"] == "2"
    work_on(run_id=queued.json()["id"])
    again = call("POST", f"/runs/{queued.json()['id']}/rerun?wait=1")
    assert (again.status_code, again.json()["state"], again.json()["tokens_spent"]) == (
        200, "done", 0,
    )  # fmt: skip
    # The history tells from where each was asked; a repetition on the site is the site's.
    page = repeat_search(run=Run.objects.get(pk=again.json()["id"]), owner=anne)
    told = SearchHistory.objects.values_list("source", "tokens_spent").order_by("created_at")
    assert [source for source, _spent in told] == ["api", "api", "frontend"]
    assert [bool(spent) for _source, spent in told] == [True, False, False]
    assert page.state == Run.State.DONE


@pytest.mark.django_db(transaction=True)
def test_who_waits_hears_of_the_end(anne: User) -> None:
    run = finished_run(owner=anne, products=[], state="running")

    def end() -> None:
        Run.objects.filter(pk=run.pk).update(state="done")
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end)
        await_end(run, seconds=3600)  # it would hang, were the end not seen
        ended.result()
    assert Run.objects.get(pk=run.pk).state == Run.State.DONE


def test_every_wrong_field_of_a_search_is_named(call: Ask) -> None:
    wrong = {
        "filters": {"root_categories": [283155], "bsr_min": "1,5", "colour": 1},
        "max_results": 900, "speed": 1,
    }  # fmt: skip
    answer = call("POST", "/runs", wrong)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "filters.marketplace", "filters.bsr_min", "filters.colour", "max_results", "speed",
    }  # fmt: skip
    assert call("POST", "/runs", {"filters": 3}).json()["errors"][0]["field"] == "filters"
    assert not Run.objects.exists()


def test_a_run_is_stopped_and_gone_on_with_and_an_end_stays_one(call: Ask, anne: User) -> None:
    run = finished_run(owner=anne, products=[], state="queued", total=4, finished_at=None)
    Run.objects.update(outcome=None)
    assert call("POST", f"/runs/{run.pk}/cancel").json()["state"] == "cancelled"
    assert call("POST", f"/runs/{run.pk}/cancel").json()["state"] == "cancelled"
    assert call("POST", f"/runs/{run.pk}/resume").status_code == 202
    refused = call("POST", f"/runs/{run.pk}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_resume")
    assert call("DELETE", f"/runs/{run.pk}").status_code == 204
    assert call("GET", f"/runs/{run.pk}").status_code == 404


def test_what_is_shared_is_read_and_not_changed(call: Ask, paul: User) -> None:
    run = finished_run(owner=paul, products=[scored_product()])
    assert call("GET", f"/runs/{run.pk}").status_code == 404
    Run.objects.update(shared=True)
    assert call("GET", f"/runs/{run.pk}").json()["is_own"] is False
    assert len(call("GET", f"/runs/{run.pk}/lines").json()["lines"]) == 1
    for method, action in (
        ("POST", "/cancel"), ("POST", "/resume"), ("POST", "/rerun"), ("POST", "/share"),
        ("POST", "/unshare"), ("DELETE", ""), ("GET", "/buy-boxes"),
    ):  # fmt: skip
        assert call(method, f"/runs/{run.pk}{action}").status_code == 404, action


def test_ones_own_run_is_shared_and_taken_back(call: Ask, anne: User) -> None:
    run = finished_run(owner=anne, products=[])
    assert call("POST", f"/runs/{run.pk}/share").json() == {"shared": True}
    assert Run.objects.get().shared
    assert call("POST", f"/runs/{run.pk}/unshare").json() == {"shared": False}
    draft = finished_list(owner=anne, products=[], state="draft")
    assert call("POST", f"/runs/{draft.pk}/share").status_code == 404


def test_two_answers_are_compared(call: Ask, anne: User) -> None:
    older = finished_run(owner=anne, products=[scored_product()])
    assert call("GET", f"/runs/{older.pk}/compare").json()["counts"] is None
    gone = scored_product(asin="0000000001")
    newer = finished_run(owner=anne, products=[scored_product(), gone])
    told = call("GET", f"/runs/{newer.pk}/compare").json()
    assert told["before"]["id"] == str(older.pk)
    assert (told["counts"]["common"], told["counts"]["appeared"]) == (1, 1)
    assert told["appeared"][0]["asin"] == gone.asin
    itself = call("GET", f"/runs/{newer.pk}/compare?with={newer.pk}")
    assert (itself.status_code, itself.json()["code"]) == (422, "not_comparable")
    assert "itself" in itself.json()["detail"]
