"""The shapes of niches in the API: what it takes and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from discovery.api.bodies import NICHE_FILTERS, JsonSchema, body_of, object_of
from discovery.api.paging import PageAnswer
from discovery.api.schemas import SEARCH_REFUSALS, WRITING_REFUSALS
from discovery.niches.niche_request import LONGEST_NAME, MOST_PRODUCTS
from discovery.search.request_fields import DEFAULT_RESULTS, LONGEST_SLUG

NICHE_REFUSALS = WRITING_REFUSALS
QUOTE_REFUSALS = SEARCH_REFUSALS

FILTERS_EXAMPLE: dict[str, Any] = {
    "marketplace": "us",
    "root_categories": [283155],
    "bsr_min": 10_000,
    "bsr_max": 50_000,
}
FILTERS: JsonSchema = object_of(NICHE_FILTERS, ["marketplace"], "Filters") | {
    "description": "As of /products/discover; what is answered can be sent back."
}
LAST_RUN: dict[str, Any] = {
    "id": "0d3f6f3e-6a0f-4e5c-9a53-6d0c8a1b2c3d",
    "state": "done",
    "created_at": "2026-11-20T12:00:00Z",
    "scored": 50,
    "tokens_spent": 106,
}
NICHE_EXAMPLE: dict[str, Any] = {
    "id": 3,
    "name": "Old books",
    "marketplace": "us",
    "filters": FILTERS_EXAMPLE,
    "facts": ["amazon.com", "Books", "BSR 10,000 to 50,000"],
    "profile": "equilibre",
    "max_results": 50,
    "owner": "anne",
    "is_own": True,
    "shared": False,
    "archived": False,
    "created_at": "2026-11-19T08:00:00Z",
    "updated_at": "2026-11-19T08:00:00Z",
    "last_run": LAST_RUN,
}
QUOTE_EXAMPLE: dict[str, Any] = {
    "lookup_tokens": 20,
    "product_tokens": 50,
    "candidate_tokens": 0,
    "detail_tokens": 150,
    "tokens": 70,
    "tokens_at_most": 220,
    "known_products": 0,
    "warnings": [],
}


class LastRun(Schema):
    """The caller's newest search of a niche."""

    id: str
    state: str
    created_at: datetime
    scored: int
    tokens_spent: int


class NicheAnswer(Schema):
    """A question worth asking again."""

    id: int
    name: str
    marketplace: str
    filters: dict[str, Any]
    facts: list[str] = Field(description="The question in words.")
    profile: str | None = Field(
        description="Null: the default one, or one that is somebody else's own."
    )
    max_results: int = Field(description="Products to score.")
    owner: str
    is_own: bool = Field(description="False: somebody shares it with the team.")
    shared: bool
    archived: bool
    created_at: datetime
    updated_at: datetime
    last_run: LastRun | None

    model_config = ConfigDict(json_schema_extra={"examples": [NICHE_EXAMPLE]})


class NichesAnswer(PageAnswer):
    """A page of niches, the newest first."""

    niches: list[NicheAnswer]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"niches": [NICHE_EXAMPLE], "next": None}]}
    )


class QuoteWarning(Schema):
    """What keeps the answer from holding a Buy."""

    text: str
    certain: bool


class QuoteAnswer(Schema):
    """Tokens, by what they would be spent on."""

    lookup_tokens: int = Field(description="To find the products.")
    product_tokens: int = Field(description="For their data.")
    candidate_tokens: int = Field(description="At most, for codes of several products.")
    detail_tokens: int = Field(description="At most, for Buy Boxes of what passes until then.")
    tokens: int = Field(description="Spent in any case.")
    tokens_at_most: int
    known_products: int = Field(description="Products whose data is at hand.")
    warnings: list[QuoteWarning]

    model_config = ConfigDict(json_schema_extra={"examples": [QUOTE_EXAMPLE]})


class TemplateAnswer(Schema):
    """A ready-made niche; `filters` and `profile` are what a niche of it takes."""

    slug: str
    name: str
    why: str
    profile: str | None
    filters: dict[str, Any]


class TemplatesAnswer(Schema):
    """The ready-made niches of a marketplace."""

    templates: list[TemplateAnswer]

    model_config = ConfigDict(json_schema_extra={"examples": [{"templates": [{
        "slug": "manuels-universitaires", "name": "University textbooks",
        "why": "Dear, and asked for every year.", "profile": None, "filters": FILTERS_EXAMPLE,
    }]}]})  # fmt: skip


ASKED: JsonSchema = {
    "filters": FILTERS,
    "profile": {
        "type": ["string", "null"], "maxLength": LONGEST_SLUG,
        "description": "The slug of a profile; the caller's default one without.",
    },
    "max_results": {
        "type": "integer", "minimum": 1, "maximum": MOST_PRODUCTS, "default": DEFAULT_RESULTS,
        "description": "Products to score.",
    },
}  # fmt: skip
_NAME: JsonSchema = {"type": "string", "maxLength": LONGEST_NAME}
_EXAMPLE = {"filters": FILTERS_EXAMPLE, "profile": "equilibre", "max_results": 50}
NICHE_BODY = body_of(
    object_of(ASKED | {"name": _NAME | {"minLength": 1}}, ["name", "filters"], "Niche"),
    {"name": "Old books"} | _EXAMPLE,
)
SEARCH_BODY = body_of(object_of(ASKED | {"name": _NAME}, ["filters"], "Search"), _EXAMPLE)
