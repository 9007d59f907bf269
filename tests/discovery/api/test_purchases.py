"""``/api/v1/purchases``: noted, put right, sold, added up, out as a file and in again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from discovery.models import ProductCost, Purchase
from tests.discovery.api.shelf import all_pages, caller_with, fields, send
from tests.discovery.products.buying import LAMP, buy, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]
NEW = {"asin": LAMP, "marketplace": "fr", "cost": 12.5, "cost_vat": "incl", "quantity": 3}


@pytest.fixture
def caller(bearer: str) -> Client:
    return caller_with(bearer)


def test_a_purchase_is_noted_put_right_and_deleted(caller: Client) -> None:
    made = send(caller, "POST", "/purchases", NEW)
    assert made.status_code == 201
    told = made.json()
    assert (told["cost"], told["left"], told["sales"]) == (12.5, 3, [])
    assert ProductCost.objects.get().source == "bought"
    address = f"/purchases/{told['id']}"
    assert send(caller, "GET", address).json() == told
    right = send(caller, "PUT", address, {"cost": 11, "quantity": 4, "place": "Momox"}).json()
    assert (right["cost"], right["quantity"], right["place"]) == (11.0, 4, "Momox")
    assert right["bought_on"] == told["bought_on"]
    assert send(caller, "DELETE", address).status_code == 204
    assert not Purchase.objects.exists()


def test_what_is_wrong_with_a_purchase_is_named(caller: Client) -> None:
    wrong = NEW | {"asin": "hat", "cost": None, "bought_on": "soon"}
    refused = send(caller, "POST", "/purchases", wrong)
    assert (refused.status_code, fields(refused)) == (422, {"cost", "bought_on"})
    assert fields(send(caller, "POST", "/purchases", NEW | {"asin": "hat"})) == {"asin"}
    unknown = NEW | {"asin": "3614270357626"}
    assert fields(send(caller, "POST", "/purchases", unknown)) == {"asin"}


def test_units_are_sold_and_never_more_than_were_bought(caller: Client, anne: User) -> None:
    purchase = buy(anne, "10", 2)
    address = f"/purchases/{purchase.pk}/sales"
    sold = send(caller, "POST", address, {"quantity": 2, "price": 30, "received": 20})
    assert (sold.status_code, sold.json()["received"]) == (201, 20.0)
    more = send(caller, "POST", address, {"price": 30})
    assert (more.status_code, more.json()["code"]) == (409, "more_than_bought")
    fewer = send(caller, "PUT", f"/purchases/{purchase.pk}", {"cost": 10, "quantity": 1})
    assert (fewer.status_code, fewer.json()["code"]) == (409, "fewer_than_sold")
    early = {"price": 30, "sold_on": "2020-01-01"}
    assert fields(send(caller, "POST", address, early)) == {"sold_on"}
    assert send(caller, "DELETE", f"{address}/{sold.json()['id']}").status_code == 204
    assert send(caller, "GET", f"/purchases/{purchase.pk}").json()["left"] == 2


def test_purchases_are_narrowed_sorted_and_paged_in_constant_statements(
    caller: Client, anne: User, django_assert_num_queries: Any
) -> None:
    for cost, place in (("5", "Momox"), ("9", "Vinted"), ("7", "Momox")):
        buy(anne, cost, place=place)
    sell(Purchase.objects.get(unit_cost=9), "30", "20")
    costs = [one["cost"] for one in all_pages(caller, "/purchases?sort=-tied_up", "purchases")]
    assert costs == [7, 5, 9]
    profits = [one["cost"] for one in all_pages(caller, "/purchases?sort=profit", "purchases")]
    assert profits[0] == 9  # those without a profit come last
    assert len(all_pages(caller, "/purchases?q=momox", "purchases")) == 2
    assert [one["cost"] for one in all_pages(caller, "/purchases?stock=sold_out", "purchases")] == [
        9
    ]
    with django_assert_num_queries(3):  # the token, the purchases, their pictures
        send(caller, "GET", "/purchases")


def test_totals_are_by_currency(caller: Client, anne: User) -> None:
    sell(buy(anne, "10", 2), "30", "20")
    buy(anne, "8", market="us")
    told = send(caller, "GET", "/purchases/totals").json()
    assert [total["currency"] for total in told["totals"]] == ["EUR", "USD"]
    assert (told["totals"][0]["bought"], told["totals"][0]["sold"]) == (2, 1)
    assert told["months"][0]["month"] == "2026-11-01"


def test_a_file_is_looked_at_then_written(caller: Client) -> None:
    lines = f"ASIN;Cost;Quantity;Bought on\n{LAMP};12.50;3;2026-11-20\nx;y;1;2026-11-20"
    given = send(caller, "POST", "/purchases/import", {"text": lines, "marketplace": "fr"}).json()
    assert (given["new_purchases"], [bad["number"] for bad in given["bad"]]) == (1, [3])
    assert send(caller, "GET", "/purchases/import").json() == given
    assert not Purchase.objects.exists()
    stale = send(caller, "POST", "/purchases/import/confirm", {"seen": "another"})
    assert (stale.status_code, stale.json()["code"]) == (409, "another_file")
    written = send(caller, "POST", "/purchases/import/confirm", {"seen": given["seen"]})
    assert written.json() == {"new_purchases": 1, "new_sales": 0}
    assert Purchase.objects.get().asin == LAMP
    assert send(caller, "GET", "/purchases/import").status_code == 404


def test_a_file_is_uploaded_and_given_up(caller: Client) -> None:
    text = f"ASIN;Cost;Bought on\n{LAMP};12.50;2026-11-20\n".encode()
    upload = {"file": SimpleUploadedFile("bought.csv", text), "marketplace": "fr"}
    given = caller.post("/api/v1/purchases/import", upload)
    assert (given.status_code, given.json()["name"]) == (200, "bought.csv")
    assert send(caller, "DELETE", "/purchases/import").status_code == 204
    assert send(caller, "DELETE", "/purchases/import").status_code == 404
    assert caller.post("/api/v1/purchases/import", {"marketplace": "fr"}).status_code == 422


def test_a_table_without_headings_is_refused(caller: Client) -> None:
    refused = send(caller, "POST", "/purchases/import", {"text": "a;b\n", "marketplace": "fr"})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_headings")


def test_purchases_come_as_csv(caller: Client, anne: User) -> None:
    buy(anne, "10", 2)
    answer = send(caller, "GET", "/purchases/export.csv")
    assert answer["Content-Type"].startswith("text/csv")
    head, line = answer.content.decode().splitlines()
    assert "asin" in head.split(",")
    assert LAMP in line


def test_the_purchases_of_somebody_else_are_not_there(caller: Client) -> None:
    purchase = buy(User.objects.create_user("paul"), "10")
    for method, rest in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/sales")):
        asked = send(caller, method, f"/purchases/{purchase.pk}{rest}", {"cost": 1, "price": 2})
        assert asked.status_code == 404
    assert send(caller, "GET", "/purchases").json()["purchases"] == []
