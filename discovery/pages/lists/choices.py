"""What the owner of a list says of its lines: which product a code means, what a cost is for."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.models import Run, RunLine
from discovery.runs import queries
from discovery.runs.candidates import NotACandidate, ask_again, choose
from discovery.scoring.pack_size import MOST_UNITS
from discovery.text import formats


@require_POST
def choose_product(request: HttpRequest, run_id: UUID, pk: int) -> HttpResponse:
    """Remember the product of a line (``asin=``) and for how many ``units=`` its cost is."""
    listed = queries.run_of(owner=signed_in(request), run_id=run_id, kind=Run.Kind.LIST)
    line = get_object_or_404(listed.lines.filter(state=RunLine.State.SCORED), pk=pk)
    line.run = listed
    try:
        is_scored = choose(
            line=line,
            asin=request.POST.get("asin") or line.asin,
            cost_units=_units(request.POST.get("units", "")),
        )
    except NotACandidate:
        raise Http404 from None
    if is_scored:
        messages.success(request, _("Remembered: your next lists use it too."))
    else:
        messages.info(
            request,
            _("Remembered. This product is not at hand any more: analyse the list again."),
        )
    # Only what the results of this very list were sorted and filtered by.
    query = QueryDict(request.POST.get("query", "")).urlencode()
    return redirect(f"{listed.get_absolute_url()}{'?' if query else ''}{query}#results")


@require_POST
def ask_codes_again(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Look up the codes of a list that are held unknown anew; each costs a token."""
    listed = queries.run_of(owner=signed_in(request), run_id=run_id, kind=Run.Kind.LIST)
    asked = ask_again(run=listed)
    if not asked:
        messages.info(request, _("There was no code to ask for again."))
    else:
        sentence = ngettext(
            "%(count)s code is asked for again.", "%(count)s codes are asked for again.", asked
        )
        messages.success(request, sentence % {"count": formats.number(asked)})
    return redirect(listed)


def _units(typed: str) -> int | None:
    """The units said; ``None`` for none and for nonsense, which no button sends."""
    if not typed.isascii() or not typed.isdigit():
        return None
    units = int(typed[:6])
    return units if 0 < units <= MOST_UNITS else None
