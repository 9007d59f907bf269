"""Runs as the API answers them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from discovery.keepa.categories.stored import category_names
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Run
from discovery.profiles.service import may_use
from discovery.runs import queries
from discovery.runs.service import time_left
from discovery.runs.text import problem_text, run_title, stage_label
from discovery.text.conditions import CategoryNames
from discovery.text.reasons import obstacle_label


def run_answer(
    run: Run, *, user: AbstractBaseUser, names: CategoryNames | None = None
) -> dict[str, Any]:
    """A run with its niche, profile and owner at hand; ``names`` are those of its categories."""
    if names is None:
        names = category_names(filters=[run.filters])
    market = MARKETPLACES.get(run.marketplace)
    left = None if run.state == Run.State.WAITING else time_left(run)
    same = (
        "kind", "state", "marketplace", "shared", "max_results", "found", "tokens_spent",
        "tokens_saved", "created_at", "started_at", "finished_at", "resume_at", "is_resumable",
    )  # fmt: skip
    return {name: getattr(run, name) for name in same} | {
        "id": str(run.pk),
        "name": run_title(run, names),
        "currency": market.currency if market else "",
        "owner": run.owner.get_username(),
        "is_own": run.owner_id == user.pk,
        "niche": run.niche_id,
        "job": run.job_id,
        "filters": run.filters if run.is_search else None,
        "profile": _profile(run, user),
        "products": run.total,
        "scored": run.done,
        "bad_lines": run.bad,
        "merged_lines": run.merged,
        "seconds_left": math.ceil(left.total_seconds()) if left else None,
        "problem": _problem(run),
        "url": run.get_absolute_url(),
    }


def run_detail(run: Run, *, user: AbstractBaseUser) -> dict[str, Any]:
    """A run with what it has brought; in six statements at most."""
    return run_answer(run, user=user) | {"summary": _summary(run, user)}


def _summary(run: Run, user: AbstractBaseUser) -> dict[str, Any]:
    counts, unknown = queries.counts_of(run=run)
    outcome = run.outcome or {}
    return {
        "verdicts": {verdict.value: count for verdict, count in counts.items()},
        "without_answer": unknown,
        "cache": outcome.get("cache"),
        "discovery_cache": outcome.get("discovery_cache"),
        "discovered_at": parse_datetime(outcome.get("discovered_at") or ""),
        "duration_ms": outcome.get("duration_ms"),
        "stages": [
            {
                "code": stage["name"],
                "label": stage_label(stage["name"]),
                "products": stage["items"],
                "tokens_spent": stage["tokens_spent"],
                "survivors": stage["survivors"],
            }
            for stage in outcome.get("stages", ())
        ],
        "obstacles": _obstacles(outcome.get("obstacles") or {}),
        "unusable": len(outcome.get("unusable", ())),
        "undecodable": len(outcome.get("undecodable", ())),
        "purchase": _purchase(run) if run.is_list else None,
        "codes_to_ask": queries.codes_to_ask(run=run) if run.is_list and unknown else 0,
        "is_comparable": queries.is_comparable(run=run, user=user),
    }


def _obstacles(counted: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"code": key, "text": obstacle_label(key), "products": count}
        for key, count in sorted(counted.items(), key=lambda kept: (-kept[1], kept[0]))
    ]


def _purchase(run: Run) -> dict[str, Any]:
    found = queries.purchase_of(run=run)
    return {
        "lines": found.lines,
        "units": found.units,
        "sold": found.sold,
        "investment": round(float(found.investment), 2),
        "profit": round(float(found.profit), 2),
        "roi_percent": None if found.roi_percent is None else round(float(found.roi_percent), 2),
    }


def _profile(run: Run, user: AbstractBaseUser) -> dict[str, Any] | None:
    profile = run.profile
    if profile is None:
        return None
    slug = profile.slug if may_use(profile=profile, user=user) else None
    return {"name": profile.name, "slug": slug, "revision": run.profile_revision}


def _problem(run: Run) -> dict[str, Any] | None:
    """Why it waits, failed or is incomplete, with the seconds until it makes sense to go on."""
    failure = run.failure
    if not failure or run.state == Run.State.CANCELLED:
        return None
    code, seconds = str(failure.get("code")), failure.get("retry_after")
    now = timezone.now()
    if run.resume_at is not None:
        seconds = (run.resume_at - now).total_seconds()
    elif seconds is not None and (at := parse_datetime(failure.get("at") or "")):
        seconds = float(seconds) - (now - at).total_seconds()
    return {
        "code": code,
        "text": problem_text(code),
        "retry_after": None if seconds is None else max(0, math.ceil(seconds)),
    }
