"""A CSV file as an answer, of a page or of the API."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone


def csv_answer(text: str, *, name: str) -> HttpResponse:
    """The file, to be saved under its name and the time (``name`` in ASCII)."""
    stamp = f"{timezone.localtime():%Y%m%d-%H%M}"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{stamp}.csv"'},
    )
