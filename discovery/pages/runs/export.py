"""The results of a search, a list or a job's run as a CSV file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from discovery.accounts.members import signed_in
from discovery.exports.run_file import export_run
from discovery.models import Run
from discovery.runs.sharing import readable_run


@require_safe
def export(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """The run's lines, those of a list without an answer included.

    ``?format=plain`` for commas, points and English codes.
    """
    run = readable_run(user=signed_in(request), run_id=run_id, kind=kind)
    return export_run(run, is_plain=request.GET.get("format") == "plain")
