"""Rows of search_history as a page prints them: codes become text, other programs' rows too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from analytics.models import SearchHistory
from discovery.keepa.categories.stored import category_names
from discovery.keepa.finder import NicheFilters
from discovery.runs.queries import question_key
from discovery.text import conditions, formats


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One past search, and what it asked in words.

    ``asked`` is the niche as JSON, to ask it again; ``answered`` its newest answer, where an
    earlier one is there to compare it with.
    """

    search: SearchHistory
    question: str
    asked: str
    answered: UUID | None


def activity_lines(
    rows: Sequence[SearchHistory], *, repeated: Mapping[str, UUID] | None = None
) -> tuple[ActivityLine, ...]:
    """The rows in words, in the order given; ``repeated`` as ``repeated_questions`` returns it."""
    names = category_names(filters=[_mapping(row.filters) for row in rows])
    return tuple(
        ActivityLine(
            search=row,
            question=_question(row, names),
            asked=_asked(row),
            answered=(repeated or {}).get(question_key(_mapping(row.filters))),
        )
        for row in rows
    )


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
