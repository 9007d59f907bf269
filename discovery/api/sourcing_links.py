"""The searches at other shops that a product offers its reader, over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.api.auth import caller_of
from discovery.api.bodies import body_of, object_of
from discovery.api.fields import Body, InvalidBody, words
from discovery.api.parameters import AnyMarket, example
from discovery.api.reading import read_body
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.errors import FieldProblem
from discovery.keepa.marketplaces import marketplace_of
from discovery.products.sourcing_links import (
    LONGEST_NAME,
    LONGEST_PATTERN,
    MOST_LINKS,
    SourcingLink,
    keep_links,
    links_of,
    links_to_change,
)

router = Router(tags=["links"])
LINK = {"name": "Momox", "pattern": "https://www.momox-shop.fr/?searchparam={ean}"}
LINK_BODY = Body(
    "Link",
    {
        "name": words("The shop.", longest=LONGEST_NAME).required,
        "pattern": words(
            "An https address with `{ean}`, `{title}`, `{asin}` or `{tld}` in it.",
            longest=LONGEST_PATTERN,
        ).required,
    },
    LINK,
)
_LINK_SCHEMA = LINK_BODY.openapi["requestBody"]["content"]["application/json"]["schema"]
LINKS_BODY = {
    "requestBody": body_of(
        object_of(
            {
                "links": {
                    "type": "array", "items": _LINK_SCHEMA, "maxItems": MOST_LINKS,
                    "description": "In their order; none: those of the site are back.",
                }
            },
            ["links"],
            "Links",
        ),
        {"links": [LINK]},
    )
}  # fmt: skip


class PatternAnswer(Schema):
    """A shop, and the pattern of its search."""

    name: str
    pattern: str
    only: list[str] = Field(description="The marketplaces it is offered on; empty: on all.")


class LinksAnswer(Schema):
    """The links in their order."""

    model_config = example(links=[LINK | {"only": []}])
    links: list[PatternAnswer]


@router.get("", response={200: LinksAnswer} | WRITING_REFUSALS, summary="Your links to shops")
def list_sourcing_links(request: HttpRequest, marketplace: AnyMarket = None) -> dict[str, Any]:
    """The caller's links; those of the site where none were changed."""
    user = caller_of(request)
    if marketplace:
        market = marketplace_of(marketplace).code
        return _answer(links_to_change(user=user, marketplace=market))
    return _answer(links_of(user=user))


@router.put(
    "",
    response={200: LinksAnswer} | WRITING_REFUSALS,
    openapi_extra=LINKS_BODY,
    summary="Set your links to shops",
)
def set_sourcing_links(request: HttpRequest) -> dict[str, Any]:
    """Keep these links in place of all before."""
    user, data = caller_of(request), read_body(request)
    given = data.get("links")
    if not isinstance(given, list) or not all(isinstance(link, dict) for link in given):
        raise InvalidBody({"links": [FieldProblem("not_a_list")]})
    links = []
    for place, link in enumerate(given):
        try:
            links.append(SourcingLink(**LINK_BODY.values(link)))
        except InvalidBody as error:
            raise InvalidBody(
                {f"links.{place}.{name}": found for name, found in error.errors.items()}
            ) from None
    keep_links(links, user=user)
    return _answer(links_of(user=user))


@router.delete("", response={204: None} | WRITING_REFUSALS, summary="The site's own links again")
def reset_sourcing_links(request: HttpRequest) -> Status[None]:
    """Give the caller's own links up."""
    keep_links((), user=caller_of(request))
    return Status(204, None)


def _answer(links: tuple[SourcingLink, ...]) -> dict[str, Any]:
    return {
        "links": [
            {"name": link.name, "pattern": link.pattern, "only": sorted(link.only)}
            for link in links
        ]
    }
