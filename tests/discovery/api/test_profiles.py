"""``/api/v1/profiles``, ``/saved-filters`` and ``/glossary``."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.models import BusinessProfile, SavedFilter
from discovery.profiles.service import copy_profile, profile_named
from discovery.scoring.profile import SPECS
from tests.discovery.api.conftest import Ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]


@pytest.fixture
def own(call: Ask) -> dict[str, Any]:
    """A copy of Équilibré that is Anne's."""
    answer: dict[str, Any] = call("POST", "/profiles", {"from": "equilibre", "name": "Mine"}).json()
    return answer


def test_profiles_are_listed_and_read_with_every_setting_in_words(
    call: Ask, own: dict[str, Any]
) -> None:
    listed = call("GET", "/profiles").json()["profiles"]
    assert [one["slug"] for one in listed][-1] == own["slug"] == "mine"
    assert [one["may_change"] for one in listed] == [False] * (len(listed) - 1) + [True]
    detail = call("GET", "/profiles/mine").json()
    named = {one["name"]: one for group in detail["groups"] for one in group["settings"]}
    assert set(named) == set(SPECS)
    assert named["min_profit"]["value"] == own["settings"]["min_profit"]
    assert named["min_profit"]["label"] == "Buy: profit"


def test_a_profile_is_sent_back_changed_and_brought_back(call: Ask, own: dict[str, Any]) -> None:
    told = {name: own[name] for name in ("name", "description", "settings", "revision")}
    assert call("PUT", "/profiles/mine", told).json()["revision"] == own["revision"]
    settings = own["settings"] | {"min_profit": 4.5, "overrides": {"us": {"min_profit": "5"}}}
    changed = call("PUT", "/profiles/mine", told | {"settings": settings}).json()
    assert changed["settings"]["min_profit"] == "4.5"
    assert changed["settings"]["overrides"] == {"us": {"min_profit": "5"}}
    stale = call("PUT", "/profiles/mine", told)
    assert (stale.status_code, stale.json()["code"]) == (409, "profile_changed")
    newest, first = call("GET", "/profiles/mine/revisions").json()["revisions"]
    assert [one["scope"] for one in newest["changes"]] == ["", "us"]
    assert (newest["saved_by"], first["changes"]) == ("anne", None)
    page = call("GET", "/profiles/mine/revisions?limit=1").json()
    assert page["revisions"] == [newest]
    back = call("POST", f"/profiles/mine/revisions/{first['number']}/restore").json()
    assert back["settings"] == own["settings"]
    assert call("POST", "/profiles/mine/revisions/99/restore").status_code == 404


def test_every_wrong_setting_is_named(call: Ask, own: dict[str, Any]) -> None:
    wrong = {
        "name": "", "speed": 1,
        "settings": {
            "min_profit": "much", "colour": 1, "average_days": 7,
            "overrides": {"xx": {}, "us": {"min_profit": -1}},
        },
    }  # fmt: skip
    answer = call("PUT", "/profiles/mine", wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_profile")
    assert {error["field"] for error in answer.json()["errors"]} == {
        "name", "speed", "settings.min_profit", "settings.colour", "settings.average_days",
        "settings.overrides.xx", "settings.overrides.us.min_profit",
    }  # fmt: skip
    crossed = {"name": "Mine", "settings": {"min_profit": 9, "strong_profit": 5}}
    (error,) = call("PUT", "/profiles/mine", crossed).json()["errors"]
    assert error["field"] == "settings.strong_profit"


def test_a_preview_saves_nothing(call: Ask, own: dict[str, Any]) -> None:
    told = call("POST", "/profiles/mine/preview", {"settings": {"roi_target_percent": 45}})
    assert told.json()["products"] == 0
    assert BusinessProfile.objects.get(slug="mine").revision == own["revision"]


def test_shared_profiles_are_the_administrators(call: Ask, anne: User) -> None:
    for method, action, body in (
        ("PUT", "", {"name": "x", "settings": {}}), ("DELETE", "", None),
    ):  # fmt: skip
        refused = call(method, f"/profiles/prudent{action}", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "profile_not_yours")
    assert call("POST", "/profiles/prudent/default").status_code == 403
    paul = User.objects.create_user("paul")
    copy_profile(profile=profile_named(slug=None, user=None), name="Pauls", owner=paul)
    assert call("GET", "/profiles/pauls").status_code == 404
    assert call("POST", "/profiles", {"from": "pauls", "name": "x"}).status_code == 422


def test_ones_own_profile_is_deleted(call: Ask, own: dict[str, Any]) -> None:
    assert call("DELETE", "/profiles/mine").status_code == 204
    assert call("GET", "/profiles/mine").status_code == 404


def test_filters_are_saved_replaced_and_forgotten(call: Ask, anne: User) -> None:
    asked = {"name": "Quick", "query": "sort=velocity&roi_min=30&page=3"}
    made = call("POST", "/saved-filters", asked)
    assert made.status_code == 201
    assert made.json()["query"] == "sort=velocity&roi_min=30"
    again = call("POST", "/saved-filters", asked | {"query": "sort=bsr"}).json()
    assert call("GET", "/saved-filters").json() == {"saved_filters": [again]}
    for wrong in ({"name": "x"}, {"name": "x", "query": "page=2"}, {"name": 1, "query": "q=a"}):
        assert call("POST", "/saved-filters", wrong).status_code == 422
    assert call("DELETE", f"/saved-filters/{again['id']}").status_code == 204
    assert call("DELETE", f"/saved-filters/{again['id']}").status_code == 404
    SavedFilter.objects.bulk_create(
        SavedFilter(user=anne, name=f"F{number}", query="q=a") for number in range(50)
    )
    full = call("POST", "/saved-filters", asked)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_filters")


def test_the_glossary_is_in_the_callers_language(call: Ask) -> None:
    groups = call("GET", "/glossary").json()["groups"]
    assert "Verdicts" in [group["title"] for group in groups]
    assert all(term["sentence"] for group in groups for term in group["terms"])
