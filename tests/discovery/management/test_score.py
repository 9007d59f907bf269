"""``manage.py score ASIN…``"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.discovery.management.conftest import Run
from tests.discovery.shelf import shelved, sold

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("keepa", "shipped_profiles"),
]

NICHE = ("discover", "--category", "Books", "--bsr", "10000", "50000", "--max", "3", "--json")


@pytest.fixture
def asins(run: Run) -> list[str]:
    return [product["asin"] for product in json.loads(run(*NICHE).out)["products"]]


def test_what_a_niche_has_paid_for_is_scored_for_nothing(
    keepa: Any, run: Run, asins: list[str]
) -> None:
    paid = keepa.charged_total
    answer = json.loads(run("score", *asins, "--json").out)
    assert {product["asin"] for product in answer["products"]} == set(asins)
    assert answer["metadata"]["tokens_spent"] == 0
    assert keepa.charged_total == paid


def test_a_cost_makes_the_roi_real(run: Run, asins: list[str]) -> None:
    answer = json.loads(run("score", asins[0], "--cost", "1,50", "--json").out)
    assert answer["products"][0]["landed_cost"] == 1.5
    assert not answer["products"][0]["roi_is_hypothetical"]


def test_a_table_is_for_people(run: Run, asins: list[str]) -> None:
    assert asins[0] in run("score", asins[0]).out


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("B000000001", "--cost", "free"), ("B000000001", "--cost", "-1")]
)
def test_bad_input_is_refused_and_costs_nothing(
    keepa: Any, run: Run, arguments: tuple[str, ...]
) -> None:
    ran = run("score", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert keepa.charged_total == 0


def test_ten_thousand_asins_are_refused(keepa: Any, run: Run) -> None:
    ran = run("score", *(f"B{number:09d}" for number in range(10_000)))
    assert ran.code == 2
    assert "100" in ran.err
    assert keepa.charged_total == 0


def test_the_products_a_code_may_mean_are_named(run: Run) -> None:
    unit = sold("B0UNIT0001", "Savon noir", "3700000000129", price=2490, rank=9_000, items=1)
    lot = sold("B0ALOT0001", "Savon noir - lot de 12", "3700000000129", price=19900, rank=4_000)
    with shelved(lot, unit):
        text = run("score", "3700000000129", "--marketplace", "fr", "--language", "en").out
    assert "3700000000129 stands for several products" in text
    assert "B0ALOT0001 (lot of 12, Savon noir - lot de 12)" in text


@pytest.mark.parametrize(("fault", "code"), [("429", 3), ("garbage", 4), ("500", 4)])
def test_when_no_product_could_be_had_the_exit_code_says_so(
    keepa: Any, run: Run, fault: str, code: int
) -> None:
    keepa.faults.push(fault, times=20, endpoint="product")
    ran = run("score", "B000000001")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err
