"""Picks over the API: read as on their page, and decided upon."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Query, Router

from discovery.api.auth import caller_of
from discovery.api.csv_files import described_csv
from discovery.api.idempotency import idempotent
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.parameters import AnyMarket, words_of
from discovery.api.pick_schemas import (
    DECISION_BODY,
    DECISIONS_BODY,
    CostKindName,
    DecidedAnswer,
    PickAnswer,
    PickClassName,
    PicksAnswer,
    SightingsAnswer,
)
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.models import CostKind, Pick, PickClass, Sighting
from discovery.scoring import ShownVerdict, VatBasis
from discovery.sourcing import decisions, queries
from discovery.sourcing.decisions import BoughtPick
from discovery.sourcing.pick_export import csv_of
from discovery.sourcing.queries import Decided, PickNarrowing
from discovery.sourcing.shown import decision_of
from discovery.text.csv_files import csv_answer

router = Router(tags=["picks"])
SEEN = (
    "pick_class", "verdict", "sourcing", "cost_kind", "cost_source", "cost", "price", "profit",
    "roi_percent", "offers", "bsr", "confidence", "seen_at", "data_at",
)  # fmt: skip
VerdictName = Literal["STRONG_BUY", "BUY", "SOURCING", "CONSIDER", "SKIP"]
DecidedName = Literal["open", "ignored", "bought", "all"]
SortName = Annotated[
    Literal[
        "worth", "-seen", "seen", "-first", "first", "-roi", "roi", "-profit", "profit", "cost",
        "-cost", "title", "-title",
    ],
    Query(description="`worth`: the best first; `-`: the largest, or newest, first."),
]  # fmt: skip
Words = Annotated[str, Query(max_length=100, description="In the title or the ASIN.")]


@router.get("", response={200: PicksAnswer} | WRITING_REFUSALS, summary="The picks of the caller")
def list_picks(
    request: HttpRequest,
    pick_class: PickClassName | None = None,
    cost_kind: CostKindName | None = None,
    verdict: VerdictName | None = None,
    marketplace: AnyMarket = None,
    job: int | None = None,
    decided: DecidedName = "open",
    gone: bool = False,
    q: Words = "",
    sort: SortName = "worth",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of what the caller's jobs have found; for no token.

    By default what is still there and not decided upon, the best first; `verdict` as pages show it.
    """
    narrowing = replace(
        _narrowing(pick_class, cost_kind, verdict, marketplace, job, decided, gone, q),
        sort=sort.removeprefix("-"),
        is_descending=sort.startswith("-"),
    )
    found = queries.narrowed_picks(owner=caller_of(request), narrowing=narrowing)
    page = page_of(found, order=queries.order_of(narrowing), cursor=cursor, limit=limit)
    return {"picks": [pick_answer(pick) for pick in page.rows], "next": page.next}


@router.get(
    "/export.csv",
    response=WRITING_REFUSALS,
    openapi_extra=described_csv("asin,marketplace,title\nB00EXAMPLE,fr,A board game\n"),
    summary="The picks as CSV",
)
def export_picks(
    request: HttpRequest,
    pick_class: PickClassName | None = None,
    cost_kind: CostKindName | None = None,
    verdict: VerdictName | None = None,
    marketplace: AnyMarket = None,
    job: int | None = None,
    decided: DecidedName = "open",
    gone: bool = False,
    q: Words = "",
    format: Literal["plain", "sheet"] = "plain",
) -> HttpResponse:
    """All picks narrowed as the list of them: for programs, or a `sheet` in your language."""
    narrowing = _narrowing(pick_class, cost_kind, verdict, marketplace, job, decided, gone, q)
    found = queries.narrowed_picks(owner=caller_of(request), narrowing=narrowing)
    language = get_language() or "fr" if format == "sheet" else None
    return csv_answer(csv_of(found, language=language), name="picks")


