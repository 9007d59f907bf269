"""What a run says of itself in words: where its answer came from, what it cost, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discovery.models import Run
from discovery.products.scored import CacheState
from discovery.runs import text as runs_text
from discovery.scoring import ShownVerdict
from discovery.scoring.verdict import BUYS
from discovery.text import formats, reasons

OBSTACLES_SHOWN = 6
STAGE_FIGURES = ("items", "tokens_spent", "survivors")
Labelled = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the answer to a search came from and what it brought; ``duration`` in ms."""

    label: str
    text: str
    icon: str
    tone: str
    duration: int | None
    yield_text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, and when to try again; ``tone`` is error or warning."""

    title: str
    text: str
    retry: str
    tone: str


def answer_of(run: Run, counts: Mapping[ShownVerdict, int]) -> Answer | None:
    """Where the answer came from; ``None`` while there is none. ``counts`` are its verdicts."""
    outcome = run.outcome or {}
    if "cache" not in outcome:
        return None
    listed = CacheState(outcome.get("discovery_cache") or outcome["cache"])
    # A list from the cache whose products had to be bought is not an answer from the cache.
    state = CacheState(outcome["cache"])
    icon, tone = runs_text.CACHE_ICONS[state]
    asked_at = _moment(outcome.get("discovered_at"))
    ended = run.finished_at or timezone.now()
    return Answer(
        label=runs_text.cache_label(state),
        text=runs_text.cache_text(listed, ended - asked_at) if asked_at else "",
        icon=icon,
        tone=tone,
        duration=outcome.get("duration_ms"),
        yield_text=yield_of(run, counts),
    )


def yield_of(run: Run, counts: Mapping[ShownVerdict, int]) -> str:
    """What the tokens of a search have brought; empty while there is no answer."""
    if "cache" not in (run.outcome or {}):
        return ""
    return runs_text.yield_text(
        picks=sum(counts[ShownVerdict(verdict)] for verdict in BUYS),
        sourcing=counts[ShownVerdict.SOURCING],
        tokens_spent=run.tokens_spent,
    )


def problem_of(run: Run, *, scored: int) -> Problem | None:
    """Why a run that has ended failed or is incomplete, ``scored`` products being shown."""
    failure = run.failure
    has_ended_badly = run.state == Run.State.FAILED
    if not failure or run.is_active or run.state == Run.State.CANCELLED:
        return None
    text = runs_text.problem_text(str(failure.get("code")))
    retry = runs_text.retry_text(_seconds_left(failure))
    if run.is_sourcing:
        title = _("This run stopped before its end.")
        tone = "error" if has_ended_badly else "warning"
        return Problem(title, text, retry, tone)
    if run.is_list:
        title = _("The analysis stopped before its end.")
        return Problem(title, text, "", "error") if has_ended_badly else None
    if has_ended_badly and not scored:
        return Problem(_("This search could not be made."), text, retry, "error")
    outcome = run.outcome or {}
    if CacheState.STALE in {outcome.get("cache"), outcome.get("discovery_cache")}:
        return Problem(_("This answer is out of date."), text, retry, "warning")
    missing = max(run.total - scored, 0)
    if not missing:  # they were scored without their Buy Box, or by what was known of them
        return Problem(_("This answer is incomplete."), text, retry, "warning")
    title = ngettext(
        "This answer is incomplete: up to %(count)s product is missing.",
        "This answer is incomplete: up to %(count)s products are missing.",
        missing,
    )
    return Problem(title % {"count": formats.number(missing)}, text, retry, "warning")


def stages_of(run: Run) -> Labelled:
    """Each stage of a search, and what it cost, in words."""
    return tuple(
        (
            runs_text.stage_label(stage["name"]),
            runs_text.stage_text(**{name: stage[name] for name in STAGE_FIGURES}),
        )
        for stage in (run.outcome or {}).get("stages", ())
    )


def obstacles_of(run: Run) -> Labelled:
    """How many products each thing kept from being a Buy, and what it is in words."""
    # Stored as jsonb, which keeps no order.
    counted = sorted(
        ((run.outcome or {}).get("obstacles") or {}).items(), key=lambda kept: -kept[1]
    )
    return tuple(
        (formats.number(count), reasons.obstacle_label(key))
        for key, count in counted[:OBSTACLES_SHOWN]
    )


def left_out_of(run: Run) -> str:
    """The products of a search without usable data, counted in words."""
    outcome = run.outcome or {}
    unusable, undecodable = (len(outcome.get(name, ())) for name in ("unusable", "undecodable"))
    counted = (
        (
            unusable,
            ngettext(
                "Keepa has no data for %(count)s product.",
                "Keepa has no data for %(count)s products.",
                unusable,
            ),
        ),
        (
            undecodable,
            ngettext(
                "The data of %(count)s product could not be read.",
                "The data of %(count)s products could not be read.",
                undecodable,
            ),
        ),
    )
    return " ".join(text % {"count": formats.number(count)} for count, text in counted if count)


def _seconds_left(failure: Mapping[str, Any]) -> float | None:
    after, at = failure.get("retry_after"), _moment(failure.get("at"))
    if after is None or at is None:
        return after
    return float(after) - (timezone.now() - at).total_seconds()


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
