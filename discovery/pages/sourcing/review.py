"""Revue du jour: what has changed among the picks since the last visit, one card each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from discovery.accounts.members import signed_in
from discovery.accounts.roles import is_viewer
from discovery.models import SourcingJob
from discovery.pages.sourcing.seen import seen_until
from discovery.sourcing import queries, shown
from discovery.sourcing import review as reviews
from discovery.sourcing.shown import ShownPick

SHOWN = 12  # cards of each part; what is decided on makes room for the next


@dataclass(frozen=True, slots=True)
class ReviewPart:
    """A section: what of it is shown, and how many there are."""

    name: str
    count: int
    picks: Sequence[ShownPick]

    @property
    def left(self) -> int:
        """How many are not shown yet."""
        return self.count - len(self.picks)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Everything the page shows; ``best`` is the pick of the day, which no part repeats.

    ``since`` is ``None`` at the first visit. ``next_job`` is the job that runs next; without it
    there is none at all.
    """

    since: datetime | None
    until: datetime
    best: ShownPick | None
    parts: tuple[ReviewPart, ...]
    counts: dict[str, int]
    is_empty: bool
    funnel: queries.Funnel
    next_job: SourcingJob | None
    favourites: frozenset[str]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What is new, better, worse and gone; a POST says that all of it is seen. Spends no token.

    ``until`` is when the page was made: what has come since then is still news.
    """
    user, now = signed_in(request), timezone.now()
    if request.method == "POST":
        reviews.mark_reviewed(user=user, now=seen_until(request, now=now))
        messages.success(request, _("All seen: the next review shows what changes from now on."))
        return redirect("discovery:review")
    since = _since(request, user, now)
    return render(request, "discovery/sourcing/review.html", {"page": _page(user, since, now)})


def _since(request: HttpRequest, user: AbstractBaseUser, now: datetime) -> datetime | None:
    """What this look compares with; the first one of a day is kept."""
    visit = reviews.last_visit(user=user, now=now)
    if visit.is_first and request.method == "GET" and not is_viewer(user):
        reviews.keep_visit(visit, user=user, now=now)
    return visit.since


def _page(user: AbstractBaseUser, since: datetime | None, now: datetime) -> ReviewPage:
    found = reviews.review_of(owner=user, since=since)
    best: Any = reviews.pick_of_the_day(owner=user, now=now)
    chosen = {
        part: [pick for pick in picks if best is None or pick.pk != best.pk][:SHOWN]
        for part, picks in found.parts.items()
    }
    picks = [pick for some in chosen.values() for pick in some]
    cards = shown.shown([*([best] if best else []), *picks], user=user, before=found.before)
    by_number = {card.pick.pk: card for card in cards}
    return ReviewPage(
        since=since,
        until=now,
        best=by_number[best.pk] if best else None,
        parts=tuple(
            ReviewPart(
                name=part.value,
                count=sum(best is None or pick.pk != best.pk for pick in found.parts[part]),
                picks=[by_number[pick.pk] for pick in some],
            )
            for part, some in chosen.items()
        ),
        counts=found.counts,
        is_empty=found.is_empty,
        funnel=queries.funnel(owner=user, now=now),
        next_job=queries.next_job(owner=user),
        favourites=frozenset(card.pick.asin for card in cards if card.is_favourite),
    )
