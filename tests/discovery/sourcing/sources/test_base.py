"""Whose Buy Box is worth its tokens, of what is looked at again and again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from discovery.scoring import EQUILIBRE, ProductFacts, ReasonCode, Score, Verdict, score
from discovery.sourcing.sources.base import (
    is_cheap_now,
    is_worth_a_first_look,
    pays_at_best,
    sells_well_enough,
)
from tests.discovery.builders import NOW, facts, prices


def at_one_token(**changes: Any) -> tuple[Score, ProductFacts]:
    """A book of which Keepa tells, for one token, that it is sold new from 30 dollars."""
    told = {"buy_box": prices("30.00"), "new": prices("30.00"), "new_fba": prices("30.00")}
    product = facts(**told | {"lowest_fbm_new": None} | changes)
    return score(product, EQUILIBRE, now=NOW), product


def cheap(price: str) -> dict[str, Any]:
    return {"new": prices("30.00")._replace(current=Decimal(price))}


@pytest.mark.parametrize(("price", "is_cheap"), [("22.00", True), ("23.00", False)])
def test_a_price_far_below_its_mean_is_worth_it(price: str, is_cheap: bool) -> None:
    scored, product = at_one_token(**cheap(price))
    scored = replace(scored, hypothetical=True, verdict=Verdict.SKIP, buy_forbidden_by=())
    assert is_cheap_now(scored, product) is is_cheap
    assert is_worth_a_first_look(scored, product) is is_cheap


@pytest.mark.parametrize(("price", "pays"), [("12.00", True), ("22.00", False)])
def test_its_buy_box_is_bought_again_where_the_usual_price_would_pay(
    price: str, pays: bool
) -> None:
    """Sold for what it usually sells for, 30 dollars and a little more, the book pays up to 17."""
    _scored, product = at_one_token(**cheap(price))
    assert pays_at_best(product, EQUILIBRE) is pays


def test_what_hardly_sells_is_not_however_cheap() -> None:
    scored, product = at_one_token(**cheap("10.00"))
    missed = replace(
        scored,
        hypothetical=True,
        verdict=Verdict.SKIP,
        buy_forbidden_by=(ReasonCode.VELOCITY_MISSED,),
    )
    assert not sells_well_enough(missed, product)
    assert not is_cheap_now(missed, product)


def test_a_cost_that_is_assumed_is_worth_it_at_the_first_look_only() -> None:
    scored, product = at_one_token()
    assumed = replace(scored, hypothetical=True, verdict=Verdict.CONSIDER, buy_forbidden_by=())
    assert is_worth_a_first_look(assumed, product)
    assert not is_cheap_now(assumed, product)
    assert not is_cheap_now(assumed, None)


def test_a_real_cost_is_worth_it_unless_it_is_skipped() -> None:
    scored, product = at_one_token()
    real = replace(scored, hypothetical=False, verdict=Verdict.CONSIDER)
    assert is_cheap_now(real, product)
    assert not is_cheap_now(replace(real, verdict=Verdict.SKIP), product)
