"""The shapes of runs in the API: searches, lists, and the looks of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from discovery.api.niche_schemas import FILTERS_EXAMPLE
from discovery.api.paging import PageAnswer
from discovery.api.schemas import SEARCH_REFUSALS, WRITING_REFUSALS, CacheName, Coded, Problem

RunState = Literal["draft", "queued", "running", "waiting", "done", "failed", "cancelled"]
RunKind = Literal["search", "list", "sourcing"]
RUN_REFUSALS = WRITING_REFUSALS | {409: Problem}
START_REFUSALS = SEARCH_REFUSALS | {404: Problem, 409: Problem}
RUN_ID = "0d3f6f3e-6a0f-4e5c-9a53-6d0c8a1b2c3d"
RUN_EXAMPLE: dict[str, Any] = {
    "id": RUN_ID, "kind": "search", "name": "Old books", "state": "running",
    "marketplace": "us", "currency": "USD", "owner": "anne", "is_own": True, "shared": False,
    "niche": 3, "job": None, "filters": FILTERS_EXAMPLE,
    "profile": {"name": "Équilibré", "slug": "equilibre", "revision": 1}, "max_results": 50,
    "found": 1200, "products": 50, "scored": 20, "bad_lines": 0, "merged_lines": 0,
    "seconds_left": 12, "tokens_spent": 61, "tokens_saved": 0,
    "created_at": "2026-11-20T12:00:00Z", "started_at": "2026-11-20T12:00:01Z",
    "finished_at": None, "resume_at": None, "is_resumable": False, "problem": None,
    "url": f"/niches/recherche/{RUN_ID}/",
}  # fmt: skip


class RunProfile(Schema):
    """The profile a run is scored with, frozen as it was at the start."""

    name: str
    slug: str | None = Field(description="Null for a profile that is somebody else's own.")
    revision: int


class RunProblem(Coded):
    """Why a run waits, has failed or is incomplete; ``retry_after`` in seconds."""

    retry_after: int | None


class RunAnswer(Schema):
    """A run, and how far it has come."""

    id: str
    kind: RunKind
    name: str = Field(description="That of its niche or list, else its question in words.")
    state: RunState
    marketplace: str
    currency: str
    owner: str
    is_own: bool = Field(description="False: somebody shares it with the team.")
    shared: bool
    niche: int | None
    job: int | None
    filters: dict[str, Any] | None = Field(description="What a search asks; null for others.")
    profile: RunProfile | None
    max_results: int | None
    found: int = Field(description="Products that answer the search, scored or not.")
    products: int = Field(description="Products, or lines of a list, to be scored.")
    scored: int
    bad_lines: int
    merged_lines: int
    seconds_left: int | None = Field(description="At the pace so far; null until there is one.")
    tokens_spent: int
    tokens_saved: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    resume_at: datetime | None = Field(description="When a run that waits goes on by itself.")
    is_resumable: bool
    problem: RunProblem | None
    url: str = Field(description="Its page.")

    model_config = ConfigDict(json_schema_extra={"examples": [RUN_EXAMPLE]})


class FunnelStage(Schema):
    """How many products a stage was given, what it cost, and how many it left."""

    code: str
    label: str
    products: int
    tokens_spent: int
    survivors: int


class Obstacle(Coded):
    """How many products one thing keeps from being a Buy."""

    products: int


class PurchaseAnswer(Schema):
    """What buying all that is a Buy takes, in the run's currency; what it should bring."""

    lines: int
    units: int
    sold: int = Field(description="Of the units, those that sell within 60 days.")
    investment: float
    profit: float = Field(description="Of the units sold.")
    roi_percent: float | None


class RunSummary(Schema):
    """What a run has brought so far."""

    verdicts: dict[str, int] = Field(description="How many products of each verdict shown.")
    without_answer: int = Field(description="Lines that Amazon or Keepa know nothing usable of.")
    cache: CacheName | None = Field(description="Where the answer of a search came from.")
    discovery_cache: CacheName | None
    discovered_at: datetime | None
    duration_ms: int | None
    stages: list[FunnelStage]
    obstacles: list[Obstacle] = Field(description="The most frequent first.")
    unusable: int
    undecodable: int
    purchase: PurchaseAnswer | None = Field(description="Of lists.")
    codes_to_ask: int = Field(description="Codes of a list that no product bore.")
    is_comparable: bool = Field(description="There is an earlier run to hold it against.")


class RunDetail(RunAnswer):
    """A run with what it has brought."""

    summary: RunSummary

    model_config = ConfigDict(json_schema_extra={"examples": [RUN_EXAMPLE | {
        "state": "done", "scored": 50, "finished_at": "2026-11-20T12:00:20Z",
        "seconds_left": None, "summary": {
            "verdicts": {
                "STRONG_BUY": 1, "BUY": 3, "SOURCING": 8, "CONSIDER": 10, "SKIP": 28,
            },
            "without_answer": 0, "cache": "miss", "discovery_cache": "miss",
            "discovered_at": "2026-11-20T12:00:02Z", "duration_ms": 18400,
            "stages": [{
                "code": "finder", "label": "Product Finder", "products": 1000,
                "tokens_spent": 20, "survivors": 1000,
            }],
            "obstacles": [{"code": "roi", "text": "ROI too low", "products": 21}],
            "unusable": 0, "undecodable": 0, "purchase": None, "codes_to_ask": 0,
            "is_comparable": True,
        },
    }]})  # fmt: skip


class RunsAnswer(PageAnswer):
    """A page of runs, the newest first."""

    runs: list[RunAnswer]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"runs": [RUN_EXAMPLE], "next": None}]}
    )


class SharedAnswer(Schema):
    """Whether the team reads it now."""

    shared: bool

    model_config = ConfigDict(json_schema_extra={"examples": [{"shared": True}]})
