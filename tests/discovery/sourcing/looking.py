"""Jobs whose looks are worked on in a test, over the sandbox of its own."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import Run, SourcingJob
from discovery.products import store
from discovery.runs.queue import wake_runs
from discovery.search.request import read_filters
from discovery.search.score_products import WantsDetail, as_promising
from discovery.sourcing.sources.base import Candidates
from discovery.sourcing.starting import start_run
from discovery.sourcing.worker import work_on

State = Run.State
LONG = 600.0  # seconds: a turn that ends with its run
# A niche of amazon.fr with purchases of several kinds among its first products.
ELECTRONICS = {"marketplace": "fr", "categories": ["High-Tech"], "bsr_max": 100_000}


def niche_job(owner: User, *, most: int = 25, **changes: Any) -> SourcingJob:
    """A job on the first products of a niche of its own."""
    fields: dict[str, Any] = {
        "name": "High-tech",
        "source": SourcingJob.Source.NICHE,
        "marketplace": "fr",
        "criteria": {"filters": read_filters(ELECTRONICS).canonical()},
        "max_results": most,
    }
    return SourcingJob.objects.create(owner=owner, **fields | changes)


def begin(job: SourcingJob) -> Run:
    """A queued run of the job."""
    return start_run(job=SourcingJob.objects.get(pk=job.pk), now=timezone.now())


def work(run: Run, *, work_for: float = LONG) -> Run:
    """The run after one turn."""
    work_on(run_id=run.pk, work_for=work_for)
    run.refresh_from_db()
    return run


def look(job: SourcingJob) -> Run:
    """A run of the job, worked on to its end or until it waits."""
    return work(begin(job))


def go_on(run: Run) -> Run:
    """The wait is over, and the run is worked on."""
    Run.objects.filter(pk=run.pk, state=State.WAITING).update(
        resume_at=timezone.now() - timedelta(seconds=1)
    )
    wake_runs(now=timezone.now())
    return work(run)


def told_by(run: Run) -> dict[str, Any]:
    assert run.outcome is not None
    return dict(run.outcome)


def times_paid(keepa: Any) -> Counter[tuple[str, str, bool]]:
    """How often each product was bought: store, ASIN, and whether with its Buy Box."""
    return Counter(
        (call.params["domain"], asin, "buybox" in call.params)
        for call in keepa.calls
        if call.endpoint == "product" and call.status == 200
        for asin in call.params["asin"].split(",")
    )


class Given:
    """A source that brings what a test tells it to, without a token."""

    def __init__(self, *asins: str, **others: Any) -> None:
        self.candidates = Candidates(asins=asins, **others)

    def look(self, job: SourcingJob, **_asked: Any) -> Candidates:
        return self.candidates

    def expected_tokens(self, job: SourcingJob, **_asked: Any) -> int:
        return len(self.candidates.asins)

    def look_tokens(self, job: SourcingJob) -> int:
        return 0

    def wants_detail(self, job: SourcingJob) -> WantsDetail:
        return as_promising


def known(marketplace: str, asin: str) -> store.StoredProduct:
    product = store.product_of(marketplace=marketplace, asin=asin)
    assert product is not None
    return product
