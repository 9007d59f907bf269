"""What a load balancer or the supervisor asks: does the process live, does the site work?

An almost full disk is told while the site still works.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arbvault.disk import Room, Trouble, room_at
from discovery.keepa.reachable import Reach, last_reach
from discovery.runs.pulse import Pulse, queue_pulse

TROUBLES = {
    Trouble.FULL: "The disk is full",
    Trouble.UNWRITABLE: "The disk is read-only",
}


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
    """200 when the database answers, there is room to store something and the queue lives, or 503.

    A database on which the queue was never started is ready without one. Whether Keepa answers is
    told and changes nothing, for what is stored is served without it; ``?keepa=required`` makes it
    503 too.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pulse = queue_pulse(now=timezone.now())
        reach = last_reach(now=timezone.now())
    except (OperationalError, InterfaceError):
        return HttpResponse("database unavailable\n", content_type="text/plain", status=503)
    except ProgrammingError:  # code that is newer than its tables
        return HttpResponse("migrations missing\n", content_type="text/plain", status=503)
    status, disk = disk_state()
    stopped = "queue stopped" if pulse.has_stopped else ""
    lost = request.GET.get("keepa") == "required" and reach.is_reachable is False
    works = status == HTTPStatus.OK and not stopped and not lost
    said = ("ok" if works else "", stopped, disk, _queue_line(pulse), _keepa_line(reach, pulse.at))
    text = "".join(f"{line}\n" for line in said if line)
    return HttpResponse(text, content_type="text/plain", status=200 if works else 503)


def _queue_line(pulse: Pulse) -> str:
    """For a person who looks: nothing where there is no queue."""
    if pulse.last_beat is None:
        return ""
    silent = (pulse.at - pulse.last_beat).total_seconds()
    oldest = ""
    if pulse.oldest is not None:
        oldest = f", the oldest for {(pulse.at - pulse.oldest).total_seconds():.0f} s"
    return (
        f"queue: {pulse.workers} workers, {pulse.busy} busy, last sign of life {silent:.0f} s ago, "
        f"{pulse.waiting} tasks waiting{oldest}"
    )


def _keepa_line(reach: Reach, now: datetime) -> str:
    """Nothing before the first call."""
    if reach.at is None:
        return ""
    seconds = max((now - reach.at).total_seconds(), 0)
    said = "answers" if reach.is_reachable else f"does not answer ({reach.outcome})"
    return f"keepa: {said}, last asked {seconds:.0f} s ago"


def disk_state() -> tuple[HTTPStatus, str]:
    """503 when the embedded database can store nothing; and a sentence, empty when all is well.

    With a database elsewhere only logs, files of the cache and the static files are on this disk:
    the site works without.
    """
    try:
        room = room_at(settings.ARBVAULT_VAR)
    except OSError as error:
        return HTTPStatus.OK, f"The disk cannot be looked at: {error.strerror}."
    return judged(room, holds_the_data=settings.EMBEDDED_POSTGRES is not None)


def judged(room: Room, *, holds_the_data: bool) -> tuple[HTTPStatus, str]:
    """The status and the sentence for this much room."""
    if room.trouble is not None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if holds_the_data else HTTPStatus.OK
        return status, f"{TROUBLES[room.trouble]}: {room}."
    if room.is_low:
        return HTTPStatus.OK, f"The disk is almost full: {room}."
    return HTTPStatus.OK, ""