@router.post(
    "/decisions",
    response={200: DecidedAnswer} | WRITING_REFUSALS,
    openapi_extra=DECISIONS_BODY.openapi,
    summary="Decide on several picks",
)
@idempotent
def decide_on_picks(request: HttpRequest) -> dict[str, Any]:
    """Ignore picks, or take decisions back: all of them, or none where one is not the caller's."""
    said = DECISIONS_BODY.read(request)
    try:
        decisions.decide_on_several(
            user=caller_of(request),
            pick_ids=said["picks"],
            is_ignored=said["decision"] == "ignored",
            now=timezone.now(),
        )
    except Pick.DoesNotExist:
        raise Http404 from None
    return {"decision": said["decision"], "picks": said["picks"]}


@router.get("/{pick_id}", response={200: PickAnswer} | WRITING_REFUSALS, summary="A pick")
def get_pick(request: HttpRequest, pick_id: int) -> dict[str, Any]:
    """One of the caller's picks, as it was last seen."""
    return pick_answer(_mine(request, pick_id))


@router.get(
    "/{pick_id}/sightings", response={200: SightingsAnswer} | WRITING_REFUSALS, summary="Its looks"
)
def list_sightings(
    request: HttpRequest, pick_id: int, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of the looks at a pick, the newest first."""
    looks = Sighting.objects.filter(pick=_mine(request, pick_id).pk)
    page = page_of(looks, order=("-seen_at", "-pk"), cursor=cursor, limit=limit)
    return {"sightings": [_sighting(look) for look in page.rows], "next": page.next}


@router.post(
    "/{pick_id}/decision",
    response={200: PickAnswer} | WRITING_REFUSALS,
    openapi_extra=DECISION_BODY.openapi,
    summary="Decide on a pick",
)
@idempotent
def decide(request: HttpRequest, pick_id: int) -> dict[str, Any]:
    """Ignore it, note it as bought (with `price`, as a purchase), or take the decision back.

    Ignored, it stays away until its verdict is better.
    """
    user, now = caller_of(request), timezone.now()
    pick = _mine(request, pick_id)
    said = DECISION_BODY.read(request)
    if said["decision"] == "bought":
        bought = _bought(said)
        decisions.mark_bought(user=user, pick_id=pick.pk, bought=bought, now=now)
    elif said["decision"] == "ignored":
        decisions.ignore_pick(user=user, pick_id=pick.pk, now=now)
    else:
        decisions.restore_pick(user=user, pick_id=pick.pk, now=now)
    return pick_answer(_mine(request, pick_id))


def pick_answer(pick: Any) -> dict[str, Any]:
    """A pick of ``picks_of`` as every call tells it."""
    same = ("asin", "marketplace", "title", "max_cost", "quantity", "first_seen_at", "gone_at")
    market = MARKETPLACES.get(pick.marketplace)
    return {name: getattr(pick, name) for name in (*SEEN, *same)} | {
        "id": pick.pk,
        "currency": market.currency if market else "",
        "decision": decision_of(pick),
        "job": pick.job_id,
        "sightings": pick.sightings_count,
    }


def _narrowing(
    pick_class: PickClassName | None,
    cost_kind: CostKindName | None,
    verdict: VerdictName | None,
    marketplace: str | None,
    job: int | None,
    decided: DecidedName,
    gone: bool,
    q: str,
) -> PickNarrowing:
    return PickNarrowing(
        pick_class=PickClass(pick_class).value if pick_class else "",
        cost_kind=CostKind(cost_kind).value if cost_kind else "",
        verdict=ShownVerdict(verdict).value if verdict else "",
        marketplace=marketplace_of(marketplace).code if marketplace else "",
        job=job,
        decided=Decided(decided),
        is_gone=gone,
        words=words_of(q),
    )


def _bought(said: dict[str, Any]) -> BoughtPick | None:
    if said["price"] is None:
        return None
    names = ("price", "quantity", "bought_on", "place", "note")
    return BoughtPick(cost_vat=VatBasis.INCLUDED, **{name: said[name] for name in names})


def _sighting(look: Sighting) -> dict[str, Any]:
    run = None if look.run_id is None else str(look.run_id)
    seen = {name: getattr(look, name) for name in SEEN}
    return seen | {"id": look.pk, "job": look.job_id, "run": run}


def _mine(request: HttpRequest, pick_id: int) -> Pick:
    try:
        return queries.pick_of(owner=caller_of(request), pick_id=pick_id)
    except Pick.DoesNotExist:
        raise Http404 from None
