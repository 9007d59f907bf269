"""One product over the API, as on its page: read for no token, its data bought where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router

from discovery.api.auth import caller_of
from discovery.api.fields import Body
from discovery.api.idempotency import idempotent
from discovery.api.parameters import Market, ProfileSlug, named, profile_of
from discovery.api.product_schemas import (
    CALCULATION_BODY,
    CHECK_BODY,
    SPENDING_REFUSALS,
    BuyBoxAnswer,
    CalculationAnswer,
    CheckAnswer,
    ProductAnswer,
    SeriesNames,
)
from discovery.api.reading import read_body
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import ProductCost
from discovery.products import buy_box, live_check, store
from discovery.products.as_json import product_answer
from discovery.products.calculation import Calculation, outcome_of, whole_cost
from discovery.products.live_check_text import finding_text, offer_condition, outcome_text
from discovery.products.overview import at_known_cost, overview_of, scored
from discovery.products.product_costs import cost_of
from discovery.products.series import steps, thinned
from discovery.scoring import SoldCopy, WhatIf
from discovery.sourcing.queries import pick_of_product

router = Router(tags=["products"])
# Name in the API -> Keepa's, and what is counted.
SERIES: dict[str, tuple[str, str]] = {
    "buy_box": ("BUY_BOX_SHIPPING", "money"),
    "amazon": ("AMAZON", "money"),
    "new": ("NEW", "money"),
    "new_fba": ("NEW_FBA", "money"),
    "new_fbm": ("NEW_FBM_SHIPPING", "money"),
    "used": ("USED", "money"),
    "used_buy_box": ("BUY_BOX_USED_SHIPPING", "money"),
    "list_price": ("LISTPRICE", "money"),
    "bsr": ("SALES", "rank"),
    "new_offers": ("COUNT_NEW", "offers"),
    "fba_offers": ("COUNT_NEW_FBA", "offers"),
    "used_offers": ("COUNT_USED", "offers"),
    "monthly_sold": ("MONTHLY_SOLD", "units"),
}


@router.get("/{asin}", response={200: ProductAnswer} | WRITING_REFUSALS, summary="A product")
def get_product(
    request: HttpRequest,
    asin: str,
    marketplace: Market = "us",
    profile: ProfileSlug = None,
    series: SeriesNames = None,
) -> dict[str, Any]:
    """A stored product with its verdict now, at what it costs the caller; for no token.

    404 for what was never asked of Keepa: `POST /lookup` buys it.
    """
    user, now = caller_of(request), timezone.now()
    known, market = named(asin, marketplace)
    found = overview_of(
        user=user,
        marketplace=market,
        asin=known,
        profile=profile_of(profile, user=user),
        now=now,
    )
    if found is None:
        raise Http404
    pick = pick_of_product(owner=user, marketplace=market, asin=known)
    return {
        "product": product_answer(found.product),
        "profile": found.profile.slug,
        "url": reverse("discovery:product", kwargs={"marketplace": market, "asin": known}),
        "eans": list(found.card.eans),
        "seen_at": now - found.age,
        "age_seconds": round(found.age.total_seconds()),
        "old": found.is_old,
        "cost": cost_answer(found.cost) if found.cost else None,
        "favourite": found.is_favourite,
        "ignored": found.is_ignored,
        "pick": pick.pk if pick else None,
        "buy_box_tokens": found.buy_box_tokens,
        "check_tokens": live_check.MOST_TOKENS,
        "check": _check(found.check, found.offers, tokens=0) if found.check else None,
        "sourcing_links": [{"name": name, "url": url} for name, url in found.links],
        "series": _series(market, known, series, now) if series else [],
    }


@router.post(
    "/{asin}/buy-box", response={200: BuyBoxAnswer} | SPENDING_REFUSALS, summary="Buy its Buy Box"
)
@idempotent
def buy_buy_box(request: HttpRequest, asin: str, marketplace: Market = "us") -> dict[str, Any]:
    """Buy the Buy Box of a product known by its statistics alone: 3 tokens, none if it is known."""
    known, market = _stored(asin, marketplace)
    purchase = buy_box.buy(marketplace=market, asins=[known.asin])
    return {
        "asin": known.asin,
        "marketplace": market,
        "known": not purchase.unanswered,
        "tokens_spent": purchase.tokens_spent,
    }


@router.post(
    "/{asin}/check",
    response={200: CheckAnswer} | SPENDING_REFUSALS,
    openapi_extra=CHECK_BODY.openapi,
    summary="Check its live offers",
)
@idempotent
def check_offers(request: HttpRequest, asin: str, marketplace: Market = "us") -> dict[str, Any]:
    """Buy the live offers (7 tokens at most) and compare with what was known before.

    A look younger than ten minutes, whoever paid for it, is judged again for no token.
    """
    stored, market = _stored(asin, marketplace)
    user, started = caller_of(request), timezone.now()
    tried, _said = _asked(request, stored, CHECK_BODY)
    told: dict[str, Any] = {
        "user": user,
        "marketplace": market,
        "asin": stored.asin,
        "profile": tried.profile,
        "cost": whole_cost(tried.cost, tried.units, stored),
        "cost_vat": tried.cost_vat,
        "sold": tried.sold,
    }
    try:
        look = live_check.verify(**told)
    except live_check.UnknownProduct:
        raise Http404 from None
    now = timezone.now()
    check = live_check.latest_check(**told, now=now)
    fresh = store.product_of(marketplace=market, asin=stored.asin) or stored
    if check is None:
        raise Http404
    offers = live_check.offers_of(
        check.check, facts=fresh.facts, profile=tried.profile, shown=tried.score(fresh, now=now)
    )
    tokens = look.tokens_spent if look.checked_at >= started else 0
    return _check(check, offers, tokens=tokens)


@router.post(
    "/{asin}/calculate",
    response={200: CalculationAnswer} | WRITING_REFUSALS,
    openapi_extra=CALCULATION_BODY.openapi,
    summary="Calculate at a cost of one's own",
)
def calculate(request: HttpRequest, asin: str, marketplace: Market = "us") -> dict[str, Any]:
    """What the product earns at a cost, a price and a quantity; for no token, nothing is kept."""
    stored, _market = _stored(asin, marketplace)
    tried, said = _asked(request, stored, CALCULATION_BODY)
    product = scored(stored, tried, now=timezone.now())
    outcome = outcome_of(product.score, quantity=said["quantity"])
    return {
        "product": product_answer(product),
        "profile": tried.profile.slug,
        "outcome": {
            "quantity": outcome.quantity,
            "profit": outcome.profit,
            "paid": outcome.paid,
            "sold_in_30_days": outcome.soon,
            "sold_in_60_days": outcome.in_time,
            "too_many": outcome.too_many,
        },
    }


def cost_answer(cost: ProductCost) -> dict[str, Any]:
    """A kept cost as every call tells it."""
    names = ("asin", "marketplace", "cost", "cost_vat", "source", "stated_at")
    currency = MARKETPLACES[cost.marketplace].currency
    return {name: getattr(cost, name) for name in names} | {"currency": currency}


def _stored(asin: str, marketplace: str) -> tuple[store.StoredProduct, str]:
    known, market = named(asin, marketplace)
    found = store.product_of(marketplace=market, asin=known)
    if found is None:
        raise Http404
    return found, market


def _asked(
    request: HttpRequest, stored: store.StoredProduct, body: Body
) -> tuple[Calculation, dict[str, Any]]:
    """What is tried, and the fields of the body. Without a cost, it is the one that is kept."""
    data = read_body(request)
    said, user = body.values(data), caller_of(request)
    profile = profile_of(said["profile"], user=user)
    known = None
    if "cost" not in data:
        known = cost_of(user=user, marketplace=stored.marketplace, asin=stored.asin)
    usual = at_known_cost(stored, profile=profile, known=known)
    tried = Calculation(
        profile=profile,
        cost=said["cost"] if "cost" in data else usual.cost,
        cost_vat=said["cost_vat"] or usual.cost_vat,
        # A cost is for all that the listing sells, unless it says for how many.
        units=said["units"] or stored.facts.pack_size,
        sold=SoldCopy(said["grade"]) if said["grade"] else usual.sold,
        what_if=WhatIf(said.get("price"), said.get("own_shipping")),
        quantity=said.get("quantity"),
    )
    return tried, said


def _check(
    shown: live_check.ShownCheck, offers: Sequence[live_check.OfferLine], *, tokens: int
) -> dict[str, Any]:
    check = shown.check
    return {
        "outcome": shown.outcome,
        "text": outcome_text(shown.outcome) if shown.outcome else "",
        "findings": [
            {"code": one.code.value, "text": finding_text(one, check.marketplace)}
            for one in shown.findings
        ],
        "offers": [
            {
                "seller": offer.seller,
                "kind": offer.kind,
                "condition": offer_condition(offer.condition),
                "total": offer.total,
                "stock": offer.stock,
                "available": offer.is_available,
                "profit_if_bought": offer.if_bought,
                "profit_if_matched": offer.if_matched,
            }
            for offer in offers
        ],
        "checked_at": check.checked_at,
        "expired": shown.is_expired,
        "for_another": shown.is_for_another,
        "tokens_spent": tokens,
    }


def _series(
    marketplace: str, asin: str, wanted: Sequence[str], now: datetime
) -> list[dict[str, Any]]:
    history = store.history_of_product(marketplace=marketplace, asin=asin)
    market, until = MARKETPLACES[marketplace], int(now.timestamp())
    found = []
    for name in dict.fromkeys(wanted):
        series, unit = SERIES[name]
        divisor = 10**market.exponent if unit == "money" else 1
        points = thinned(steps(history.get(series), until), now=until)
        found.append(
            {
                "name": name,
                "unit": market.currency if unit == "money" else unit,
                "points": [
                    {
                        "at": datetime.fromtimestamp(at, UTC),
                        "value": None if value is None else value / divisor,
                    }
                    for at, value in points
                ],
            }
        )
    return found
