"""The figures of the dashboard over the API: can one search now, what to look at, what is saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from analytics.alerts import alert_text
from analytics.cache_health import cache_health
from analytics.figures import Period
from analytics.receivers import gatherer
from analytics.today import today
from discovery.api.auth import caller_of
from discovery.api.parameters import example
from discovery.api.pick_schemas import PICK, PickAnswer
from discovery.api.picks import pick_answer
from discovery.api.schemas import ANY_REFUSALS
from discovery.keepa.balance import token_balance
from discovery.models import Run, RunLine
from discovery.runs.pulse import queue_pulse
from discovery.runs.text import pulse_text
from discovery.sourcing.review import day_of
from discovery.sourcing.switches import switches

router = Router(tags=["dashboard"])
FIND: dict[str, Any] = {
    "asin": "B00EXAMPLE", "marketplace": "fr", "title": "A board game", "verdict": "BUY",
    "before": None, "profit": 5.2, "roi_percent": 65.0,
    "run": "5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10",
}  # fmt: skip
WORK: dict[str, Any] = {
    "id": "5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10", "kind": "search", "name": "Old books",
    "state": "running", "url": "/niches/recherche/5f0c6a34-6a0e-4bb5-8d3b-0d8f7f3f6f10/",
    "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip


class FindAnswer(Schema):
    """A scored line that deserves a look; `before` is the verdict it had, of a favourite."""

    asin: str
    marketplace: str
    title: str
    verdict: str
    before: str | None
    profit: float | None
    roi_percent: float | None
    run: UUID


class WorkAnswer(Schema):
    """A run under way, or ended lately."""

    id: UUID
    kind: str
    name: str
    state: str
    url: str
    created_at: datetime


class NicheLeftAnswer(Schema):
    """A niche that was not asked for a while."""

    id: int
    name: str
    last_asked_at: datetime | None


class SavedAnswer(Schema):
    """What a period spent and saved, over everybody; as `GET /cache/health` tells in full."""

    hours: int
    tokens_spent: int
    tokens_saved: int
    searches: int
    hit_ratio: float | None


class DashboardAnswer(Schema):
    """What the dashboard shows, in figures."""

    model_config = example(
        tokens_left=270, tokens_capacity=300, alert="", queue="The task queue is at work.",
        queue_ill=False, runs_jobs=True, uses_idle_tokens=True,
        saved=[
            {"hours": 24, "tokens_spent": 120, "tokens_saved": 640, "searches": 21,
             "hit_ratio": 0.81}
        ],
        picks=[PICK], pick_counts={"new": 3, "better": 1, "worse": 0, "gone": 2}, finds=[FIND],
        better=[FIND | {"before": "CONSIDER"}], lists=[WORK | {"kind": "list", "state": "done"}],
        under_way=[WORK],
        niches=[{"id": 3, "name": "Old books", "last_asked_at": "2026-11-01T08:00:00Z"}],
    )  # fmt: skip
    tokens_left: int | None
    tokens_capacity: int | None
    alert: str = Field(description="That the cache saves too little; empty: it does not.")
    queue: str = Field(description="Who works on the task queue, in a sentence.")
    queue_ill: bool
    runs_jobs: bool
    uses_idle_tokens: bool
    saved: list[SavedAnswer]
    picks: list[PickAnswer] = Field(description="The best of the caller's.")
    pick_counts: dict[str, int] = Field(description="What has changed since the last visit.")
    finds: list[FindAnswer] = Field(description="The best of the week nobody decided on.")
    better: list[FindAnswer] = Field(description="Favourites that got better.")
    lists: list[WorkAnswer] = Field(description="That ended lately.")
    under_way: list[WorkAnswer]
    niches: list[NicheLeftAnswer] = Field(description="Worth asking again.")


@router.get("", response={200: DashboardAnswer} | ANY_REFUSALS, summary="The dashboard's figures")
def get_dashboard(request: HttpRequest) -> dict[str, Any]:
    """Whether one can search now, what to look at, and what the cache saves; for no token."""
    gatherer.flush()
    user, now = caller_of(request), timezone.now()
    health, pulse, balance = cache_health(now=now), queue_pulse(now=now), token_balance(now=now)
    found, picks, switch = today(owner=user, now=now), day_of(owner=user, now=now), switches()
    return {
        "tokens_left": balance.left if balance else None,
        "tokens_capacity": balance.capacity if balance else None,
        "alert": alert_text(health.alert) if health.alert else "",
        "queue": pulse_text(pulse),
        "queue_ill": pulse.has_stopped or pulse.is_late,
        "runs_jobs": switch.runs_jobs,
        "uses_idle_tokens": switch.uses_idle_tokens,
        "saved": [_saved(period) for period in health.periods],
        "picks": [pick_answer(pick) for pick in picks.top],
        "pick_counts": dict(picks.counts),
        "finds": [_find(line) for line in found.finds],
        "better": [_find(one.line, before=one.before) for one in found.better],
        "lists": [_work(run) for run in found.lists],
        "under_way": [_work(run) for run in found.under_way],
        "niches": [_niche(niche) for niche in found.niches],
    }


def _find(line: RunLine, before: str | None = None) -> dict[str, Any]:
    return {
        "asin": line.asin,
        "marketplace": line.run.marketplace,
        "title": line.title,
        "verdict": line.shown_verdict,
        "before": before,
        "profit": line.profit,
        "roi_percent": line.roi_percent,
        "run": line.run_id,
    }


def _work(run: Run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "kind": run.kind,
        "name": run.niche.name if run.niche else run.name,
        "state": run.state,
        "url": run.get_absolute_url(),
        "created_at": run.created_at,
    }


def _saved(period: Period) -> dict[str, Any]:
    names = ("hours", "tokens_spent", "tokens_saved", "searches")
    return {name: getattr(period, name) for name in names} | {"hit_ratio": period.ratio}


def _niche(niche: Any) -> dict[str, Any]:
    return {"id": niche.pk, "name": niche.name, "last_asked_at": niche.last_asked}
