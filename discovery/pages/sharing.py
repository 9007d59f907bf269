"""Sharing a niche, an answer or a list with the team, and taking it back, with one click."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.keepa.categories.stored import category_names
from discovery.models import Run
from discovery.niches.queries import niche_of
from discovery.niches.sharing import share_niche
from discovery.runs.queries import run_of
from discovery.runs.sharing import share_run
from discovery.runs.text import run_title


@require_POST
def set_niche(request: HttpRequest, niche_id: int, *, shared: bool) -> HttpResponse:
    """Share one's niche, or make it private again; its answers stay as they are."""
    niche = niche_of(owner=signed_in(request), niche_id=niche_id)
    share_niche(niche=niche, shared=shared)
    _say(request, niche.name, shared=shared)
    if shared:
        messages.info(request, _("Its answers stay private until you share each on its page."))
    return redirect("discovery:niches")


@require_POST
def set_run(request: HttpRequest, run_id: UUID, kind: Run.Kind, *, shared: bool) -> HttpResponse:
    """Share one's answer or list, or make it private again. 404 for a list never started."""
    run = run_of(owner=signed_in(request), run_id=run_id, kind=kind)
    if not share_run(run=run, shared=shared):
        raise Http404
    _say(request, run_title(run, category_names(filters=[run.filters])), shared=shared)
    return redirect(run)


def _say(request: HttpRequest, name: str, *, shared: bool) -> None:
    text = _("“%(name)s” is shared with the team.") if shared else _("“%(name)s” is private again.")
    messages.success(request, text % {"name": name})
