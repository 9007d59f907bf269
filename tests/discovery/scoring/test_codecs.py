"""Stored facts and scores come back as they were."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from discovery.scoring import (
    Condition,
    PriceSeries,
    PriceStats,
    ProductFacts,
    Profile,
    Verdict,
    facts_from_json,
    facts_to_json,
    score,
)
from discovery.scoring.inputs import (
    Measures,
)
from tests.discovery.scoring.codecs import (
    facts_from_text,
    score_from_json,
    score_from_text,
    score_to_json,
)
from tests.discovery.scoring.factories import NOW, any_facts, any_profile, facts
from tests.discovery.scoring.stored import FACTS, FACTS_TEXT, SCORE, SCORE_TEXT

quick = settings(max_examples=100, deadline=None)


def digits(value: Any) -> list[str]:
    """Every decimal of a value, as written: equality takes 5.07 and 5.070 for the same."""
    if isinstance(value, Decimal):
        return [str(value)]
    if dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, list | tuple):
        return [text for entry in value for text in digits(entry)]
    return []


@quick
@given(any_facts())
def test_facts_survive_being_stored(product: ProductFacts) -> None:
    text = json.dumps(facts_to_json(product))
    for again in (facts_from_json(json.loads(text)), facts_from_text(text)):
        assert again == product
        assert digits(again) == digits(product)


@quick
@given(any_facts(), any_profile())
def test_scores_survive_being_stored(product: ProductFacts, profile: Profile) -> None:
    result = score(product, profile, now=NOW)
    text = json.dumps(score_to_json(result))
    for again in (score_from_json(json.loads(text)), score_from_text(text)):
        assert again == result
        assert digits(again) == digits(result)


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


def test_what_is_new_inside_a_part_is_ignored_too() -> None:
    stored = json.loads(FACTS_TEXT)
    stored["measures"]["invented_later"] = stored["measures"]["new"]["invented_later"] = 3
    assert facts_from_json(stored) == FACTS
    stored = json.loads(SCORE_TEXT)
    stored["fees"]["invented_later"] = stored["flags"][0]["invented_later"] = 3
    assert score_from_json(stored) == SCORE


def test_money_is_stored_without_loss() -> None:
    odd = facts(fba_fee=Decimal("5.070"), list_price=Decimal("1234567.89"))
    again = facts_from_json(json.loads(json.dumps(facts_to_json(odd))))
    assert again.list_price == Decimal("1234567.89")
    assert str(again.fba_fee) == "5.070"


def test_facts_stored_by_the_codecs_of_0_1_0_still_read() -> None:
    for again in (facts_from_json(json.loads(FACTS_TEXT)), facts_from_text(FACTS_TEXT)):
        assert again == FACTS
        assert digits(again) == digits(FACTS)
        assert again.fetched_at.utcoffset() == NOW.utcoffset()
        assert isinstance(again.used, PriceStats)
        assert again.measures.used is not None
        assert again.measures.used.series is PriceSeries.USED


def test_scores_stored_by_the_codecs_of_0_1_0_still_read() -> None:
    for again in (score_from_json(json.loads(SCORE_TEXT)), score_from_text(SCORE_TEXT)):
        assert again == SCORE
        assert digits(again) == digits(SCORE)
        assert (again.verdict, again.condition) == (Verdict.SKIP, Condition.USED)
        assert isinstance(again.verdict, Verdict)
        assert again.scored_at.utcoffset() == NOW.utcoffset()


def test_what_is_stored_holds_all_that_the_codecs_of_0_1_0_stored() -> None:
    """So that they read it, should a release have to be taken back: what is new is beside it."""
    for stored, then in (
        (facts_to_json(FACTS), json.loads(FACTS_TEXT)),
        (score_to_json(SCORE), json.loads(SCORE_TEXT)),
    ):
        assert {name: stored[name] for name in then} == then


def test_facts_stored_before_a_field_existed_take_its_default() -> None:
    stored = json.loads(FACTS_TEXT)
    del stored["measures"], stored["used"], stored["bsr"]
    again = facts_from_json(stored)
    assert (again.measures, again.used, again.bsr) == (Measures(), PriceStats(), None)


@pytest.mark.parametrize("text", ["{}", "[]", "null", '"B000000001"', '{"asin": "B000000001"}'])
def test_what_never_was_facts_or_a_score_is_refused(text: str) -> None:
    for decode in (facts_from_json, score_from_json):
        with pytest.raises(ValueError, match="validation error"):
            decode(json.loads(text))
    for decode_text in (facts_from_text, score_from_text):
        with pytest.raises(ValueError, match="validation error"):
            decode_text(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("buy_box", ["dear", None, None, None, None]),
        ("buy_box", "24.90"),
        ("fba_fee", "NaN"),
        ("fetched_at", "yesterday"),
        ("measures", {"new": {"series": "INVENTED", "p25": 1, "median": 1, "p75": 1}}),
        ("measures", {"new": {"series": "NEW"}}),
    ],
)
def test_facts_with_a_broken_field_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        facts_from_json(json.loads(FACTS_TEXT) | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("verdict", "PERHAPS"), ("profit", "much"), ("flags", [{"code": "no_rank"}]), ("fees", [])],
)
def test_a_score_with_a_broken_field_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        score_from_json(json.loads(SCORE_TEXT) | {name: value})
