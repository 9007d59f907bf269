"""The results of a search or a list as a CSV file, streamed: for a spreadsheet, or plain."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from discovery.lists.text import no_answer_text
from discovery.models import Run, RunLine
from discovery.pages.columns import COLUMNS, IN_FILE, row_of, with_text
from discovery.products.columns import Row
from discovery.runs.queries import run_of

CHUNK = 200
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as Latin-1
# A cell that starts with one of these is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_safe
def export(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> StreamingHttpResponse:
    """Stream the run's lines, those of a list without an answer included.

    ``?format=plain`` for commas, points and English codes.
    """
    run = run_of(owner=cast(AbstractBaseUser, request.user), run_id=run_id, kind=kind)
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
    written = _plain(run, lines) if is_plain else _localised(run, lines, get_language() or "fr")
    stamp = f"{run.created_at:%Y%m%d-%H%M}"
    return StreamingHttpResponse(
        written,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{stamp}.csv"'},
    )


def _plain(run: Run, lines: QuerySet[RunLine]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield str(writer.writerow(IN_FILE[run.kind]))
    for line in with_text(lines).iterator(chunk_size=CHUNK):
        row = row_of(line)
        yield str(writer.writerow(_code(_value(row, name)) for name in IN_FILE[run.kind]))


def _localised(run: Run, lines: QuerySet[RunLine], language: str) -> Iterator[str]:
    decimal_mark = "," if language.startswith("fr") else "."
    writer = csv.writer(_Echo(), delimiter=";")
    # The language of the request has gone by the time the lines are read.
    with override(language):
        headings = [str(COLUMNS[name].heading) for name in IN_FILE[run.kind]]
    yield BOM + str(writer.writerow(headings))
    for line in with_text(lines).iterator(chunk_size=CHUNK):
        row = row_of(line)
        with override(language):
            cells = [_words(row, name, decimal_mark) for name in IN_FILE[run.kind]]
        yield str(writer.writerow(cells))


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _value(row: Row, name: str) -> Any:
    value = COLUMNS[name].value(row)
    return round(value, 1) if isinstance(value, float) else value


def _code(value: Any) -> Any:
    """A value for a program."""
    if isinstance(value, tuple):
        return " ".join(value)
    return safe(value)


def _words(row: Row, name: str, decimal_mark: str) -> str:
    """A value in the active language, for a spreadsheet."""
    value = _value(row, name)
    words: Callable[[Any], str] | None = COLUMNS[name].words
    if name == "reason":
        value = no_answer_text(row.line)
    elif words and value is not None:
        value = words(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | float | int):
        return f"{value}".replace(".", decimal_mark)
    return str(safe(value))


def safe(value: Any) -> Any:
    """Titles are other people's text: none may become a formula in a spreadsheet."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
