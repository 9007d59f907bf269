"""What many addresses name: a product, a marketplace, words; and the shape of an example."""

from __future__ import annotations

from typing import Annotated, Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404
from ninja import Query
from pydantic import ConfigDict, WithJsonSchema

from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.products.identifiers import IdentifierKind, NotAnIdentifier, parse_identifier
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile

LONGEST_WORDS = 100
ProfileSlug = Annotated[
    str | None, Query(max_length=60, description="A business profile (slug); else the caller's.")
]
_CODES = {"type": "string", "enum": list(MARKETPLACES)}
# Described only: an unknown one is refused by `marketplace_of`, in the caller's language.
Market = Annotated[str, WithJsonSchema(_CODES)]
_ANY = {
    "type": "string",
    "enum": [*MARKETPLACES, ""],
    "description": "Default, as when it is empty: all.",
}
AnyMarket = Annotated[str | None, WithJsonSchema(_ANY)]


def example(**values: Any) -> ConfigDict:
    """The ``model_config`` of an answer that would look like this."""
    return ConfigDict(json_schema_extra={"examples": [values]})


def named(asin: str, marketplace: str) -> tuple[str, str]:
    """ASIN and marketplace of a product in an address; the ISBN of a book is its ASIN.

    Raises ``UnknownMarketplace``, and ``Http404`` for what is no ASIN.
    """
    market = marketplace_of(marketplace)
    try:
        found = parse_identifier(asin)
    except NotAnIdentifier:
        raise Http404 from None
    if found.kind is not IdentifierKind.ASIN:
        raise Http404
    return found.value, market.code


def words_of(text: str) -> str:
    """Words to look for, as they can be looked for."""
    return text.replace("\x00", "")[:LONGEST_WORDS].strip()


def profile_of(slug: str | None, *, user: AbstractBaseUser) -> ActiveProfile:
    """The profile of that name, else the user's. Raises ``UnknownProfile``."""
    if slug and "\x00" in slug:
        raise UnknownProfile(slug.replace("\x00", ""))
    return active_profile(slug=slug or None, user=user)
