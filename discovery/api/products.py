"""The discovery calls: one question in, one service call, one answer out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic_core import to_json

from discovery.api.auth import caller_of
from discovery.api.bodies import DISCOVER_BODY, SCORING_BODY
from discovery.api.idempotency import idempotent
from discovery.api.reading import read_body
from discovery.api.schemas import (
    SEARCH_REFUSALS,
    DiscoveryAnswer,
    ScoredAnswer,
)
from discovery.profiles.service import active_profile
from discovery.search import discover as search_discover
from discovery.search.as_json import search_answer
from discovery.search.read_before import niche_of_body
from discovery.search.request import read_list, read_niche
from discovery.search.results import Asker, ScoredSearch

router = Router(tags=["products"])


@router.post(
    "/discover",
    response={200: DiscoveryAnswer} | SEARCH_REFUSALS,
    openapi_extra={"requestBody": DISCOVER_BODY},
    summary="The products of a niche",
)
@idempotent
def discover(request: HttpRequest) -> HttpResponse:
    """The ASINs of a niche, in the order asked for; nothing is scored.

    The same question again is answered from the cache, for no token.
    """
    started = time.monotonic()
    question = niche_of_body(request.body, scoring=False, read=lambda: read_body(request))
    found = search_discover.discover(
        filters=question.filters, max_results=question.max_results, asker=_asker(request)
    )
    milliseconds = round((time.monotonic() - started) * 1000)
    return _answer(search_answer(found, now=timezone.now(), duration_ms=milliseconds))


@router.post(
    "/discover-with-scoring",
    response={200: ScoredAnswer} | SEARCH_REFUSALS,
    openapi_extra={"requestBody": SCORING_BODY},
    summary="The products of a niche, or named ones, scored and ranked",
)
@idempotent
def discover_with_scoring(request: HttpRequest) -> HttpResponse:
    """The products of a niche, or those of `asins`, with their verdicts, the best first.

    What is known and fresh costs no token; a list cut short by a failure says so in
    `metadata.problem`.
    """
    data = read_body(request)
    scored = _score_list(request, data) if "asins" in data else _score_niche(request, data)
    return _answer(search_answer(scored, now=timezone.now()))


def _score_niche(request: HttpRequest, data: Mapping[str, Any]) -> ScoredSearch:
    question = read_niche(data, scoring=True, localize=False)
    return search_discover.discover_with_scoring(
        filters=question.filters,
        profile=active_profile(slug=question.profile, user=caller_of(request)),
        max_results=question.max_results,
        asker=_asker(request),
        detail=question.detail,
        spread=question.spread,
    )


def _score_list(request: HttpRequest, data: Mapping[str, Any]) -> ScoredSearch:
    asked = read_list(data, localize=False)
    return search_discover.score_asins(
        identifiers=asked["asins"],
        marketplace=asked["marketplace"],
        profile=active_profile(slug=asked["profile"], user=caller_of(request)),
        asker=_asker(request),
        costs=asked["costs"],
        cost_vat=asked["cost_vat"],
        grade=asked["grade"],
        detail=asked["detail"],
    )


def _asker(request: HttpRequest) -> Asker:
    return Asker(source="api", user_id=str(caller_of(request).pk))


def _answer(answer: Mapping[str, Any]) -> HttpResponse:
    # Already plain JSON: passing it through the response schemas would only cost time. A test
    # holds the two together.
    return HttpResponse(to_json(answer), content_type="application/json; charset=utf-8")
