"""Lists of products: kept as given, priced before anything is spent, started, stopped, resumed.

The work itself is done in the background, by ``discovery.runs.worker``.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from discovery.keepa.marketplaces import marketplace_of
from discovery.lists.reading.model import BadLine, Line, ReadList
from discovery.models import ListLine, ProductList
from discovery.products.identifiers import IdentifierKind
from discovery.profiles.service import ActiveProfile
from discovery.runs.worker import TASK, analyse, has_gone_silent
from discovery.search.quote import quote_list
from discovery.search.score_products import BATCH

State = ProductList.State
LONGEST_NAME = 120


def create_list(
    *, owner: AbstractBaseUser, name: str, read: ReadList, marketplace: str
) -> ProductList:
    """Keep a list as it was read, bad lines included, to be confirmed by its owner."""
    listed = ProductList(
        owner_id=owner.pk,
        name=name[:LONGEST_NAME],
        marketplace=marketplace,
        columns=asdict(read.columns),
        total=len(read.lines),
        bad=len(read.bad),
        merged=read.merged,
    )
    given: list[Line | BadLine] = sorted([*read.lines, *read.bad], key=lambda one: one.number)
    with transaction.atomic():
        listed.save(force_insert=True)
        ListLine.objects.bulk_create(
            (_row(listed, position, one) for position, one in enumerate(given, start=1)),
            batch_size=1000,
        )
    return listed


def start_list(*, listed: ProductList, profile: ActiveProfile, marketplace: str) -> ProductList:
    """Start a list that waits for its confirmation; one that was started is left alone.

    The profile is frozen with it. A short list that costs nothing is answered at once.
    Raises ``UnknownMarketplace``.
    """
    market = marketplace_of(marketplace).code
    free = (
        listed.total <= BATCH
        and quote_list(listed=listed, profile=profile, marketplace=market).is_free
    )
    now = timezone.now()
    with transaction.atomic():
        started = ProductList.objects.filter(pk=listed.pk, state=State.DRAFT).update(
            state=State.QUEUED,
            marketplace=market,
            profile_id=profile.pk,
            profile_revision=profile.revision,
            profile_settings=profile.settings.to_settings(),
            started_at=now,
            progressed_at=now,
        )
        if started and not free:
            _enqueue(listed.pk)
    if started and free:
        analyse(list_id=listed.pk)
    listed.refresh_from_db()
    return listed


def resume_list(*, listed: ProductList) -> bool:
    """Go on with a list that waits, failed, was cancelled or whose worker died.

    Returns whether there was anything to resume. Nothing already bought is bought again.
    """
    now = timezone.now()
    if has_gone_silent(listed, now=now):
        stopped = ProductList.objects.filter(pk=listed.pk, holder=listed.holder)
    else:
        stopped = ProductList.objects.filter(pk=listed.pk, state__in=ProductList.RESUMABLE)
    with transaction.atomic():
        resumed = stopped.update(
            state=State.QUEUED,
            holder=None,
            cancel_requested=False,
            failure=None,
            resume_at=None,
            finished_at=None,
            attempts=0,
            started_at=now,
            progressed_at=now,
            done_before=listed.done,
        )
        if resumed:
            _enqueue(listed.pk)
    return bool(resumed)


def cancel_list(*, listed: ProductList) -> bool:
    """Stop a list: at once when nothing is under way, else before the next call to Keepa.

    Returns whether there was anything to stop. What was analysed is kept.
    """
    idle = ProductList.objects.filter(pk=listed.pk, state__in=(State.QUEUED, State.WAITING))
    stopped = idle.update(
        state=State.CANCELLED, cancel_requested=True, finished_at=timezone.now(), resume_at=None
    )
    running = ProductList.objects.filter(pk=listed.pk, state=State.RUNNING)
    return bool(stopped or running.update(cancel_requested=True))


def delete_list(*, listed: ProductList) -> None:
    """Remove a list and its lines; a worker that is at it stops at its next step."""
    listed.delete()


def time_left(listed: ProductList) -> timedelta | None:
    """How long the rest takes at the pace so far; ``None`` until there is a pace."""
    done = listed.done - listed.done_before
    if not listed.is_active or done <= 0 or not listed.started_at or not listed.progressed_at:
        return None
    return (listed.progressed_at - listed.started_at) / done * (listed.total - listed.done)


def _enqueue(list_id: UUID) -> None:
    async_task(TASK, str(list_id), task_name=f"list {list_id}")


def _row(listed: ProductList, position: int, one: Line | BadLine) -> ListLine:
    row = ListLine(product_list=listed, position=position, number=one.number, text=one.text)
    if isinstance(one, BadLine):
        row.state = ListLine.State.BAD
        row.reason, row.value = one.reason.value, one.value
        return row
    named = one.identifier
    row.asin = named.value if named.kind is IdentifierKind.ASIN else ""
    row.code = named.value if named.kind is IdentifierKind.CODE else ""
    row.cost, row.quantity = one.cost, one.quantity
    row.restored, row.also = one.restored, list(one.also)
    return row
