"""Forty jobs due at once, several planners and two workers: does each run exactly once?

Three processes and the queue itself plan the same minutes; the queue's two workers make the looks,
in every second round under fire. The jobs of an owner watch the same products, and owners share
some. Missed when a job has not run exactly once or not to its end, when a product is bought twice
by workers that live, when an alert is noted twice or missing, or when the ledger is not the charge.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.drills import job_looks
from benchmarks.drills.mortal_queue import Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import settle_the_ledger

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from discovery.sandbox.server import SandboxApp

ROOT = Path(__file__).resolve().parent.parent.parent
JOBS, OWNERS, PRODUCTS = 40, 4, 30
PLANNERS, WORKERS = 3, 2
MINUTES = 5  # planned at once by each planner
KILLS = 4
PATIENCE = 400.0  # seconds for all to end
ANSWER_SECONDS = 0.5  # how late the sandbox answers
PLAN = """
import sys
from datetime import datetime, timedelta
import django
django.setup()
from discovery.sourcing.planning import plan_minute
print("ready", flush=True)
first = datetime.fromisoformat(sys.stdin.readline().strip())
for minute in range(int(sys.argv[1])):
    plan_minute(now=first + timedelta(minutes=minute))
"""


@dataclass(slots=True)
class Round:
    """Forty due jobs, and what is wrong with how they ran."""

    jobs: int
    kills: int = 0
    bought_again: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def make_jobs(owners: Sequence[User], asins: Sequence[str], *, jobs: int, now: datetime) -> None:
    """Jobs that are all due: those of one owner watch the same products, half of them shared."""
    from discovery.models import AlertSettings, Favourite, SourcingJob
    from discovery.models.sourcing import alert_rule

    each = len(asins) // len(owners)
    far = (now + timedelta(hours=12)).strftime("%H:%M")  # they are due once, whatever the hour
    for number, owner in enumerate(owners):
        AlertSettings.objects.update_or_create(user=owner, defaults={"daily_cap": 10_000})
        own = {*asins[number * each : (number + 1) * each], *asins[: each // 2]}
        Favourite.objects.bulk_create(
            Favourite(user=owner, marketplace="fr", asin=asin) for asin in sorted(own)
        )
    SourcingJob.objects.bulk_create(
        SourcingJob(
            owner=owners[number % len(owners)], name=f"Job {number}", source="favourites",
            marketplace="fr", criteria={"favourites": True, "purchases": False}, times=[far],
            next_run_at=now - timedelta(minutes=number % 7),
            alert_rule=alert_rule(verdict="CONSIDER"),
        )
        for number in range(jobs)
    )  # fmt: skip


def plan_at_once(*, now: datetime, minutes: int, env: Mapping[str, str] = os.environ) -> None:
    """Have several processes plan the same minutes at the same moment."""
    planners = [
        subprocess.Popen(
            [sys.executable, "-c", PLAN, str(minutes)],
            cwd=ROOT, env={**env, "LOG_LEVEL": "CRITICAL"}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(PLANNERS)
    ]  # fmt: skip
    for planner in planners:
        assert planner.stdout is not None
        assert planner.stdout.readline() == "ready\n"
    for planner in planners:
        planner.communicate(now.isoformat() + "\n", timeout=PATIENCE)
        assert planner.returncode == 0


def have_run(
    queue: Queue, *, kills: int, dice: random.Random, longest: float = PATIENCE
) -> tuple[int, list[str]]:
    """Wait until all runs have ended, shooting at workers; the kills, and what is not as it was
    asked for.
    """
    from discovery.models import Run, SourcingJob

    deadline, shot = time.monotonic() + longest, 0
    while time.monotonic() < deadline:
        at_work = Run.objects.filter(state__in=Run.ACTIVE)
        if not at_work.exists():
            break
        time.sleep(dice.uniform(0.1, 3.0) if shot < kills else 0.1)
        if shot < kills and at_work.filter(state=Run.State.RUNNING).exists():
            shot += _kill_one(queue, dice)
    runs = Counter(Run.objects.values_list("job", flat=True))
    states = Counter(Run.objects.values_list("state", flat=True))
    faults = []
    jobs = SourcingJob.objects.count()
    if len(runs) != jobs or set(runs.values()) != {1}:
        faults.append(f"{jobs} jobs have made {runs.total()} runs of {len(runs)} jobs")
    if set(states) != {Run.State.DONE}:
        faults.append(f"ended {dict(states)}")
    faults += _told_wrong()
    return shot, faults


def _kill_one(queue: Queue, dice: random.Random) -> bool:
    workers = queue.workers()
    if workers:
        dice.choice(workers).kill()
    return bool(workers)


def _told_wrong() -> list[str]:
    """What is wrong with the picks, which several jobs have seen, and with their alerts."""
    from django.db.models import Count, F

    from discovery.models import Alert, Pick

    picks = Pick.objects.annotate(seen=Count("sightings"))
    miscounted = picks.exclude(sightings_count=F("seen")).count()
    faults = [f"{miscounted} picks count other sightings than they have"] if miscounted else []
    if not Pick.objects.exists():
        faults.append("nothing was found")
    if untold := Pick.objects.filter(is_above=True, alerts=None).count():
        faults.append(f"{untold} picks above their rule have no alert")
    twice = Alert.objects.count() - Alert.objects.values("pick").distinct().count()
    if twice:
        faults.append(f"{twice} alerts noted twice")
    return faults


def bought_again(calls: Sequence[Any]) -> int:
    """How often a product was bought that had been bought already."""
    paid = Counter(
        (call.params["domain"], asin, "buybox" in call.params)
        for call in calls
        if call.endpoint == "product" and call.tokens
        for asin in call.params["asin"].split(",")
    )
    return paid.total() - len(paid)


def one_round(server: Any, owners: Sequence[User], *, kills: int, dice: random.Random) -> Round:
    """Forty jobs from nothing, planned and worked on."""
    from django.apps import apps
    from django.utils import timezone

    from discovery.keepa.client import get_client
    from discovery.models import Favourite, PlannerTick

    app: SandboxApp = server.app
    for table in job_looks.FORGOTTEN:
        apps.get_model("discovery", table).objects.all().delete()
    PlannerTick.objects.all().delete()
    Favourite.objects.all().delete()
    get_client().token_status()  # the plan is known
    live = [product.asin for product in app.catalogue.store(4).live]
    asins, now = dice.sample(live, PRODUCTS * OWNERS), timezone.now()
    make_jobs(owners, asins, jobs=JOBS, now=now)
    app.faults.clear()
    app.faults.push("slow", times=1000, seconds=ANSWER_SECONDS)
    began, before = time.monotonic(), len(app.calls)
    queue = Queue(server.url, workers=WORKERS)
    try:
        plan_at_once(now=now, minutes=MINUTES)
        shot, faults = have_run(queue, kills=kills, dice=dice)
    finally:
        queue.kill_all()
        app.faults.clear()
    again = bought_again(list(app.calls)[before:])
    if again and not shot:
        faults.append(f"{again} products bought twice")
    return Round(JOBS, shot, again, time.monotonic() - began, faults)


def drill(*, tries: int, seed: int) -> list[Row]:
    """A round without and one with kills for every twenty tries."""
    from django.contrib.auth.models import User

    dice, rounds = random.Random(seed), list[Round]()
    owners = [User.objects.create_user(f"owner{number}") for number in range(OWNERS)]
    with job_looks.sandbox() as server:
        for number in range(2 * max(tries // 20, 1)):
            made = one_round(server, owners, kills=KILLS * (number % 2), dice=dice)
            rounds.append(made)
            print(
                f"{made.jobs} jobs, {made.kills} kills, {made.seconds:.0f} s, "
                f"{made.bought_again} bought again: {made.faults or 'whole'}",
                flush=True,
            )
        ledger, charged = settle_the_ledger(server.app), server.app.charged_total
    quiet = [made for made in rounds if not made.kills]
    return [
        Row(
            fault=f"{JOBS} jobs due at once, {PLANNERS} planners, {WORKERS} workers",
            tries=sum(made.jobs for made in rounds),
            survived=sum(made.jobs for made in rounds if not made.faults),
            paid_twice=sum(made.bought_again for made in quiet),
            ledger=ledger,
            charged=charged,
            note=f"{len(rounds)} rounds, {sum(made.kills for made in rounds)} kills; "
            f"{sum(made.bought_again for made in rounds)} products bought again after a kill",
        )
    ]
