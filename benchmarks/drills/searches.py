"""Searches killed with SIGKILL at random moments: do they end by themselves, and at what price?

Uses the real task queue (``manage.py qcluster``) and the Keepa sandbox on a socket, slow enough
that kills hit calls under way. Every search of 100 products is first made undisturbed, then again
from empty caches under fire: in turn the worker process that holds it, and the whole queue, which
is started anew. Missed when a search does not end well by itself, when one is not worked on again
within a minute, when what was stored is bought a second time, or when the ledger is not what the
sandbox has charged, to the token.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.drills.mortal_queue import KEEPA_TIMEOUT, Queue
from benchmarks.drills.report import Row

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

QUESTIONS: tuple[dict[str, Any], ...] = tuple(
    {"marketplace": "us", "categories": [category], "bsr_range": list(ranks)}
    for ranks in ((10_000, 80_000), (20_000, 150_000))
    for category in ("Books", "Toys & Games", "Home & Kitchen", "Electronics")
)
PRODUCTS = 100
ANSWER_SECONDS = 1.0  # how late the sandbox answers
KILLS_A_SEARCH = 4  # below the number of deaths after which a search is given up
WITHIN = 60.0  # seconds until a search is worked on again
PATIENCE = 240.0  # seconds for a search to end, at most
TABLES_OF_ANSWERS = ("DiscoveryCacheEntry", "ScoringCacheEntry", "KeepaProduct", "DiscoveryLease")


# --- what was bought ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stored:
    """What no longer needs to be bought: the list, the products, those with their Buy Box."""

    has_list: bool
    products: frozenset[str]
    detailed: frozenset[str]


def stored_now() -> Stored:
    from discovery.models import DiscoveryCacheEntry, KeepaProduct

    rows = list(KeepaProduct.objects.values_list("asin", "has_buy_box"))
    return Stored(
        has_list=DiscoveryCacheEntry.objects.exists(),
        products=frozenset(asin for asin, _ in rows),
        detailed=frozenset(asin for asin, has_buy_box in rows if has_buy_box),
    )


def bought_twice(call: Any, stored: Stored) -> bool:
    """Whether the call asks for anything that was stored before it."""
    if call.endpoint == "query":
        return stored.has_list
    if call.endpoint != "product":
        return False
    asked = set(call.params["asin"].split(","))
    return bool(asked & (stored.detailed if "buybox" in call.params else stored.products))


# --- one search -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Shot:
    """One kill: at what moment of the work, at whom, and how soon somebody was at it again."""

    after: float
    target: str
    stage: str
    in_flight: int
    resumed: float = 0.0


@dataclass(slots=True)
class Case:
    """A search undisturbed, and what came of it under fire."""

    question: dict[str, Any]
    price: int = 0
    seconds: float = 0.0
    answer: list[Any] = field(default_factory=list)
    outcome: dict[str, Any] = field(default_factory=dict)
    shots: list[Shot] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    charged: int = 0
    counted: int = 0


def answer_of(run: Run) -> list[Any]:
    columns = ("position", "state", "asin", "verdict", "price", "max_cost", "profit", "bsr")
    return list(run.lines.order_by("position").values_list(*columns))


def outcome_of(run: Run) -> dict[str, Any]:
    """What must be the same however often the search was interrupted."""
    outcome = run.outcome or {}
    names = ("cache", "discovery_cache", "total_results", "stages", "obstacles", "unusable")
    kept = {name: outcome.get(name) for name in names}
    kept["stages"] = sorted(kept["stages"] or (), key=lambda stage: stage["name"])
    return kept | {"saved": run.tokens_saved, "done": run.done, "total": run.total}


def begin(owner: AbstractBaseUser, case: Case) -> Run:
    from discovery.profiles.service import active_profile
    from discovery.runs.service import start_search
    from discovery.search.request import read_filters

    return start_search(
        owner=owner,
        filters=read_filters(case.question),
        profile=active_profile(),
        max_results=PRODUCTS,
    )


def forget_answers() -> None:
    from django.apps import apps

    for table in TABLES_OF_ANSWERS:
        apps.get_model("discovery", table).objects.all().delete()


def undisturbed(owner: AbstractBaseUser, case: Case, app: SandboxApp) -> None:
    """Make the search in this process, and keep what it says and costs."""
    from django_q.models import OrmQ

    from discovery.runs.worker import work_on

    before = app.charged_total
    run = begin(owner, case)
    began = time.monotonic()
    while not run.is_finished:
        work_on(run_id=run.pk)
        run.refresh_from_db()
    case.seconds = time.monotonic() - began
    case.price = app.charged_total - before
    case.answer, case.outcome = answer_of(run), outcome_of(run)
    assert run.tokens_spent == case.price, (run.tokens_spent, case.price)
    OrmQ.objects.all().delete()
    forget_answers()


class UnderFire:
    """One search in the queue, shot at until it has ended or ``kills`` are spent."""

    def __init__(self, case: Case, *, queue: Queue, app: SandboxApp, dice: random.Random) -> None:
        self._case, self._queue, self._app, self._dice = case, queue, app, dice
        self._seen: list[tuple[Stored, int]] = []

    def go(self, owner: AbstractBaseUser, *, kills: int) -> None:
        from analytics.models import SearchHistory
        from discovery.models import Run

        case, app = self._case, self._app
        forget_answers()
        app.faults.clear()
        app.faults.push("slow", times=1000, seconds=ANSWER_SECONDS)
        before, told = app.charged_total, SearchHistory.objects.count()
        run = begin(owner, case)
        for _ in range(kills):
            if not self._shoot(run):
                break
        deadline = time.monotonic() + PATIENCE
        while not run.is_finished and time.monotonic() < deadline:
            time.sleep(0.1)
            run.refresh_from_db()
        app.faults.clear()
        case.charged, case.counted = app.charged_total - before, run.tokens_spent
        in_flight = sum(shot.in_flight for shot in case.shots)
        checks = {
            f"ended {run.state} ({run.failure})": run.state != Run.State.DONE,
            f"a failure is left over: {run.failure}": run.failure is not None,
            "another answer": answer_of(run) != case.answer,
            f"another outcome: {outcome_of(run)}": outcome_of(run) != case.outcome,
            "paid more than the calls under way": case.charged > case.price + in_flight,
            f"the run says {run.tokens_spent}": run.tokens_spent != case.price,
            "not one row of history": SearchHistory.objects.count() != told + 1,
        }
        case.faults += [name for name, missed in checks.items() if missed]

    def _shoot(self, run: Run) -> bool:
        """One kill while the search is worked on; whether it came before the end."""
        case = self._case
        holder = self._await_work(run)
        if holder is None:
            return False
        # Spread over the whole length of an undisturbed search with its slow answers.
        after = self._dice.uniform(0.0, case.seconds + 3 * ANSWER_SECONDS)
        time.sleep(after)
        run.refresh_from_db()
        if run.holder != holder:
            return False
        target = self._dice.choice(("worker", "worker", "queue"))
        if target == "worker" and not self._queue.kill_worker():
            return False
        if target == "queue":
            self._queue.kill_all()
        killed = time.monotonic()
        time.sleep(0.2)  # the database notices
        run.refresh_from_db()
        if run.is_finished:  # it got there first
            if target == "queue":
                self._queue.start()
            return False
        stored, calls = stored_now(), len(self._app.calls)
        shot = Shot(after, target, *self._where(stored))
        case.shots.append(shot)
        if target == "queue":
            self._queue.start()
        self._await_resumption(run, holder)
        shot.resumed = time.monotonic() - killed
        if shot.resumed > WITHIN:
            case.faults.append(f"worked on again only after {shot.resumed:.0f} s")
        self._seen.append((stored, calls))
        return not run.is_finished

    def _where(self, stored: Stored) -> tuple[str, int]:
        """The stage that was hit, and the price of the answer that was lost with it, at most.

        An answer is lost between the charge and its storing; then it is asked for once more.
        """
        paid = [call for call in self._app.calls if call.tokens][-1:]
        lost = [call for call in paid if call.tokens and not bought_twice(call, stored)]
        stage = "list" if not stored.has_list else "statistics" if not stored.products else ""
        stage = stage or ("buy box" if not stored.detailed else "end")
        return stage, sum(call.tokens for call in lost)

    def check_calls(self) -> None:
        """No call made after a kill asks for what was stored by then."""
        every = list(self._app.calls)
        for stored, since in self._seen:
            for call in every[since:]:
                if bought_twice(call, stored):
                    self._case.faults.append(f"{call.endpoint} bought twice: {call.tokens}")

    def _await_work(self, run: Run) -> Any:
        """The holder of the search; ``None`` when it ends instead."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            run.refresh_from_db()
            if run.is_finished:
                return None
            if run.state == run.State.RUNNING and run.holder:
                return run.holder
            time.sleep(0.01)
        return None

    def _await_resumption(self, run: Run, holder: Any) -> None:
        deadline = time.monotonic() + 3 * WITHIN
        while time.monotonic() < deadline:
            run.refresh_from_db()
            if run.is_finished or (run.state == run.State.RUNNING and run.holder != holder):
                return
            time.sleep(0.05)


