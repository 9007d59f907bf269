"""The bodies the API takes, as its documentation shows them.

They are checked by ``discovery.search.request``, which speaks the caller's language; what it
accepts is described here from the same tables of filters.
"""

from __future__ import annotations

from typing import Any

from discovery.keepa.finder_fields import (
    FLAGS,
    LONGEST_TEXT,
    MOST_VALUES,
    PRICE_TYPES,
    RANGES,
    SORTS,
    Range,
    Unit,
)
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.scoring import Grade, VatBasis
from discovery.search.request import MOST_RESULTS
from discovery.search.request_fields import DEFAULT_RESULTS, LONGEST_SLUG, MOST_ASINS

JsonSchema = dict[str, Any]


def _pair(condition: Range) -> JsonSchema:
    return {
        "type": "array",
        "items": _bound(condition),
        "minItems": 2,
        "maxItems": 2,
        "description": f"Lowest and highest, both included, of Keepa's {condition.field}.",
    }


def _bound(condition: Range) -> JsonSchema:
    if condition.unit is Unit.MONEY:
        return {"type": "number", "exclusiveMinimum": 0}
    kind = "integer" if condition.unit is Unit.INTEGER else "number"
    return {"type": kind, "minimum": condition.low, "maximum": condition.high}


def _list_of(item: JsonSchema, most: int = MOST_VALUES, **more: Any) -> JsonSchema:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most} | more


_ID = {"type": "integer", "minimum": 1}
_TEXT = {"type": "string", "maxLength": LONGEST_TEXT}
_MARKETPLACE = {"type": "string", "enum": list(MARKETPLACES), "default": "us"}
NICHE_FILTERS: JsonSchema = {
    "categories": _list_of(_TEXT, description="Names, or Keepa ids."),
    "marketplace": _MARKETPLACE,
    **{f"{condition.name}_range": _pair(condition) for condition in RANGES},
    **{
        f"{condition.name}_{end}": _bound(condition)
        for condition in RANGES
        for end in ("min", "max")
    },
    "price_type": {"type": "string", "enum": list(PRICE_TYPES)},
    **{flag.name: {"type": "boolean", "default": False} for flag in FLAGS},
    "title": _TEXT,
    "brand": _list_of(_TEXT),
    "author": _list_of(_TEXT),
    "root_categories": _list_of(_ID),
    "categories_include": _list_of(_ID),
    "categories_exclude": _list_of(_ID),
    "sort": {"type": "string", "enum": list(SORTS), "default": "bsr"},
}
_NICHE = NICHE_FILTERS | {
    "max_results": _ID | {"maximum": MOST_RESULTS, "default": DEFAULT_RESULTS}
}
_SCORING = {
    "profile": {"type": "string", "maxLength": LONGEST_SLUG},
    "detail": {
        "type": "boolean",
        "default": True,
        "description": "Fetch the Buy Box (3 tokens) of products that pass on what is known.",
    },
}
_SPREAD = {
    "type": "boolean",
    "default": False,
    "description": "Score an even choice over the whole answer instead of its head.",
}


def object_of(properties: JsonSchema, required: list[str], title: str) -> JsonSchema:
    """The schema of an object that has these properties and no others."""
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def body_of(schema: JsonSchema, example: JsonSchema) -> JsonSchema:
    """What OpenAPI says of a request's body: its schema, and one that would do."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"required": True, "content": content}


_EXAMPLE = {"categories": ["Books"], "bsr_range": [10_000, 50_000], "max_results": 50}
_REQUIRED = ["categories", "bsr_range"]

DISCOVER_BODY = body_of(object_of(_NICHE, _REQUIRED, "Niche"), _EXAMPLE)
SCORING_BODY = body_of(
    {
        "oneOf": [
            object_of(_NICHE | _SCORING | {"spread": _SPREAD}, _REQUIRED, "Niche"),
            object_of(
                {
                    "asins": _list_of(
                        {"type": "string"}, MOST_ASINS, description="ASINs, ISBNs, EANs or UPCs."
                    ),
                    "costs": {
                        "type": "object",
                        "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
                        "description": "Price paid for some of them, in the currency sold in: kept "
                        "as what these products cost you. Of others, the cost kept before counts.",
                    },
                    "cost_vat": {
                        "type": "string",
                        "enum": [basis.value for basis in VatBasis],
                        "description": "Whether these prices hold VAT; by default as the "
                        "profile's `cost_vat` says.",
                    },
                    "grade": {
                        "type": "string",
                        "enum": [grade.value for grade in Grade],
                        "description": "How good the used copies are, for a profile that sells "
                        "used ones. Untold, one with a cost is taken for the profile's "
                        "`used_grade`, else for the lowest: flag `grade_assumed`.",
                    },
                    "marketplace": _MARKETPLACE,
                    **_SCORING,
                },
                ["asins"],
                "List",
            ),
        ]
    },
    _EXAMPLE,
)
