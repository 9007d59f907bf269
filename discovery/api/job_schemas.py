"""The shapes of jobs and picks in the API: what it takes and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from discovery.api.bodies import JsonSchema, body_of, object_of
from discovery.api.schemas import WRITING_REFUSALS, Problem
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import SourcingJob
from discovery.models.sourcing import every_way
from discovery.search.request_fields import LONGEST_SLUG
from discovery.sourcing.criteria import (
    DEAL_PRICES,
    LEAST_DROP,
    MOST_DROP,
    MOST_PAGES,
    MOST_SELLERS,
    SPANS,
)
from discovery.sourcing.job_request import (
    ALERT_VERDICTS,
    DEFAULT_RESULTS,
    LONGEST_COOL_DOWN,
    LONGEST_NAME,
    MOST_RESULTS,
    MOST_TIMES,
    MOST_TOKENS,
)

RunState = Literal["draft", "queued", "running", "waiting", "done", "failed", "cancelled"]
JOB_REFUSALS = WRITING_REFUSALS | {409: Problem}


class AlertRule(Schema):
    """From when on a pick is told of."""

    on: bool
    verdict: str
    min_roi: float | None
    min_profit: str | None = Field(description="In the marketplace's currency.")
    cool_down_hours: int


class JobAnswer(Schema):
    """A job, with what it has cost and brought so far."""

    id: int
    name: str
    source: Literal["niche", "deals", "sellers", "favourites"]
    marketplace: str
    niche: int | None
    profile: str | None
    criteria: dict[str, Any]
    cost_kinds: list[str]
    max_results: int
    times: list[str] = Field(description="In the time zone of its owner.")
    weekdays: list[int] = Field(description="0 is Monday.")
    daily_cap: int | None
    alert_rule: AlertRule
    state: Literal["active", "paused"]
    pause_reason: str
    next_run_at: datetime | None
    last_run_at: datetime | None
    runs: int
    tokens_spent: int
    picks: int
    tokens_per_pick: float | None


class JobsAnswer(Schema):
    """A page of jobs, the newest first."""

    jobs: list[JobAnswer]
    total_count: int
    page: int
    pages: int


class ForecastAnswer(Schema):
    """What a job will cost; ``share`` is percent of what the plan brings in a day."""

    tokens_per_run: int
    runs_per_day: float
    tokens_per_day: int
    share: float | None
    measured: bool
    text: str


class JobRunAnswer(Schema):
    """One run of a job."""

    id: str
    state: RunState
    created_at: datetime
    finished_at: datetime | None
    resume_at: datetime | None
    products: int
    scored: int
    tokens_spent: int
    tokens_saved: int
    url: str


class JobRunsAnswer(Schema):
    """A page of a job's runs, the newest first."""

    runs: list[JobRunAnswer]
    total_count: int
    page: int
    pages: int


class PickAnswer(Schema):
    """A product that jobs have found, as it was last seen."""

    id: int
    asin: str
    marketplace: str
    currency: str
    title: str
    job: int | None
    pick_class: str
    verdict: str
    sourcing: bool
    cost_kind: str
    cost_source: str
    cost: float | None
    max_cost: float | None
    price: float | None
    profit: float | None
    roi_percent: float | None
    quantity: int | None
    offers: int | None
    bsr: int | None
    confidence: float
    sightings: int
    first_seen_at: datetime
    seen_at: datetime
    data_at: datetime
    gone_at: datetime | None
    decision: Literal["", "ignored", "bought"]


class PicksAnswer(Schema):
    """A page of picks, the best first."""

    picks: list[PickAnswer]
    total_count: int
    page: int
    pages: int


def _nullable(kind: str, **more: Any) -> JsonSchema:
    return {"type": [kind, "null"]} | more


_PRICE = _nullable("number", exclusiveMinimum=0)
_CRITERIA: JsonSchema = {
    "description": "By source. niche: none with a `niche`, else `filters` as of /products/discover."
    " favourites: both yes by default.",
    "anyOf": [
        object_of({"filters": {"type": "object"}}, [], "Niche"),
        object_of(
            {
                "price_type": {"type": "string", "enum": list(DEAL_PRICES)},
                "drop_percent": {
                    "type": "integer", "minimum": LEAST_DROP, "maximum": MOST_DROP, "default": 20,
                },
                "range": {
                    "type": "integer", "enum": list(SPANS), "default": 0,
                    "description": "0 a day, 1 a week, 2 a month, 3 90 days.",
                },
                "bsr_max": _nullable("integer", minimum=1),
                "price_min": _PRICE,
                "price_max": _PRICE,
                "categories": {
                    "type": "array", "items": {"type": ["string", "integer"]}, "maxItems": 50,
                },
                "pages": {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1},
                "no_amazon": {"type": "boolean", "default": False},
            },
            [],
            "Deals",
        ),
        object_of(
            {
                "sellers": {
                    "type": "array", "items": {"type": "string"}, "minItems": 1,
                    "maxItems": MOST_SELLERS,
                }
            },
            ["sellers"],
            "Sellers",
        ),
        object_of(
            {"favourites": {"type": "boolean"}, "purchases": {"type": "boolean"}}, [], "Favourites"
        ),
    ],
}  # fmt: skip
_JOB: JsonSchema = {
    "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
    "source": {"type": "string", "enum": list(SourcingJob.Source.values)},
    "marketplace": {
        "type": "string", "enum": list(MARKETPLACES),
        "description": "With a `niche`, that of the niche counts.",
    },
    "niche": _nullable("integer", minimum=1, description="One of the caller's niches."),
    "profile": _nullable("string", maxLength=LONGEST_SLUG),
    "criteria": _CRITERIA,
    "cost_kinds": {
        "type": "array", "items": {"type": "string", "enum": every_way()}, "minItems": 1,
        "maxItems": 9,
    },
    "max_results": {
        "type": "integer", "minimum": 1, "maximum": MOST_RESULTS, "default": DEFAULT_RESULTS,
    },
    "times": {
        "type": "array", "items": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "maxItems": MOST_TIMES, "description": "In the time zone of the caller.",
    },
    "weekdays": {
        "type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 6}, "minItems": 1,
        "maxItems": 7, "description": "0 is Monday.",
    },
    "daily_cap": _nullable("integer", minimum=1, maximum=MOST_TOKENS),
    "alert_rule": object_of(
        {
            "on": {"type": "boolean", "default": True},
            "verdict": {"type": "string", "enum": list(ALERT_VERDICTS), "default": "BUY"},
            "min_roi": _nullable("number", minimum=-100, maximum=10_000),
            "min_profit": _nullable("number"),
            "cool_down_hours": {
                "type": "integer", "minimum": 0, "maximum": LONGEST_COOL_DOWN, "default": 24,
            },
        },
        [],
        "Alert rule",
    ),
}  # fmt: skip
JOB_BODY = body_of(
    object_of(_JOB, ["name", "source"], "Job"),
    {
        "name": "Amazon far below its usual price",
        "source": "deals",
        "marketplace": "fr",
        "criteria": {"price_type": "AMAZON", "drop_percent": 25, "range": 1},
        "times": ["07:30", "13:00"],
    },
)
DECISION_BODY = body_of(
    object_of(
        {
            "decision": {
                "type": "string",
                "enum": ["ignored", "bought", ""],
                "description": "Empty takes a decision back.",
            },
            "price": {"type": "number", "exclusiveMinimum": 0, "description": "Paid a unit."},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1},
        },
        ["decision"],
        "Decision",
    ),
    {"decision": "ignored"},
)
