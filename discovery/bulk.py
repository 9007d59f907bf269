"""Lists of products: kept as given, priced before anything is spent, started, stopped, resumed.

The work itself is done in the background, by ``discovery.bulk_runs``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from discovery.bulk_runs import TASK, analyse, has_gone_silent
from discovery.funnel import BATCH
from discovery.identifiers import IdentifierKind
from discovery.keepa import costs
from discovery.keepa.marketplaces import marketplace_of
from discovery.listing import BadLine, Line, ReadList
from discovery.models import (
    KeepaProduct,
    ListLine,
    ProductCode,
    ProductList,
    ScoringCacheEntry,
)
from discovery.profiles import ActiveProfile
from discovery.scored import score_key
from discovery.search import DETAIL_COST

State = ProductList.State
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class ListQuote:
    """What the lines still to be analysed would cost now.

    ``code_tokens`` finds the products of EAN and UPC codes (and buys their data), ``detail_tokens``
    is the most the Buy Box stage can add, ``known`` are products whose data is at hand.
    """

    code_tokens: int
    product_tokens: int
    detail_tokens: int
    known: int

    @property
    def total(self) -> int:
        return self.code_tokens + self.product_tokens

    @property
    def most(self) -> int:
        return self.total + self.detail_tokens

    @property
    def is_free(self) -> bool:
        return self.most == 0


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


def quote_list(*, listed: ProductList, profile: ActiveProfile, marketplace: str) -> ListQuote:
    """Price what is still to be analysed, in four statements, spending nothing."""
    now = timezone.now()
    lines = listed.lines.filter(state=ListLine.State.PENDING).values_list("code", "asin", "cost")
    wanted = [(code, asin, cost) for code, asin, cost in lines]
    codes = {code for code, asin, _cost in wanted if code and not asin}
    resolved = dict(
        ProductCode.objects.filter(marketplace=marketplace, code__in=codes).values_list(
            "code", "asin"
        )
    )
    asked = {(asin or resolved.get(code, ""), cost) for code, asin, cost in wanted}
    asins = {asin for asin, _cost in asked if asin}
    fresh = KeepaProduct.objects.filter(
        marketplace=marketplace, asin__in=asins, fetched_at__gt=now - settings.SCORING_TTL
    )
    stored = {
        asin: has_buy_box or not is_usable
        for asin, has_buy_box, is_usable in fresh.values_list("asin", "has_buy_box", "is_usable")
    }
    keys = {
        score_key(
            asin=asin,
            marketplace=marketplace,
            fingerprint=profile.settings.fingerprint,
            cost=cost,
        ): asin
        for asin, cost in asked
        if asin
    }
    scores = ScoringCacheEntry.objects.filter(cache_key__in=keys, expires_at__gt=now)
    scored = dict(scores.values_list("cache_key", "breakdown__detail_due"))
    settled = {keys[key] for key, due in scored.items() if due is False}
    unknown_codes = len(codes - resolved.keys())
    to_buy = asins - stored.keys() - {keys[key] for key in scored}
    complete = settled | {asin for asin, is_complete in stored.items() if is_complete}
    return ListQuote(
        code_tokens=costs.product_cost(unknown_codes),
        product_tokens=costs.product_cost(len(to_buy)),
        detail_tokens=DETAIL_COST * (len(asins - complete) + unknown_codes),
        known=len(asins) - len(to_buy),
    )


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