# --- the drill ------------------------------------------------------------------------------------


@contextmanager
def sandbox(*, tokens: int = 6000) -> Iterator[Any]:
    """A sandbox on a socket whose bucket never fills: a full one hides what a lost call cost."""
    from discovery.sandbox.serve import SandboxServer
    from discovery.sandbox.server import create_app

    app = create_app(refill_rate=300, tokens=tokens)
    with SandboxServer(app) as server:
        os.environ["KEEPA_BASE_URL"] = server.url
        yield server


def settle_the_ledger(app: SandboxApp) -> int:
    """What the ledger says once the lost calls have lapsed and two free balances were told."""
    from django.db.models import Sum

    from discovery.keepa.client import get_client
    from discovery.models import TokenLedgerEntry, TokenReservation

    while TokenReservation.objects.filter(ended_after=None).exists():
        time.sleep(1)
        get_client().token_status()
    get_client().token_status()
    return TokenLedgerEntry.objects.aggregate(Sum("tokens_consumed"))["tokens_consumed__sum"] or 0


def show(cases: list[Case]) -> None:
    print(
        f"{'search':<34}{'alone':>6}{'charged':>8}{'run says':>9}  "
        "kills (at s, who, hit: lost tokens, back after s)"
    )
    for case in cases:
        name = f"{case.question['categories'][0]} {case.question['bsr_range']}"
        shots = "; ".join(
            f"{shot.after:.1f} {shot.target} {shot.stage}: {shot.in_flight}, {shot.resumed:.0f}"
            for shot in case.shots
        )
        print(f"{name:<34}{case.price:>6}{case.charged:>8}{case.counted:>9}  {shots}")
        for fault in case.faults:
            print(f"  MISSED {fault}")


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make searches under fire until ``tries`` kills have hit one."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    with sandbox() as server:
        settings.KEEPA_BASE_URL, settings.KEEPA_TIMEOUT = server.url, KEEPA_TIMEOUT
        owner = get_user_model().objects.create_user("drill")
        cases: list[Case] = []
        dice = random.Random(seed)
        queue: Queue | None = None
        try:
            while (left := tries - sum(len(case.shots) for case in cases)) > 0:
                case = Case(QUESTIONS[len(cases) % len(QUESTIONS)])
                cases.append(case)
                if queue is not None:
                    queue.kill_all()
                undisturbed(owner, case, server.app)
                queue = Queue(server.url)
                fire = UnderFire(case, queue=queue, app=server.app, dice=dice)
                fire.go(owner, kills=min(left, KILLS_A_SEARCH))
                fire.check_calls()
                show(cases[-1:])
        finally:
            if queue is not None:
                queue.kill_all()
        ledger, charged = settle_the_ledger(server.app), server.app.charged_total
    print("\nAll together")
    show(cases)
    shots = [shot for case in cases for shot in case.shots]
    slowest = max(shot.resumed for shot in shots)
    lost = sum(case.charged - case.price for case in cases)
    print(
        f"{len(shots)} kills, {len(cases)} searches; worked on again after {slowest:.0f} s at most"
    )
    print(f"paid beyond the undisturbed price: {lost} tokens, all for calls under way when killed")
    lost_in_the_air = sum(shot.in_flight for shot in shots)
    return [
        Row(
            fault="SIGKILL of a worker or of the whole queue during a search",
            tries=len(shots),
            survived=sum(len(case.shots) for case in cases if not case.faults),
            paid_twice=max(lost - lost_in_the_air, 0),
            ledger=ledger,
            charged=charged,
            note=f"{lost} tokens for calls under way; back after {slowest:.0f} s at most",
        )
    ]
