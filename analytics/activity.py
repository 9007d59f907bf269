"""Rows of search_history as a page prints them: codes become text, other programs' rows too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from analytics.models import SearchHistory
from discovery.keepa.categories.stored import category_names
from discovery.keepa.finder import NicheFilters
from discovery.models import Run
from discovery.niches.queries import names_of_questions
from discovery.runs.past import PastLine, answers_of
from discovery.runs.queries import question_key
from discovery.text import conditions, formats


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One past search, and what it asked in words.

    ``name`` is that of its niche, ``asked`` the niche as JSON, to ask it again; ``answered`` its
    newest answer, where an earlier one is there to compare it with. ``answer`` is the run that
    keeps the line's own answer, ``is_gone`` whether there is none any more.
    """

    search: SearchHistory
    question: str
    asked: str
    answered: UUID | None
    name: str = ""
    answer: Run | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of some rows: their runs by the id of the row, the names of their questions."""

    answers: Mapping[str, Run]
    names: Mapping[str, str]


def kept_of(rows: Sequence[SearchHistory], *, owner: AbstractBaseUser) -> Kept:
    """The answers of the owner's rows and the niches they have saved with the same conditions."""
    lines = [line for row in rows if (line := _past_line(row))]
    return Kept(
        answers=answers_of(owner=owner, lines=lines),
        names={
            question_key(filters): name
            for filters, name in names_of_questions(owner=owner, filters=niches_asked(rows))
        },
    )


def activity_lines(
    rows: Sequence[SearchHistory],
    *,
    repeated: Mapping[str, UUID] | None = None,
    kept: Kept | None = None,
) -> tuple[ActivityLine, ...]:
    """The rows in words, in the order given; ``repeated`` as ``repeated_questions`` returns it."""
    names = category_names(filters=[_mapping(row.filters) for row in rows])
    answers, saved = (kept.answers, kept.names) if kept else ({}, {})
    return tuple(
        ActivityLine(
            search=row,
            question=_question(row, names),
            asked=_asked(row),
            answered=(repeated or {}).get(question_key(_mapping(row.filters))),
            name=_name(answers.get(row.pk)) or saved.get(question_key(_mapping(row.filters)), ""),
            answer=answers.get(row.pk),
            is_gone=kept is not None and row.pk not in answers and _was_kept(row),
        )
        for row in rows
    )


def _past_line(row: SearchHistory) -> PastLine | None:
    """What tells the run of a row; ``None`` for one that never had any."""
    if not _was_kept(row):
        return None
    asked = _mapping(row.filters)
    listed = asked.get("list")
    if row.search_type == SearchHistory.SearchType.BULK:
        if not isinstance(listed, str) and row.run_id is None:
            return None
        return PastLine(row.pk, row.run_id, row.created_at, listed=str(listed or ""))
    return PastLine(row.pk, row.run_id, row.created_at, question=asked)


def _was_kept(row: SearchHistory) -> bool:
    """Whether the search was one that keeps its answer: of the website, a niche or a list."""
    kinds = {SearchHistory.SearchType.DISCOVERY, SearchHistory.SearchType.BULK}
    is_of_ours = row.source == SearchHistory.Source.FRONTEND and row.search_type in kinds
    return row.run_id is not None or (is_of_ours and bool(_mapping(row.filters)))


def _name(run: Run | None) -> str:
    if run is None:
        return ""
    return run.niche.name if run.niche else run.name


def _question(row: SearchHistory, names: conditions.CategoryNames) -> str:
    asked = _mapping(row.filters)
    if isinstance(asked.get("list"), str):
        return str(asked["list"])
    identifiers = asked.get("identifiers")
    if isinstance(identifiers, list) and identifiers:
        listed = [str(identifier) for identifier in identifiers[:5]]
        more = len(identifiers) - len(listed)
        return conditions.joined(listed) + (f" +{formats.number(more)}" if more else "")
    return conditions.joined(conditions.filters_in_words(asked, names)) or formats.MISSING


def niches_asked(rows: Sequence[SearchHistory]) -> list[dict[str, object]]:
    """The conditions of the rows that asked about a niche."""
    return [_mapping(row.filters) for row in rows if _asked(row)]


def _mapping(stored: object) -> dict[str, object]:
    # Adopted rows hold another program's JSON: any shape.
    return stored if isinstance(stored, dict) else {}


def _asked(row: SearchHistory) -> str:
    """The niche as JSON for the search form; empty when the row is no niche of ours."""
    try:
        filters = NicheFilters.from_canonical(_mapping(row.filters))
    except ValueError:
        return ""
    return json.dumps(filters.canonical())
