"""The shapes of picks in the API: as they were last seen, look by look, and decided upon."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from discovery.api.fields import Body, amount, choice, day, moment, several, whole, words
from discovery.api.paging import PageAnswer
from discovery.api.parameters import example

PickClassName = Literal["STABLE", "REVENANT", "FLUKE", "WATCH", "JACKPOT", "REJECT"]
CostKindName = Literal["same_listing", "europe", "dip", "list", "stated"]
MOST_DECIDED = 200
MOST_UNITS = 100_000
SEEN: dict[str, Any] = {
    "job": 4, "pick_class": "STABLE", "verdict": "BUY", "sourcing": False,
    "cost_kind": "same_listing", "cost_source": "fbm", "cost": 8.0, "price": 20.0, "profit": 5.2,
    "roi_percent": 65.0, "offers": 4, "bsr": 1200, "confidence": 80.0,
    "seen_at": "2026-11-20T08:00:00Z", "data_at": "2026-11-20T07:30:00Z",
}  # fmt: skip
PICK: dict[str, Any] = {
    **SEEN, "id": 31, "asin": "B00EXAMPLE", "marketplace": "fr", "currency": "EUR",
    "title": "A board game", "max_cost": 11.4, "quantity": 6, "sightings": 3,
    "first_seen_at": "2026-11-18T08:00:00Z", "gone_at": None, "decision": "",
}  # fmt: skip


class SeenAnswer(Schema):
    """The figures of a look."""

    job: int | None
    pick_class: str
    verdict: str
    sourcing: bool
    cost_kind: str
    cost_source: str
    cost: float | None
    price: float | None
    profit: float | None
    roi_percent: float | None
    offers: int | None
    bsr: int | None
    confidence: float
    seen_at: datetime
    data_at: datetime


class SightingAnswer(SeenAnswer):
    """One look at a pick in one run."""

    id: int
    run: str | None


class SightingsAnswer(PageAnswer):
    """A page of the looks at a pick, the newest first."""

    model_config = example(
        sightings=[SEEN | {"id": 90, "run": "5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10"}], next=None
    )
    sightings: list[SightingAnswer]


class PickAnswer(SeenAnswer):
    """A product that jobs have found, as it was last seen."""

    model_config = example(**PICK)
    id: int
    asin: str
    marketplace: str
    currency: str
    title: str
    max_cost: float | None
    quantity: int | None
    sightings: int
    first_seen_at: datetime
    gone_at: datetime | None
    decision: Literal["", "ignored", "bought"]


class PicksAnswer(PageAnswer):
    """A page of picks."""

    model_config = example(picks=[PICK], next=None)
    picks: list[PickAnswer]


class DecidedAnswer(Schema):
    """The picks that were decided upon."""

    model_config = example(decision="ignored", picks=[31])
    decision: Literal["", "ignored"]
    picks: list[int]


class ReviewPartAnswer(Schema):
    """What has changed in one way; `count` may be more than the picks told."""

    part: Literal["new", "better", "worse", "gone"]
    count: int
    picks: list[PickAnswer]


class FunnelAnswer(Schema):
    """What became of all that was looked at in 30 days: each is part of the one before it."""

    looked: int
    scored: int
    picks: int
    buys: int
    bought: int
    tokens: int


class ReviewAnswer(Schema):
    """What has changed since the last visit."""

    model_config = example(
        since="2026-11-19T08:00:00Z", until="2026-11-20T08:00:00Z", best=PICK,
        parts=[{"part": "new", "count": 1, "picks": [PICK]}],
        funnel={
            "looked": 1200, "scored": 900, "picks": 31, "buys": 12, "bought": 3, "tokens": 2400,
        },
    )  # fmt: skip
    since: datetime | None = Field(description="Null before the first visit.")
    until: datetime
    best: PickAnswer | None = Field(description="The pick of the day.")
    parts: list[ReviewPartAnswer]
    funnel: FunnelAnswer


class SeenUntilAnswer(Schema):
    """From when on a change is news."""

    model_config = example(since="2026-11-20T08:00:00Z")
    since: datetime


DECISION_BODY = Body(
    "Pick decision",
    {
        "decision": choice("Empty takes a decision back.", ["ignored", "bought", ""]),
        "price": amount("Paid a unit."),
        "quantity": whole("Units bought.", high=MOST_UNITS, default=1),
        "bought_on": day("Else today."),
        "place": words("Where it was bought.", longest=120),
        "note": words("A note.", longest=500),
    },
    {"decision": "ignored"},
)
DECISIONS_BODY = Body(
    "Pick decisions",
    {
        "picks": several(
            "Numbers of picks, all of them the caller's.",
            whole("A pick.", high=2**63 - 1),
            most=MOST_DECIDED,
        ).required,
        "decision": choice("Empty takes a decision back.", ["ignored", ""]),
    },
    {"picks": [31, 32], "decision": "ignored"},
)
SEEN_BODY = Body(
    "Seen",
    {"until": moment("`until` of the review that was looked at; else now.")},
    {"until": "2026-11-20T08:00:00Z"},
)
