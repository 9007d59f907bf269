"""The ranked products as a CSV file, streamed: for a spreadsheet, or plain for a program."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

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

POSITION = "position"


@require_safe
def export(request: HttpRequest, run_id: UUID) -> StreamingHttpResponse:
    """Stream the run's products; ``?format=plain`` for commas, points and English codes."""
    user = cast(AbstractBaseUser, request.user)
    run = queries.run_of(owner=user, run_id=run_id, kind=Run.Kind.SEARCH)
    is_plain = request.GET.get("format") == "plain"
    scored = run.lines.filter(state=RunLine.State.SCORED).order_by("position")
    return export_of(run, scored, is_plain=is_plain)


def export_of(run: Run, results: QuerySet[RunLine], *, is_plain: bool) -> StreamingHttpResponse:
    """Stream these results of a run, read from the database as they are sent."""
    lines = _plain(results) if is_plain else _localised(results, get_language() or "fr")
    name = slugify(run.niche.name) if run.niche else "recherche"
    stamp = f"{run.created_at:%Y%m%d-%H%M}"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{stamp}.csv"'},
    )


def _plain(results: QuerySet[RunLine]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield str(writer.writerow([POSITION, *COLUMNS]))
    for result in results.iterator(chunk_size=CHUNK):
        yield str(writer.writerow([safe(value) for value in _values(result).values()]))


def _localised(results: QuerySet[RunLine], language: str) -> Iterator[str]:
    decimal_mark = "," if language.startswith("fr") else "."
    writer = csv.writer(Echo(), delimiter=";")
    # The language of the request has gone by the time the lines are read.
    with override(language):
        titles = {POSITION: "#", **headings()}
    yield BOM + str(writer.writerow(list(titles.values())))
    for result in results.iterator(chunk_size=CHUNK):
        with override(language):
            cells = [
                localised(name, value, decimal_mark) for name, value in _values(result).items()
            ]
        yield str(writer.writerow(cells))


def _values(result: RunLine) -> dict[str, Any]:
    card, score = from_breakdown(result.breakdown or {})
    return {POSITION: result.position, **dict(zip(COLUMNS, score_cells(card, score), strict=True))}
