"""Lists of products: kept as given, priced before anything is spent, then started as a run.

What every run has in common (cancel, resume, delete) is in ``discovery.runs.service``; the work
itself is done by ``discovery.runs.worker``.
"""

from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from discovery.keepa.marketplaces import marketplace_of
from discovery.lists.reading.model import BadLine, Line, ReadList
from discovery.models import Run, RunLine
from discovery.products.identifiers import IdentifierKind
from discovery.profiles.service import ActiveProfile
from discovery.runs.queue import enqueue
from discovery.runs.service import frozen
from discovery.runs.worker import work_on
from discovery.search.quote import quote_list
from discovery.search.score_products import BATCH

LONGEST_NAME = 120


def create_list(*, owner: AbstractBaseUser, name: str, read: ReadList, marketplace: str) -> Run:
    """Keep a list as it was read, bad lines included, to be confirmed by its owner."""
    run = Run(
        kind=Run.Kind.LIST,
        state=Run.State.DRAFT,
        owner_id=owner.pk,
        name=name[:LONGEST_NAME],
        marketplace=marketplace,
        columns=asdict(read.columns),
        total=len(read.lines),
        bad=len(read.bad),
        merged=read.merged,
    )
    given: list[Line | BadLine] = sorted([*read.lines, *read.bad], key=lambda line: line.number)
    with transaction.atomic():
        run.save(force_insert=True)
        RunLine.objects.bulk_create(
            (_row(run, position, line) for position, line in enumerate(given, start=1)),
            batch_size=1000,
        )
    return run


def start_list(*, run: Run, profile: ActiveProfile, marketplace: str) -> Run:
    """Start a list that waits for its confirmation; one that was started is left alone.

    The profile is frozen with it. A short list that costs nothing is answered at once.
    Raises ``UnknownMarketplace``.
    """
    market = marketplace_of(marketplace).code
    free = run.total <= BATCH and quote_list(run=run, profile=profile, marketplace=market).is_free
    with transaction.atomic():
        started = Run.objects.filter(pk=run.pk, state=Run.State.DRAFT).update(
            state=Run.State.QUEUED,
            marketplace=market,
            progressed_at=timezone.now(),
            **frozen(profile),
        )
        if started and not free:
            enqueue(run_id=run.pk)
    if started and free:
        work_on(run_id=run.pk)
    run.refresh_from_db()
    return run


def _row(run: Run, position: int, line: Line | BadLine) -> RunLine:
    row = RunLine(run=run, position=position, number=line.number, text=line.text)
    if isinstance(line, BadLine):
        row.state = RunLine.State.BAD
        row.reason, row.value = line.reason.value, line.value
        return row
    named = line.identifier
    row.asin = named.value if named.kind is IdentifierKind.ASIN else ""
    row.code = named.value if named.kind is IdentifierKind.CODE else ""
    row.cost, row.quantity = line.cost, line.quantity
    row.restored, row.also = line.restored, list(line.also)
    return row
