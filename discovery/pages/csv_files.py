"""Whose spreadsheet a CSV file of a page is for."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language


def csv_language(request: HttpRequest) -> str | None:
    """The reader's language; ``None`` for a program, which asks with ``?format=plain``."""
    return None if request.GET.get("format") == "plain" else get_language() or "fr"
