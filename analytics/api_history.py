"""What was asked, what it cost, and what that shows, over the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from analytics.activity import ActivityLine, activity_lines, kept_of
from analytics.insights import (
    HistoryFilter,
    Totals,
    activity,
    best_hours,
    best_roi,
    latest_searches,
    periods,
    popular_categories,
    searches_of,
)
from analytics.receivers import gatherer
from discovery.api.auth import caller_of
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import example
from discovery.api.schemas import ANY_REFUSALS, WRITING_REFUSALS
from discovery.keepa.categories.stored import category_names
from discovery.text.conditions import category_label

router = Router(tags=["history"])
CATEGORIES_SHOWN, HOURS_SHOWN = 20, 5
Kind = Literal["discovery", "scoring", "autosourcing", "bulk"]
Source = Literal["frontend", "api", "manual", "schedule", "mcp"]
AnswerName = Annotated[
    Literal["free", "paid"] | None, Query(description="From the cache, or asked of Keepa.")
]
# Not the literals themselves: an address holds texts.
Days = Annotated[
    Literal["7", "30", "90", "365", "0"],
    Query(description="Days back from now; 0 is everything."),
]
SEARCH: dict[str, Any] = {
    "id": "0f7c1a52-54f6-4d8e-8a0e-0d5f8b6f0a11", "kind": "scoring", "source": "api",
    "marketplace": "fr", "asked": "Livres, BSR 10,000 to 50,000", "name": "Old books",
    "results": 50, "cache_hit": True, "tokens_spent": 0, "tokens_saved": 61, "average_roi": 38.5,
    "strong_buys": 2, "duration_ms": 40, "run": "5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10",
    "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip
TOTALS: dict[str, Any] = {
    "searches": 40, "answered": 38, "hits": 30, "hit_percent": 78.9, "tokens_spent": 610,
    "tokens_saved": 2400, "strong_buys": 21, "mean_roi": 34.2,
}  # fmt: skip


class PastSearchAnswer(Schema):
    """One past search: what was asked, what came back, what it cost or saved."""

    id: str
    kind: str
    source: str | None
    marketplace: str | None
    asked: str = Field(description="In words.")
    name: str = Field(description="Of its niche or list.")
    results: int
    cache_hit: bool | None
    tokens_spent: int | None
    tokens_saved: int | None
    average_roi: float | None
    strong_buys: int | None
    duration_ms: int | None
    run: UUID | None = Field(description="The answer that was kept.")
    created_at: datetime | None


class HistoryAnswer(PageAnswer):
    """A page of searches, the newest first."""

    model_config = example(searches=[SEARCH], next=None)
    searches: list[PastSearchAnswer]


class SearchTotalsAnswer(Schema):
    """What a group of searches adds up to."""

    searches: int
    answered: int
    hits: int
    hit_percent: float | None
    tokens_spent: int
    tokens_saved: int
    strong_buys: int
    mean_roi: float | None


class SearchPeriodAnswer(SearchTotalsAnswer):
    """A day, week or month, by its first day."""

    start: date


class SearchHourAnswer(SearchTotalsAnswer):
    """An hour of the day, in the site's time zone."""

    hour: int


class AskedCategoryAnswer(SearchTotalsAnswer):
    """A category that was asked about."""

    marketplace: str
    category: int
    name: str


class InsightsAnswer(Schema):
    """What the searches of a period show; of the latest 50,000 where there are more."""

    model_config = example(
        days=30, cut=False, grain="day", periods=[{"start": "2026-11-20"} | TOTALS],
        categories=[{"marketplace": "fr", "category": 301061, "name": "Livres"} | TOTALS],
        best_hours=[{"hour": 8} | TOTALS], best_roi_hour={"hour": 8} | TOTALS,
    )  # fmt: skip
    days: int
    cut: bool
    grain: Literal["day", "week", "month"]
    periods: list[SearchPeriodAnswer]
    categories: list[AskedCategoryAnswer] = Field(description="The most searched first.")
    best_hours: list[SearchHourAnswer] = Field(description="That brought most STRONG_BUY verdicts.")
    best_roi_hour: SearchHourAnswer | None


@router.get("", response={200: HistoryAnswer} | WRITING_REFUSALS, summary="What you have asked")
def list_history(
    request: HttpRequest,
    kind: Kind | None = None,
    source: Source | None = None,
    answer: AnswerName = None,
    days: Days = "30",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of the caller's searches, the newest first, from wherever they were made."""
    gatherer.flush()
    user, now = caller_of(request), timezone.now()
    chosen = HistoryFilter(kind or "", source or "", answer or "", int(days))
    found = searches_of(user_id=str(user.pk), chosen=chosen, now=now)
    # As the page and its index have it: searches of unknown date, of adopted databases, come first.
    page = page_of(
        found, order=("-created_at", "pk"), cursor=cursor, limit=limit, undated_first=True
    )
    lines = activity_lines(page.rows, kept=kept_of(page.rows, owner=user))
    return {"searches": [_search(line) for line in lines], "next": page.next}


@router.get("/insights", response={200: InsightsAnswer} | ANY_REFUSALS, summary="What they show")
def insights(request: HttpRequest, days: Days = "30") -> dict[str, Any]:
    """When the caller asks, about what, and what it brings and saves."""
    gatherer.flush()
    user, now = caller_of(request), timezone.now()
    chosen = HistoryFilter(days=int(days))
    mine = searches_of(user_id=str(user.pk), chosen=chosen, now=now)
    latest, is_cut = latest_searches(rows=mine)
    found = activity(rows=latest)
    grain, bars = periods(found=found, days=chosen.days, now=now)
    best = best_roi(found=found)
    return {
        "days": chosen.days,
        "cut": is_cut,
        "grain": grain.value,
        "periods": [{"start": start} | totals_answer(totals) for start, totals in bars.items()],
        "categories": _categories(popular_categories(rows=latest, most=CATEGORIES_SHOWN)),
        "best_hours": [
            {"hour": hour} | totals_answer(totals)
            for hour, totals in best_hours(found=found, most=HOURS_SHOWN)
        ],
        "best_roi_hour": {"hour": best[0]} | totals_answer(best[1]) if best else None,
    }


def totals_answer(totals: Totals) -> dict[str, Any]:
    """What a group adds up to, as every call tells it."""
    names = ("searches", "answered", "hits", "tokens_spent", "tokens_saved", "strong_buys")
    told = {name: getattr(totals, name) for name in names}
    return told | {"hit_percent": totals.hit_percent, "mean_roi": totals.mean_roi}


def _search(line: ActivityLine) -> dict[str, Any]:
    search = line.search
    same = (
        "source", "marketplace", "cache_hit", "tokens_spent", "tokens_saved", "average_roi",
        "strong_buys", "duration_ms", "created_at",
    )  # fmt: skip
    return {name: getattr(search, name) for name in same} | {
        "id": search.pk,
        "kind": search.search_type,
        "asked": line.question,
        "name": line.name,
        "results": search.results_count,
        "run": line.answer.pk if line.answer else None,
    }


def _categories(found: list[tuple[str, int, Totals]]) -> list[dict[str, Any]]:
    names = category_names(filters=[{"root_categories": [number]} for _, number, _ in found])
    return [
        {
            "marketplace": marketplace,
            "category": number,
            "name": category_label(marketplace, number, names),
        }
        | totals_answer(totals)
        for marketplace, number, totals in found
    ]
