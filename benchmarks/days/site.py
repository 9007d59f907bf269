"""A site whose time a benchmark drives: planner, worker, PostgreSQL and sandbox are real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.cache_hit import scratch_database
from benchmarks.days.clock import Clock, driven_clock

if TYPE_CHECKING:
    from discovery.models import Run, SourcingJob
    from discovery.sandbox.server import SandboxApp

BEGIN = datetime(2026, 11, 2, 4, tzinfo=UTC)  # a Monday
RATE = 20  # tokens a minute
BUY_VERDICTS = ("BUY", "STRONG_BUY")


@dataclass(slots=True)
class Site:
    """The site, its sandbox and whose jobs run."""

    clock: Clock
    app: SandboxApp
    owner: Any

    @property
    def now(self) -> datetime:
        """The time everybody is told."""
        return datetime.now(UTC)

    def pass_until(self, end: datetime, *, then: Callable[[], object] = lambda: None) -> None:
        """Let the time pass: due jobs are started by the planner, their runs worked on.

        ``then`` is called after each minute in which something happened.
        """
        while True:
            moment = _next_event() or end
            if moment > end:
                break
            self.clock.move(_up_to_the_minute(max(moment, self.now)))
            _work_a_minute(self.now)
            then()
        self.clock.move(end)


def _up_to_the_minute(moment: datetime) -> datetime:
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + timedelta(minutes=1)


def _next_event() -> datetime | None:
    """When the next job is due, or the next run goes on."""
    from django.db.models import Min

    from discovery.models import Run, SourcingJob

    active = SourcingJob.objects.filter(state=SourcingJob.State.ACTIVE)
    due = active.aggregate(at=Min("next_run_at"))["at"]
    waiting = Run.objects.filter(state=Run.State.WAITING).aggregate(at=Min("resume_at"))["at"]
    queued = Run.objects.filter(state=Run.State.QUEUED).exists()
    moments = [moment for moment in (due, waiting) if moment is not None]
    return datetime.now(UTC) if queued else min(moments, default=None)


def _work_a_minute(now: datetime) -> None:
    from discovery.models import Run
    from discovery.runs.queue import wake_runs
    from discovery.sourcing.planning import plan_minute
    from discovery.sourcing.worker import work_on

    plan_minute(now=now)
    wake_runs(now=now)
    for pk in Run.objects.filter(state=Run.State.QUEUED).values_list("pk", flat=True):
        work_on(run_id=pk)


@contextmanager
def site() -> Iterator[Site]:
    """A site of its own on an empty database, at the beginning."""
    with scratch_database(), driven_clock() as clock:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from django.contrib.auth.models import User

        from discovery.keepa.client import KeepaClient, using_client
        from discovery.profiles.service import ensure_shipped_profiles
        from discovery.sandbox.server import create_app
        from discovery.sandbox.transport import SandboxTransport
        from discovery.sourcing.switches import set_switch

        clock.move(BEGIN)
        ensure_shipped_profiles()
        set_switch(runs_jobs=True, uses_idle_tokens=False)
        app = create_app(refill_rate=RATE, sleep=lambda _seconds: None)
        client = KeepaClient(
            api_key="sandbox",
            base_url="http://sandbox.test",
            transport=SandboxTransport(app),
            sleep=lambda _seconds: None,
        )
        with using_client(client):
            yield Site(clock, app, User.objects.create_user("anne"))
        client.close()


def job(place: Site, **asked: Any) -> SourcingJob:
    """A job as its owner would make it on the page."""
    from discovery.sourcing.job_request import read_job
    from discovery.sourcing.jobs import create_job

    fields = {"name": "Every day", "marketplace": "fr"} | asked
    request = read_job(fields, user=place.owner, localize=False)
    return create_job(owner=place.owner, asked=request, now=place.now)


def runs_of(made: SourcingJob, *, since: datetime | None = None) -> list[Run]:
    """The job's runs, the oldest first. Raises ``AssertionError`` for one that has not ended."""
    from discovery.models import Run

    found = list(Run.objects.filter(job=made).order_by("created_at"))
    assert all(run.state == Run.State.DONE for run in found), [(r.state, r.failure) for r in found]
    return [run for run in found if since is None or run.created_at >= since]


def tokens_of(runs: Sequence[Run]) -> dict[str, int]:
    """What these runs have spent, by what it was spent on."""
    spent: dict[str, int] = {}
    for run in runs:
        for stage in (run.outcome or {})["stages"]:
            spent[stage["name"]] = spent.get(stage["name"], 0) + stage["tokens_spent"]
    assert sum(spent.values()) == sum(run.tokens_spent for run in runs), spent
    return spent


def picks_of(runs: Sequence[Run], *kinds: str) -> set[str]:
    """The products that these runs made a Buy, at costs of these kinds."""
    from discovery.models import Sighting

    found = Sighting.objects.filter(
        run__in=[run.pk for run in runs], verdict__in=BUY_VERDICTS, sourcing=False
    )
    if kinds:
        found = found.filter(cost_kind__in=kinds)
    return set(found.exclude(cost_kind="").values_list("pick__asin", flat=True))
