"""Two runs held side by side, over the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from discovery.api.auth import caller_of
from discovery.api.paging import PAGE, Limit
from discovery.api.run_answers import run_answer
from discovery.api.run_schemas import RUN_EXAMPLE, RUN_REFUSALS, RunAnswer
from discovery.runs import queries
from discovery.runs.compared import Compared, compare_runs, other_of
from discovery.runs.comparison import Pair, Standing
from discovery.runs.sharing import readable_run

router = Router(tags=["runs"])
LOOKED_BACK = 30  # earlier runs among which the likest is looked for
STANDING: dict[str, Any] = {
    "asin": "0131103628", "title": "A book", "position": 1, "price": 30.0, "roi_percent": 61.5,
    "bsr": 12_000, "verdict": "BUY",
}  # fmt: skip


class StandingAnswer(Schema):
    """How a product stood in one run."""

    asin: str
    title: str
    position: int
    price: float | None
    roi_percent: float | None
    bsr: int | None
    verdict: str


class PairAnswer(Schema):
    """The same product in both runs."""

    before: StandingAnswer
    after: StandingAnswer
    direction: Literal["better", "worse"] | None = Field(description="Of the verdict.")
    price_percent: float | None = Field(description="The price change in percent of what it was.")
    roi_points: float | None


class Counts(Schema):
    """How many products differ in each way; ``common`` are in both runs."""

    common: int
    appeared: int
    vanished: int
    better: int
    worse: int
    prices: int
    moves: int


class Rescore(Schema):
    """A profile that both runs can be scored with: `scored=` its value."""

    value: Literal["before", "after", "now"]
    label: str


class ComparisonAnswer(Schema):
    """What changed between two runs, the most telling first; all null without an earlier run."""

    before: RunAnswer | None
    after: RunAnswer | None
    counts: Counts | None
    unlike: list[str] = Field(description="Why verdicts and ROI are not compared.")
    rescores: list[Rescore] = Field(description="How both can be scored alike, for no token.")
    scored: str | None
    appeared: list[StandingAnswer]
    vanished: list[StandingAnswer]
    verdicts: list[PairAnswer]
    prices: list[PairAnswer]
    moves: list[PairAnswer]

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "before": RUN_EXAMPLE, "after": RUN_EXAMPLE,
        "counts": {
            "common": 48, "appeared": 1, "vanished": 2, "better": 0, "worse": 0, "prices": 1,
            "moves": 0,
        },
        "unlike": [], "rescores": [], "scored": None,
        "appeared": [STANDING], "vanished": [], "verdicts": [],
        "prices": [{
            "before": STANDING, "after": STANDING | {"price": 27.0}, "direction": None,
            "price_percent": -10.0, "roi_points": -12.5,
        }],
        "moves": [],
    }]})  # fmt: skip


@router.get(
    "/{run_id}/compare", response={200: ComparisonAnswer} | RUN_REFUSALS, summary="What changed"
)
def compare(
    request: HttpRequest,
    run_id: UUID,
    other: Annotated[str, Query(alias="with", max_length=40, description="Id of a run.")] = "",
    scored: Literal["", "before", "after", "now"] = "",
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """What differs from another run of the same question, job or marketplace; for no token.

    Without `with`, from the one before; of a list, from the one most like it. Each way of differing
    names at most `limit` products, and counts all.
    """
    user = caller_of(request)
    run = readable_run(user=user, run_id=run_id)
    earlier = list(queries.earlier_runs(run=run, user=user)[:LOOKED_BACK])
    found = other_of(run=run, asked=other, earlier=earlier, user=user)
    if found is None:
        return NOTHING
    told = compare_runs(run=run, other=found, user=user, scored=scored)
    ways = {
        "appeared": [_standing(one) for one in told.found.appeared[:limit]],
        "vanished": [_standing(one) for one in told.found.vanished[:limit]],
        **{
            name: _pairs(getattr(told.found, name)[:limit])
            for name in ("verdicts", "prices", "moves")
        },
    }
    return {
        "before": run_answer(told.before, user=user),
        "after": run_answer(told.after, user=user),
        "counts": _counts(told),
        "unlike": list(told.scored_alike.reasons),
        "rescores": [{"value": one.value, "label": one.label} for one in told.offers],
        "scored": told.taken.value if told.taken else None,
    } | ways


NOTHING: dict[str, Any] = {
    **dict.fromkeys(("before", "after", "counts", "scored")),
    **{
        name: []
        for name in (
            "unlike", "rescores", "appeared", "vanished", "verdicts", "prices", "moves",
        )
    },
}  # fmt: skip


def _counts(told: Compared) -> dict[str, int]:
    found = told.found
    return {
        "common": found.common,
        "appeared": len(found.appeared),
        "vanished": len(found.vanished),
        "better": found.better,
        "worse": found.worse,
        "prices": len(found.prices),
        "moves": len(found.moves),
    }


def _standing(one: Standing) -> dict[str, Any]:
    same = ("asin", "title", "position", "roi_percent", "bsr")
    return {name: getattr(one, name) for name in same} | {
        "price": None if one.price is None else float(one.price),
        "verdict": one.verdict.value,
    }


def _pairs(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    return [
        {
            "before": _standing(pair.before),
            "after": _standing(pair.after),
            "direction": pair.direction.value if pair.direction else None,
            "price_percent": (
                None if pair.price_percent is None else round(float(pair.price_percent), 2)
            ),
            "roi_points": None if pair.roi_points is None else round(pair.roi_points, 2),
        }
        for pair in pairs
    ]
