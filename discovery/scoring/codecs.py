"""Facts as JSON objects (dicts of JSON values), and back, exactly.

The dataclasses are the format: fields are named, money is a string, a price series is a list,
and what equals its default is left out of facts. Unknown keys are ignored, so that an older
engine reads what a newer one wrote; a field added later takes its default in older rows.

Any ``TypeAdapter`` of a type that holds facts or a score reads them straight from the text that
PostgreSQL sends, without the dicts in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from discovery.scoring.inputs import (
    ProductFacts,
)

JsonObject = dict[str, Any]

_FACTS = TypeAdapter(ProductFacts)


def facts_to_json(facts: ProductFacts) -> JsonObject:
    """The facts as a JSON object, without what equals its default."""
    data: JsonObject = _FACTS.dump_python(facts, mode="json", exclude_defaults=True)
    return data


def facts_from_json(data: Mapping[str, Any]) -> ProductFacts:
    """The facts back. Raises ValueError on what never was facts."""
    return _FACTS.validate_python(data)
