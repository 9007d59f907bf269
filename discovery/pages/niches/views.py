"""Mes Niches: the saved niches, what one may do with each, and the form that asks a question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.categories.stored import category_names, look_up_categories
from discovery.keepa.client import get_client
from discovery.keepa.errors import InvalidFilters, KeepaError
from discovery.keepa.finder_fields import LONGEST_TEXT
from discovery.models import Niche, Run
from discovery.niches import queries, service
from discovery.niches.price import Price, price_of
from discovery.niches.searching import search_niche
from discovery.niches.service import Place
from discovery.niches.sharing import readable_niche
from discovery.niches.templates import NicheTemplate, template_of, templates_for
from discovery.pages.choices import default_marketplace
from discovery.pages.niches.forms import SearchForm, initial_asked, initial_from
from discovery.pages.niches.shared import Shared, run_for_me, shared_with
from discovery.profiles.service import UnknownProfile
from discovery.runs.queries import recent_searches
from discovery.runs.service import start_search
from discovery.runs.sharing import readable_run
from discovery.search.failures import STATUS_OF, failure_of, sentence_of
from discovery.text.conditions import CategoryNames, joined

RECENT_RUNS = 8
LOOKED_UP_SHOWN = 8
LONGEST_ID = 18  # digits
ACTIONS = {"run", "save", "update", "quote", "look_up"}


@dataclass(frozen=True, slots=True)
class NichesPage:
    """``names`` are those of the categories in ``niches``, ``shared`` and ``recent``; ``deleted``
    is the niche just deleted, while it can be brought back.
    """

    niches: Page[Niche]
    archived: Page[Niche]
    shared: Shared
    templates: Sequence[NicheTemplate]
    recent: Sequence[Run]
    names: CategoryNames
    form: SearchForm
    editing: Niche | None
    deleted: Niche | None
    price: Price | None


@require_safe
def niches(request: HttpRequest) -> HttpResponse:
    """The saved niches and the form, filled in from ``?niche=``, ``?run=``, ``?template=``,
    ``?category=``, ``?title=`` or ``?asked=``.
    """
    user, asked = signed_in(request), request.GET
    editing = None
    if (niche_id := asked.get("niche", "")[:LONGEST_ID]).isdecimal():
        editing = queries.niche_of(owner=user, niche_id=int(niche_id))
        initial = initial_from(editing)
    elif run_id := _uuid(asked.get("run", "")):
        initial = initial_from(readable_run(user=user, run_id=run_id, kind=Run.Kind.SEARCH))
    elif template := template_of(asked.get("template", ""), default_marketplace(user)):
        initial = initial_asked(json.dumps(template.filters.canonical()))
        initial["name"] = _(template.name)
        if template.profile:
            initial["profile"] = template.profile
    elif category := asked.get("category", "")[:200]:
        initial = {"marketplace": asked.get("marketplace", ""), "subcategory": category}
    elif title := asked.get("title", "")[:LONGEST_TEXT]:
        initial = {"title": title}
        if asked.get("marketplace"):
            initial["marketplace"] = asked["marketplace"]
    else:
        initial = initial_asked(asked.get("asked", ""))
    return _page(request, SearchForm(user=user, initial=initial), editing=editing)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Run the question, keep it as a niche, or price it, by the button pressed.

    404 for a niche that is not one's own, 400 for a button that does not exist: neither may end as
    a search, which is paid for.
    """
    user = signed_in(request)
    action = request.POST.get("action", "run")
    if action not in ACTIONS:
        return HttpResponseBadRequest()
    niche = _posted_niche(request)
    if action == "update" and niche is None:
        raise Http404
    if action == "look_up":
        _look_up(request)
    form = SearchForm(request.POST, user=user, to_keep=action in {"save", "update"})
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if action in {"quote", "look_up"}:
        return _page(request, form, price=_price(request, form))
    asked, name, profile = form.asked, form.cleaned_data["name"], form.cleaned_data["profile"]
    if action in {"save", "update"}:
        service.save_niche(
            niche=niche if action == "update" and niche else Niche(owner=user),
            name=name,
            filters=asked.filters,
            profile_slug=profile.slug,
            max_results=asked.max_results,
        )
        text = _("“%(name)s” is kept.") if action == "save" else _("“%(name)s” is changed.")
        messages.success(request, text % {"name": name})
        return redirect("discovery:niches")
    try:
        run = start_search(
            owner=user,
            filters=asked.filters,
            profile=profile,
            max_results=asked.max_results,
            # A question that was changed is no longer the niche it started from.
            niche=niche if niche and niche.filters == asked.filters.canonical() else None,
        )
    except InvalidFilters as error:
        form.refuse(error)
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except KeepaError as error:
        messages.error(request, str(error))
        return _page(request, form, status=STATUS_OF[failure_of(error).blame])
    return redirect(run)


