"""A job as it is asked for: one reader for forms and programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.models import BusinessProfile
from discovery.niches.service import create_niche
from discovery.profiles.service import copy_profile, ensure_shipped_profiles
from discovery.search.request import read_filters
from discovery.sourcing.job_problems import InvalidJob
from discovery.sourcing.job_request import JobRequest, as_asked, read_job
from tests.discovery.builders import build_job

pytestmark = pytest.mark.django_db

LEAST: dict[str, Any] = {"name": "Watch", "source": "deals", "marketplace": "fr"}


@pytest.fixture(autouse=True)
def profiles(db: None) -> None:
    ensure_shipped_profiles()


def read(user: User, **changes: Any) -> JobRequest:
    return read_job(LEAST | changes, user=user, localize=False)


def codes(user: User, **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidJob) as refused:
        read(user, **changes)
    return {
        name: [problem.code for problem in found] for name, found in refused.value.errors.items()
    }


def test_what_is_left_out_is_as_usual(anne: User) -> None:
    asked = read(anne)
    assert (asked.times, asked.weekdays, asked.max_results) == ([], [0, 1, 2, 3, 4, 5, 6], 100)
    assert asked.cost_kinds == ["same_listing", "europe", "dip"]
    assert asked.daily_cap is None
    assert asked.profile == BusinessProfile.objects.get(is_default=True)
    assert asked.alert_rule["on"]


def test_times_are_put_in_order_each_once(anne: User) -> None:
    assert read(anne, times=["13:00", "7:30", "07h30", ""]).times == ["07:30", "13:00"]


@pytest.mark.parametrize(
    ("changes", "name", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 121}, "name", "too_long"),
        ({"name": 5}, "name", "not_text"),
        ({"source": "crystal ball"}, "source", "unknown_choice"),
        ({"marketplace": "narnia"}, "marketplace", "unknown_marketplace"),
        ({"marketplace": ""}, "marketplace", "required"),
        ({"profile": "nobodys"}, "profile", "no_such_profile"),
        ({"cost_kinds": []}, "cost_kinds", "no_cost_kind"),
        ({"cost_kinds": ["theft"]}, "cost_kinds", "unknown_choice"),
        ({"max_results": 201}, "max_results", "too_large"),
        ({"times": ["24:00"]}, "times", "not_a_time"),
        ({"times": [f"0{hour}:00" for hour in range(7)]}, "times", "too_many_times"),
        ({"times": "07:30"}, "times", "not_a_list"),
        ({"weekdays": []}, "weekdays", "no_weekday"),
        ({"weekdays": [7]}, "weekdays", "not_a_weekday"),
        ({"daily_cap": 0}, "daily_cap", "too_small"),
        ({"daily_cap": 14, "criteria": {"pages": 3}}, "daily_cap", "cap_too_low"),
        ({"alert_rule": {"verdict": "SKIP"}}, "alert_rule.verdict", "unknown_choice"),
        ({"alert_rule": {"cool_down_hours": -1}}, "alert_rule.cool_down_hours", "too_small"),
        ({"alert_rule": 3}, "alert_rule", "not_a_group"),
        ({"colour": "blue"}, "colour", "unknown_job_field"),
    ],
)
def test_every_wrong_field_is_named(
    anne: User, changes: dict[str, Any], name: str, code: str
) -> None:
    assert codes(anne, **changes) == {name: [code]}


def test_all_that_is_wrong_is_told_at_once(anne: User) -> None:
    wrong = codes(anne, name="", weekdays=[], criteria={"drop_percent": 1})
    assert set(wrong) == {"name", "weekdays", "criteria.drop_percent"}


def test_a_niche_brings_its_marketplace_and_its_profile(anne: User) -> None:
    asked = {"marketplace": "us", "categories": ["Books"], "bsr_range": [1_000, 50_000]}
    niche = create_niche(
        owner=anne, name="Books", filters=read_filters(asked), profile_slug="prudent"
    )
    found = read(anne, source="niche", niche=niche.pk)
    assert (found.niche, found.marketplace, found.criteria) == (niche, "us", {})
    assert found.profile is not None
    assert found.profile.slug == "prudent"
    for nobodys in (niche.pk + 1, "x", 10**30, [1]):
        assert codes(anne, source="niche", niche=nobodys) == {"niche": ["no_niche"]}


def test_a_niche_or_a_profile_of_somebody_else_is_not_there(anne: User) -> None:
    paul = User.objects.create_user("paul")
    asked = {"marketplace": "us", "categories": ["Books"], "bsr_range": [1_000, 50_000]}
    his = create_niche(owner=paul, name="Books", filters=read_filters(asked))
    shared = BusinessProfile.objects.get(is_default=True)
    profile = copy_profile(profile=shared, name="His", owner=paul)
    assert codes(anne, source="niche", niche=his.pk) == {"niche": ["no_niche"]}
    assert codes(anne, profile=profile.slug) == {"profile": ["no_such_profile"]}


def test_a_job_is_asked_for_as_it_is_kept(anne: User) -> None:
    job = build_job(owner=anne, criteria={}, times=["07:30"], daily_cap=50)
    asked = read_job(as_asked(job), user=anne, localize=False)
    assert (asked.name, asked.times, asked.daily_cap) == (job.name, ["07:30"], 50)
