"""Parts of JSON Schema that several tools have in common."""

from __future__ import annotations

from typing import Any

from discovery.keepa.finder_fields import (
    FLAGS,
    LARGEST_AMOUNT,
    LONGEST_TEXT,
    MOST_VALUES,
    RANGES,
    SORTS,
)
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.scoring import ShownVerdict
from discovery.search.request import MOST_RESULTS
from discovery.search.request_fields import LONGEST_SLUG

JsonSchema = dict[str, Any]
LARGEST_KEY = 2**63 - 1
ROWS = 20  # of a page that nobody asked the length of: an agent reads every one
MOST_ROWS = 50

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
AMOUNT = {"type": "number", "minimum": 0, "maximum": float(LARGEST_AMOUNT)}
PERCENT = {"type": "number", "minimum": -100, "maximum": 1_000_000}
BOOLEAN = {"type": "boolean"}
NUMBER_OR_NULL = {"type": ["number", "null"]}
TEXT_OR_NULL = {"type": ["string", "null"]}
INTEGER_OR_NULL = {"type": ["integer", "null"]}
OBJECT_OR_NULL = {"type": ["object", "null"]}
KEY = {"type": "integer", "minimum": 1, "maximum": LARGEST_KEY}
RUN_ID = {"type": "string", "format": "uuid", "minLength": 32, "maxLength": 36}
MARKETPLACE = {
    "type": "string",
    "enum": list(MARKETPLACES),
    "description": "Which Amazon: fr is amazon.fr, us is amazon.com.",
}
WORDS = {"type": "string", "maxLength": 100, "description": "In the title; or an ASIN."}
VERDICT = {"type": "string", "enum": [verdict.value for verdict in ShownVerdict]}
PROFILE = {
    "type": "string",
    "maxLength": LONGEST_SLUG,
    "description": "Slug of the business profile to judge with; by default your own choice.",
}
PAGE = {
    "cursor": {"type": "string", "maxLength": 2000, "description": "`next` of the page before."},
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": ROWS},
}
NEXT = TEXT_OR_NULL | {"description": "The cursor of the next page; null on the last."}


def wait(most: int) -> JsonSchema:
    """How long a call may wait for a run to end, in seconds."""
    text = "Seconds to wait for its end before answering; poll with get_run for longer."
    return {"type": "integer", "minimum": 0, "maximum": most, "default": 0, "description": text}


def objects(properties: JsonSchema, description: str = "") -> JsonSchema:
    """A list of objects of which these properties are always there."""
    item = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "array", "items": item} | ({"description": description} if description else {})


def object_of(properties: JsonSchema, description: str = "") -> JsonSchema:
    """An object of which these properties are always there."""
    item = {"type": "object", "properties": properties, "required": list(properties)}
    return item | ({"description": description} if description else {})


_PAIR = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
_NAMES = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": MOST_VALUES}
QUESTION: JsonSchema = {
    "type": "object",
    "description": "What to look for: `categories` and `bsr_range` at least. Money in the "
    "marketplace's currency.",
    "properties": {
        "categories": _NAMES | {"description": "Names in the marketplace's language, or ids."},
        "bsr_range": _PAIR | {"description": "Sales rank: lowest and highest; low sells fast."},
        "price_range": _PAIR,
        "title": {"type": "string", "maxLength": LONGEST_TEXT, "description": "Words of the title"},
        "brand": _NAMES,
        "sort": {"type": "string", "enum": list(SORTS)},
        **{flag.name: BOOLEAN for flag in FLAGS},
    },
    "patternProperties": {
        "^({})_range$".format("|".join(condition.name for condition in RANGES)): _PAIR,
        "^({})_(min|max)$".format("|".join(condition.name for condition in RANGES)): NUMBER,
    },
    "additionalProperties": False,
    "required": ["categories"],
}
ASKED: JsonSchema = {
    "niche_id": KEY | {"description": "A niche of find_niches."},
    "template": {"type": "string", "maxLength": 60, "description": "A template of find_niches."},
    "question": QUESTION,
    "marketplace": MARKETPLACE
    | {"description": "With a template or a question (default us); a niche has its own."},
    "max_results": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_RESULTS,
        "description": "Products to score; each costs up to 4 tokens where nothing is known of it.",
    },
    "profile": PROFILE,
}
# Told once in full: ``read_niche`` looks at what it holds in either case.
ASKED_AGAIN = ASKED | {"question": {"type": "object", "description": "As quote_search takes it."}}
ONE_OF_ASKED = {
    "oneOf": [{"required": [name]} for name in ("niche_id", "template", "question")],
}
