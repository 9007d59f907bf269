"""The task queue asked to stop at random moments of searches and lists: at what price?

The real queue gets SIGTERM and time to end, as from the supervisor or after Ctrl-C, and is killed
if it has not ended by then; then another is started. Keepa, the sandbox on a socket, takes three
seconds for an answer, so that most stops hit a call under way. Missed when a run is not worked on
again within a minute, does not end well by itself, tells another answer than undisturbed, or costs
one token more; also when the ledger is not what the sandbox has charged.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.drills.mortal_queue import Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import (
    PATIENCE,
    PRODUCTS,
    QUESTIONS,
    WITHIN,
    answer_of,
    forget_answers,
    sandbox,
    settle_the_ledger,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

ANSWER_SECONDS = 3.0  # how late the sandbox answers
TIMEOUT = 60  # seconds of a call: a slow machine is not what is tried here
STOPS_A_RUN = 4
LINES = 150  # of a list: two batches
CALLS = 3  # slow ones of an undisturbed search, about
Begin = Callable[[], "Run"]


@dataclass(slots=True)
class Case:
    """A run undisturbed, and what came of it."""

    name: str
    begin: Begin
    price: int = 0
    answer: list[Any] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    charged: int = 0


def a_search(owner: AbstractBaseUser, question: dict[str, Any]) -> Begin:
    """What begins a search of the question."""
    from discovery.profiles.service import active_profile
    from discovery.runs.service import start_search
    from discovery.search.request import read_filters

    return lambda: start_search(
        owner=owner,
        filters=read_filters(question),
        profile=active_profile(),
        max_results=PRODUCTS,
    )


def a_list(owner: AbstractBaseUser, question: dict[str, Any]) -> Begin:
    """What begins a list of the products that answer the question."""
    from discovery.lists.reading.reader import read_list
    from discovery.lists.service import create_list, start_list
    from discovery.profiles.service import active_profile
    from discovery.search.find_asins import find_asins
    from discovery.search.request import read_filters

    asins = find_asins(filters=read_filters(question), purpose="interactive").asins[:LINES]
    text = "\n".join(f"{asin};3" for asin in asins)

    def begin() -> Run:
        read = read_list(text, currency="USD")
        listed = create_list(owner=owner, name="A list", read=read, marketplace="us")
        return start_list(run=listed, profile=active_profile(), marketplace="us")

    return begin


def undisturbed(case: Case, app: SandboxApp) -> None:
    """Do the run in this process, and keep what it says and costs."""
    from django_q.models import OrmQ

    from discovery.runs.worker import work_on

    forget_answers()
    before = app.charged_total
    run = case.begin()
    while work_on(run_id=run.pk):
        run.refresh_from_db()
    assert run.state == run.State.DONE, (run.state, run.failure)
    case.price, case.answer = app.charged_total - before, answer_of(run)
    OrmQ.objects.all().delete()
    forget_answers()


def stopped_again_and_again(
    case: Case, *, queue: Queue, app: SandboxApp, dice: random.Random, stops: int
) -> None:
    """Do the run in the queue, which is asked to stop up to ``stops`` times."""
    app.faults.push("slow", times=1000, seconds=ANSWER_SECONDS)
    before = app.charged_total
    run = case.begin()
    for _ in range(stops):
        if not _until_at_work(run, PATIENCE):
            break
        time.sleep(dice.uniform(0.0, CALLS * ANSWER_SECONDS))
        run.refresh_from_db()
        if run.is_finished:
            break
        took = queue.stop()
        run.refresh_from_db()
        if run.state == run.State.RUNNING:
            case.faults.append(f"left at work by a queue that was stopped in {took:.0f} s")
        began = time.monotonic()
        queue.start()
        if not run.is_finished and not _until_at_work(run, WITHIN) and not run.is_finished:
            case.faults.append("not worked on again within a minute")
        case.stops.append(f"{took:.1f} s, back after {time.monotonic() - began:.1f} s")
    deadline = time.monotonic() + PATIENCE
    while not run.is_finished and time.monotonic() < deadline:
        time.sleep(0.1)
        run.refresh_from_db()
    app.faults.clear()
    case.charged = app.charged_total - before
    checks = {
        f"ended {run.state} ({run.failure})": run.state != run.State.DONE,
        "another answer": answer_of(run) != case.answer,
        f"charged {case.charged}": case.charged != case.price,
        f"the run says {run.tokens_spent}": run.tokens_spent != case.price,
    }
    case.faults += [name for name, missed in checks.items() if missed]


def _until_at_work(run: Run, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        run.refresh_from_db()
        if run.is_finished:
            return False
        if run.state == run.State.RUNNING:
            return True
        time.sleep(0.02)
    return False


def show(case: Case) -> None:
    print(f"{case.name:<40}{case.price:>6}{case.charged:>8}  {'; '.join(case.stops)}", flush=True)
    for fault in case.faults:
        print(f"  MISSED {fault}", flush=True)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Stop the queue until ``tries`` stops have hit a run, searches and lists in turn."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    with sandbox(tokens=12_000) as server:
        settings.KEEPA_BASE_URL, settings.KEEPA_TIMEOUT = server.url, TIMEOUT
        owner = get_user_model().objects.create_user("drill")
        cases: list[Case] = []
        dice = random.Random(seed)
        queue: Queue | None = None
        try:
            while (left := tries - sum(len(case.stops) for case in cases)) > 0:
                question = QUESTIONS[len(cases) % len(QUESTIONS)]
                kind = (a_search, a_list)[len(cases) % 2]
                name = f"{kind.__name__} {question['categories'][0]}"
                case = Case(name, kind(owner, question))
                cases.append(case)
                if queue is not None:
                    queue.kill_all()
                undisturbed(case, server.app)
                queue = Queue(server.url, timeout=TIMEOUT)
                stopped_again_and_again(
                    case, queue=queue, app=server.app, dice=dice, stops=min(left, STOPS_A_RUN)
                )
                show(case)
        finally:
            if queue is not None:
                queue.kill_all()
        ledger, charged = settle_the_ledger(server.app), server.app.charged_total
    return [
        Row(
            fault="SIGTERM of the queue during a search or a list, then a start",
            tries=sum(len(case.stops) for case in cases),
            survived=sum(len(case.stops) for case in cases if not case.faults),
            paid_twice=sum(max(case.charged - case.price, 0) for case in cases),
            ledger=ledger,
            charged=charged,
            note=f"{len(cases)} runs",
        )
    ]
