"""The results of a search or a list as a CSV file: for a spreadsheet, or plain.

A file is made whole before its first byte is sent, so that one that breaks is an error page. It
must never be streamed as it is made: when that breaks, the web server ends the transfer in good
order, and half a file looks like a whole one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from discovery.exports.columns import COLUMNS, IN_FILE, row_of, with_text
from discovery.lists.text import no_answer_text
from discovery.models import Run, RunLine
from discovery.products.columns import Row
from discovery.text.cells import without_formula
from discovery.text.conditions import joined
from discovery.text.flags import flag_label
from discovery.text.labels import verdict_label

CHUNK = 200
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as Latin-1


def export_run(run: Run, *, is_plain: bool) -> HttpResponse:
    """A file of all lines of a run, those of a list without an answer included.

    ``is_plain``: commas, points and English codes. Raises as ``export_of``.
    """
    lines = run.lines.order_by("position")
    if not run.is_list:
        lines = lines.filter(state=RunLine.State.SCORED)
    return export_of(run, lines, is_plain=is_plain)


def export_of(run: Run, lines: QuerySet[RunLine], *, is_plain: bool) -> HttpResponse:
    """A file of these lines of a run.

    Raises ``django.db.Error`` when they cannot be read to the end.
    """
    if run.is_sourcing:
        name = slugify(run.name) or "passage"
    elif run.is_list:
        name = slugify(run.name.rpartition(".")[0] or run.name) or "liste"
    else:
        name = slugify(run.niche.name if run.niche else run.name) or "recherche"
    language = None if is_plain else get_language() or "fr"
    stamp = f"{localtime(run.created_at):%Y%m%d-%H%M}"
    # One transaction: the lines are of one moment, and the cursor they come by lives in it.
    with transaction.atomic(), override(language):
        file = _file(run, lines, language)
    return HttpResponse(
        file,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{stamp}.csv"'},
    )


def _file(run: Run, lines: QuerySet[RunLine], language: str | None) -> str:
    """For a spreadsheet in this language, the active one, or for a program without one."""
    names = IN_FILE[run.kind]
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";" if language else ",")
    mark = "," if language and language.startswith("fr") else "."
    if language:
        file.write(BOM)
        writer.writerow([COLUMNS[name].heading_on(run.marketplace) for name in names])
    else:
        writer.writerow(names)
    for line in with_text(lines).iterator(chunk_size=CHUNK):
        row = row_of(line)
        writer.writerow(
            [_words(row, name, mark) if language else _code(row, name) for name in names]
        )
    return file.getvalue()


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
    elif name == "flags" and row.score:
        value = joined([flag_label(flag.code, flag.params) for flag in row.score.flags])
    elif words and value is not None:
        value = words(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | float | int):
        return f"{value}".replace(".", decimal_mark)
    return str(without_formula(value))
