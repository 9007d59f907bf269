"""Looks of jobs that drills disturb: one of every source, what comes of it, what it told and paid.

Each look is first made undisturbed, then again from nothing while a drill does its worst. All are
on amazon.fr of a sandbox whose world stands still, so that both see the same. Alerts go to a
receiver of this machine over the real outbox.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from benchmarks.drills.job_purchases import Bought, asked_by, stored_now
from benchmarks.drills.mortal_queue import KEEPA_TIMEOUT, Queue
from benchmarks.drills.receiving import Receiver, receiver
from benchmarks.drills.report import Row
from benchmarks.drills.searches import settle_the_ledger

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

PRODUCTS = 60
ANSWER_SECONDS = 1.0  # how late the sandbox answers
PATIENCE = 420.0  # seconds for a look to end, at most
NEWS = 25  # products new with each seller: all are looked at, whichever was asked first
PATIENT = 120  # seconds for an answer that nothing delays
SHOPS = ("A0617743044000", "A0620397479761")  # of the sandbox's amazon.fr
FORGOTTEN = (
    "Run", "AlertDelivery", "Alert", "Pick", "SourcingJob", "Storefront", "DiscoveryCacheEntry",
    "ScoringCacheEntry", "KeepaProduct", "DiscoveryLease",
)  # fmt: skip
DEALS = {"price_type": "NEW", "drop_percent": 15, "range": 3, "bsr_max": 150_000, "pages": 2}


@dataclass(slots=True)
class Case:
    """One look: what came of it undisturbed, and how it ended under fire.

    ``known`` is what the sellers of a look at sellers are known to offer; ``stored`` is what was
    paid for and stored after so many of the sandbox's calls.
    """

    name: str
    source: str
    criteria: dict[str, Any] = field(default_factory=dict)
    known: dict[str, list[str]] = field(default_factory=dict)
    answer: Any = None
    seconds: float = 0.0
    price: int = 0
    hits: int = 0
    paid_twice: int = 0
    duplicate_alerts: int = 0
    repeats: int = 0
    faults: list[str] = field(default_factory=list)
    stored: list[tuple[frozenset[Bought], int]] = field(default_factory=list)


# --- where it happens -----------------------------------------------------------------------------


@contextmanager
def sandbox(*, tokens: int = 6000) -> Iterator[Any]:
    """A sandbox on a socket whose bucket never fills and whose products stay as they are."""
    from django.conf import settings

    from discovery.keepa.client import KeepaClient, using_client
    from discovery.sandbox.answers import Answers
    from discovery.sandbox.serve import SandboxServer
    from discovery.sandbox.server import create_app
    from discovery.sandbox.times import utc_now

    app, began = create_app(refill_rate=300, tokens=tokens), utc_now()
    app.answers = Answers(app.catalogue, lambda: began)
    with SandboxServer(app) as server:
        os.environ["KEEPA_BASE_URL"] = settings.KEEPA_BASE_URL = server.url
        settings.KEEPA_TIMEOUT = KEEPA_TIMEOUT
        # What is not disturbed may take its time: the sandbox's first answers do.
        client = KeepaClient(api_key="sandbox", base_url=server.url, timeout=PATIENT)
        with using_client(client):
            yield server


@contextmanager
def somebody() -> Iterator[tuple[User, Receiver]]:
    """The owner of the jobs, and what arrives of what they are told."""
    from django.conf import settings
    from django.contrib.auth.models import User

    from discovery.models import AlertSettings, Favourite
    from discovery.sourcing.alerts.channels import add_channel

    os.environ["ALERTS_ALLOW_PRIVATE_ADDRESSES"] = "true"
    settings.ALERTS_ALLOW_PRIVATE_ADDRESSES = True
    with receiver() as got:
        owner = User.objects.create_user("drill")
        add_channel(owner=owner, name="drill", address=got.address)
        AlertSettings.objects.update_or_create(user=owner, defaults={"daily_cap": 10_000})
        yield owner, got
        Favourite.objects.filter(user=owner).delete()


def cases(app: SandboxApp, owner: User) -> Iterator[Case]:
    """Looks without end, of each source in turn."""
    from discovery.keepa.client import get_client
    from discovery.models import Favourite
    from discovery.search.request import read_filters

    live = [product.asin for product in app.catalogue.store(4).live]
    Favourite.objects.bulk_create(
        Favourite(user=owner, marketplace="fr", asin=asin) for asin in islice(live, 0, 900, 15)
    )
    offered = {
        shop: list(get_client().storefront(shop, marketplace="fr", purpose="interactive").asins)
        for shop in SHOPS
    }
    while True:
        for category in ("High-Tech", "Jeux et Jouets", "Cuisine et Maison", "Bricolage"):
            asked = read_filters(
                {"marketplace": "fr", "categories": [category], "bsr_max": 100_000}
            )
            yield Case(category, "niche", {"filters": asked.canonical()})
            yield Case("deals", "deals", DEALS)
            known = {shop: asins[NEWS:] for shop, asins in offered.items()}
            yield Case("sellers", "sellers", {"sellers": list(SHOPS)}, known)
            yield Case("favourites", "favourites", {"favourites": True, "purchases": False})


# --- one look -------------------------------------------------------------------------------------


def begin(owner: User, case: Case) -> Run:
    """A queued look of a job, as if nothing had ever been asked before."""
    from django.apps import apps
    from django.utils import timezone

    from discovery.models import SourcingJob, Storefront
    from discovery.models.sourcing import alert_rule
    from discovery.sourcing.starting import start_run

    for table in FORGOTTEN:
        apps.get_model("discovery", table).objects.all().delete()
    now = timezone.now()
    before = now - timedelta(days=2)
    for shop, asins in case.known.items():
        Storefront.objects.create(
            marketplace="fr", seller_id=shop, known=asins, looked_at=before, total=len(asins)
        )
    job = SourcingJob.objects.create(
        owner=owner, name=case.name, source=case.source, marketplace="fr", criteria=case.criteria,
        max_results=PRODUCTS, alert_rule=alert_rule(verdict="CONSIDER"),
        cursor=dict.fromkeys(case.known, before.isoformat()),
    )  # fmt: skip
    return start_run(job=job, now=now)


def undisturbed(owner: User, case: Case, app: SandboxApp) -> None:
    """Make the look in this process, and keep what it brings and costs."""
    from django_q.models import OrmQ

    from discovery.sourcing.worker import work_on

    app.faults.clear()
    before, run = app.charged_total, begin(owner, case)
    OrmQ.objects.all().delete()
    began = time.monotonic()
    while work_on(run_id=run.pk):
        run.refresh_from_db()
    OrmQ.objects.all().delete()
    case.seconds, case.answer = time.monotonic() - began, answer_of(run)
    case.price = app.charged_total - before
    assert (run.state, run.tokens_spent) == (run.State.DONE, case.price), run.failure


def answer_of(run: Run) -> Mapping[str, Any]:
    """What must be the same however often the look was interrupted."""
    from discovery.models import Alert, Pick, Sighting

    lines = run.lines.order_by("asin").values_list("asin", "verdict", "landed_cost", "state")
    picks = Pick.objects.order_by("asin").values_list(
        "asin", "cost_kind", "cost", "pick_class", "sightings_count"
    )
    told = Alert.objects.order_by("pick__asin").values_list("pick__asin", flat=True)
    return {
        "lines": list(lines),
        "picks": list(picks),
        "alerts": sorted(set(told)),
        "sightings": Sighting.objects.count(),
        "source": _without_times((run.outcome or {}).get("source")),
        "found": (run.found, run.total, run.done),
    }


def _without_times(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _without_times(said) for name, said in told.items() if name != "looked_at"}
    return [_without_times(said) for said in told] if isinstance(told, list) else told


@dataclass(slots=True)
class Fire:
    """What a drill does to one look, ``most`` times; ``disturb`` is called until it has ended."""

    case: Case
    run: Run
    queue: Queue
    app: SandboxApp
    dice: random.Random
    most: int

    def begin(self) -> None:
        """Before the queue starts: Keepa is slow, so that calls under way are hit."""
        self.app.faults.push("slow", times=1000, seconds=ANSWER_SECONDS)

    def disturb(self) -> None:
        """Do one's worst, or nothing for now."""
        raise NotImplementedError

    def end(self) -> None:
        """The look has ended."""
        self.app.faults.clear()

    def hits_the_look(self) -> bool:
        """Wait for a random moment of the work; whether the same worker is still at it."""
        run = self.run
        if run.state != run.State.RUNNING or self.case.hits >= self.most:
            return False
        holder = run.holder
        time.sleep(self.dice.uniform(0.0, min(self.case.seconds, 2.0) + 5 * ANSWER_SECONDS))
        run.refresh_from_db()
        return run.holder == holder

    def has_hit(self) -> None:
        """Count it; whatever is stored by now must not be bought from here on."""
        self.case.hits += 1
        note_stored(self.case, self.app)


