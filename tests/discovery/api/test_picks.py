"""``/api/v1/picks``: what jobs have found, read and decided upon by a program."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.models import Pick, Purchase
from tests.discovery.api.shelf import all_pages, send
from tests.discovery.builders import build_job, build_pick, build_sighting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]


@pytest.fixture
def caller(bearer: str) -> Client:
    return Client(headers={"authorization": f"Bearer {bearer}", "accept-language": "en"})


def decide(caller: Client, pick: Pick, **body: Any) -> Any:
    address = f"/api/v1/picks/{pick.pk}/decision"
    return caller.post(address, json.dumps(body), content_type="application/json")


def asins(caller: Client, query: str = "") -> list[str]:
    return [pick["asin"] for pick in caller.get(f"/api/v1/picks{query}").json()["picks"]]


def test_picks_are_told_with_where_and_for_how_much(caller: Client, anne: User) -> None:
    job = build_job(owner=anne)
    pick = build_pick(owner=anne, job=job)
    answer = caller.get(f"/api/v1/picks/{pick.pk}").json()
    assert answer["asin"] == pick.asin
    assert answer["job"] == job.pk
    assert answer["cost"] == float(pick.cost or 0)
    assert (answer["currency"], answer["sightings"]) == ("EUR", 1)
    listed = caller.get("/api/v1/picks").json()
    assert listed["picks"] == [answer]
    assert listed["next"] is None


def test_picks_are_narrowed_down(caller: Client, anne: User) -> None:
    job = build_job(owner=anne)
    build_pick(owner=anne, asin="B00000EURO", cost_kind="europe", job=job)
    build_pick(owner=anne, asin="B000000DIP", cost_kind="dip")
    assert asins(caller, "?cost_kind=dip") == ["B000000DIP"]
    assert asins(caller, f"?job={job.pk}") == ["B00000EURO"]
    assert asins(caller, "?q=euro") == ["B00000EURO"]
    assert caller.get("/api/v1/picks?cost_kind=theft").status_code == 422


def test_an_ignored_pick_leaves_the_list_and_comes_back(caller: Client, anne: User) -> None:
    pick = build_pick(owner=anne)
    assert decide(caller, pick, decision="ignored").json()["decision"] == "ignored"
    assert asins(caller) == []
    assert asins(caller, "?decided=ignored") == [pick.asin]
    assert decide(caller, pick, decision="").json()["decision"] == ""
    assert asins(caller) == [pick.asin]


def test_a_bought_pick_is_a_purchase(caller: Client, anne: User) -> None:
    pick = build_pick(owner=anne)
    answer = decide(caller, pick, decision="bought", price=12.5, quantity=3)
    assert answer.json()["decision"] == "bought"
    purchase = Purchase.objects.get()
    assert (purchase.unit_cost, purchase.quantity) == (Decimal("12.5"), 3)


def test_what_makes_no_sense_is_named(caller: Client, anne: User) -> None:
    answer = decide(caller, build_pick(owner=anne), decision="stolen", price=-1)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"decision", "price"}
    assert Pick.objects.get().decision == ""


def test_the_picks_of_somebody_else_are_not_there(caller: Client) -> None:
    pick = build_pick(owner=User.objects.create_user("paul"))
    assert caller.get(f"/api/v1/picks/{pick.pk}").status_code == 404
    assert decide(caller, pick, decision="ignored").status_code == 404
    assert asins(caller) == []


def test_picks_are_sorted_and_paged(
    caller: Client, anne: User, django_assert_num_queries: Any
) -> None:
    for asin, roi in (("B00000000A", 20.0), ("B00000000B", 60.0), ("B00000000C", 40.0)):
        build_pick(owner=anne, asin=asin, roi_percent=roi)
    best = [pick["asin"] for pick in all_pages(caller, "/picks?sort=-roi", "picks")]
    assert best == ["B00000000B", "B00000000C", "B00000000A"]
    by_default = [pick["asin"] for pick in all_pages(caller, "/picks", "picks")]
    assert by_default == ["B00000000C", "B00000000B", "B00000000A"]
    with django_assert_num_queries(2):  # the token, the picks
        caller.get("/api/v1/picks")


def test_every_look_at_a_pick_is_told(caller: Client, anne: User) -> None:
    pick = build_pick(owner=anne)
    build_sighting(pick=pick, roi_percent=12.0)
    looks = all_pages(caller, f"/picks/{pick.pk}/sightings", "sightings")
    assert {look["roi_percent"] for look in looks} == {12.0, pick.roi_percent}


def test_several_picks_are_decided_upon_at_once_or_none(
    caller: Client, anne: User, django_assert_max_num_queries: Any
) -> None:
    mine = [build_pick(owner=anne, asin=asin).pk for asin in ("B00000000A", "B00000000B")]
    his = build_pick(owner=User.objects.create_user("paul")).pk
    asked = {"picks": [*mine, his], "decision": "ignored"}
    assert send(caller, "POST", "/picks/decisions", asked).status_code == 404
    assert len(asins(caller)) == 2
    with django_assert_max_num_queries(9):
        send(caller, "POST", "/picks/decisions", asked | {"picks": mine})
    assert asins(caller) == []
    back = {"picks": mine, "decision": ""}
    assert send(caller, "POST", "/picks/decisions", back).json() == back
    assert len(asins(caller)) == 2


def test_the_review_tells_what_is_new_until_it_is_seen(caller: Client, anne: User) -> None:
    build_pick(owner=anne, verdict="CONSIDER")
    first = send(caller, "GET", "/picks/review").json()
    assert first["since"] is None
    assert {part["part"]: part["count"] for part in first["parts"]}["new"] == 1
    seen = send(caller, "POST", "/picks/review/seen", {"until": first["until"]})
    assert seen.json()["since"] == first["until"]
    again = send(caller, "GET", "/picks/review").json()
    assert not any(part["count"] for part in again["parts"])


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "soon"])
def test_what_no_time_zone_can_show_is_no_moment(caller: Client, until: str) -> None:
    refused = send(caller, "POST", "/picks/review/seen", {"until": until})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "until"


def test_a_moment_may_have_an_offset_the_database_does_not_know(caller: Client) -> None:
    seen = send(caller, "POST", "/picks/review/seen", {"until": "2026-02-28T19:37:58-16:17"})
    assert seen.json()["since"] == "2026-03-01T11:54:58Z"


def test_picks_come_as_csv(caller: Client, anne: User) -> None:
    pick = build_pick(owner=anne)
    lines = caller.get("/api/v1/picks/export.csv").content.decode().splitlines()
    assert pick.asin in lines[1]
