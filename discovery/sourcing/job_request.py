"""What is asked of a job: one reader for the page, the API, the terminal and our own code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from discovery.keepa.errors import UnknownMarketplace
from discovery.keepa.finder_fields import LARGEST_AMOUNT
from discovery.keepa.marketplaces import marketplace_of
from discovery.models import BusinessProfile, Niche, SourcingJob
from discovery.models.sourcing import alert_rule, every_day, every_way
from discovery.profiles.service import UnknownProfile, profile_named
from discovery.scoring import Verdict
from discovery.search.request_fields import LONGEST_SLUG, is_blank
from discovery.sourcing import criteria as criteria_reader
from discovery.sourcing.criteria import Reading, flag, number, option, several, text
from discovery.sourcing.job_problems import InvalidJob, job_refusal
from discovery.sourcing.sources.registry import source_of
from discovery.text.numbers import refusal, short, shown

LONGEST_NAME = 120
DEFAULT_RESULTS, MOST_RESULTS = 100, 200
MOST_TIMES = 6
MOST_TOKENS = 1_000_000
LONGEST_COOL_DOWN = 24 * 30  # hours
# The least verdict an alert may ask for.
ALERT_VERDICTS = (Verdict.STRONG_BUY.value, Verdict.BUY.value, Verdict.CONSIDER.value)
FIELDS = (
    "name", "source", "marketplace", "niche", "profile", "criteria", "cost_kinds", "max_results",
    "times", "weekdays", "daily_cap", "alert_rule",
)  # fmt: skip
_TIME = re.compile(r"([01]?\d|2[0-3])[:hH]([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """A job as its owner wants it; the fields are the columns of ``SourcingJob``."""

    name: str
    source: str
    marketplace: str
    niche: Niche | None = None
    profile: BusinessProfile | None = None
    criteria: dict[str, Any] = field(default_factory=dict)
    cost_kinds: list[str] = field(default_factory=every_way)
    max_results: int = DEFAULT_RESULTS
    times: list[str] = field(default_factory=list)
    weekdays: list[int] = field(default_factory=every_day)
    daily_cap: int | None = None
    alert_rule: dict[str, Any] = field(default_factory=alert_rule)


def read_job(
    data: Mapping[str, Any], *, user: AbstractBaseUser, localize: bool = True
) -> JobRequest:
    """Read a job as its owner, or a program of theirs, describes it.

    ``niche`` is the number of one of the user's niches, whose marketplace then counts, ``profile``
    the name (slug) of a profile. ``localize``: numbers in texts are in the active language.

    Raises ``InvalidJob`` with every wrong field; nothing is spent.
    """
    reading = Reading(data, FIELDS)
    whole = partial(number, localize=localize, whole=True)
    source = reading.read("source", _source)
    niche = _niche_of(reading, user) if source == SourcingJob.Source.NICHE else None
    found: dict[str, Any] = {
        "name": reading.read("name", partial(text, longest=LONGEST_NAME, required=True)),
        "source": source,
        "niche": niche,
        "marketplace": niche.marketplace if niche else reading.read("marketplace", _marketplace),
        "profile": reading.read("profile", partial(_profile, niche=niche, user=user)),
        "cost_kinds": reading.read("cost_kinds", _cost_kinds),
        "max_results": reading.read(
            "max_results", partial(whole, low=1, high=MOST_RESULTS, initial=DEFAULT_RESULTS)
        ),
        "times": reading.read("times", _times),
        "weekdays": reading.read("weekdays", _weekdays),
        "daily_cap": reading.read("daily_cap", partial(whole, low=1, high=MOST_TOKENS)),
    }
    errors = reading.errors
    try:
        found["alert_rule"] = _alert_rule(data.get("alert_rule"), localize=localize)
    except InvalidJob as error:
        errors |= {name: list(problems) for name, problems in error.errors.items()}
    if found["source"] and found["marketplace"] and "niche" not in errors:
        try:
            found["criteria"] = criteria_reader.read_criteria(
                found["source"],
                data.get("criteria"),
                marketplace=found["marketplace"],
                has_niche=niche is not None,
                localize=localize,
            )
        except InvalidJob as error:
            errors |= {name: list(problems) for name, problems in error.errors.items()}
    if errors:
        raise InvalidJob(errors)
    _check_cap(found)
    return JobRequest(**found)


def _check_cap(found: Mapping[str, Any]) -> None:
    """Raises ``InvalidJob`` for a daily cap that no look of the job can keep."""
    draft = SourcingJob(**found)
    least = source_of(draft).look_tokens(draft)
    if draft.daily_cap is not None and draft.daily_cap < least:
        problem = (job_refusal("cap_too_low", least=shown(least)).params or {})["problem"]
        raise InvalidJob({"daily_cap": [problem]})


def _source(value: object) -> str:
    options = SourcingJob.Source.values
    if is_blank(value):
        raise refusal("required")
    return option(value, options=options, default="")


def _marketplace(value: object) -> str:
    if is_blank(value):
        raise refusal("required")
    try:
        return marketplace_of(value).code
    except UnknownMarketplace as error:
        raise refusal("unknown_marketplace", **error.errors["marketplace"][0].params) from None


def _niche_of(reading: Reading, user: AbstractBaseUser) -> Niche | None:
    def read(value: object) -> Niche | None:
        if is_blank(value):
            return None
        key = str(value).strip() if isinstance(value, int | str) else ""
        if key.isascii() and key.isdecimal() and len(key) < 19:
            mine = Niche.objects.select_related("profile").filter(owner=user.pk, deleted_at=None)
            if niche := mine.filter(pk=int(key)).first():
                return niche
        raise job_refusal("no_niche")

    found: Niche | None = reading.read("niche", read)
    return found


def _profile(value: object, *, niche: Niche | None, user: AbstractBaseUser) -> BusinessProfile:
    """The profile of that name, else the niche's, else the user's own choice."""
    slug = text(value, longest=LONGEST_SLUG)
    if not slug and niche and niche.profile:
        slug = niche.profile.slug
    try:
        return profile_named(slug=slug or None, user=user)
    except UnknownProfile:
        raise job_refusal("no_such_profile", slug=short(slug)) from None


def _cost_kinds(value: object) -> list[str]:
    if value is None:
        return every_way()
    offered = every_way()
    chosen = several(value, read=lambda kind: option(kind, options=offered, default=""), most=9)
    if not chosen:
        raise job_refusal("no_cost_kind")
    return [kind for kind in offered if kind in chosen]


def _times(value: object) -> list[str]:
    if isinstance(value, list | tuple) and len([one for one in value if one]) > MOST_TIMES:
        raise job_refusal("too_many_times", limit=shown(MOST_TIMES))
    return sorted(several(value, read=_time, most=20))


def _time(value: object) -> str:
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise job_refusal("not_a_time", value=short(value))
    return f"{int(found[1]):02}:{found[2]}"


def _weekdays(value: object) -> list[int]:
    if value is None:
        return every_day()
    chosen = sorted(several(value, read=_weekday, most=7))
    if not chosen:
        raise job_refusal("no_weekday")
    return chosen


def _weekday(value: object) -> int:
    day = str(value).strip() if isinstance(value, int | str) else ""
    if day not in {str(known) for known in every_day()}:
        raise job_refusal("not_a_weekday", value=short(value))
    return int(day)


def _alert_rule(data: object, *, localize: bool) -> dict[str, Any]:
    usual = alert_rule()
    if data is None:
        return usual
    if not isinstance(data, Mapping):
        problem = (job_refusal("not_a_group").params or {})["problem"]
        raise InvalidJob({"alert_rule": [problem]})
    reading = Reading(data, tuple(usual), prefix="alert_rule.")
    amount = partial(number, localize=localize, low=-LARGEST_AMOUNT, high=LARGEST_AMOUNT)
    percent = partial(number, localize=localize, low=-100, high=10_000)
    hours = partial(number, localize=localize, whole=True, low=0, high=LONGEST_COOL_DOWN)
    roi: Decimal | None = reading.read("min_roi", percent)
    profit: Decimal | None = reading.read("min_profit", amount)
    rule = alert_rule(
        on=reading.read("on", partial(flag, default=True)),
        verdict=reading.read(
            "verdict", partial(option, options=ALERT_VERDICTS, default=usual["verdict"])
        ),
        min_roi=None if roi is None else float(roi),
        min_profit=None if profit is None else f"{profit:f}",
        cool_down_hours=reading.read(
            "cool_down_hours", partial(hours, initial=usual["cool_down_hours"])
        ),
    )
    if reading.errors:
        raise InvalidJob(reading.errors)
    return rule


def as_asked(job: SourcingJob) -> dict[str, Any]:
    """The job as ``read_job`` reads it: JSON values, for the API and for forms."""
    return {
        "name": job.name,
        "source": job.source,
        "marketplace": job.marketplace,
        "niche": job.niche_id,
        "profile": job.profile.slug if job.profile else None,
        "criteria": job.criteria,
        "cost_kinds": job.cost_kinds,
        "max_results": job.max_results,
        "times": job.times,
        "weekdays": job.weekdays,
        "daily_cap": job.daily_cap,
        "alert_rule": alert_rule(**job.alert_rule),
    }
