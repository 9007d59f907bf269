"""A CSV file as an answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language


def csv_language(request: HttpRequest) -> str | None:
    """Whose spreadsheet it is for; ``None`` for a program, which asks with ``?format=plain``."""
    return None if request.GET.get("format") == "plain" else get_language() or "fr"


def csv_answer(text: str, *, name: str) -> HttpResponse:
    """The file, to be saved under its name and the time (``name`` in ASCII)."""
    stamp = f"{timezone.localtime():%Y%m%d-%H%M}"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{stamp}.csv"'},
    )
