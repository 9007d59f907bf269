"""What one may do with a saved niche besides running it; each is one POST, and can be undone."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from discovery.niches import queries, service


@require_POST
def duplicate(request: HttpRequest, niche_id: int) -> HttpResponse:
    """A copy under another name, opened for editing."""
    niche = queries.niche_of(owner=_user(request), niche_id=niche_id)
    copy = service.duplicate_niche(niche=niche)
    messages.success(request, _("“%(name)s” is kept.") % {"name": copy.name})
    return redirect(f"{reverse('discovery:niches')}?niche={copy.pk}#search")


@require_POST
def archive(request: HttpRequest, niche_id: int) -> HttpResponse:
    """Out of the way, not gone."""
    niche = queries.niche_of(owner=_user(request), niche_id=niche_id)
    service.archive_niche(niche=niche, now=timezone.now())
    messages.info(request, _("“%(name)s” is archived.") % {"name": niche.name})
    return redirect("discovery:niches")


@require_POST
def unarchive(request: HttpRequest, niche_id: int) -> HttpResponse:
    niche = queries.niche_of(owner=_user(request), niche_id=niche_id)
    service.unarchive_niche(niche=niche)
    messages.success(request, _("“%(name)s” is back.") % {"name": niche.name})
    return redirect("discovery:niches")


@require_POST
def delete(request: HttpRequest, niche_id: int) -> HttpResponse:
    """Delete; the page that follows offers to undo it."""
    niche = queries.niche_of(owner=_user(request), niche_id=niche_id)
    service.delete_niche(niche=niche, now=timezone.now())
    return redirect(f"{reverse('discovery:niches')}?deleted={niche.pk}")


@require_POST
def undelete(request: HttpRequest, niche_id: int) -> HttpResponse:
    niche = queries.deleted_niche_of(owner=_user(request), niche_id=niche_id)
    service.undelete_niche(niche=niche)
    messages.success(request, _("“%(name)s” is back.") % {"name": niche.name})
    return redirect("discovery:niches")


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the middleware lets nobody else in
