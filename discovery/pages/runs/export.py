"""The results of a search or a list as a CSV file, streamed: for a spreadsheet, or plain."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from discovery.accounts.members import signed_in
from discovery.lists.text import no_answer_text
from discovery.models import Run, RunLine
from discovery.pages.columns import COLUMNS, IN_FILE, row_of, with_text
from discovery.products.columns import Row
from discovery.runs.queries import run_of
from discovery.text.cells import without_formula
from discovery.text.labels import verdict_label

CHUNK = 200
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as Latin-1


@require_safe
def export(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> StreamingHttpResponse:
    """Stream the run's lines, those of a list without an answer included.

    ``?format=plain`` for commas, points and English codes.
    """
    run = run_of(owner=signed_in(request), run_id=run_id, kind=kind)
    lines = run.lines.order_by("position")
    if run.is_search:
        lines = lines.filter(state=RunLine.State.SCORED)
    return export_of(run, lines, is_plain=request.GET.get("format") == "plain")


def export_of(run: Run, lines: QuerySet[RunLine], *, is_plain: bool) -> StreamingHttpResponse:
    """Stream these lines of a run, read from the database as they are sent."""
    if run.is_list:
        name = slugify(run.name.rpartition(".")[0] or run.name) or "liste"
    else:
        name = slugify(run.niche.name) if run.niche else "recherche"
    language = None if is_plain else get_language() or "fr"
    stamp = f"{run.created_at:%Y%m%d-%H%M}"
    return StreamingHttpResponse(
        _written(run, lines, language),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{stamp}.csv"'},
    )


def _written(run: Run, lines: QuerySet[RunLine], language: str | None) -> Iterator[str]:
    """The file line by line: for a spreadsheet in this language, for a program without one."""
    names = IN_FILE[run.kind]
    writer = csv.writer(_Echo(), delimiter=";" if language else ",")
    mark = "," if language and language.startswith("fr") else "."
    # The language of the request has gone by the time the lines are read.
    with override(language):
        headings = [COLUMNS[name].heading_on(run.marketplace) for name in names]
    yield BOM + str(writer.writerow(headings)) if language else str(writer.writerow(names))
    for line in with_text(lines).iterator(chunk_size=CHUNK):
        row = row_of(line)
        with override(language):
            cells = [_words(row, name, mark) if language else _code(row, name) for name in names]
        yield str(writer.writerow(cells))


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        """Hand the line back, for the response to stream."""
        return line


def _value(row: Row, name: str) -> Any:
    value = COLUMNS[name].value(row)
    return round(value, 1) if isinstance(value, float) else value


def _code(row: Row, name: str) -> Any:
    """A value for a program."""
    value = _value(row, name)
    return without_formula(" ".join(value) if isinstance(value, tuple) else value)


def _words(row: Row, name: str, decimal_mark: str) -> str:
    """A value in the active language, for a spreadsheet."""
    value = _value(row, name)
    words: Callable[[Any], str] | None = COLUMNS[name].words
    if name == "reason":
        value = no_answer_text(row.line)
    elif name == "verdict" and row.score:
        value = verdict_label(row.score.shown_verdict)
    elif words and value is not None:
        value = words(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | float | int):
        return f"{value}".replace(".", decimal_mark)
    return str(without_formula(value))
