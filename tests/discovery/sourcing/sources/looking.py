"""Looks of a job's source at the sandbox, one after the other, as a worker makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.keepa.budget import AUTOSOURCING
from discovery.keepa.finder import NicheFilters
from discovery.models import Niche, ScoringCacheEntry, SourcingJob
from discovery.products.scored import ScoredProduct
from discovery.profiles.service import active_profile
from discovery.search.request import read_filters
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, run_funnel
from discovery.sourcing.sources.base import Candidates
from discovery.sourcing.sources.registry import source_of

ASKER = Asker(source="schedule", purpose=AUTOSOURCING)
TOYS = {"marketplace": "fr", "categories": ["Jeux et Jouets"], "bsr_range": [1, 60_000]}


def toys(**changes: Any) -> NicheFilters:
    return read_filters(TOYS | changes)


def job_of(owner: User, source: str, **changes: Any) -> SourcingJob:
    fields: dict[str, Any] = {"name": "Every morning", "marketplace": "fr", "max_results": 40}
    return SourcingJob.objects.create(owner=owner, source=source, **fields | changes)


def niche_job(owner: User, filters: NicheFilters | None = None, **changes: Any) -> SourcingJob:
    asked = filters or toys()
    niche = Niche.objects.create(
        owner=owner, name="Toys", marketplace=asked.marketplace, filters=asked.canonical()
    )
    return job_of(owner, SourcingJob.Source.NICHE, niche=niche, **changes)


def look(job: SourcingJob) -> Candidates:
    """One look, its cursor kept with the job as a worker does."""
    found = source_of(job).look(job, asker=ASKER, now=timezone.now())
    job.cursor = dict(found.cursor)
    job.save(update_fields=["cursor"])
    return found


def buy(
    job: SourcingJob, found: Candidates, *, detail: bool = False
) -> tuple[dict[str, ScoredProduct], int]:
    """The candidates scored, bought where they are not fresh; and the tokens that took.

    With ``detail``, also the Buy Boxes the source wants.
    """
    funnel = Funnel(
        marketplace=job.marketplace,
        profile=active_profile(),
        asker=ASKER,
        wants_detail=source_of(job).wants_detail(job),
    )
    run_funnel(funnel, asins=[*found.asins, *found.unchanged], detail=detail)
    assert funnel.problem is None
    return funnel.products, funnel.tokens_spent


@contextmanager
def later(began: datetime, **time: float) -> Iterator[datetime]:
    """Everybody's clock stands so much later, PostgreSQL's excepted: scores are out of date."""
    ScoringCacheEntry.objects.all().delete()
    with time_machine.travel(began + timedelta(**time), tick=False):
        yield timezone.now()
