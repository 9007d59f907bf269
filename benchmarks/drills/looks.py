"""Looks of jobs killed with SIGKILL at random moments: do they end whole, and is any alert lost?

Uses the real task queue and the Keepa sandbox on a socket, slow enough that kills hit calls under
way. Each look is first made undisturbed, then again from nothing under fire. Missed when it does
not end well by itself, when its lines, picks or alerts are not those of the undisturbed one, when
what was stored is bought a second time, or when the ledger is not what the sandbox has charged.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.drills.mortal_queue import KEEPA_TIMEOUT, Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import sandbox, settle_the_ledger

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

CATEGORIES = ("High-Tech", "Jeux et Jouets", "Cuisine et Maison", "Bricolage")
PRODUCTS = 60
ANSWER_SECONDS = 1.0  # how late the sandbox answers
KILLS_A_LOOK = 4  # below the number of deaths after which a run is put off for long
PATIENCE = 300.0  # seconds for a look to end, at most
FORGOTTEN = (
    "Run", "Pick", "Alert", "DiscoveryCacheEntry", "ScoringCacheEntry", "KeepaProduct",
    "DiscoveryLease",
)  # fmt: skip
Product = tuple[str, str, bool]  # Keepa's number of the store, ASIN, whether with its Buy Box


@dataclass(slots=True)
class Case:
    """One look undisturbed, and what came of it under fire."""

    category: str
    answer: Any = None
    seconds: float = 0.0
    kills: int = 0
    paid_twice: int = 0
    duplicate_alerts: int = 0
    faults: list[str] = field(default_factory=list)
    stored: list[tuple[int, frozenset[Product]]] = field(default_factory=list)


def begin(owner: AbstractBaseUser, category: str) -> Run:
    """A queued look of a job on the first products of a category of amazon.fr."""
    from django.utils import timezone

    from discovery.models import SourcingJob
    from discovery.models.sourcing import alert_rule
    from discovery.search.request import read_filters
    from discovery.sourcing.starting import start_run

    asked = read_filters({"marketplace": "fr", "categories": [category], "bsr_max": 100_000})
    SourcingJob.objects.all().delete()
    job = SourcingJob.objects.create(
        owner=owner, name=category, source="niche", marketplace="fr", max_results=PRODUCTS,
        criteria={"filters": asked.canonical()}, alert_rule=alert_rule(verdict="CONSIDER"),
    )  # fmt: skip
    return start_run(job=job, now=timezone.now())


def answer_of(run: Run) -> Any:
    """What must be the same however often the look was interrupted."""
    from discovery.models import Alert, Pick, Sighting

    lines = run.lines.order_by("asin").values_list("asin", "verdict", "landed_cost", "state")
    picks = Pick.objects.order_by("asin").values_list("asin", "cost_kind", "cost", "pick_class")
    told = Alert.objects.order_by("pick__asin").values_list("pick__asin", flat=True)
    return list(lines), list(picks), sorted(set(told)), Sighting.objects.count()


def forget() -> None:
    """As if nothing had ever been asked."""
    from django.apps import apps

    for table in FORGOTTEN:
        apps.get_model("discovery", table).objects.all().delete()


def undisturbed(owner: AbstractBaseUser, case: Case) -> None:
    """Make the look in this process, and keep what it brings."""
    from django_q.models import OrmQ

    from discovery.sourcing.worker import work_on

    forget()
    run = begin(owner, case.category)
    OrmQ.objects.all().delete()
    began = time.monotonic()
    while not run.is_finished:
        work_on(run_id=run.pk)
        run.refresh_from_db()
    OrmQ.objects.all().delete()
    case.seconds, case.answer = time.monotonic() - began, answer_of(run)


def under_fire(
    owner: AbstractBaseUser, case: Case, *, queue: Queue, app: SandboxApp, dice: random.Random
) -> None:
    """Make the look in the queue, shot at until it has ended or the kills are spent."""
    from discovery.models import Alert

    forget()
    app.faults.clear()
    app.faults.push("slow", times=1000, seconds=ANSWER_SECONDS)
    run = begin(owner, case.category)
    deadline = time.monotonic() + PATIENCE
    while not run.is_finished and time.monotonic() < deadline:
        run.refresh_from_db()
        if run.state == run.State.RUNNING and case.kills < KILLS_A_LOOK:
            _shoot(run, case, queue=queue, app=app, dice=dice)
        time.sleep(0.1)
    app.faults.clear()
    calls = list(app.calls)
    case.paid_twice = sum(
        len(_asked(call) & stored) for since, stored in case.stored for call in calls[since:]
    )
    alerts = Alert.objects.count()
    answer = answer_of(run)
    case.duplicate_alerts = alerts - len(answer[2])
    if run.state != run.State.DONE:
        case.faults.append(f"ended {run.state} ({run.failure})")
    names = ("lines", "picks", "alerts", "sightings")
    case.faults += [
        f"other {name}"
        for name, mine, expected in zip(names, answer, case.answer, strict=True)
        if mine != expected
    ]


def _shoot(run: Run, case: Case, *, queue: Queue, app: SandboxApp, dice: random.Random) -> None:
    holder = run.holder
    time.sleep(dice.uniform(0.0, case.seconds + 3 * ANSWER_SECONDS))
    run.refresh_from_db()
    if run.holder != holder:
        return
    if dice.random() < 0.67:
        if not queue.kill_worker():
            return
    else:
        queue.kill_all()
        time.sleep(0.2)
        queue.start()
    case.kills += 1
    case.stored.append((len(app.calls), _stored()))


def _stored() -> frozenset[Product]:
    from discovery.keepa.marketplaces import marketplace_of
    from discovery.models import KeepaProduct

    rows = KeepaProduct.objects.values_list("marketplace", "asin", "has_buy_box")
    found: set[Product] = set()
    for code, asin, has_buy_box in rows:
        domain = str(marketplace_of(code).domain_id)
        found |= {(domain, asin, False)} | ({(domain, asin, True)} if has_buy_box else set())
    return frozenset(found)


def _asked(call: Any) -> frozenset[Product]:
    if call.endpoint != "product" or not call.tokens:
        return frozenset()
    detail = "buybox" in call.params
    asins = call.params["asin"].split(",")
    return frozenset((call.params["domain"], asin, detail) for asin in asins)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks under fire until ``tries`` kills have hit one."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from discovery.models import AlertSettings

    with sandbox() as server:
        settings.KEEPA_BASE_URL, settings.KEEPA_TIMEOUT = server.url, KEEPA_TIMEOUT
        owner = get_user_model().objects.create_user("drill")
        AlertSettings.objects.create(user=owner, daily_cap=1000)
        cases: list[Case] = []
        dice = random.Random(seed)
        queue: Queue | None = None
        try:
            while sum(case.kills for case in cases) < tries:
                case = Case(CATEGORIES[len(cases) % len(CATEGORIES)])
                cases.append(case)
                if queue is not None:
                    queue.kill_all()
                undisturbed(owner, case)
                queue = Queue(server.url)
                under_fire(owner, case, queue=queue, app=server.app, dice=dice)
                print(f"{case.category}: {case.kills} kills {case.faults or 'whole'}", flush=True)
        finally:
            if queue is not None:
                queue.kill_all()
        ledger = settle_the_ledger(server.app)
        kills = sum(case.kills for case in cases)
        missed = sum(case.kills for case in cases if case.faults)
        duplicates = sum(case.duplicate_alerts for case in cases)
        return [
            Row(
                fault="SIGKILL at a look of a job",
                tries=kills,
                survived=kills - missed,
                paid_twice=sum(case.paid_twice for case in cases),
                ledger=ledger,
                charged=server.app.charged_total,
                note=f"{len(cases)} looks, {duplicates} duplicate alerts",
            )
        ]