def under_fire(fault: str, *, kind: type[Fire], tries: int, most: int, seed: int) -> Row:
    """Disturb looks of every source, each up to ``most`` times, until ``tries`` have hit one."""
    dice, done = random.Random(seed), list[Case]()
    with sandbox() as server, somebody() as (owner, got):
        app = server.app
        for case in cases(app, owner):
            left = tries - sum(before.hits for before in done)
            if left <= 0:
                break
            done.append(case)
            undisturbed(owner, case, app)
            run, queue = begin(owner, case), Queue(server.url, starts=False)
            fire = kind(case, run, queue, app, dice, min(left, most))
            fire.begin()
            queue.start()
            try:
                _until_its_end(fire)
                fire.end()
                queue.stop()
            finally:
                queue.kill_all()
            judge(case, run, app, got)
            print(f"{case.name}: hit {case.hits} times: {case.faults or 'whole'}", flush=True)
        ledger = settle_the_ledger(app)
        return summed(fault, done, ledger=ledger, charged=app.charged_total)


def _until_its_end(fire: Fire) -> None:
    deadline = time.monotonic() + PATIENCE
    while not fire.run.is_finished and time.monotonic() < deadline:
        fire.disturb()
        time.sleep(0.1)
        fire.run.refresh_from_db()


def note_stored(case: Case, app: SandboxApp) -> None:
    """From here on whatever is stored by now must not be bought."""
    stored = stored_now()
    case.stored.append((stored, len(app.calls)))


