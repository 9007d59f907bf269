"""The daily review: what is new, better, worse or gone since the last visit, and the best of all.

A visit counts from the first look of a day on: what has changed since the visit before stays in
sight until the next day, or until everything is said to be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, OuterRef, Q, Subquery

from discovery.accounts.preferences import zone_of
from discovery.models import AlertSettings, Pick, PickClass, Sighting
from discovery.scoring import ShownVerdict
from discovery.scoring.verdict import SHOWN_RANK
from discovery.sourcing.queries import best_picks, picks_of, worth_showing
from discovery.sourcing.shown import is_back

ROI_POINTS = 5.0  # less than that between two looks, at the same verdict, is no news
MOST_CHANGED = 500  # picks looked at for changes, the best first
FRESH_FOR = timedelta(days=2)  # what was seen longer ago is no pick of the day
TOP = 3


class Part(StrEnum):
    """The sections of a review, in their order."""

    NEW = "new"
    BETTER = "better"
    WORSE = "worse"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Visit:
    """``since`` is what a review compares with: ``None`` before the first one.

    ``is_first``: it is the first look of its day, which is to be kept.
    """

    since: datetime | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class Review:
    """The picks of each part, the best first; ``before`` is how a pick stood at the last visit."""

    parts: Mapping[Part, Sequence[Pick]]
    before: Mapping[int, Sighting]

    @property
    def counts(self) -> dict[str, int]:
        """How many each part has."""
        return {part.value: len(picks) for part, picks in self.parts.items()}

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not any(self.parts.values())


@dataclass(frozen=True, slots=True)
class Day:
    """What the dashboard tells: the best picks, and how many changed in which way."""

    top: Sequence[Pick]
    counts: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.top and not any(self.counts.values())


def last_visit(*, user: AbstractBaseUser, now: datetime) -> Visit:
    """What a look of the user at the review compares with now; two statements."""
    mine = AlertSettings.objects.filter(user=user.pk)
    kept = mine.values_list("reviewed_at", "compared_with").first() or (None, None)
    return visit_of(reviewed_at=kept[0], compared_with=kept[1], now=now, zone=zone_of(user=user))


def keep_visit(visit: Visit, *, user: AbstractBaseUser, now: datetime) -> None:
    """It was the first look of its day: what it compares with holds until the next day."""
    kept = {"reviewed_at": now, "compared_with": visit.since}
    AlertSettings.objects.update_or_create(user_id=user.pk, defaults=kept)


def mark_reviewed(*, user: AbstractBaseUser, now: datetime) -> None:
    """All picks are seen as they are now."""
    kept = {"reviewed_at": now, "compared_with": now}
    AlertSettings.objects.update_or_create(user_id=user.pk, defaults=kept)


def visit_of(
    *,
    reviewed_at: datetime | None,
    compared_with: datetime | None,
    now: datetime,
    zone: ZoneInfo,
) -> Visit:
    """What a look at the review compares with.

    For the rest of a day it is what its first look, at ``reviewed_at``, was compared with. The
    first look of another day compares with the one that was kept before it.
    """
    if reviewed_at is not None and _day(reviewed_at, zone) == _day(now, zone):
        return Visit(compared_with, is_first=False)
    return Visit(reviewed_at, is_first=True)


def review_of(*, owner: AbstractBaseUser, since: datetime | None) -> Review:
    """What has changed since, in two statements. ``None``: all that is there is new."""
    found = picks_of(owner=owner).filter(is_open=True)
    if since is None:
        found = found.filter(worth_showing())
    else:
        before = Sighting.objects.filter(pick=OuterRef("pk"), seen_at__lte=since)
        found = found.filter(Q(seen_at__gt=since) | Q(gone_at__gt=since)).annotate(
            before_id=Subquery(before.order_by("-seen_at", "-pk").values("pk")[:1])
        )
    best = found.order_by("verdict_order", F("worth").desc(nulls_last=True), "-pk")
    picks = list(best[:MOST_CHANGED])
    numbers = [pick.before_id for pick in picks if since and pick.before_id]
    looks = Sighting.objects.filter(pk__in=numbers) if numbers else ()
    then = {look.pick_id: look for look in looks}
    parts: dict[Part, list[Pick]] = {part: [] for part in Part}
    for pick in picks:
        part = part_of(pick, then.get(pick.pk), since=since)
        if part is not None:
            parts[part].append(pick)
    return Review(parts=parts, before=then)


def part_of(pick: Pick, before: Sighting | None, *, since: datetime | None) -> Part | None:
    """Where a pick belongs, which stood as ``before`` at the last visit; ``None``: it is no news.

    What came and went between two visits is none, nor what is worth nothing from the first.
    """
    if pick.gone_at is not None:
        is_news = before is not None and (since is None or pick.gone_at > since)
        return Part.GONE if is_news and _is_worth(before) else None
    if before is None:
        return Part.NEW if _is_worth(pick) else None
    if is_back(pick) and (since is None or pick.decided_at is None or pick.decided_at > since):
        return Part.BETTER  # it is here because its verdict is better than the one ignored
    rank, rank_before = SHOWN_RANK[pick.shown_verdict], SHOWN_RANK[before.shown_verdict]
    if rank != rank_before:
        return Part.BETTER if rank > rank_before else Part.WORSE
    if not _is_worth(pick):
        return None
    if pick.pick_class == PickClass.REVENANT != before.pick_class:
        return Part.BETTER
    gain = (pick.roi_percent or 0.0) - (before.roi_percent or 0.0)
    if abs(gain) < ROI_POINTS:
        return None
    return Part.BETTER if gain > 0 else Part.WORSE


def pick_of_the_day(*, owner: AbstractBaseUser, now: datetime) -> Any:
    """The best that can be bought now and was seen lately, sureness counted in, or ``None``."""
    return best_picks(owner=owner, since=now - FRESH_FOR).first()


def day_of(*, owner: AbstractBaseUser, now: datetime) -> Day:
    """What has changed since the last visit, and the best picks; it counts as no visit."""
    review = review_of(owner=owner, since=last_visit(user=owner, now=now).since)
    top = best_picks(owner=owner, since=now - FRESH_FOR)
    return Day(top=list(top[:TOP]), counts=review.counts)


def _is_worth(seen: Pick | Sighting | None) -> bool:
    return (
        seen is not None
        and seen.pick_class != PickClass.REJECT
        and seen.shown_verdict is not ShownVerdict.SKIP
    )


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
