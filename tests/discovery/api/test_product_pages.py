"""``/api/v1/products/{asin}``: read for nothing, calculated for nothing, bought where asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.models import KeepaProduct, LiveCheck, ProductCost, TokenLedgerEntry
from discovery.products import store
from discovery.products.decisions import add_favourite
from tests.discovery.api.shelf import caller_with, fields, send
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]


@pytest.fixture
def caller(bearer: str) -> Client:
    return caller_with(bearer)


def test_a_stored_product_is_told_with_its_verdict_and_its_age(caller: Client, anne: User) -> None:
    stored()
    add_favourite(user=anne, marketplace="us", asin=ASIN)
    told = send(caller, "GET", f"/products/{ASIN}?marketplace=us&series=bsr&series=buy_box").json()
    assert (told["product"]["asin"], told["favourite"], told["ignored"]) == (ASIN, True, False)
    assert told["age_seconds"] == pytest.approx(3600, abs=60)
    assert (told["cost"], told["check"], told["buy_box_tokens"]) == (None, None, None)
    rank, price = told["series"]
    assert [point["value"] for point in rank["points"]] == [20_000, 12_000]
    assert (price["unit"], [point["value"] for point in price["points"]]) == (
        "USD", [29.0, None, 30.0],
    )  # fmt: skip
    assert not TokenLedgerEntry.objects.exists()


def test_what_nobody_asked_keepa_about_is_not_there(caller: Client) -> None:
    for address in (f"/products/{ASIN}", "/products/x"):
        assert send(caller, "GET", address).status_code == 404
    assert send(caller, "GET", f"/products/{ASIN}?marketplace=xx").status_code == 422
    assert send(caller, "POST", f"/products/{ASIN}/buy-box").status_code == 404


def test_a_calculation_keeps_nothing(caller: Client) -> None:
    stored()
    address = f"/products/{ASIN}/calculate?marketplace=us"
    asked = {"cost": 5, "price": 40, "quantity": 10}
    told = send(caller, "POST", address, asked).json()
    assert (told["product"]["cost_given"], told["product"]["price"]) == (5.0, 40.0)
    assert told["outcome"]["paid"] == 50.0
    assert told["outcome"]["profit"] == pytest.approx(10 * told["product"]["profit"])
    assert not ProductCost.objects.exists()


def test_without_a_cost_a_calculation_is_at_the_one_that_is_kept(caller: Client) -> None:
    stored()
    send(caller, "PUT", f"/products/{ASIN}/cost", {"cost": 7})
    address = f"/products/{ASIN}/calculate"
    assert send(caller, "POST", address, {}).json()["product"]["cost_given"] == 7.0
    unknown = send(caller, "POST", address, {"cost": None}).json()
    assert unknown["product"]["cost_given"] is None


def test_every_wrong_field_of_a_calculation_is_named(caller: Client) -> None:
    stored()
    wrong = {"cost": -1, "quantity": 1.5, "grade": "mint", "colour": "blue"}
    refused = send(caller, "POST", f"/products/{ASIN}/calculate", wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_body")
    assert fields(refused) == set(wrong)


@pytest.fixture
def known(keepa: Any) -> str:
    """The ASIN of a product of the sandbox, known by its statistics alone."""
    client = get_client()
    asins = [product.asin for product in keepa.catalogue.store(1).live[:5]]
    answer = client.products(asins, marketplace="us", stats_days=90)
    store.store(answer, marketplace="us", buybox=False, tokens_each=1, now=timezone.now())
    return next(iter(answer.snapshots))


def test_the_buy_box_is_bought_once(caller: Client, known: str) -> None:
    bought = send(caller, "POST", f"/products/{known}/buy-box").json()
    assert (bought["known"], bought["tokens_spent"]) == (True, 3)
    assert KeepaProduct.objects.get(asin=known).has_buy_box
    assert send(caller, "POST", f"/products/{known}/buy-box").json()["tokens_spent"] == 0


def test_the_live_offers_are_checked_once_and_told_again_for_nothing(
    caller: Client, known: str
) -> None:
    address = f"/products/{known}/check"
    first = send(caller, "POST", address, {"cost": 5}).json()
    assert first["outcome"] in {"ok", "changed", "avoid"}
    assert first["text"]
    assert 0 < first["tokens_spent"] <= 7
    assert send(caller, "POST", address, {"cost": 5}).json()["tokens_spent"] == 0
    assert LiveCheck.objects.count() == 1
    page = send(caller, "GET", f"/products/{known}").json()
    assert page["check"]["checked_at"] == first["checked_at"]
