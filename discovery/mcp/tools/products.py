"""Products: what is known of one, the verdict on those named, and what is decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from discovery.mcp import schemas
from discovery.mcp.registry import Answer, Call, Tool
from discovery.mcp.spending import ARGUMENTS, QUOTE, RULE, Price, spend
from discovery.mcp.tools.runs import currency_of
from discovery.models import Scope
from discovery.one_box.service import State, look
from discovery.products import decisions, store
from discovery.products.as_json import candidate_answer, code_answer, product_answer
from discovery.products.identifiers import parse_identifier
from discovery.products.scored import CacheState, ScoredProduct
from discovery.profiles.service import active_profile
from discovery.scoring import Grade, VatBasis
from discovery.search.discover import score_asins
from discovery.search.failures import problem_of
from discovery.search.quote import Quote
from discovery.search.quote_named import quote_identifiers
from discovery.search.request import read_list
from discovery.search.request_fields import DEFAULT_MARKETPLACE, MOST_ASINS, SMALLEST_COST
from discovery.search.results import Asker, ScoredSearch

LONGEST_IDENTIFIER = 40
# What a list of scored products leaves out of the API's answer: get_product tells it.
LEFT_OUT = ("fees", "corridor", "image", "what_would_change", "better_price", "rank_score")


def get_product(call: Call, arguments: Mapping[str, Any]) -> Answer:
    """What is stored of a product and the verdict on it, for no token."""
    market = arguments.get("marketplace", DEFAULT_MARKETPLACE)
    profile = active_profile(slug=arguments.get("profile"), user=call.user)
    found = look(
        identifier=parse_identifier(arguments["identifier"]),
        marketplace=market,
        profile=profile,
        user=call.user,
        now=call.now,
    )
    data: dict[str, Any] = {
        "state": found.state.value,
        "marketplace": market,
        "currency": currency_of(market),
        "asin": found.asin or None,
        "product": None,
        "candidates": [candidate_answer(candidate) for candidate in found.candidates],
        "favourite": False,
        "ignored": False,
        "price_to_refresh": _price(found.quote),
    }
    stored = store.product_of(marketplace=market, asin=found.asin) if found.card else None
    if stored is None or found.card is None or found.score is None:
        return Answer(data)
    product = ScoredProduct(
        card=found.card,
        score=found.score,
        cache=CacheState.STORED,
        fetched_at=stored.fetched_at,
        scored_at=call.now,
        tokens_spent=0,
        tokens_saved=0,
        buy_box_known=stored.has_buy_box,
    )
    given = decisions.marks_of(owner=call.user, marketplace=market, asins=[found.asin])
    data["product"] = product_answer(product)
    data["favourite"] = found.asin in given.favourites
    data["ignored"] = found.asin in given.ignored
    return Answer(data, data_at=stored.seen_at, cache=CacheState.STORED.value)


def score_products(call: Call, arguments: Mapping[str, Any]) -> Answer:
    """Judge products by name, once the price is accepted; those known and fresh are free."""
    names = {"identifiers": "asins"}
    own = ("identifiers", "costs", "cost_vat", "grade", "marketplace", "profile", "detail")
    given = {names.get(name, name): arguments[name] for name in own if name in arguments}
    asked = read_list(given, localize=False)
    profile = active_profile(slug=asked["profile"], user=call.user)

    def work() -> Answer:
        found = score_asins(
            identifiers=asked["asins"],
            marketplace=asked["marketplace"],
            profile=profile,
            asker=Asker(source="mcp", user_id=str(call.user.pk)),
            costs=asked["costs"],
            cost_vat=asked["cost_vat"],
            grade=asked["grade"],
            detail=asked["detail"],
        )
        return _scored(found)

    cost = quote_identifiers(
        identifiers=asked["asins"],
        marketplace=asked["marketplace"],
        profile=profile,
        user_id=call.user.pk,
        costs=asked["costs"],
        cost_vat=asked["cost_vat"],
        grade=asked["grade"],
        detail=asked["detail"],
    )
    return spend(
        call,
        arguments,
        tool="score_products",
        asked=asked | {"profile": profile.settings.fingerprint},
        price=Price(cost.total, cost.most, cost.known),
        work=work,
    )


def _scored(found: ScoredSearch) -> Answer:
    rows = [product_answer(product) for product in found.products]
    for row in rows:
        for name in LEFT_OUT:
            row.pop(name, None)
    return Answer(
        {
            "marketplace": found.marketplace,
            "currency": currency_of(found.marketplace),
            "products": rows,
            "unusable": list(found.unusable),
            "codes": [
                code_answer(text, lookup)
                for text, lookup in found.lookups.items()
                if lookup.resolved_at is not None
            ],
            "problem": problem_of(found.problem),
        },
        tokens_spent=found.tokens_spent,
        tokens_saved=found.tokens_saved,
        data_at=_oldest(found),
        cache=found.cache.value,
    )


def _oldest(found: ScoredSearch) -> datetime | None:
    return min((product.fetched_at for product in found.products), default=None)


def _price(price: Quote) -> dict[str, int]:
    return {"tokens_at_least": price.total, "tokens_at_most": price.most}


_IDENTIFIER = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_IDENTIFIER,
    "description": "ASIN, ISBN, EAN or UPC.",
}
_PRICE = schemas.object_of({"tokens_at_least": {"type": "integer"},
                            "tokens_at_most": {"type": "integer"}})  # fmt: skip
TOOLS = (
    Tool(
        name="get_product",
        title="What is known of a product",
        description="A product by ASIN, ISBN, EAN or UPC as it is stored here, with the verdict "
        "of your profile, the most to pay (max_cost), fees, risks and reasons. Never asks Keepa: "
        "`state` is known, to_buy (nothing is stored: score_products buys it), several (choose "
        "among candidates), no_product or no_data. Look at `age`. Free.",
        arguments={
            "identifier": _IDENTIFIER,
            "marketplace": schemas.MARKETPLACE,
            "profile": schemas.PROFILE,
        },
        required=("identifier",),
        answer={
            "state": {"enum": [state.value for state in State]},
            "marketplace": schemas.TEXT,
            "currency": schemas.TEXT,
            "asin": schemas.TEXT_OR_NULL,
            "product": schemas.OBJECT_OR_NULL,
            "candidates": {"type": "array", "items": {"type": "object"}},
            "favourite": schemas.BOOLEAN,
            "ignored": schemas.BOOLEAN,
            "price_to_refresh": _PRICE,
        },
        run=get_product,
    ),
    Tool(
        name="score_products",
        title="Judge products by name",
        description=f"The verdict on up to {MOST_ASINS} products by ASIN, ISBN, EAN or UPC, the "
        "best first; with what they cost you, if you say so (kept as your cost of them). What is "
        "known and fresh is free." + RULE,
        arguments={
            "identifiers": {
                "type": "array",
                "items": _IDENTIFIER,
                "minItems": 1,
                "maxItems": MOST_ASINS,
            },
            "marketplace": schemas.MARKETPLACE,
            "costs": {
                "type": "object",
                "additionalProperties": schemas.AMOUNT | {"minimum": float(SMALLEST_COST)},
                "description": "Identifier, as given, to the price paid for a unit.",
            },
            "cost_vat": {
                "type": "string",
                "enum": [basis.value for basis in VatBasis],
                "description": "Whether these prices hold VAT; by default as the profile says.",
            },
            "grade": {
                "type": "string",
                "enum": [grade.value for grade in Grade],
                "description": "How good your used copies are, for a profile that sells used.",
            },
            "detail": schemas.BOOLEAN
            | {"default": True, "description": "Buy the Buy Box of what passes (3 tokens each)."},
            "profile": schemas.PROFILE,
            **ARGUMENTS,
        },
        required=("identifiers",),
        answer={
            "quote": QUOTE,
            "marketplace": schemas.TEXT,
            "currency": schemas.TEXT,
            "products": {"type": "array", "items": {"type": "object"}},
            "unusable": {"type": "array", "items": schemas.TEXT},
            "codes": {"type": "array", "items": {"type": "object"}},
            "problem": schemas.OBJECT_OR_NULL,
        },
        run=score_products,
        scope=Scope.SEARCH,
        spends=True,
    ),
)
