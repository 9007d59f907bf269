"""Which run keeps the answer that a line of the history tells of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from discovery.models import Run
from discovery.runs.queries import question_key

MOST_LOOKED_AT = 1000  # runs, for a page of lines that do not name theirs
LONGEST = timedelta(days=90)  # from the start of such a run to its line
AT_ITS_END = timedelta(minutes=1)  # between the end of a run and its line


@dataclass(frozen=True, slots=True)
class PastLine:
    """What a line says: the run it names (``None``: made before lines did), or what was asked.

    ``question`` are the conditions of a search, ``listed`` the name of a list; ``at`` is when the
    line was written.
    """

    key: str
    run_id: UUID | None
    at: datetime | None
    question: Mapping[str, Any] | None = None
    listed: str = ""

    @property
    def asked(self) -> str:
        """Lines and runs that may belong together have the same."""
        return f"list {self.listed}" if self.listed else question_key(self.question or {})


def answers_of(*, owner: AbstractBaseUser, lines: Sequence[PastLine]) -> dict[str, Run]:
    """The owner's run of each line, with its niche, by the key of the line; in two statements.

    A line that names no run has the one of the same question that ended when it was written, else
    that was under way, else the last one made before. Lines whose run is gone are left out.
    """
    mine = Run.objects.filter(owner=owner.pk).select_related("niche").defer("outcome", "columns")
    named = mine.in_bulk([line.run_id for line in lines if line.run_id is not None])
    found = {line.key: named[line.run_id] for line in lines if line.run_id in named}
    nameless = [line for line in lines if line.run_id is None and line.at is not None]
    moments = [line.at for line in nameless if line.at is not None]
    if not moments:
        return found
    same = Q(
        kind=Run.Kind.SEARCH,
        filters__in=[dict(line.question) for line in nameless if line.question],
    ) | Q(kind=Run.Kind.LIST, name__in={line.listed for line in nameless if line.listed})
    runs = mine.filter(
        same, created_at__gte=min(moments) - LONGEST, created_at__lte=max(moments)
    ).exclude(state=Run.State.DRAFT)
    by_question: dict[str, list[Run]] = defaultdict(list)
    for run in runs.order_by("-created_at")[:MOST_LOOKED_AT]:
        by_question[f"list {run.name}" if run.is_list else question_key(run.filters)].append(run)
    for line in nameless:
        written_for = _run_of(line.at, by_question[line.asked]) if line.at else None
        if written_for is not None:
            found[line.key] = written_for
    return found


def _run_of(at: datetime, runs: Iterable[Run]) -> Run | None:
    """The run whose line was written then; ``runs`` are of one question, newest first."""
    before = [run for run in runs if run.created_at <= at]
    ended = [
        (abs(run.finished_at - at), run)
        for run in before
        if run.finished_at and abs(run.finished_at - at) <= AT_ITS_END
    ]
    if ended:
        return min(ended, key=lambda pair: pair[0])[1]
    under_way = [run for run in before if run.finished_at is None or run.finished_at >= at]
    # A list may have been deleted, and another of its name made before: it is not guessed at.
    searches = [run for run in before if run.is_search]
    return next(iter((*under_way, *searches)), None)
