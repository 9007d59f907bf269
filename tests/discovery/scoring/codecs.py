"""Scores and facts to JSON and back, as the stored breakdowns and products hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from discovery.scoring import ProductFacts, Score

_FACTS, _SCORE = TypeAdapter(ProductFacts), TypeAdapter(Score)


def facts_from_text(text: str | bytes) -> ProductFacts:
    return _FACTS.validate_json(text)


def score_to_json(score: Score) -> dict[str, Any]:
    data: dict[str, Any] = _SCORE.dump_python(score, mode="json")
    return data


def score_from_json(data: Mapping[str, Any]) -> Score:
    return _SCORE.validate_python(data)


def score_from_text(text: str | bytes) -> Score:
    return _SCORE.validate_json(text)
