"""Mes Niches: the saved niches, the form that asks a question, and what asking would cost."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from discovery.keepa import get_client
from discovery.keepa.categories import stored
from discovery.keepa.categories.stored import look_up_categories
from discovery.keepa.errors import InvalidFilters, KeepaError
from discovery.keepa.finder import NicheFilters
from discovery.models import Niche, Run
from discovery.niches import queries as niches_queries
from discovery.niches import warnings as niches_warnings
from discovery.niches.service import create_niche, update_niche
from discovery.niches.templates import BY_SLUG, TEMPLATES
from discovery.niches.warnings import forewarnings
from discovery.pages.niches.forms import Asked, SearchForm, initial_asked, initial_from
from discovery.profiles.service import active_profile
from discovery.runs import queries as runs_queries
from discovery.runs import text as runs_text
from discovery.runs.service import start_search
from discovery.search.quote import quote
from discovery.text import conditions, formats

RECENT_RUNS = 8
LOOKED_UP_SHOWN = 8


@dataclass(frozen=True, slots=True)
class NicheCard:
    """A saved niche and how its last run went."""

    pk: int
    name: str
    facts: tuple[str, ...]
    last_run: Run | None
    last_age: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One line of the latest searches."""

    pk: UUID
    title: str
    created_at: datetime
    state_label: str
    done: int
    tokens_spent: int
    tokens_saved: int


@dataclass(frozen=True, slots=True)
class Forewarning:
    """What keeps the answer from holding a Buy; ``is_certain`` when nothing can."""

    text: str
    is_certain: bool


