"""Searches in the background: queued with their row, watched while they run, cancelled at will."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_q.tasks import async_task

from discovery.accounts.notifications import send, wants_search_mail
from discovery.accounts.password_links import mail_is_set
from discovery.keepa.errors import KeepaError
from discovery.keepa.finder import NicheFilters
from discovery.models import BusinessProfile, Niche, SearchResult, SearchRun
from discovery.products.scored import to_breakdown
from discovery.profiles.service import ActiveProfile, activate
from discovery.runs.summary import obstacles
from discovery.runs.text import run_title, state_label
from discovery.search.discover import discover_with_scoring
from discovery.search.quote import quote
from discovery.search.results import Asker, Progress, ScoredSearch
from discovery.text import formats

logger = logging.getLogger(__name__)

SILENCE = timedelta(minutes=5)
# Whoever waits less is still looking at the page.
LONG = timedelta(minutes=1)


class SearchCancelled(Exception):
    """The user asked for the search to stop; what it bought so far is kept."""


def start_run(
    *,
    owner: AbstractBaseUser,
    filters: NicheFilters,
    profile: ActiveProfile,
    max_results: int,
    niche: Niche | None = None,
) -> SearchRun:
    """Queue a search in the same transaction as its row; a free one is answered at once."""
    run = SearchRun(
        owner_id=owner.pk,
        niche=niche,
        profile_id=profile.pk,
        filters=filters.canonical(),
        max_results=max_results,
        wanted=max_results,
    )
    if quote(filters=filters, profile=profile, max_results=max_results).is_free:
        run.save(force_insert=True)
        execute_run(run_id=run.pk)
        run.refresh_from_db()
        return run
    with transaction.atomic():
        run.save(force_insert=True)
        async_task("discovery.tasks.run_search", str(run.pk), task_name=f"search {run.pk}")
    return run


def request_cancel(*, run_id: UUID, owner: AbstractBaseUser) -> bool:
    """Ask a run to stop after the batch it is in; returns whether there was one to stop."""
    mine = SearchRun.objects.filter(pk=run_id, owner_id=owner.pk)
    queued = mine.filter(state=SearchRun.State.QUEUED).update(
        state=SearchRun.State.CANCELLED, cancel_requested=True, finished_at=timezone.now()
    )
    running = mine.filter(state=SearchRun.State.RUNNING).update(cancel_requested=True)
    return bool(queued or running)


def give_up_on_silent(*, run_id: UUID, now: datetime) -> bool:
    """Mark a run whose worker has died, so that its page stops waiting; what it bought is kept.

    A run is silent when it has shown no progress for longer than any one call to Keepa may take.
    """
    return bool(
        SearchRun.objects.filter(
            pk=run_id, state=SearchRun.State.RUNNING, progressed_at__lt=now - SILENCE
        ).update(
            state=SearchRun.State.FAILED,
            finished_at=now,
            failure={"code": "interrupted", "retry_after": None},
        )
    )


def seconds_left(run: SearchRun, *, now: datetime) -> float | None:
    """How long the search will go on at its pace so far; ``None`` before it has one."""
    if run.started_at is None or not run.scored or run.scored >= run.wanted:
        return None
    took = (now - run.started_at).total_seconds()
    return took / run.scored * (run.wanted - run.scored)


def execute_run(*, run_id: UUID | str) -> None:
    """Run a queued search to its end and store the outcome; a run taken before is left alone."""
    taken = SearchRun.objects.filter(pk=run_id, state=SearchRun.State.QUEUED).update(
        state=SearchRun.State.RUNNING, started_at=timezone.now(), progressed_at=timezone.now()
    )
    if not taken:
        logger.info("search run %s is gone or already taken", run_id)
        return
    run = SearchRun.objects.select_related("profile").get(pk=run_id)
    try:
        search = _search(run)
    except SearchCancelled:
        _finish(run, SearchRun.State.CANCELLED)
    except KeepaError as error:
        _finish(run, SearchRun.State.FAILED, failure=describe_problem(error))
    except BaseException:
        # The queue's time-out arrives as SystemExit: the page must not wait for ever.
        _finish(run, SearchRun.State.FAILED, failure={"code": "interrupted", "retry_after": None})
        raise
    else:
        _keep(run, search)


def execute_in_background(*, run_id: UUID | str) -> None:
    """Run a queued search, then tell its owner by e-mail if it took long and he wants to know."""
    execute_run(run_id=run_id)
    run = SearchRun.objects.select_related("niche").filter(pk=run_id).first()
    if run is not None:
        announce_run(run=run)


def announce_run(*, run: SearchRun) -> bool:
    """Tell the owner of a search that took long that it has ended; returns whether it was sent."""
    if run.state == SearchRun.State.CANCELLED:
        return False  # whoever stopped it knows
    if run.finished_at is None or run.finished_at - run.created_at < LONG or not mail_is_set():
        return False
    user = wants_search_mail(user_id=run.owner_id)
    if user is None:
        return False
    with override(settings.LANGUAGE_CODE):
        title = run.niche.name if run.niche else run_title(run, {})
        subject = _("ArbitrageVault: “%(title)s” has ended") % {"title": title}
        text = _("%(state)s: %(count)s products scored, %(tokens)s spent.") % {
            "state": state_label(run.state),
            "count": formats.number(run.scored),
            "tokens": formats.tokens(run.tokens_spent),
        }
    return send(user=user, subject=subject, text=text)


def describe_problem(error: KeepaError) -> dict[str, Any]:
    """A failure as stored with a run: the code the wording is looked up by, and when to retry."""
    return {
        "code": error.code,
        "retry_after": error.retry_after,
        "tokens_spent": error.tokens_spent,
        "at": timezone.now().isoformat(),
    }


def _search(run: SearchRun) -> ScoredSearch:
    profile = run.profile or BusinessProfile.objects.get(is_default=True)
    return discover_with_scoring(
        filters=NicheFilters.from_canonical(run.filters),
        profile=activate(profile),
        max_results=run.max_results,
        asker=Asker(
            source="frontend",
            user_id=str(run.owner_id),
            on_progress=lambda progress: _note_progress(run, progress),
        ),
    )


def _note_progress(run: SearchRun, progress: Progress) -> None:
    still_wanted = SearchRun.objects.filter(pk=run.pk, cancel_requested=False).update(
        found=progress.found,
        wanted=progress.wanted or run.wanted,
        fetched=progress.fetched,
        scored=progress.scored,
        tokens_spent=progress.tokens_spent,
        progressed_at=timezone.now(),
    )
    if not still_wanted and progress.stage != "done":
        raise SearchCancelled


def _keep(run: SearchRun, search: ScoredSearch) -> None:
    rows = [
        SearchResult(
            run=run,
            position=position,
            asin=product.asin,
            title=product.card.title[:500],
            verdict=product.score.verdict.value,
            price=product.score.sell_price,
            max_cost=product.score.max_cost,
            profit=product.score.profit,
            roi_percent=_float(product.score.roi_percent),
            velocity_score=product.score.velocity_score,
            bsr=product.card.bsr,
            breakdown=to_breakdown(product, detail_due=False),
        )
        for position, product in enumerate(search.products, start=1)
    ]
    with transaction.atomic():
        SearchResult.objects.bulk_create(rows, batch_size=500)
        _finish(run, SearchRun.State.DONE, search=search)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _finish(
    run: SearchRun,
    state: SearchRun.State,
    *,
    search: ScoredSearch | None = None,
    failure: dict[str, Any] | None = None,
) -> None:
    changes: dict[str, Any] = {"state": state, "finished_at": timezone.now()}
    if failure is not None:
        changes["failure"] = failure
    if search is not None:
        changes |= {
            "tokens_spent": search.tokens_spent,
            "tokens_saved": search.tokens_saved,
            "scored": len(search.products),
            "outcome": _outcome(search),
        }
        if search.problem is not None:
            changes["failure"] = describe_problem(search.problem)
    SearchRun.objects.filter(pk=run.pk).update(**changes)


def _outcome(search: ScoredSearch) -> dict[str, Any]:
    found = search.discovery
    return {
        "cache": search.cache.value,
        "discovery_cache": found.cache.value if found else None,
        "discovered_at": found.created_at.isoformat() if found else None,
        "total_results": search.total_count,
        "duration_ms": search.duration_ms,
        "profile": {"slug": search.profile_slug, "revision": search.profile_revision},
        "stages": [
            {
                "name": stage.name,
                "items": stage.items,
                "tokens_spent": stage.tokens_spent,
                "survivors": stage.survivors,
            }
            for stage in search.stages
        ],
        "obstacles": obstacles(product.score for product in search.products),
        "unusable": list(search.unusable),
        "undecodable": list(search.undecodable),
    }
