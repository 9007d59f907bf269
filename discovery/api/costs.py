"""What products cost the caller, kept once and true wherever they are shown."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.api.auth import caller_of
from discovery.api.fields import MOST_MONEY, Body, InvalidBody, amount, cost_vat, whole, words
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import AnyMarket, Market, example, named, profile_of
from discovery.api.product_pages import cost_answer
from discovery.api.product_schemas import MOST_PACK, CostAnswer
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.errors import FieldProblem
from discovery.keepa.marketplaces import marketplace_of
from discovery.models import ProductCost
from discovery.products import product_costs, store
from discovery.products.scored import StatedCost
from discovery.runs.own_costs import state_own_cost
from discovery.scoring.pack_size import cost_of_listing
from discovery.search.request_fields import LONGEST_SLUG
from discovery.text.numbers import shown

of_products = Router(tags=["costs"])
router = Router(tags=["costs"])
BODY = Body(
    "Cost",
    {
        "cost": amount("What is paid, in the marketplace's currency.").required,
        "cost_vat": cost_vat(),
        "units": whole(
            "For how many units of what the listing sells at once; else for all.", high=MOST_PACK
        ),
        "profile": words(
            "Whose way of stating VAT counts; else the caller's.", longest=LONGEST_SLUG
        ),
    },
    {"cost": 12.5, "cost_vat": "incl"},
)


class KeptCostAnswer(Schema):
    """A cost as it is kept now."""

    model_config = example(
        cost={
            "asin": "B00EXAMPLE", "marketplace": "fr", "currency": "EUR", "cost": 12.5,
            "cost_vat": "incl", "source": "api", "stated_at": "2026-11-20T08:00:00Z",
        },
        scored=True,
    )  # fmt: skip
    cost: CostAnswer
    scored: bool = Field(
        description="Past answers that hold the product follow; false: its data are not at hand."
    )


class CostsAnswer(PageAnswer):
    """A page of costs, the last stated first."""

    model_config = example(
        costs=[
            {
                "asin": "B00EXAMPLE", "marketplace": "fr", "currency": "EUR", "cost": 12.5,
                "cost_vat": "incl", "source": "typed", "stated_at": "2026-11-20T08:00:00Z",
            }
        ],
        next=None,
    )  # fmt: skip
    costs: list[CostAnswer]


@router.get("", response={200: CostsAnswer} | WRITING_REFUSALS, summary="What products cost you")
def list_costs(
    request: HttpRequest,
    marketplace: AnyMarket = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of the costs that the caller has stated, paid or imported, the newest first."""
    mine = ProductCost.objects.filter(user=caller_of(request).pk)
    if marketplace:
        mine = mine.filter(marketplace=marketplace_of(marketplace).code)
    page = page_of(mine, order=("-stated_at", "-pk"), cursor=cursor, limit=limit)
    return {"costs": [cost_answer(cost) for cost in page.rows], "next": page.next}


@of_products.get(
    "/{asin}/cost", response={200: CostAnswer} | WRITING_REFUSALS, summary="What it costs you"
)
def get_cost(request: HttpRequest, asin: str, marketplace: Market = "us") -> dict[str, Any]:
    """What the product costs the caller; 404 where nobody has said."""
    known, market = named(asin, marketplace)
    return cost_answer(_mine(request, market, known))


@of_products.put(
    "/{asin}/cost",
    response={200: KeptCostAnswer} | WRITING_REFUSALS,
    openapi_extra=BODY.openapi,
    summary="Keep what it costs you",
)
def keep_cost(request: HttpRequest, asin: str, marketplace: Market = "us") -> dict[str, Any]:
    """Keep what the product costs: the answers that hold it are scored anew, for no token."""
    known, market = named(asin, marketplace)
    user, said = caller_of(request), BODY.read(request)
    profile = profile_of(said["profile"], user=user)
    product = store.product_of(marketplace=market, asin=known)
    pack = product.facts.pack_size if product else None
    whole_cost = cost_of_listing(said["cost"], units=said["units"], pack_size=pack)
    if whole_cost > MOST_MONEY:
        too_large = {"value": shown(whole_cost), "limit": shown(MOST_MONEY)}
        raise InvalidBody({"cost": [FieldProblem("too_large", too_large)]})
    vat = said["cost_vat"] or profile.settings.for_marketplace(market).cost_vat
    is_scored = state_own_cost(
        user=user,
        marketplace=market,
        asin=known,
        cost=StatedCost(whole_cost, vat, is_whole=True),
        now=timezone.now(),
        source=ProductCost.Source.API,
    )
    return {"cost": cost_answer(_mine(request, market, known)), "scored": is_scored}


@of_products.delete(
    "/{asin}/cost", response={204: None} | WRITING_REFUSALS, summary="Forget what it costs you"
)
def forget_cost(request: HttpRequest, asin: str, marketplace: Market = "us") -> Status[None]:
    """What the product costs is unknown again: the answers that hold it follow."""
    known, market = named(asin, marketplace)
    _mine(request, market, known)
    state_own_cost(
        user=caller_of(request), marketplace=market, asin=known, cost=None, now=timezone.now()
    )
    return Status(204, None)


def _mine(request: HttpRequest, marketplace: str, asin: str) -> ProductCost:
    found = product_costs.cost_of(user=caller_of(request), marketplace=marketplace, asin=asin)
    if found is None:
        raise Http404
    return found
