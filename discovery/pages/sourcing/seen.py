"""What a button that says "all seen" speaks of: what stood on the page, not what came after it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime


def seen_until(request: HttpRequest, *, now: datetime) -> datetime:
    """When the page was made, as its form says in ``until``; else ``now``."""
    try:
        moment = parse_datetime(request.POST.get("until", ""))
    except ValueError:  # well formed, and no day or hour there is
        return now
    return min(moment, now) if moment is not None and moment.tzinfo else now
