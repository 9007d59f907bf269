"""``/costs``, ``/favourites``, ``/marks``, ``/decisions``: what the caller says of products."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.models import Favourite, ProductCost, ProductDecision, Purchase
from discovery.products.decisions import add_favourite
from discovery.products.purchases import Sold, record_sale
from tests.discovery.api.shelf import all_pages, caller_with, fields, send
from tests.discovery.builders import finished_run, scored_product
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]
OTHERS = ("B00000000A", "B00000000B", "B00000000C")


@pytest.fixture
def caller(bearer: str) -> Client:
    return caller_with(bearer)


def test_a_cost_is_kept_told_and_forgotten(caller: Client, anne: User) -> None:
    stored()
    run = finished_run(owner=anne, products=[scored_product(asin=ASIN)])
    address = f"/products/{ASIN}/cost?marketplace=us"
    kept = send(caller, "PUT", address, {"cost": 4.25}).json()
    assert (kept["cost"]["cost"], kept["cost"]["source"], kept["scored"]) == (4.25, "api", True)
    assert run.lines.get().landed_cost == ProductCost.objects.get().cost
    assert send(caller, "GET", address).json() == kept["cost"]
    assert send(caller, "DELETE", address).status_code == 204
    assert send(caller, "GET", address).status_code == 404
    assert send(caller, "DELETE", address).status_code == 404


def test_a_cost_of_nothing_or_of_too_much_is_refused(caller: Client) -> None:
    for cost in (None, 0, "1,500", 10**7, float("inf")):
        refused = send(caller, "PUT", f"/products/{ASIN}/cost", {"cost": cost})
        assert (refused.status_code, fields(refused)) == (422, {"cost"})
    assert not ProductCost.objects.exists()


def test_costs_are_listed_page_by_page(
    caller: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    for asin in OTHERS:
        send(caller, "PUT", f"/products/{asin}/cost", {"cost": 3})
    listed = all_pages(caller, "/costs?marketplace=us", "costs")
    assert [cost["asin"] for cost in listed] == [*reversed(OTHERS)]
    with django_assert_num_queries(2):  # the token, the page
        send(caller, "GET", "/costs")
    assert send(caller, "GET", "/costs?marketplace=fr").json()["costs"] == []
    assert send(caller, "GET", "/costs?cursor=x").status_code == 422


def test_favourites_are_listed_with_their_verdicts_in_constant_statements(
    caller: Client, anne: User, django_assert_num_queries: Any
) -> None:
    stored()
    add_favourite(user=anne, marketplace="us", asin=ASIN)
    add_favourite(user=anne, marketplace="us", asin=OTHERS[0])
    other, known = send(caller, "GET", "/favourites").json()["favourites"]
    assert (other["asin"], other["product"]) == (OTHERS[0], None)
    assert known["product"]["asin"] == ASIN
    for asin in OTHERS[1:]:
        add_favourite(user=anne, marketplace="us", asin=asin)
        stored(asin)
    # The token, the favourites, the profile, the products, their costs and ranks, the marks.
    with django_assert_num_queries(7):
        send(caller, "GET", "/favourites")


def test_marks_are_given_to_many_and_taken(caller: Client, anne: User) -> None:
    add_favourite(user=anne, marketplace="us", asin=OTHERS[0])
    given = {"products": list(OTHERS), "mark": "favourite"}
    assert send(caller, "POST", "/marks?marketplace=us", given).json()["changed"] == [*OTHERS[1:]]
    taken = send(caller, "POST", "/marks?marketplace=us", given | {"given": False}).json()
    assert sorted(taken["changed"]) == [*OTHERS]
    assert not Favourite.objects.exists()
    assert fields(send(caller, "POST", "/marks", {"products": ["B00000000A"]})) == {"mark"}


def test_what_is_decided_is_in_the_log_and_struck_out(caller: Client, anne: User) -> None:
    stored()
    address = f"/products/{ASIN}/decisions?marketplace=us"
    note = send(caller, "POST", address, {"kind": "note", "note": "Heavy"})
    bought = send(caller, "POST", address, {"kind": "bought", "price": 6, "quantity": 2})
    assert (note.status_code, bought.status_code) == (201, 201)
    purchase = Purchase.objects.get()
    assert bought.json()["purchase"] == purchase.pk
    listed = send(caller, "GET", address).json()["decisions"]
    assert [line["kind"] for line in listed] == ["bought", "note"]
    assert send(caller, "GET", "/decisions?kind=note").json()["decisions"] == [note.json()]
    sold = Sold(sold_on=purchase.bought_on, quantity=1, price=purchase.unit_cost)
    record_sale(user=anne, purchase_id=purchase.pk, sold=sold)
    kept = send(caller, "DELETE", f"/decisions/{bought.json()['id']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "has_sales")
    assert send(caller, "DELETE", f"/decisions/{note.json()['id']}").status_code == 204
    assert ProductDecision.objects.get().kind == "bought"


def test_a_decision_says_what_it_lacks(caller: Client) -> None:
    stored()
    address = f"/products/{ASIN}/decisions"
    assert fields(send(caller, "POST", address, {"kind": "note"})) == {"note"}
    assert fields(send(caller, "POST", address, {"kind": "bought"})) == {"price"}
    tomorrow = {"kind": "bought", "price": 3, "bought_on": "2999-01-01"}
    assert fields(send(caller, "POST", address, tomorrow)) == {"bought_on"}
    assert not ProductDecision.objects.exists()