def judge(case: Case, run: Run, app: SandboxApp, got: Receiver) -> None:
    """Write down what is wrong with the look, and send what is still to be sent of it."""
    from discovery.models import Alert, AlertDelivery

    calls = list(app.calls)
    case.paid_twice = sum(
        len(asked_by(call) & stored) for stored, since in case.stored for call in calls[since:]
    )
    answer = answer_of(run)
    case.duplicate_alerts = Alert.objects.count() - len(answer["alerts"])
    if run.state != run.State.DONE:
        case.faults.append(f"ended {run.state} ({run.failure})")
    case.faults += [f"other {name}" for name in answer if answer[name] != case.answer[name]]
    # What was lost is counted, and no stage has it.
    told = (run.outcome or {}).get("tokens") or {}
    if not case.price <= sum(told.values()) <= run.tokens_spent:
        case.faults.append(f"says {told} of {run.tokens_spent} tokens, instead of {case.price}")
    _send_the_rest()
    arrived = Counter(message["message"].partition("(")[2][:10] for message in got.messages)
    case.repeats = sum(times - 1 for times in arrived.values())
    counted = sum(AlertDelivery.objects.values_list("repeats", flat=True))
    if missing := set(answer["alerts"]).difference(arrived):
        case.faults.append(f"{len(missing)} alerts have not arrived")
    if case.repeats > counted + case.duplicate_alerts:
        case.faults.append(f"{case.repeats} arrived again, {counted} counted")
    got.messages.clear()


def _send_the_rest() -> None:
    from django.utils import timezone

    from discovery.models import AlertDelivery
    from discovery.sourcing.alerts.delivery import LEFT_BEHIND, deliver_due

    is_open = AlertDelivery.objects.filter(state__in=("pending", "sending"))
    deadline = time.monotonic() + PATIENCE
    while is_open.exists() and time.monotonic() < deadline:
        deliver_due(now=timezone.now() + 2 * LEFT_BEHIND)


def summed(fault: str, done: Sequence[Case], *, ledger: int, charged: int) -> Row:
    """The row of the report: a hit is survived when all of its look is as it should be."""
    hits = sum(case.hits for case in done)
    missed = sum(case.hits for case in done if case.faults)
    alerts = sum(len(case.answer["alerts"]) for case in done)
    return Row(
        fault=fault,
        tries=hits,
        survived=hits - missed,
        paid_twice=sum(case.paid_twice for case in done),
        ledger=ledger,
        charged=charged,
        note=(
            f"{len(done)} looks; {alerts} alerts, {sum(case.duplicate_alerts for case in done)} "
            f"noted twice, {sum(case.repeats for case in done)} arrived twice"
        ),
    )
