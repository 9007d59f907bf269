"""Stored facts and scores come back as they were."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given, settings

from discovery.scoring import (
    ProductFacts,
    Profile,
    facts_from_json,
    facts_to_json,
    score,
    score_from_json,
    score_to_json,
)
from tests.discovery.scoring.factories import NOW, any_facts, any_profile, facts

quick = settings(max_examples=100, deadline=None)


@quick
@given(any_facts())
def test_facts_survive_being_stored(product: ProductFacts) -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(product)))) == product


@quick
@given(any_facts(), any_profile())
def test_scores_survive_being_stored(product: ProductFacts, profile: Profile) -> None:
    result = score(product, profile, now=NOW)
    assert score_from_json(json.loads(json.dumps(score_to_json(result)))) == result


@quick
@given(any_facts())
def test_stored_facts_score_like_fresh_ones(product: ProductFacts) -> None:
    stored = facts_from_json(json.loads(json.dumps(facts_to_json(product))))
    assert score(stored, Profile(), now=NOW) == score(product, Profile(), now=NOW)


def test_what_is_unknown_is_not_stored_and_what_is_new_is_ignored() -> None:
    data = facts_to_json(facts())
    assert "list_price" not in data
    assert facts_from_json(data | {"invented_later": 3}) == facts()
    scored = score_to_json(score(facts(), Profile(), now=NOW, cost=Decimal(10)))
    assert score_from_json(scored | {"invented_later": 3}).profit is not None


def test_money_is_stored_without_loss() -> None:
    odd = facts(fba_fee=Decimal("5.070"), list_price=Decimal("1234567.89"))
    again = facts_from_json(json.loads(json.dumps(facts_to_json(odd))))
    assert again.list_price == Decimal("1234567.89")
    assert str(again.fba_fee) == "5.070"
