"""Candidates of a niche: all of it at first, then only what has changed since the last look.

A later look asks the Product Finder twice: what of the niche Keepa has looked at since a moment,
then the list itself. What is on the list, is stored and was not looked at again is as good as
bought now. That moment is chosen so that this holds for as many products as possible: buying a
product can make Keepa look at it, and what was bought one by one has no common moment of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from discovery import cache
from discovery.keepa import costs
from discovery.keepa.changes import changed_selection, keepa_minute
from discovery.keepa.client import get_client
from discovery.keepa.errors import InvalidFilters, KeepaError, QuestionRefused
from discovery.keepa.finder import NicheFilters
from discovery.models import SourcingJob
from discovery.products import store
from discovery.search.find_asins import find_asins, list_anew
from discovery.search.results import Asker, Discovery
from discovery.search.score_products import WantsDetail
from discovery.sourcing.sources.base import (
    Candidates,
    SourceGone,
    cheap_now,
    is_worth_a_first_look,
)
from discovery.sourcing.sources.calls import Calls

# Time goes on for means and counts of a product nobody looks at: it is bought again by then.
BOUGHT_ANEW_AFTER = timedelta(days=3)
# Between our clock and Keepa's, and between its looking and its telling so.
MARGIN = timedelta(minutes=5)
# Keepa looks at a product again after about an hour at the earliest (``update`` of /product).
QUIET = 45  # minutes
# A list this new is somebody else's of the same niche, due at the same time.
SAME_LIST_FOR = timedelta(minutes=5)
USUAL_CHURN = 0.15  # of the products, between two looks of a day


class Span(NamedTuple):
    """The Keepa minutes, both included, from which a product's changes can be asked for.

    Asked from before ``first``, Keepa names it for the very look that we know; from after ``last``,
    a look in between would stay unknown.
    """

    first: int
    last: int


class NicheSource:
    """The first products of the job's niche, as many as the job takes, in the niche's order."""

    def look(self, job: SourcingJob, *, asker: Asker, now: datetime) -> Candidates:
        """As ``Source.look``. Raises ``SourceGone`` for a niche deleted or no longer readable."""
        filters = filters_of(job)
        before: Sequence[str] = job.cursor.get("asins", ())
        calls = Calls(job, now=now)
        if before:
            again = look_again(
                filters, before=before, most=job.max_results, asker=asker, now=now, calls=calls
            )
            found, unchanged = again.found, again.unchanged
        else:
            try:
                found = find_asins(filters=filters, purpose=asker.purpose, holder=asker.holder)
            except InvalidFilters as refused:
                raise QuestionRefused(tokens_spent=calls.spent + refused.tokens_spent) from refused
            except KeepaError as error:
                error.tokens_spent += calls.spent
                raise
            calls.keep("list", spent=found.tokens_spent)
            unchanged = frozenset()
        return _candidates(
            job,
            found,
            unchanged=unchanged,
            now=now,
            spent=calls.spent,
            # What is at hand by now may have been bought by this very look.
            saved=0 if calls.goes_on else found.tokens_saved + costs.product_cost(len(unchanged)),
        )

    def expected_tokens(self, job: SourcingJob, *, now: datetime) -> int:
        """As ``Source.expected_tokens``, no Buy Box included."""
        wanted = job.max_results
        listed = job.cursor.get("listed")
        if listed is None:
            entry = cache.peek_discovery(cache_key=filters_of(job).cache_key)
            products = min(wanted, len(entry.asins)) if entry else wanted
            whole = 0 if entry else costs.finder_cost(settings.DISCOVERY_PAGE_SIZE)
            return whole + costs.product_cost(products)
        products = min(wanted, len(job.cursor.get("asins", ())))
        changed = round(products * USUAL_CHURN)
        all_changed = round(listed * USUAL_CHURN)
        by_difference = costs.finder_cost(all_changed) + costs.product_cost(changed)
        return costs.finder_cost(listed) + min(by_difference, costs.product_cost(products))

    def look_tokens(self, job: SourcingJob) -> int:
        """As ``Source.look_tokens``: what has changed, and the list."""
        return 2 * costs.finder_cost(settings.DISCOVERY_PAGE_SIZE)

    def wants_detail(self, job: SourcingJob) -> WantsDetail:
        """As ``Source.wants_detail``: at first of more, later of what is cheap now."""
        return cheap_now(job) if job.cursor.get("looks", 0) > 1 else is_worth_a_first_look


class Again(NamedTuple):
    """A list asked for anew, and which of its products are as good as bought now."""

    found: Discovery
    unchanged: frozenset[str]


def look_again(
    filters: NicheFilters,
    *,
    before: Sequence[str],
    most: int,
    asker: Asker,
    now: datetime,
    calls: Calls,
) -> Again:
    """Ask for the list, and what of it has changed where that spares tokens; unchanged products are
    confirmed.

    ``before`` are the products of interest at the last look, ``most`` how many of the list are now.
    What was spent stands in ``calls``, which a look broken off and gone on with has made already.
    Raises ``KeepaError`` with all that was spent.
    """
    try:
        # Before the list: what changes between the two calls is on neither side wrong.
        since, changed = _changed(filters, before=before, calls=calls, asker=asker, now=now)
        found = list_anew(
            filters=filters,
            purpose=asker.purpose,
            newer_than=now - SAME_LIST_FOR,
            holder=asker.holder,
        )
    except InvalidFilters as refused:
        raise QuestionRefused(tokens_spent=calls.spent + refused.tokens_spent) from refused
    except KeepaError as error:
        error.tokens_spent += calls.spent
        raise
    calls.keep("list", spent=found.tokens_spent)
    unchanged: frozenset[str] = frozenset()
    if since is not None and changed is not None:
        known = _spans(filters.marketplace, found.asins[:most], now=now)
        unchanged = frozenset(
            asin
            for asin, span in known.items()
            if span.first <= since <= span.last and asin not in changed
        )
        store.confirm_unchanged(marketplace=filters.marketplace, asins=sorted(unchanged), now=now)
    return Again(found, unchanged)


def filters_of(job: SourcingJob) -> NicheFilters:
    """What the job's niche asks now; of a job without a niche, what the job itself keeps.

    Raises ``SourceGone``: ``niche_gone`` (deleted, or no longer shared with the job's owner),
    ``niche_elsewhere`` (of another marketplace by now), ``niche_unreadable``.
    """
    niche = job.niche
    if niche is not None:
        is_open = niche.owner_id == job.owner_id or niche.shared
        if niche.deleted_at is not None or not is_open:
            raise SourceGone("niche_gone")
    stored = niche.filters if niche is not None else job.criteria.get("filters")
    if not stored:
        raise SourceGone("niche_gone")
    try:
        filters = NicheFilters.from_canonical(stored)
    except InvalidFilters:
        raise SourceGone("niche_unreadable") from None
    if filters.marketplace != job.marketplace:
        raise SourceGone("niche_elsewhere")
    return filters


def best_moment(spans: Iterable[Span]) -> tuple[int, int] | None:
    """The minute that lies in most of the spans, the latest of such, and in how many it lies."""
    listed = list(spans)
    # Between two ends the number only grows: where most spans lie, one of them ends.
    ends = sorted({span.last for span in listed}, reverse=True)
    counted = [(sum(span.first <= end <= span.last for span in listed), end) for end in ends]
    most = max(counted, default=None)
    return (most[1], most[0]) if most else None


def _spans(marketplace: str, asins: Sequence[str], *, now: datetime) -> Mapping[str, Span]:
    """From when to ask for changes of each product that is stored and need not be bought anew."""
    # What is confirmed counts as known for a while: it is not confirmed for longer than it may.
    oldest = now - BOUGHT_ANEW_AFTER + settings.SCORING_TTL
    known = store.known_products(marketplace=marketplace, asins=asins, newer_than=oldest)
    spans = {}
    for product in known.products:
        if product.fetched_at > oldest:
            seen = keepa_minute(product.seen_at)
            last = max(seen + QUIET, keepa_minute(product.known_at - MARGIN))
            spans[product.asin] = Span(seen + 1, last)
    return spans


def _worth_asking_since(marketplace: str, asins: Sequence[str], *, now: datetime) -> int | None:
    """From which Keepa minute to ask for changes; ``None`` where that spares no token.

    What is fresh costs nothing anyway, and what was looked at is bought either way.
    """
    spans = _spans(marketplace, asins, now=now)
    best = best_moment(spans.values())
    if best is None:
        return None
    fresh = store.known_products(
        marketplace=marketplace, asins=asins, newer_than=now - settings.SCORING_TTL
    )
    at_hand = {product.asin for product in fresh.products}
    since = best[0]
    spared = sum(
        asin not in at_hand and span.first <= since <= span.last for asin, span in spans.items()
    )
    few_changed = costs.finder_cost(round(len(asins) * USUAL_CHURN))
    return since if spared * (1 - USUAL_CHURN) > few_changed else None


def _changed(
    filters: NicheFilters, *, before: Sequence[str], calls: Calls, asker: Asker, now: datetime
) -> tuple[int | None, frozenset[str] | None]:
    """From when on it pays to ask, and what of the niche Keepa has looked at since.

    ``None`` where it does not pay, and where that is more than one call lists.
    """
    name, per_page = f"changed_{filters.cache_key}", settings.DISCOVERY_PAGE_SIZE
    if (told := calls.answer(name)) is None:
        since = _worth_asking_since(filters.marketplace, before, now=now)
        if since is None:
            return None, None
        answer = get_client().find(
            changed_selection(filters, since=since, per_page=per_page),
            marketplace=filters.marketplace,
            purpose=asker.purpose,
        )
        told = {"since": since, "asins": list(answer.asins)}
        calls.keep(name, spent=answer.tokens_spent, answer=told)
    is_whole = len(told["asins"]) < per_page
    return told["since"], frozenset(told["asins"]) if is_whole else None


def _candidates(
    job: SourcingJob,
    found: Discovery,
    *,
    unchanged: frozenset[str],
    now: datetime,
    spent: int,
    saved: int,
) -> Candidates:
    wanted = found.asins[: job.max_results]
    listed = set(found.asins)
    to_buy = tuple(asin for asin in wanted if asin not in unchanged)
    gone = tuple(asin for asin in job.cursor.get("asins", ()) if asin not in listed)
    return Candidates(
        asins=to_buy,
        unchanged=tuple(asin for asin in wanted if asin in unchanged),
        gone=gone,
        evidence={
            asin: {"kind": "niche", "place": place} for place, asin in enumerate(wanted, start=1)
        },
        cursor={
            "looked_at": now.isoformat(),
            "asins": list(wanted),
            "listed": len(found.asins),
            "looks": job.cursor.get("looks", 0) + 1,
        },
        told={
            "kind": "niche",
            "matches": found.total_results,
            "looked_at": len(wanted),
            "changed": len(to_buy),
            "unchanged": len(unchanged),
            "gone": len(gone),
        },
        tokens_spent=spent,
        tokens_saved=saved,
    )
