"""Niches over the API: kept, changed, priced, run, as on their page."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.idempotency import idempotent
from discovery.api.list_answers import quote_answer
from discovery.api.niche_schemas import (
    NICHE_BODY,
    NICHE_REFUSALS,
    QUOTE_REFUSALS,
    SEARCH_BODY,
    NicheAnswer,
    NichesAnswer,
    QuoteAnswer,
    TemplatesAnswer,
)
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.parameters import Market
from discovery.api.reading import read_body
from discovery.api.run_schemas import START_REFUSALS, RunAnswer, SharedAnswer
from discovery.api.waiting import Wait, started
from discovery.keepa.categories.stored import category_names
from discovery.keepa.marketplaces import marketplace_of
from discovery.models import Niche, Run
from discovery.niches import queries, service, sharing
from discovery.niches.niche_request import read_asked_niche
from discovery.niches.price import price_of
from discovery.niches.searching import search_niche
from discovery.niches.service import Place
from discovery.niches.templates import templates_for
from discovery.profiles.service import may_use
from discovery.text.conditions import CategoryNames, filters_in_words

router = Router(tags=["niches"])
BODY = {"requestBody": NICHE_BODY}


@router.get("", response={200: NichesAnswer} | NICHE_REFUSALS, summary="The niches of the caller")
def list_niches(
    request: HttpRequest,
    kept: Literal["saved", "archived", "shared"] = "saved",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of niches, the newest first, each with the caller's newest search of it.

    `kept=shared`: those that others share with the team.
    """
    user = caller_of(request)
    if kept == "shared":
        found = queries.with_last_run_ids(sharing.shared_niches(user=user), owner=user)
    else:
        found = queries.saved_niches(owner=user, archived=kept == "archived")
    page = page_of(found, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    rows = queries.with_last_runs(page.rows)
    names = category_names(filters=[niche.filters for niche in rows])
    return {"niches": [_answer(niche, user, names) for niche in rows], "next": page.next}


@router.post(
    "", response={201: NicheAnswer} | NICHE_REFUSALS, openapi_extra=BODY, summary="Keep a niche"
)
@idempotent
def create_niche(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Keep a question worth asking again; nothing is spent."""
    user = caller_of(request)
    made = _save(request, Niche(owner_id=user.pk)).pk
    return created(response, _told(request, made), read_by="get_niche", at=(made,))


@router.post(
    "/quote",
    response={200: QuoteAnswer} | QUOTE_REFUSALS,
    openapi_extra={"requestBody": SEARCH_BODY},
    summary="What a search would cost",
)
def quote_search(request: HttpRequest) -> dict[str, Any]:
    """The tokens a search would spend now, and what keeps its answer from holding a Buy; free."""
    user = caller_of(request)
    asked = read_asked_niche(read_body(request), user=user, needs_name=False)
    price = price_of(
        filters=asked.filters,
        profile=asked.profile,
        max_results=asked.max_results,
        user_id=user.pk,
        now=timezone.now(),
    )
    told = [{"text": text, "certain": certain} for text, certain in price.warnings]
    return quote_answer(price.quote) | {"warnings": told}


@router.get(
    "/templates", response={200: TemplatesAnswer} | NICHE_REFUSALS, summary="Niches to start from"
)
def list_templates(request: HttpRequest, marketplace: Market = "us") -> dict[str, Any]:
    """The ready-made niches that can be asked on a marketplace."""
    found = templates_for(marketplace_of(marketplace).code)
    return {
        "templates": [
            {
                "slug": template.slug,
                "name": _(template.name),
                "why": _(template.why),
                "profile": template.profile or None,
                "filters": template.filters.canonical(),
            }
            for template in found
        ]
    }


@router.get("/{niche_id}", response={200: NicheAnswer} | NICHE_REFUSALS, summary="A niche")
def get_niche(request: HttpRequest, niche_id: int) -> dict[str, Any]:
    """One of the caller's niches, or one that somebody shares."""
    return _told(request, niche_id)


@router.put(
    "/{niche_id}",
    response={200: NicheAnswer} | NICHE_REFUSALS,
    openapi_extra=BODY,
    summary="Change a niche",
)
def change_niche(request: HttpRequest, niche_id: int) -> dict[str, Any]:
    """Set all of a niche; what is left out is as for a new one. Its searches stay its own."""
    niche = queries.niche_of(owner=caller_of(request), niche_id=niche_id)
    return _told(request, _save(request, niche).pk)


@router.delete("/{niche_id}", response={204: None} | NICHE_REFUSALS, summary="Delete a niche")
def delete_niche(request: HttpRequest, niche_id: int) -> Status[None]:
    """Delete a niche; for a week it can be brought back. Its searches stay."""
    _move(request, niche_id, to=Place.DELETED)
    return Status(204, None)


@router.post(
    "/{niche_id}/restore", response={200: NicheAnswer} | NICHE_REFUSALS, summary="Undo a deletion"
)
def restore_niche(request: HttpRequest, niche_id: int) -> dict[str, Any]:
    """Bring a deleted niche back; 404 once it is gone for good."""
    _move(request, niche_id, to=Place.SAVED, deleted=True)
    return _told(request, niche_id)


@router.post(
    "/{niche_id}/archive", response={200: NicheAnswer} | NICHE_REFUSALS, summary="Archive a niche"
)
def archive_niche(request: HttpRequest, niche_id: int) -> dict[str, Any]:
    """Put a niche away; nothing of it is lost."""
    _move(request, niche_id, to=Place.ARCHIVED)
    return _told(request, niche_id)


@router.post(
    "/{niche_id}/unarchive", response={200: NicheAnswer} | NICHE_REFUSALS, summary="Take it back"
)
def unarchive_niche(request: HttpRequest, niche_id: int) -> dict[str, Any]:
    """Put an archived niche among the saved ones again."""
    _move(request, niche_id, to=Place.SAVED)
    return _told(request, niche_id)


@router.post(
    "/{niche_id}/duplicate", response={201: NicheAnswer} | NICHE_REFUSALS, summary="Copy a niche"
)
@idempotent
def duplicate_niche(
    request: HttpRequest, response: HttpResponse, niche_id: int
) -> Status[dict[str, Any]]:
    """The same question as a niche of one's own, under a name that says so; of shared ones too."""
    user = caller_of(request)
    niche = sharing.readable_niche(user=user, niche_id=niche_id)
    made = service.duplicate_niche(niche=niche, owner=user).pk
    return created(response, _told(request, made), read_by="get_niche", at=(made,))


@router.post(
    "/{niche_id}/share", response={200: SharedAnswer} | NICHE_REFUSALS, summary="Share a niche"
)
def share_niche(request: HttpRequest, niche_id: int) -> dict[str, bool]:
    """Let the team read the niche; its answers stay private until each is shared."""
    return _share(request, niche_id, shared=True)


@router.post(
    "/{niche_id}/unshare", response={200: SharedAnswer} | NICHE_REFUSALS, summary="Share no more"
)
def unshare_niche(request: HttpRequest, niche_id: int) -> dict[str, bool]:
    """Make the niche private again; its answers stay as they are."""
    return _share(request, niche_id, shared=False)


@router.post(
    "/{niche_id}/run",
    response={200: RunAnswer, 202: RunAnswer} | START_REFUSALS,
    summary="Search a niche",
)
@idempotent
def run_niche(
    request: HttpRequest, response: HttpResponse, niche_id: int, wait: Wait = 0
) -> Status[dict[str, Any]]:
    """Queue a search of the niche as it stands; what is known is answered at once, with 200.

    One that somebody shares is searched as one's own, with a profile that one may use.
    """
    user = caller_of(request)
    niche = sharing.readable_niche(user=user, niche_id=niche_id)
    run = search_niche(niche=niche, user=user, asked_on=Run.AskedOn.API)
    return started(run, wait=wait, response=response, user=user)


def _save(request: HttpRequest, niche: Niche) -> Niche:
    asked = read_asked_niche(read_body(request), user=caller_of(request), needs_name=True)
    return service.save_niche(
        niche=niche,
        name=asked.name,
        filters=asked.filters,
        profile_slug=asked.profile_slug,
        max_results=asked.max_results,
    )


def _move(request: HttpRequest, niche_id: int, *, to: Place, deleted: bool = False) -> None:
    niche = queries.niche_of(owner=caller_of(request), niche_id=niche_id, deleted=deleted)
    service.move_niche(niche=niche, to=to, now=timezone.now())


def _share(request: HttpRequest, niche_id: int, *, shared: bool) -> dict[str, bool]:
    niche = queries.niche_of(owner=caller_of(request), niche_id=niche_id)
    sharing.share_niche(niche=niche, shared=shared)
    return {"shared": shared}


def _told(request: HttpRequest, niche_id: int) -> dict[str, Any]:
    user = caller_of(request)
    niche = sharing.readable_niche(user=user, niche_id=niche_id)
    (told,) = queries.with_last_runs(
        queries.with_last_run_ids(Niche.objects.filter(pk=niche.pk), owner=user)
    )
    return _answer(told, user, category_names(filters=[told.filters]))


def _answer(niche: Any, user: Any, names: CategoryNames) -> dict[str, Any]:
    run, profile = niche.last_run, niche.profile
    same = (
        "id", "name", "marketplace", "filters", "max_results", "shared", "created_at", "updated_at",
    )  # fmt: skip
    return {name: getattr(niche, name) for name in same} | {
        "facts": list(filters_in_words(niche.filters, names)),
        "profile": profile.slug if profile and may_use(profile=profile, user=user) else None,
        "owner": niche.owner.get_username(),
        "is_own": niche.owner_id == user.pk,
        "archived": niche.archived_at is not None,
        "last_run": run
        and {
            "id": str(run.pk),
            "state": run.state,
            "created_at": run.created_at,
            "scored": run.done,
            "tokens_spent": run.tokens_spent,
        },
    }
