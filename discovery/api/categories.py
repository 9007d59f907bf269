"""Keepa's tree of categories over the API, as far as it is known."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from discovery.api.idempotency import idempotent
from discovery.api.parameters import Market, example
from discovery.api.product_schemas import SPENDING_REFUSALS
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.categories.tree import TreeLevel, browse
from discovery.keepa.marketplaces import marketplace_of
from discovery.niches.categories import open_once

router = Router(tags=["categories"])
LONGEST = 60  # characters of what is searched for
LARGEST = 10**15
NODE: dict[str, Any] = {
    "id": 301061, "name": "Livres", "path": "Livres", "children": 32, "opened": False,
}  # fmt: skip


class NodeAnswer(Schema):
    """A category; `children` counts those known, `opened` tells that all are."""

    id: int
    name: str
    path: str = Field(description="In words, the department first.")
    children: int
    opened: bool


class CategoriesAnswer(Schema):
    """A place in the tree: its ancestors, the department first, and its children."""

    model_config = example(marketplace="fr", here=None, ancestors=[], categories=[NODE])
    marketplace: str
    here: NodeAnswer | None
    ancestors: list[NodeAnswer]
    categories: list[NodeAnswer]


class OpenedAnswer(CategoriesAnswer):
    """The place with all of its children, and what they have cost."""

    model_config = example(marketplace="fr", here=NODE, ancestors=[], categories=[], tokens_spent=2)
    tokens_spent: int


@router.get("", response={200: CategoriesAnswer} | WRITING_REFUSALS, summary="Known categories")
def list_categories(
    request: HttpRequest,
    marketplace: Market = "us",
    parent: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    q: Annotated[str, Query(max_length=LONGEST, description="Part of a name.")] = "",
) -> dict[str, Any]:
    """The departments, the known sub-categories of `parent`, or those whose name holds `q`.

    For no token. 404 for a parent that is not known.
    """
    market = marketplace_of(marketplace).code
    words = q.replace("\x00", "")
    level = browse(marketplace=market, category_id=parent, words=words)
    if parent is not None and level.here is None and not words.strip():
        raise Http404
    return _answer(level)


@router.post(
    "/{category_id}/open", response={200: OpenedAnswer} | SPENDING_REFUSALS, summary="Open one"
)
@idempotent
def open_category(
    request: HttpRequest, category_id: int, marketplace: Market = "us"
) -> dict[str, Any]:
    """Ask Keepa for the sub-categories: at most 31 tokens, once for everybody."""
    market = marketplace_of(marketplace).code
    if browse(marketplace=market, category_id=category_id).here is None:
        raise Http404
    spent = open_once(category_id=category_id, marketplace=market)
    level = browse(marketplace=market, category_id=category_id)
    return _answer(level) | {"tokens_spent": spent}


def _answer(level: TreeLevel) -> dict[str, Any]:
    def node(found: Any) -> dict[str, Any]:
        told = asdict(found)
        return told | {"opened": told.pop("is_opened")}

    return {
        "marketplace": level.marketplace,
        "here": None if level.here is None else node(level.here),
        "ancestors": [node(found) for found in level.ancestors],
        "categories": [node(found) for found in level.nodes],
    }
