"""Facts and scores as JSON objects (dicts of JSON values), and back, exactly.

The dataclasses are the format: fields are named, money is a string, a price series is a list,
and what equals its default is left out of facts. Unknown keys are ignored, so that an older
engine reads what a newer one wrote; a field added later takes its default in older rows.

Decoding straight from the text PostgreSQL sends (``facts_from_text``, ``score_from_text``) skips
the dicts in between. Any ``TypeAdapter`` of a type that holds facts or a score reads them so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from discovery.scoring.inputs import ProductFacts
from discovery.scoring.results import Score

JsonObject = dict[str, Any]

_FACTS = TypeAdapter(ProductFacts)
_SCORE = TypeAdapter(Score)


def facts_to_json(facts: ProductFacts) -> JsonObject:
    """The facts as a JSON object, without what equals its default."""
    data: JsonObject = _FACTS.dump_python(facts, mode="json", exclude_defaults=True)
    return data


def facts_from_json(data: Mapping[str, Any]) -> ProductFacts:
    """The facts back. Raises ValueError on what never was facts."""
    return _FACTS.validate_python(data)


def facts_from_text(text: str | bytes) -> ProductFacts:
    """The facts from their JSON text. Raises ValueError on what never was facts."""
    return _FACTS.validate_json(text)


def score_to_json(score: Score) -> JsonObject:
    """The score as a JSON object."""
    data: JsonObject = _SCORE.dump_python(score, mode="json")
    return data


def score_from_json(data: Mapping[str, Any]) -> Score:
    """The score back. Raises ValueError on what never was a score."""
    return _SCORE.validate_python(data)


def score_from_text(text: str | bytes) -> Score:
    """The score from its JSON text. Raises ValueError on what never was a score."""
    return _SCORE.validate_json(text)
