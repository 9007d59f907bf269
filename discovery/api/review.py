"""The review of the day over the API: what has changed among the picks since the last visit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from discovery.api.auth import caller_of
from discovery.api.pick_schemas import SEEN_BODY, ReviewAnswer, SeenUntilAnswer
from discovery.api.picks import pick_answer
from discovery.api.schemas import WRITING_REFUSALS
from discovery.sourcing import queries
from discovery.sourcing import review as reviews

router = Router(tags=["picks"])
SHOWN = 12  # picks of each part


@router.get("/review", response={200: ReviewAnswer} | WRITING_REFUSALS, summary="What has changed")
def get_review(request: HttpRequest) -> dict[str, Any]:
    """What is new, better, worse and gone since the last visit; looking here counts as none."""
    user, now = caller_of(request), timezone.now()
    since = reviews.last_visit(user=user, now=now).since
    found = reviews.review_of(owner=user, since=since)
    best = reviews.pick_of_the_day(owner=user, now=now)
    return {
        "since": since,
        "until": now,
        "best": pick_answer(best) if best else None,
        "parts": [
            {
                "part": part.value,
                "count": len(picks),
                "picks": [pick_answer(pick) for pick in picks[:SHOWN]],
            }
            for part, picks in found.parts.items()
        ],
        "funnel": asdict(queries.funnel(owner=user, now=now)),
    }


@router.post(
    "/review/seen",
    response={200: SeenUntilAnswer} | WRITING_REFUSALS,
    openapi_extra=SEEN_BODY.openapi,
    summary="All of it is seen",
)
def mark_seen(request: HttpRequest) -> dict[str, Any]:
    """The next review tells what has changed from `until` on."""
    now = timezone.now()
    until = min(SEEN_BODY.read(request)["until"] or now, now)
    reviews.mark_reviewed(user=caller_of(request), now=until)
    return {"since": until}
