"""Deciding on many products of an answer at once: marked, exported, their Buy Box bought."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.exports.run_file import export_of
from discovery.models import Run
from discovery.pages.products.marks import ACTIONS, mark_several
from discovery.pages.runs.buy_boxes import buy_for
from discovery.pages.runs.results import shown
from discovery.runs.sharing import readable_run

EXPORTS = {"export": False, "export_plain": True}
BUY = "buy_boxes"


@require_POST
def selection(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponseBase:
    """Apply ``action`` to the ticked lines (``line``), or with ``scope=all`` to all shown.

    The address says which are shown, as on the page of the run. Marks are the reader's own: they
    may be put on the products of a run that somebody shares.
    """
    run = readable_run(user=signed_in(request), run_id=run_id, kind=kind)
    back = f"{run.get_absolute_url()}?{request.GET.urlencode()}#results"
    lines = shown(request, run).order_by("position")
    takes_all = request.POST.get("scope") == "all"
    if not takes_all:
        lines = lines.filter(pk__in=_keys(request.POST.getlist("line")))
    action = request.POST.get("action", "")
    if action in EXPORTS and lines.exists():
        return export_of(run, lines, is_plain=EXPORTS[action])
    asins = list(lines.values_list("asin", flat=True))
    if not asins:
        messages.warning(request, _("Tick the products you mean first."))
    elif action in ACTIONS:
        mark_several(request, [(run.marketplace, asin) for asin in asins], action)
    elif action != BUY:
        return HttpResponseBadRequest()
    elif takes_all:
        messages.warning(
            request,
            _("Tick the products whose Buy Box you want: it is not bought for all at once."),
        )
    else:
        return buy_for(request, run, asins)
    return redirect(back)


def _keys(sent: list[str]) -> list[int]:
    """The keys of lines among what was sent: what is no number is none."""
    return [int(text) for text in sent if text.isascii() and text.isdecimal() and len(text) < 19]