@dataclass(frozen=True, slots=True)
class PricedQuote:
    """A quote as the form shows it; ``most`` counts the Buy Box stage in full."""

    total: int
    detail_tokens: int
    most: int
    cached_products: int
    is_free: bool
    warnings: tuple[Forewarning, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A question to start from, in words."""

    slug: str
    name: str
    why: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NichesPage:
    niches: tuple[NicheCard, ...]
    archived: tuple[Niche, ...]
    templates: tuple[TemplateCard, ...]
    form: SearchForm
    recent: tuple[RunLine, ...]
    deleted: Niche | None = None
    editing: Niche | None = None
    quote: PricedQuote | None = None


@require_safe
def niches(request: HttpRequest) -> HttpResponse:
    """The saved niches and the form, filled in from ``?niche=``, ``?run=``,
    ``?template=`` or ``?asked=``.
    """
    user = _user(request)
    editing = None
    form = SearchForm(user=user)
    if (niche_id := request.GET.get("niche", "")).isdecimal():
        editing = niches_queries.niche_of(owner=user, niche_id=int(niche_id))
        form = SearchForm(user=user, initial=initial_from(editing))
    elif run_id := _uuid(request.GET.get("run", "")):
        form = SearchForm(
            user=user,
            initial=initial_from(
                runs_queries.run_of(owner=user, run_id=run_id, kind=Run.Kind.SEARCH)
            ),
        )
    elif template := BY_SLUG.get(request.GET.get("template", "")):
        initial = initial_asked(json.dumps(template.filters.canonical()))
        form = SearchForm(user=user, initial=initial | {"name": _(template.name)})
    elif category := request.GET.get("category", "")[:200]:
        chosen = {"marketplace": request.GET.get("marketplace", ""), "subcategory": category}
        form = SearchForm(user=user, initial=chosen)
    elif initial := initial_asked(request.GET.get("asked", "")):
        form = SearchForm(user=user, initial=initial)
    return _page(request, form, editing=editing)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Run the question, keep it as a niche, or price it, by the button pressed."""
    user = _user(request)
    action = request.POST.get("action", "run")
    if action == "look_up":
        _look_up(request)
    form = SearchForm(request.POST, user=user, to_keep=action in {"save", "update"})
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    asked = form.asked()
    if action in {"quote", "look_up"}:
        return _page(request, form, quote=_quoted(asked))
    if action == "save":
        niche = create_niche(
            owner=user,
            name=asked.name,
            filters=asked.filters,
            profile_slug=asked.profile.slug,
            max_results=asked.max_results,
        )
        messages.success(request, _("“%(name)s” is kept.") % {"name": niche.name})
        return redirect("discovery:niches")
    niche_id = form.cleaned_data.get("niche_id")
    niche_run = niches_queries.own_niche(owner=user, niche_id=niche_id) if niche_id else None
    if action == "update" and niche_run:
        update_niche(
            niche=niche_run,
            name=asked.name,
            filters=asked.filters,
            profile_slug=asked.profile.slug,
            max_results=asked.max_results,
        )
        messages.success(request, _("“%(name)s” is changed.") % {"name": niche_run.name})
        return redirect("discovery:niches")
    return _start(
        request,
        filters=asked.filters,
        profile=asked.profile,
        max_results=asked.max_results,
        # Renamed questions are no longer the niche they started from.
        niche=niche_run if niche_run and niche_run.filters == asked.filters.canonical() else None,
    )


@require_POST
def run_niche(request: HttpRequest, niche_id: int) -> HttpResponse:
    """Run a saved niche as it stands."""
    user = _user(request)
    niche = niches_queries.niche_of(owner=user, niche_id=niche_id)
    slug = niche.profile.slug if niche.profile else None
    return _start(
        request,
        filters=NicheFilters.from_canonical(niche.filters),
        profile=active_profile(slug=slug, user=user),
        max_results=niche.max_results,
        niche=niche,
    )


@require_POST
def quote_fragment(request: HttpRequest) -> HttpResponse:
    """What the form, as it stands, would cost; nothing while it makes no sense."""
    form = SearchForm(request.POST, user=_user(request))
    priced = _quoted(form.asked()) if form.is_valid() else None
    return render(request, "discovery/niches/quote.html", {"quote": priced})


@require_safe
def category_fragment(request: HttpRequest) -> HttpResponse:
    """The category field for the marketplace just chosen."""
    form = SearchForm(
        user=_user(request), initial={"marketplace": request.GET.get("marketplace", "")}
    )
    return render(request, "discovery/niches/category_field.html", {"field": form["category"]})


def _look_up(request: HttpRequest) -> None:
    """Ask Keepa, for one token, which categories bear the name typed; they are kept."""
    try:
        found = look_up_categories(
            request.POST.get("subcategory", ""),
            marketplace=request.POST.get("marketplace", ""),
            client=get_client(),
        )
    except (KeepaError, InvalidFilters) as error:
        messages.error(request, str(error))
    else:
        listed = conditions.joined([f"{node.name} ({node.id})" for node in found[:LOOKED_UP_SHOWN]])
        messages.success(request, _("Keepa knows: %(categories)s.") % {"categories": listed})


def _start(request: HttpRequest, **asked: Any) -> HttpResponse:
    try:
        run = start_search(owner=_user(request), **asked)
    except KeepaError as error:
        messages.error(request, str(error))
        return redirect("discovery:niches")
    return redirect("discovery:run", run_id=run.pk)


def _page(
    request: HttpRequest,
    form: SearchForm,
    *,
    editing: Niche | None = None,
    quote: PricedQuote | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = _user(request)
    page = NichesPage(
        niches=_cards(user),
        archived=tuple(niches_queries.archived_niches_of(owner=user)),
        templates=_templates(),
        deleted=_deleted(request),
        form=form,
        recent=_recent(user),
        editing=editing,
        quote=quote,
    )
    return render(request, "discovery/niches/niches.html", {"page": page}, status=status)


def _cards(user: AbstractBaseUser) -> tuple[NicheCard, ...]:
    now = timezone.now()
    kept = list(niches_queries.niches_with_last_run(owner=user))
    ids = [niche.last_run_id for niche in kept if niche.last_run_id]
    runs = runs_queries.runs_by_id(ids=ids) if ids else {}
    names = stored.category_names(filters=[niche.filters for niche in kept])
    cards = []
    for niche in kept:
        run = runs.get(niche.last_run_id) if niche.last_run_id else None
        profile = (niche.profile.name,) if niche.profile else ()
        cards.append(
            NicheCard(
                pk=niche.pk,
                name=niche.name,
                facts=(*conditions.filters_in_words(niche.filters, names), *profile),
                last_run=run,
                last_age=formats.age(now - run.created_at) if run else "",
            )
        )
    return tuple(cards)


def _templates() -> tuple[TemplateCard, ...]:
    return tuple(
        TemplateCard(
            slug=one.slug,
            name=_(one.name),
            why=_(one.why),
            facts=conditions.filters_in_words(one.filters.canonical(), {}),
        )
        for one in TEMPLATES
    )


def _deleted(request: HttpRequest) -> Niche | None:
    """The niche just deleted, while it can be brought back."""
    niche_id = request.GET.get("deleted", "")
    if not niche_id.isdecimal():
        return None
    with suppress(Http404):
        return niches_queries.deleted_niche_of(owner=_user(request), niche_id=int(niche_id))
    return None


def _recent(user: AbstractBaseUser) -> tuple[RunLine, ...]:
    runs = list(runs_queries.recent_searches(owner=user, limit=RECENT_RUNS))
    names = stored.category_names(filters=[run.filters for run in runs])
    return tuple(
        RunLine(
            pk=run.pk,
            title=runs_text.run_title(run, names),
            created_at=run.created_at,
            state_label=runs_text.state_label(run.state),
            done=run.done,
            tokens_spent=run.tokens_spent,
            tokens_saved=run.tokens_saved,
        )
        for run in runs
    )


def _quoted(asked: Asked) -> PricedQuote:
    quoted = quote(filters=asked.filters, profile=asked.profile, max_results=asked.max_results)
    found = forewarnings(filters=asked.filters, profile=asked.profile, now=timezone.now())
    return PricedQuote(
        warnings=tuple(
            Forewarning(
                text=niches_warnings.conflict_text(
                    one, currency=asked.filters.market.currency, profile=asked.profile.name
                ),
                is_certain=one.certain,
            )
            for one in found
        ),
        total=quoted.total,
        detail_tokens=quoted.detail_tokens,
        most=quoted.total + quoted.detail_tokens,
        cached_products=quoted.cached_products,
        is_free=quoted.is_free,
    )


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the middleware lets nobody else in


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
