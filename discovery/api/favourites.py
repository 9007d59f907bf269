"""Favourites and ignored products over the API: made and unmade, each call safe to repeat."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from discovery.api import schemas
from discovery.api.auth import caller_of
from discovery.api.fields import Body, choice, several, words, yes_or_no
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import AnyMarket, Market, ProfileSlug, example, named, profile_of
from discovery.api.product_example import SCORED
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.marketplaces import marketplace_of
from discovery.products import decisions, marks
from discovery.products.as_json import product_answer
from discovery.products.marks import Mark
from discovery.products.scored import CacheState, ScoredProduct

of_products = Router(tags=["favourites"])
router = Router(tags=["favourites"])
marks_router = Router(tags=["favourites"])
MOST_MARKED = 200
MARKS_BODY = Body(
    "Marks",
    {
        "products": several(
            "ASINs, each of the marketplace.", words("An ASIN.", longest=20), most=MOST_MARKED
        ),
        "mark": choice("Which mark.", [mark.value for mark in Mark]).required,
        "given": yes_or_no("Whether it is given, or taken.", default=True),
    },
    {"products": ["B00EXAMPLE"], "mark": "ignored", "given": True},
)


class FavouriteAnswer(Schema):
    """Whether a product is a favourite now."""

    model_config = example(asin="B00EXAMPLE", marketplace="fr", favourite=True)
    asin: str
    marketplace: str
    favourite: bool


class KnownFavouriteAnswer(Schema):
    """A favourite, scored now from what is stored of it; null where nothing is."""

    asin: str
    marketplace: str
    added_at: datetime
    ignored: bool
    seen_at: datetime | None = Field(description="When Keepa looked.")
    product: schemas.ScoredProduct | None


class FavouritesAnswer(PageAnswer):
    """A page of favourites, the newest first."""

    model_config = example(
        favourites=[
            {
                "asin": "B00EXAMPLE", "marketplace": "us", "added_at": "2026-11-01T08:00:00Z",
                "ignored": False, "seen_at": "2026-11-20T06:00:00Z", "product": SCORED,
            }
        ],
        next=None,
    )  # fmt: skip
    favourites: list[KnownFavouriteAnswer]


class MarksAnswer(Schema):
    """Which products a mark has changed; those that had it already are none of them."""

    model_config = example(mark="ignored", given=True, changed=["B00EXAMPLE"])
    mark: Literal["favourite", "ignored"]
    given: bool
    changed: list[str]


@router.get("", response={200: FavouritesAnswer} | WRITING_REFUSALS, summary="Your favourites")
def list_favourites(
    request: HttpRequest,
    marketplace: AnyMarket = None,
    profile: ProfileSlug = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of the caller's favourites with their verdicts now; for no token."""
    user, now = caller_of(request), timezone.now()
    mine = decisions.favourites_of(owner=user)
    if marketplace:
        mine = mine.filter(marketplace=marketplace_of(marketplace).code)
    page = page_of(mine, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    known = decisions.score_favourites(
        favourites=page.rows,
        user=user,
        profile=profile_of(profile, user=user),
        now=now,
    )
    products = [(line.marketplace, line.asin) for line in known]
    ignored = marks.ignored_among(user=user, products=products)
    return {
        "favourites": [
            _favourite(line, now=now, is_ignored=(line.marketplace, line.asin) in ignored)
            for line in known
        ],
        "next": page.next,
    }


@of_products.post(
    "/{asin}/favorite",
    response={200: FavouriteAnswer} | WRITING_REFUSALS,
    summary="Make it a favourite",
)
def add(request: HttpRequest, asin: str, marketplace: Market = "us") -> FavouriteAnswer:
    """Keep an eye on a product; an ASIN, or the ISBN of a book."""
    known, market = named(asin, marketplace)
    decisions.add_favourite(user=caller_of(request), marketplace=market, asin=known)
    return FavouriteAnswer(asin=known, marketplace=market, favourite=True)


@of_products.delete(
    "/{asin}/favorite",
    response={200: FavouriteAnswer} | WRITING_REFUSALS,
    summary="No longer a favourite",
)
def remove(request: HttpRequest, asin: str, marketplace: Market = "us") -> FavouriteAnswer:
    """Stop keeping an eye on a product."""
    known, market = named(asin, marketplace)
    decisions.remove_favourite(user=caller_of(request), marketplace=market, asin=known)
    return FavouriteAnswer(asin=known, marketplace=market, favourite=False)


@marks_router.post(
    "",
    response={200: MarksAnswer} | WRITING_REFUSALS,
    openapi_extra=MARKS_BODY.openapi,
    summary="Mark several products",
)
def mark_several(request: HttpRequest, marketplace: Market = "us") -> dict[str, Any]:
    """Give products a mark, or take it: favourite, or ignored; the same again changes nothing."""
    said, market = MARKS_BODY.read(request), marketplace_of(marketplace).code
    asins = [named(asin, market)[0] for asin in said["products"]]
    change = marks.mark_products(
        user=caller_of(request),
        products=[(market, asin) for asin in asins],
        mark=Mark(said["mark"]),
        is_given=said["given"],
    )
    changed = [asin for _market, asin in change.products]
    return {"mark": said["mark"], "given": said["given"], "changed": changed}


def _favourite(
    line: decisions.KnownFavourite, *, now: datetime, is_ignored: bool
) -> dict[str, Any]:
    product = None
    if line.row.card and line.row.score and line.fetched_at:
        product = ScoredProduct(
            card=line.row.card,
            score=line.row.score,
            cache=CacheState.STORED,
            fetched_at=line.fetched_at,
            scored_at=now,
            tokens_spent=0,
            tokens_saved=0,
            buy_box_known=line.has_buy_box,
        )
    return {
        "asin": line.asin,
        "marketplace": line.marketplace,
        "added_at": line.row.added_at,
        "ignored": is_ignored,
        "seen_at": line.seen_at,
        "product": None if product is None else product_answer(product),
    }
