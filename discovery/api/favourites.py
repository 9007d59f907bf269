"""Favourites over the API: made and unmade, each call safe to repeat."""

from __future__ import annotations

from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import WithJsonSchema

from discovery.api.auth import caller_of
from discovery.api.schemas import WRITING_REFUSALS, example_of
from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.products import decisions
from discovery.products.identifiers import IdentifierKind, NotAnIdentifier, parse_identifier

router = Router(tags=["favourites"])
# Described only: an unknown one is refused by `marketplace_of`, in the caller's language.
Market = Annotated[str, WithJsonSchema({"type": "string", "enum": list(MARKETPLACES)})]


class FavouriteAnswer(Schema):
    """Whether a product is a favourite now."""

    model_config = example_of({"asin": "1668986809", "marketplace": "us", "favourite": True})

    asin: str
    marketplace: str
    favourite: bool


@router.post(
    "/{asin}/favorite",
    response={200: FavouriteAnswer} | WRITING_REFUSALS,
    summary="Make it a favourite",
)
def add(request: HttpRequest, asin: str, marketplace: Market = "us") -> FavouriteAnswer:
    """Keep an eye on a product; an ASIN, or the ISBN of a book."""
    known, market = _named(asin, marketplace)
    decisions.add_favourite(user=caller_of(request), marketplace=market, asin=known)
    return FavouriteAnswer(asin=known, marketplace=market, favourite=True)


@router.delete(
    "/{asin}/favorite",
    response={200: FavouriteAnswer} | WRITING_REFUSALS,
    summary="No longer a favourite",
)
def remove(request: HttpRequest, asin: str, marketplace: Market = "us") -> FavouriteAnswer:
    """Stop keeping an eye on a product."""
    known, market = _named(asin, marketplace)
    decisions.remove_favourite(user=caller_of(request), marketplace=market, asin=known)
    return FavouriteAnswer(asin=known, marketplace=market, favourite=False)


def _named(asin: str, marketplace: str) -> tuple[str, str]:
    market = marketplace_of(marketplace)
    try:
        named = parse_identifier(asin)
    except NotAnIdentifier:
        raise Http404 from None
    if named.kind is not IdentifierKind.ASIN:
        raise Http404
    return named.value, market.code
