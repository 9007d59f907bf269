"""A list with its answers as a CSV file: what was given, in its order, and what came of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from discovery.lists.text import bad_line_text, unknown_line_text
from discovery.models import Run, RunLine
from discovery.pages.runs.csv_cells import (
    BOM,
    CHUNK,
    COLUMNS,
    Echo,
    headings,
    localised,
    safe,
    score_cells,
)
from discovery.products.scored import from_breakdown
from discovery.runs import queries

# What the list itself said, before the columns every export has.
GIVEN = ("line", "identifier", "state", "reason", "quantity", "your_cost", "total_profit")
ALL = (*GIVEN, *COLUMNS)


@require_safe
def export(request: HttpRequest, list_id: UUID) -> StreamingHttpResponse:
    """Stream every line of the list; ``?format=plain`` for commas, points and English codes."""
    user = cast(AbstractBaseUser, request.user)
    listed = queries.run_of(owner=user, run_id=list_id, kind=Run.Kind.LIST)
    plain = request.GET.get("format") == "plain"
    lines = _plain(listed) if plain else _localised(listed, get_language() or "fr")
    name = slugify(listed.name.rpartition(".")[0] or listed.name) or "liste"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": (
                f'attachment; filename="{name}-{listed.created_at:%Y%m%d-%H%M}.csv"'
            )
        },
    )


def _plain(listed: Run) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield str(writer.writerow(ALL))
    for line in _lines(listed):
        yield str(writer.writerow([safe(value) for value in _values(line)]))


def _localised(listed: Run, language: str) -> Iterator[str]:
    mark = "," if language.startswith("fr") else "."
    writer = csv.writer(Echo(), delimiter=";")
    # The language of the request has gone by the time the lines are read.
    with override(language):
        titles = {**_headings(), **headings()}
    yield BOM + str(writer.writerow([titles[name] for name in ALL]))
    for line in _lines(listed):
        with override(language):
            values = zip(ALL, _in_words(line), strict=True)
            cells = [localised(name, value, mark) for name, value in values]
        yield str(writer.writerow(cells))


def _lines(listed: Run) -> Iterator[RunLine]:
    return listed.lines.order_by("position").iterator(chunk_size=CHUNK)


def _values(line: RunLine) -> list[Any]:
    units = line.quantity or 1
    total = None if line.profit is None else line.profit * units
    cost = None if line.cost is None else f"{line.cost.normalize():f}"
    given = [line.number, line.text, line.state, line.reason, line.quantity, cost, total]
    if line.breakdown is None:
        return [*given, line.asin, *[None] * (len(COLUMNS) - 1)]
    return [*given, *score_cells(*from_breakdown(line.breakdown))]


def _in_words(line: RunLine) -> list[Any]:
    values = _values(line)
    values[ALL.index("state")] = str(RunLine.State(line.state).label)
    is_bad = line.state == RunLine.State.BAD
    values[ALL.index("reason")] = (
        bad_line_text(line.reason, line.value) if is_bad else unknown_line_text(line.reason)
    )
    values[ALL.index("your_cost")] = None if line.cost is None else line.cost.normalize()
    return values


def _headings() -> dict[str, str]:
    return {
        "line": _("Line"),
        "identifier": _("As given"),
        "state": _("State"),
        "reason": _("Reason"),
        "quantity": _("Quantity"),
        "your_cost": _("Your cost"),
        "total_profit": _("Total profit"),
    }
