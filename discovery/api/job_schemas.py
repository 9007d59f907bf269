"""The shapes of jobs and picks in the API: what it takes and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from discovery.api.bodies import JsonSchema, body_of, object_of
from discovery.api.paging import PageAnswer
from discovery.api.parameters import example
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
JOB: dict[str, Any] = {
    "id": 4, "name": "Amazon far below its usual price", "source": "deals", "marketplace": "fr",
    "niche": None, "profile": "equilibre",
    "criteria": {"price_type": "AMAZON", "drop_percent": 25, "range": 1},
    "cost_kinds": ["same_listing", "europe", "dip"], "max_results": 100,
    "times": ["07:30", "13:00"], "weekdays": [0, 1, 2, 3, 4, 5, 6], "daily_cap": None,
    "alert_rule": {
        "on": True, "verdict": "BUY", "min_roi": 30.0, "min_profit": "4.50", "cool_down_hours": 24,
    },
    "state": "active", "pause_reason": "", "next_run_at": "2026-11-21T06:30:00Z",
    "last_run_at": "2026-11-20T12:00:00Z", "runs": 12, "tokens_spent": 1680, "picks": 9,
    "tokens_per_pick": 186.7,
}  # fmt: skip
JOB_RUN: dict[str, Any] = {
    "id": "5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10", "state": "done",
    "created_at": "2026-11-20T12:00:00Z", "finished_at": "2026-11-20T12:01:10Z", "resume_at": None,
    "products": 100, "scored": 100, "tokens_spent": 138, "tokens_saved": 62,
    "url": "/autosourcing/passages/5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10/",
}  # fmt: skip


class AlertRule(Schema):
    """From when on a pick is told of."""

    on: bool
    verdict: str
    min_roi: float | None
    min_profit: str | None = Field(description="In the marketplace's currency.")
    cool_down_hours: int


class JobAnswer(Schema):
    """A job, with what it has cost and brought so far."""

    model_config = example(**JOB)
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


class JobsAnswer(PageAnswer):
    """A page of jobs, the newest first."""

    model_config = example(jobs=[JOB], next=None)
    jobs: list[JobAnswer]


class ForecastAnswer(Schema):
    """What a job will cost; ``share`` is percent of what the plan brings in a day."""

    model_config = example(
        tokens_per_run=140, runs_per_day=2.0, tokens_per_day=280, share=0.97, measured=False,
        text="About 140 tokens a run, 280 a day.",
    )  # fmt: skip
    tokens_per_run: int
    runs_per_day: float
    tokens_per_day: int
    share: float | None
    measured: bool
    text: str


class JobRunAnswer(Schema):
    """One run of a job."""

    model_config = example(**JOB_RUN)
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


class JobRunsAnswer(PageAnswer):
    """A page of a job's runs, the newest first."""

    model_config = example(runs=[JOB_RUN], next=None)
    runs: list[JobRunAnswer]


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