@require_POST
def run_niche(request: HttpRequest, niche_id: int) -> HttpResponse:
    """Run a saved niche as it stands; one that somebody shares, as a search of one's own."""
    user = signed_in(request)
    niche = readable_niche(user=user, niche_id=niche_id)
    if niche.owner_id != user.pk:
        try:
            return redirect(run_for_me(request, niche))
        except (InvalidFilters, KeepaError, UnknownProfile) as error:
            messages.error(request, sentence_of(error))
            return redirect(f"{reverse('discovery:niches')}#team")
    try:
        run = search_niche(niche=niche, user=user)
    except (InvalidFilters, KeepaError, UnknownProfile) as error:
        messages.error(request, sentence_of(error))
        return redirect(f"{reverse('discovery:niches')}?niche={niche.pk}#search")
    return redirect(run)


@require_POST
def quote_fragment(request: HttpRequest) -> HttpResponse:
    """What the form, as it stands, would cost; nothing while it makes no sense."""
    form = SearchForm(request.POST, user=signed_in(request))
    price = _price(request, form) if form.is_valid() else None
    return render(request, "discovery/niches/quote.html", {"price": price})


@require_safe
def category_fragment(request: HttpRequest) -> HttpResponse:
    """The category field for the marketplace just chosen."""
    initial = {"marketplace": request.GET.get("marketplace", "")}
    form = SearchForm(user=signed_in(request), initial=initial)
    return render(request, "discovery/niches/category_field.html", {"field": form["category"]})


@require_POST
def duplicate(request: HttpRequest, niche_id: int) -> HttpResponse:
    """A copy of one's own under another name, opened for editing; of a shared niche too."""
    user = signed_in(request)
    niche = readable_niche(user=user, niche_id=niche_id)
    copy = service.duplicate_niche(niche=niche, owner=user)
    messages.success(request, _("“%(name)s” is kept.") % {"name": copy.name})
    return redirect(f"{reverse('discovery:niches')}?niche={copy.pk}#search")


@require_POST
def move(request: HttpRequest, niche_id: int, to: Place, deleted: bool = False) -> HttpResponse:
    """Archive a niche, delete it, or bring it back, from those ``deleted`` too.

    The page that follows a deletion offers to undo it. 404 once the niche is gone for good.
    """
    niche = queries.niche_of(owner=signed_in(request), niche_id=niche_id, deleted=deleted)
    service.move_niche(niche=niche, to=to, now=timezone.now())
    if to is Place.DELETED:
        return redirect(f"{reverse('discovery:niches')}?deleted={niche.pk}")
    is_archived = to is Place.ARCHIVED
    text = _("“%(name)s” is archived.") if is_archived else _("“%(name)s” is back.")
    messages.success(request, text % {"name": niche.name})
    return redirect("discovery:niches")


def _look_up(request: HttpRequest) -> None:
    """Ask Keepa, for one token, which categories bear the name typed; they are kept."""
    try:
        found = look_up_categories(
            request.POST.get("subcategory", ""),
            marketplace=request.POST.get("marketplace", ""),
            client=get_client(),
        )
    except (KeepaError, InvalidFilters) as error:
        messages.error(request, sentence_of(error))
    else:
        listed = joined([f"{node.name} ({node.id})" for node in found[:LOOKED_UP_SHOWN]])
        messages.success(request, _("Keepa knows: %(categories)s.") % {"categories": listed})


def _page(
    request: HttpRequest,
    form: SearchForm,
    *,
    editing: Niche | None = None,
    price: Price | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user, asked = signed_in(request), request.GET
    kept = queries.page_of_niches(owner=user, number=asked.get("page", "1"))
    shared = shared_with(request)
    recent = list(recent_searches(owner=user, limit=RECENT_RUNS))
    deleted_id = asked.get("deleted", "")[:LONGEST_ID]
    page = NichesPage(
        niches=kept,
        archived=queries.page_of_archived_niches(owner=user, number=asked.get("archives", "1")),
        shared=shared,
        templates=templates_for(form.home),
        recent=recent,
        names=category_names(
            filters=[niche.filters for niche in kept]
            + [run.filters for run in recent]
            + [*shared.filters()]
        ),
        form=form,
        editing=editing,
        deleted=_niche(request, int(deleted_id), deleted=True) if deleted_id.isdecimal() else None,
        price=price,
    )
    return render(request, "discovery/niches/niches.html", {"page": page}, status=status)


def _niche(request: HttpRequest, niche_id: int, *, deleted: bool = False) -> Niche | None:
    """The user's niche; ``None`` when it has gone, or was never theirs."""
    with suppress(Http404):
        return queries.niche_of(owner=signed_in(request), niche_id=niche_id, deleted=deleted)
    return None


def _posted_niche(request: HttpRequest) -> Niche | None:
    """The niche that the form was filled in from; ``None`` without one, or when its owner has
    deleted it since. Raises ``Http404`` for one that is not the user's.
    """
    niche_id = request.POST.get("niche_id", "")
    if not niche_id:
        return None
    if not niche_id.isdecimal() or len(niche_id) > LONGEST_ID:
        raise Http404
    found = _niche(request, int(niche_id))
    if found is None:
        queries.niche_of(owner=signed_in(request), niche_id=int(niche_id), deleted=True)
    return found


def _price(request: HttpRequest, form: SearchForm) -> Price:
    return price_of(
        filters=form.asked.filters,
        profile=form.cleaned_data["profile"],
        max_results=form.asked.max_results,
        user_id=signed_in(request).pk,
        now=timezone.now(),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
