"""Picks over the API: read as on their page, and decided upon."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router

from discovery.api.auth import caller_of
from discovery.api.job_schemas import DECISION_BODY, PickAnswer, PicksAnswer
from discovery.api.reading import read_body
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.finder_fields import LARGEST_AMOUNT
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import CostKind, Pick, PickClass
from discovery.scoring import ShownVerdict
from discovery.search.request_fields import SMALLEST_COST
from discovery.sourcing import decisions, queries
from discovery.sourcing.criteria import Reading, number, option
from discovery.sourcing.decisions import BoughtPick
from discovery.sourcing.job_problems import InvalidJob
from discovery.sourcing.queries import Decided, PickNarrowing
from discovery.sourcing.shown import decision_of

router = Router(tags=["picks"])
MOST_UNITS = 100_000
LONGEST_WORDS = 100
DECISIONS = ("ignored", "bought")
PickClassName = Literal["STABLE", "REVENANT", "FLUKE", "WATCH", "JACKPOT", "REJECT"]
CostKindName = Literal["same_listing", "europe", "dip", "list", "stated"]


@router.get("", response={200: PicksAnswer} | WRITING_REFUSALS, summary="The picks of the caller")
def list_picks(
    request: HttpRequest,
    pick_class: PickClassName | None = None,
    cost_kind: CostKindName | None = None,
    verdict: Literal["STRONG_BUY", "BUY", "SOURCING", "CONSIDER", "SKIP"] | None = None,
    marketplace: str = "",
    job: int | None = None,
    decided: Literal["open", "ignored", "bought", "all"] = "open",
    gone: bool = False,
    q: str = "",
    page: int = 1,
) -> dict[str, Any]:
    """A page of what the caller's jobs have found, the best first; for no token.

    By default what is still there and not decided upon; `verdict` as pages show it.
    """
    narrowing = PickNarrowing(
        pick_class=PickClass(pick_class).value if pick_class else "",
        cost_kind=CostKind(cost_kind).value if cost_kind else "",
        verdict=ShownVerdict(verdict).value if verdict else "",
        marketplace=marketplace.replace("\x00", "?"),
        job=job,
        decided=Decided(decided),
        is_gone=gone,
        words=q.replace("\x00", "")[:LONGEST_WORDS],
    )
    found = queries.page_of_picks(owner=caller_of(request), narrowing=narrowing, number=str(page))
    return {
        "picks": [_answer(pick) for pick in found],
        "total_count": found.paginator.count,
        "page": found.number,
        "pages": found.paginator.num_pages,
    }


@router.get("/{pick_id}", response={200: PickAnswer} | WRITING_REFUSALS, summary="A pick")
def get_pick(request: HttpRequest, pick_id: int) -> dict[str, Any]:
    """One of the caller's picks, as it was last seen."""
    return _answer(_mine(request, pick_id))


@router.post(
    "/{pick_id}/decision",
    response={200: PickAnswer} | WRITING_REFUSALS,
    openapi_extra={"requestBody": DECISION_BODY},
    summary="Decide on a pick",
)
def decide(request: HttpRequest, pick_id: int) -> dict[str, Any]:
    """Ignore it, note it as bought (with `price`, as a purchase), or take the decision back.

    Ignored, it stays away until its verdict is better.
    """
    user, now = caller_of(request), timezone.now()
    pick = _mine(request, pick_id)
    decision, bought = _read(read_body(request))
    if decision == "bought":
        decisions.mark_bought(user=user, pick_id=pick.pk, bought=bought, now=now)
    elif decision == "ignored":
        decisions.ignore_pick(user=user, pick_id=pick.pk, now=now)
    else:
        decisions.restore_pick(user=user, pick_id=pick.pk, now=now)
    return _answer(_mine(request, pick_id))


def _read(data: dict[str, Any]) -> tuple[str, BoughtPick | None]:
    """The decision, and what was paid. Raises ``InvalidJob``."""
    reading = Reading(data, ("decision", "price", "quantity"))
    amount = partial(number, localize=False, low=SMALLEST_COST, high=LARGEST_AMOUNT)
    units = partial(number, localize=False, whole=True, low=1, high=MOST_UNITS, initial=1)
    decision = reading.read("decision", partial(option, options=DECISIONS, default=""))
    price, quantity = reading.read("price", amount), reading.read("quantity", units)
    if reading.errors:
        raise InvalidJob(reading.errors)
    bought = None if price is None else BoughtPick(price=price, quantity=quantity)
    return decision, bought


def _mine(request: HttpRequest, pick_id: int) -> Pick:
    try:
        return queries.pick_of(owner=caller_of(request), pick_id=pick_id)
    except Pick.DoesNotExist:
        raise Http404 from None


def _answer(pick: Pick) -> dict[str, Any]:
    same = (
        "asin", "marketplace", "title", "pick_class", "verdict", "sourcing", "cost_kind",
        "cost_source", "cost", "max_cost", "price", "profit", "roi_percent", "quantity", "offers",
        "bsr", "confidence", "first_seen_at", "seen_at", "data_at", "gone_at",
    )  # fmt: skip
    market = MARKETPLACES.get(pick.marketplace)
    return {name: getattr(pick, name) for name in same} | {
        "id": pick.pk,
        "currency": market.currency if market else "",
        "decision": decision_of(pick),
        "job": pick.job_id,
        "sightings": pick.sightings_count,
    }
