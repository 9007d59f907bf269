"""``/api/v1/picks``: what jobs have found, read and decided upon by a program."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.models import Pick, Purchase
from tests.discovery.builders import build_job, build_pick

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
    assert listed["total_count"] == 1


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
