"""Odd rows, odd moments and odd requests: none stops the others, pays twice or shows an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_q.models import OrmQ

from analytics.models import SearchHistory
from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.models import NotificationSettings, Run, RunLine
from discovery.profiles.service import ActiveProfile
from discovery.runs.comparison import compare
from discovery.runs.queries import standings_of
from discovery.runs.queue import MOST_ATTEMPTS, MOST_PAUSES, wake_runs
from discovery.runs.service import cancel_run, resume_run, time_left, work_in_background
from discovery.search.score_products import run_funnel
from tests.discovery.runs.working import Begin, Kind, State, both_kinds, states, work

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[..., Any]


def ago(**amount: float) -> Any:
    return timezone.now() - timedelta(**amount)


@pytest.fixture
def unreadable(begin: Begin) -> Run:
    """A search given up half way, whose frozen settings no version reads any more."""
    run = work(begin(Kind.SEARCH, 30), work_for=0)
    Run.objects.filter(pk=run.pk).update(
        state=State.RUNNING,
        attempts=MOST_PAUSES,
        profile_settings={"gone": 1},
        progressed_at=ago(hours=1),
    )
    return run


class TestSettingsThatNoLongerRead:
    def test_the_run_fails_and_the_others_are_woken(self, begin: Begin, unreadable: Run) -> None:
        other = begin(Kind.LIST, 5)
        Run.objects.filter(pk=other.pk).update(state=State.RUNNING, progressed_at=ago(minutes=30))
        wake_runs(now=timezone.now())
        unreadable.refresh_from_db()
        other.refresh_from_db()
        assert (unreadable.state, other.state) == (State.FAILED, State.QUEUED)

    def test_the_page_of_another_run_stays_up(
        self, begin: Begin, unreadable: Run, client_of: ClientOf
    ) -> None:
        other = begin(Kind.LIST, 5)
        Run.objects.filter(pk=other.pk).update(state=State.RUNNING, progressed_at=ago(minutes=30))
        assert client_of("anne").get(other.get_absolute_url()).status_code == 200

    @both_kinds
    def test_a_worker_that_meets_them_gives_up_after_some_attempts(
        self, kind: Run.Kind, begin: Begin
    ) -> None:
        run = begin(kind, 5)
        Run.objects.filter(pk=run.pk).update(profile_settings={"gone": 1})
        for _ in range(MOST_ATTEMPTS + 1):
            try:
                work(run)
            except ValueError:
                run.refresh_from_db()
            wake_runs(now=timezone.now() + timedelta(hours=2))
        run.refresh_from_db()
        assert run.state == State.FAILED

    def test_its_owner_can_cancel_it(self, begin: Begin) -> None:
        run = work(begin(Kind.SEARCH, 30), work_for=0)
        Run.objects.filter(pk=run.pk).update(profile_settings={"gone": 1})
        assert cancel_run(run=run)
        run.refresh_from_db()
        assert run.state == State.CANCELLED


class TestMoments:
    def test_a_run_queued_twice_mails_its_owner_once(self, begin: Begin, anne: User) -> None:
        anne.email = "anne@example.com"
        anne.save()
        NotificationSettings.objects.create(user=anne, search_finished=True)
        run = begin(Kind.SEARCH, 5)
        Run.objects.update(created_at=ago(minutes=3), progressed_at=ago(seconds=30))
        # The task has been taken out of the table, both workers are busy: it is queued again.
        OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=20))
        assert wake_runs(now=timezone.now()) == 1
        assert OrmQ.objects.count() == 2
        for _ in range(2):
            work_in_background(run_id=run.pk)
        assert len(mail.outbox) == 1

    def test_cancelled_just_before_keepa_has_no_tokens_it_ends(
        self, begin: Begin, keepa: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(Kind.LIST, 30)
        keepa.faults.push("429", endpoint="product", times=3)
        original = run_funnel

        def cancelled_meanwhile(*arguments: Any, **named: Any) -> Any:
            problem = original(*arguments, **named)
            cancel_run(run=run)
            return problem

        monkeypatch.setattr("discovery.runs.worker.run_funnel", cancelled_meanwhile)
        assert work(run).state == State.CANCELLED

    def test_a_search_cut_short_keeps_what_the_cache_had_saved(
        self, begin: Begin, keepa: Any
    ) -> None:
        work(begin(Kind.SEARCH, 10))
        run = begin(Kind.SEARCH, 30)
        keepa.faults.push("500", endpoint="product", times=3)
        work(run)
        assert run.outcome is not None
        assert run.done >= 10
        assert run.tokens_saved > run.outcome["list_saved"]

    def test_a_stretch_that_brought_nothing_is_no_entry_of_the_history(self, begin: Begin) -> None:
        run = work(begin(Kind.SEARCH, 30), work_for=0)
        cancel_run(run=run)
        for _ in range(3):
            run.refresh_from_db()
            assert resume_run(run=run)
            run.refresh_from_db()
            cancel_run(run=run)
        assert SearchHistory.objects.count() == 1

    def test_the_pace_is_counted_from_when_a_worker_took_it(self, begin: Begin) -> None:
        run = begin(Kind.SEARCH, 60)
        Run.objects.update(created_at=ago(hours=2), progressed_at=ago(seconds=1))
        assert run.started_at is None
        work(run, work_for=0)
        left = time_left(run)
        assert run.done == 20
        assert left is not None
        assert left < timedelta(minutes=10)

    def test_nothing_is_left_to_resume_once_all_lines_are_settled(self, begin: Begin) -> None:
        run = work(begin(Kind.LIST, 5))
        Run.objects.update(state=State.CANCELLED)
        run.refresh_from_db()
        assert not resume_run(run=run)

    def test_an_unusable_product_is_told_once(self, begin: Begin) -> None:
        run = work(begin(Kind.SEARCH, 30), work_for=0)
        told = [*(run.outcome or {})["unusable"], "B000000001"]
        Run.objects.update(outcome=(run.outcome or {}) | {"unusable": told})
        assert states(run)["pending"] > 0
        work(run)
        found = (run.outcome or {})["unusable"]
        assert "B000000001" in found
        assert len(found) == len(set(found))


def test_a_product_twice_in_a_list_is_compared_line_by_line(
    begin: Begin, anne: User, profile: ActiveProfile
) -> None:
    first = work(begin(Kind.SEARCH, 3)).lines.order_by("position").first()
    assert first is not None
    runs = []
    for _ in range(2):
        read = read_list(f"{first.asin};1\n", currency="USD")
        run = create_list(owner=anne, name="Twice", read=read, marketplace="us")
        RunLine.objects.create(run=run, position=2, number=2, text="x", asin=first.asin, cost=25)
        Run.objects.filter(pk=run.pk).update(total=2)
        run.refresh_from_db()
        start_list(run=run, profile=profile, marketplace="us")
        run.refresh_from_db()
        runs.append(work(run))
    before, after = (standings_of(run=run) for run in runs)
    assert len(before) == 2
    compared = compare(before=before, after=after)
    assert compared.common == 2
    assert not compared.better
    assert not compared.worse


class TestOddRequests:
    @pytest.mark.parametrize(
        "asked",
        [
            "profit_min=1e-20000", "roi_min=1e-300000", "bsr_max=1e-20000", "profit_min=1e400",
            pytest.param("profit_min=" + "9" * 4400, id="4400 digits"), "q=%00", "q=%ED%A0%80",
            "page=99999999999999999999999", "page=-1", "sort=zzz", "dir=up", "verdict=%00",
        ],
    )  # fmt: skip
    def test_no_address_of_results_breaks_them(
        self, asked: str, begin: Begin, client_of: ClientOf
    ) -> None:
        run = work(begin(Kind.SEARCH, 5))
        answer = client_of("anne").get(f"{run.get_absolute_url()}?{asked}")
        assert answer.status_code == 200

    def test_no_address_of_a_product_or_a_niche_breaks_it(
        self, begin: Begin, client_of: ClientOf
    ) -> None:
        line = work(begin(Kind.SEARCH, 5)).lines.first()
        assert line is not None
        browser = client_of("anne")
        browser.raise_request_exception = False
        for asked in ("profile=%00", "cost=1e-300", "cost=%00", "window=%00"):
            assert browser.get(f"/produits/us/{line.asin}/?{asked}").status_code < 500, asked
        for asked in (f"niche={'9' * 30}", f"niche={'1' * 5000}", "run=%00", "category=%00"):
            assert browser.get(f"/niches/?{asked}").status_code < 500, asked

    def test_a_nul_among_the_ticked_products_ticks_nothing(
        self, begin: Begin, client_of: ClientOf
    ) -> None:
        run = work(begin(Kind.SEARCH, 5))
        answer = client_of("anne").post(
            f"{run.get_absolute_url()}selection/",
            {"asin": "a\x00b", "action": "ignore"},
        )
        assert answer.status_code == 302

    def test_nul_characters_in_a_list_are_read_over(self, client_of: ClientOf) -> None:
        browser = client_of("anne")
        rows = "B000000002;1;1\n" * 30
        for content in (f"asin;cost;qty\nB0000\x0000001;3;1\n{rows}", f"asin;co\x00st;qty\n{rows}"):
            upload = SimpleUploadedFile("list.csv", content.encode())
            answer = browser.post("/listes/ajouter/", {"file": upload, "text": ""})
            assert answer.status_code == 302
            assert browser.get(answer["Location"]).status_code == 200
