"""What a load balancer or the supervisor asks: does the process live, does the site work?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery.runs.pulse import Pulse, queue_pulse


@login_not_required
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and somebody works on the queue, else 503.

    A database on which the queue was never started is ready without one.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pulse = queue_pulse(now=timezone.now())
    except (OperationalError, InterfaceError):
        return HttpResponse("database unavailable\n", content_type="text/plain", status=503)
    except ProgrammingError:  # code that is newer than its tables
        return HttpResponse("migrations missing\n", content_type="text/plain", status=503)
    status = 503 if pulse.has_stopped else 200
    word = "queue stopped\n" if pulse.has_stopped else "ok\n"
    return HttpResponse(word + _queue_line(pulse), content_type="text/plain", status=status)


def _queue_line(pulse: Pulse) -> str:
    """For a person who looks: nothing where there is no queue."""
    if pulse.last_beat is None:
        return ""
    silent = (pulse.at - pulse.last_beat).total_seconds()
    oldest = (pulse.at - pulse.oldest).total_seconds() if pulse.oldest else 0
    return (
        f"queue: {pulse.workers} workers, {pulse.busy} busy, last sign of life {silent:.0f} s ago, "
        f"{pulse.waiting} tasks waiting, the oldest for {oldest:.0f} s\n"
    )
