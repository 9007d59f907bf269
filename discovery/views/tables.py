"""What every table of ranked products has: headings that sort, and a filter by verdict."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from discovery import wording
from discovery.scoring import Verdict

Heading = tuple[str, str, bool]  # the name it sorts by or "", its label, whether it is a number


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; ``sort`` when a click sorts, ``next`` the direction that click asks for."""

    label: str
    sort: str = ""
    direction: str = ""
    next: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    value: str | None
    label: str
    count: int
    is_current: bool


def sorting(
    asked: Mapping[str, str], *, sorts: Collection[str], best_first: Collection[str]
) -> tuple[str, bool]:
    """The column of ``?sort=&dir=`` and whether it descends; by rank when it is none of ours."""
    sort = asked.get("sort", "rank")
    if sort not in sorts:
        sort = "rank"
    direction = asked.get("dir", "")
    if direction not in {"asc", "desc"}:
        direction = "desc" if sort in best_first else "asc"
    return sort, direction == "desc"


def columns(
    headings: Sequence[Heading], *, sort: str, descending: bool, best_first: Collection[str]
) -> tuple[Column, ...]:
    """The headings, with what a click on each asks for: the best on top, then the other way."""
    made = []
    for name, label, is_number in headings:
        is_current = bool(name) and name == sort
        goes_down = not descending if is_current else name in best_first
        direction = ("descending" if descending else "ascending") if is_current else ""
        made.append(Column(label, name, direction, "desc" if goes_down else "asc", is_number))
    return tuple(made)


def verdict_filters(counts: Mapping[Verdict, int], current: str) -> tuple[VerdictFilter, ...]:
    """All, then each verdict with how many there are."""
    everything = VerdictFilter(None, _("All"), sum(counts.values()), current not in set(Verdict))
    return (
        everything,
        *(
            VerdictFilter(verdict.value, wording.verdict_label(verdict), count, verdict == current)
            for verdict, count in counts.items()
        ),
    )
