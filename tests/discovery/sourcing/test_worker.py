"""A look from its source to its picks: what is bought, what is kept, what ends or pauses a job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.accounts.roles import ensure_viewers
from discovery.models import (
    KeepaProduct,
    Pick,
    Run,
    RunLine,
    ScoringCacheEntry,
    Sighting,
    SourcingJob,
    TokenLedgerEntry,
)
from discovery.products.scored import StatedCost, from_breakdown
from discovery.runs.own_costs import state_own_cost
from discovery.runs.parting import LONGEST_LOOK
from discovery.runs.queue import wake_runs
from discovery.runs.service import cancel_run, resume_run
from discovery.scoring import VatBasis
from discovery.search.score_products import WantsDetail
from discovery.sourcing.jobs import delete_job
from discovery.sourcing.sources import registry
from discovery.sourcing.sources.registry import source_of
from discovery.tasks import work_on_run
from tests.discovery.runs.working import disturbed, killed
from tests.discovery.sourcing.looking import (
    Given,
    State,
    begin,
    go_on,
    look,
    niche_job,
    times_paid,
    told_by,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_look_scores_its_candidates_and_pays_what_it_says(anne: User, keepa: Any) -> None:
    run = look(niche_job(anne))
    assert (run.state, run.done, run.total) == (State.DONE, 25, 25)
    assert run.tokens_spent == keepa.charged_total
    tokens = told_by(run)["tokens"]
    assert sum(tokens.values()) == run.tokens_spent
    assert min(tokens.values()) > 0
    assert set(TokenLedgerEntry.objects.values_list("purpose", flat=True)) == {"autosourcing"}
    assert max(times_paid(keepa).values()) == 1
    assert Pick.objects.count() == Sighting.objects.count() > 0


def test_the_task_works_on_looks_as_on_all_runs_and_the_history_hears_of_it(
    anne: User, keepa: Any
) -> None:
    run = begin(niche_job(anne, most=5))
    work_on_run(str(run.pk))
    told = SearchHistory.objects.get()
    assert (told.search_type, told.source, told.results_count) == ("autosourcing", "schedule", 5)
    assert told.tokens_spent == keepa.charged_total


def test_which_buy_boxes_are_worth_it_is_for_the_source_to_say(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Choosy(Given):
        def wants_detail(self, job: SourcingJob) -> WantsDetail:
            return lambda _score, _facts: job.cursor["wants"]

    asins = look(niche_job(anne, most=5)).lines.values_list("asin", flat=True)
    for wants in (False, True):
        KeepaProduct.objects.all().delete()
        ScoringCacheEntry.objects.all().delete()
        keepa.calls.clear()
        given = Choosy(*asins, cursor={"wants": wants})
        monkeypatch.setitem(registry.SOURCES, "niche", given)
        look(niche_job(anne, cost_kinds=["same_listing"]))
        with_buy_box = {asin for _store, asin, buybox in times_paid(keepa) if buybox}
        assert with_buy_box == ({*asins} if wants else set())


def test_a_second_look_right_after_pays_for_nothing_but_the_list(anne: User, keepa: Any) -> None:
    job = niche_job(anne)
    first = look(job)
    spent = keepa.charged_total
    second = look(job)
    assert second.state == State.DONE
    assert told_by(second)["tokens"]["products"] == told_by(second)["tokens"]["abroad"] == 0
    assert keepa.charged_total - spent == second.tokens_spent
    columns = ("asin", "verdict", "landed_cost", "evidence__cost__kind")
    assert set(second.lines.values_list(*columns)) == set(first.lines.values_list(*columns))


@pytest.mark.parametrize(
    ("at", "call"),
    [
        ("sourcing.worker.source_of", 1),
        ("sourcing.worker._keep_candidates", 1),
        ("turn.on_progress", 2),
        ("turn.on_progress", 5),
        ("sourcing.ways.look_abroad", 1),
        ("turn.on_wait", 2),  # between two calls to stores abroad
        ("sourcing.worker._account_for", 1),
        ("sourcing.worker.record_sightings", 1),
        ("runs.worker.store_lines", 2),
        ("sourcing.worker.record_gone", 1),
    ],
)
def test_a_look_killed_at_any_point_ends_like_an_undisturbed_one(
    anne: User, keepa: Any, at: str, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("runs.worker", "search.score_products"):
        monkeypatch.setattr(f"discovery.{module}.BATCH", 12)
    run = begin(niche_job(anne, most=24))
    with killed(at, monkeypatch, call=call):
        work(run)
    run.refresh_from_db()
    if run.state == State.RUNNING:  # it died while it was ending
        assert wake_runs(now=timezone.now() + timedelta(minutes=2)) == 1
        run = work(run)
    else:
        run = go_on(run)
    assert (run.state, run.done) == (State.DONE, 24)
    assert max(times_paid(keepa).values()) == 1
    assert sum(row.tokens_consumed for row in TokenLedgerEntry.objects.all()) == keepa.charged_total
    stages = {stage["name"]: stage["tokens_spent"] for stage in told_by(run)["stages"]}
    assert run.tokens_spent == keepa.charged_total == sum(stages.values())
    assert Sighting.objects.filter(run=run).count() == Pick.objects.count() > 0
    assert set(Pick.objects.values_list("sightings_count", flat=True)) == {1}


def test_no_candidate_is_an_answer(anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.SOURCES, "niche", Given())
    run = look(niche_job(anne))
    assert (run.state, run.total, run.failure) == (State.DONE, 0, None)
    assert keepa.charged_total == 0


def test_the_cursor_is_kept_with_the_lines(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = niche_job(anne)
    monkeypatch.setitem(registry.SOURCES, "niche", Given(cursor={"page": 2}))
    with killed("sourcing.worker._keep_candidates", monkeypatch):
        look(job)
    job.refresh_from_db()
    assert job.cursor == {}
    Run.objects.all().delete()
    look(job)
    job.refresh_from_db()
    assert job.cursor == {"page": 2}


def test_a_question_that_is_no_more_ends_the_run_and_pauses_its_job(anne: User, keepa: Any) -> None:
    job = niche_job(anne, criteria={})
    run = look(job)
    assert (run.state, (run.failure or {})["code"]) == (State.FAILED, "niche_gone")
    job.refresh_from_db()
    assert (job.is_paused, job.pause_reason) == (True, "niche_gone")


def test_its_page_says_what_became_of_the_question(client_of: Any, keepa: Any) -> None:
    anne = client_of()
    run = look(niche_job(anne.user, criteria={}))
    assert "Sa niche a été supprimée" in anne.get(run.get_absolute_url()).content.decode()


@pytest.mark.parametrize("barred", [{"is_active": False}, {"viewer": True}])
def test_who_may_not_spend_any_more_has_no_look_gone_on_with(
    anne: User, keepa: Any, barred: dict[str, bool]
) -> None:
    keepa.bucket.set(keepa.bucket.capacity // 5 + 40)
    run = look(niche_job(anne))
    assert run.state == State.WAITING
    keepa.bucket.set(keepa.bucket.capacity)
    spent = keepa.charged_total
    if "viewer" in barred:
        anne.groups.add(ensure_viewers())
    else:
        User.objects.update(**barred)
    run = go_on(run)
    assert (run.state, (run.failure or {})["code"]) == (State.FAILED, "owner_may_not_act")
    assert keepa.charged_total == spent == run.tokens_spent


@pytest.mark.parametrize("at", ["sourcing.worker.find_ways", "sourcing.recording.note_sighting"])
def test_a_job_deleted_in_the_middle_of_a_batch_leaves_what_was_found(
    anne: User, keepa: Any, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.runs.worker.BATCH", 12)
    job = niche_job(anne, most=24)
    run = begin(job)

    def delete() -> None:
        delete_job(job=job)
        connection.close()

    with ThreadPoolExecutor(1) as other:
        with disturbed(at, monkeypatch, by=lambda: other.submit(delete)) as begun:
            run = work(run)
        begun[0].result()
    assert (run.state, run.failure) == (State.CANCELLED, None)
    assert run.tokens_spent == keepa.charged_total > 0
    assert 0 < run.done <= 12
    assert Pick.objects.count() == Sighting.objects.count() > 0
    assert set(Pick.objects.values_list("job", flat=True)) == {None}
    run.refresh_from_db()
    assert not resume_run(run=run)
    Run.objects.update(state=State.QUEUED, cancel_requested=False)
    run = work(run)
    assert (run.state, (run.failure or {})["code"]) == (State.FAILED, "job_deleted")
    assert run.tokens_spent == keepa.charged_total


def test_of_deals_the_buy_box_is_bought_of_all_that_sells(anne: User, keepa: Any) -> None:
    criteria = {"price_type": "NEW", "drop_percent": 15, "range": 2, "pages": 1}
    job = niche_job(anne, source=SourcingJob.Source.DEALS, criteria=criteria, most=30)
    run = look(job)
    assert run.state == State.DONE
    wants_detail = source_of(job).wants_detail(job)
    scored = run.lines.filter(state=RunLine.State.SCORED)
    wanted = {
        line.asin for line in scored if wants_detail(from_breakdown(line.breakdown or {})[1], None)
    }
    with_buy_box = {asin for (_store, asin, buybox), _times in times_paid(keepa).items() if buybox}
    assert wanted
    assert wanted <= with_buy_box


def test_a_plan_without_deals_pauses_the_job_and_says_so(anne: User, keepa: Any) -> None:
    job = niche_job(anne, source="deals", criteria={"drop_percent": 30})
    keepa.faults.push("402", endpoint="deal")
    run = look(job)
    assert (run.state, (run.failure or {})["code"]) == (State.FAILED, "endpoint_not_in_plan")
    job.refresh_from_db()
    assert (job.is_paused, job.pause_reason) == (True, "deals_refused")


def test_without_tokens_it_waits_and_says_until_when(anne: User, keepa: Any) -> None:
    keepa.bucket.set(keepa.bucket.capacity // 5)  # the floor, which is left to people
    run = look(niche_job(anne))
    assert run.state == State.WAITING
    assert (run.failure or {})["code"] == "tokens_exhausted"
    assert run.resume_at is not None
    assert keepa.charged_total == 0


def test_a_look_that_has_waited_for_a_day_ends_and_makes_way_for_the_next(
    anne: User, keepa: Any
) -> None:
    keepa.bucket.set(keepa.bucket.capacity // 5)
    job = niche_job(anne)
    run = look(job)
    Run.objects.update(created_at=timezone.now() - LONGEST_LOOK)
    run = go_on(run)
    assert (run.state, (run.failure or {})["code"]) == (State.FAILED, "tokens_exhausted")
    assert begin(job).state == State.QUEUED


def test_a_look_that_failed_can_be_gone_on_with_unless_another_is_under_way(
    anne: User, keepa: Any
) -> None:
    job = niche_job(anne, most=5)
    run = begin(job)
    assert cancel_run(run=run)
    run.refresh_from_db()
    other = begin(job)
    assert not resume_run(run=run)
    assert cancel_run(run=other)
    assert resume_run(run=run)
    assert work(run).state == State.DONE


def test_no_call_takes_more_than_a_tenth_of_the_bucket(anne: User, keepa: Any) -> None:
    keepa.bucket.refill_rate = 5
    keepa.bucket.set(300)
    run = look(niche_job(anne))
    sizes = [
        len(call.params["asin"].split(",")) * (3 if "buybox" in call.params else 1)
        for call in keepa.calls
        if call.endpoint == "product" and call.status == 200
    ]
    assert run.state in {State.DONE, State.WAITING}
    assert max(sizes) <= 30


def test_what_it_found_stays_as_it_was_when_a_cost_is_stated_later(anne: User, keepa: Any) -> None:
    run = look(niche_job(anne, most=5))
    line = RunLine.objects.filter(run=run, state=RunLine.State.SCORED).first()
    assert line is not None
    state_own_cost(
        user=anne,
        marketplace="fr",
        asin=line.asin,
        cost=StatedCost(Decimal(1), VatBasis.INCLUDED),
        now=timezone.now(),
    )
    kept = RunLine.objects.get(pk=line.pk)
    assert (kept.landed_cost, kept.verdict) == (line.landed_cost, line.verdict)
    again = look(SourcingJob.objects.get()).lines.get(asin=line.asin)
    assert again.evidence["cost"]["kind"] == "stated"
    assert again.landed_cost == 1
