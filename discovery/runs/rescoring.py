"""Two answers scored again with one profile, to be compared: for no token, and stored nowhere.

Of each product, the price, the sales rank and the number of offers are those the answer recorded;
everything else is what is stored of the product today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from discovery.models import Run, RunLine
from discovery.products import store
from discovery.products.decisions import THE_BEGINNING
from discovery.products.from_keepa import ProductCard
from discovery.products.scored import from_breakdown, sold_copy
from discovery.runs.comparison import Standing
from discovery.runs.lines import open_candidates
from discovery.scoring import Condition, CostBasis, PriceStats, Profile, Score, score
from discovery.scoring.inputs import NO_PRICES, SERIES_FIELDS
from discovery.scoring.prices import SELL_SIDE

MOST_PRODUCTS = 500  # of both answers together; a second of scoring at most
NEW_SERIES = SELL_SIDE[Condition.NEW]


@dataclass(frozen=True, slots=True)
class Rescored:
    """Both answers, scored alike; of ``products`` only.

    Left out of both are the ``unknown`` ones, of which nothing is stored any more, and those
    ``beyond`` the number that is scored at once. ``at_todays_price`` counts lines whose answer
    recorded no price that the profile sells at.
    """

    before: tuple[Standing, ...]
    after: tuple[Standing, ...]
    products: int
    unknown: int
    beyond: int
    at_todays_price: int


def rescore(*, before: Run, after: Run, profile: Profile) -> Rescored:
    """Score what both answers hold with this profile: at most ``MOST_PRODUCTS``, the best first.

    What is stored counts as fresh however old, in both alike.
    """
    runs = (before.pk, after.pk)
    scored = RunLine.objects.filter(run__in=runs, state=RunLine.State.SCORED)
    held = list(dict.fromkeys(scored.order_by("position").values_list("asin", flat=True)))
    chosen = held[:MOST_PRODUCTS]
    known = {
        product.asin: product
        for product in store.known_products(
            marketplace=after.marketplace, asins=chosen, newer_than=THE_BEGINNING
        ).products
    }
    lines = (
        scored.filter(asin__in=known)
        .annotate(as_text=store.as_text("breakdown"))
        .defer("breakdown")
        .order_by("position")
    )
    standings: dict[UUID, list[Standing]] = {run: [] for run in runs}
    at_todays_price = 0
    for line in lines:
        standing, is_as_recorded = _standing(line, known[line.asin], profile)
        standings[line.run_id].append(standing)
        at_todays_price += not is_as_recorded
    return Rescored(
        before=tuple(standings[before.pk]),
        after=tuple(standings[after.pk]),
        products=len(known),
        unknown=len(chosen) - len(known),
        beyond=len(held) - len(chosen),
        at_todays_price=at_todays_price,
    )


def _standing(line: Any, product: store.StoredProduct, profile: Profile) -> tuple[Standing, bool]:
    """Where the line stands under the profile, and whether at the price its answer recorded."""
    card, recorded = from_breakdown(line.as_text)
    ids = (product.facts.root_category or 0, *product.facts.category_ids)
    condition = profile.for_marketplace(product.marketplace, ids).condition
    price = _price_fields(recorded, condition)
    cost = recorded.cost_given if recorded.cost_basis is CostBasis.EXPLICIT else None
    again = score(
        replace(product.facts, **_rank_and_offers(card), **price),
        profile,
        now=product.fetched_at,
        cost=cost,
        cost_vat=None if cost is None else recorded.cost_vat,
        cost_units=line.cost_units,
        candidates=open_candidates(line),
        sold=sold_copy(cost),
    )
    return (
        Standing(
            pk=line.pk,
            position=line.position,
            asin=line.asin,
            title=line.title,
            price=again.sell_price,
            roi_percent=None if again.shown_roi is None else float(again.shown_roi),
            bsr=card.bsr,
            verdict=again.shown_verdict,
        ),
        bool(price),
    )


def _rank_and_offers(card: ProductCard) -> Mapping[str, Any]:
    return {
        "bsr": card.bsr,
        "bsr_avg90": card.bsr_avg90,
        "count_new": card.new_offers,
        "count_new_fba": card.fba_offers,
    }


def _price_fields(recorded: Score, condition: Condition) -> Mapping[str, Any]:
    """The fields of ``ProductFacts`` that make the recorded price the one to sell at.

    None of used copies: which of them ours is compared with depends on all of their prices.
    """
    price, series = recorded.sell_price, recorded.sell_price_series
    if price is None or condition is not Condition.NEW or series not in NEW_SERIES:
        return {}
    # A series that tells more was not there when the answer was given, or it would have counted.
    earlier = NEW_SERIES[: NEW_SERIES.index(series)]
    fields: dict[str, Any] = {SERIES_FIELDS[each]: NO_PRICES for each in earlier}
    fields[SERIES_FIELDS[series]] = PriceStats(*[price] * len(PriceStats._fields))
    return fields | {"coupon_amount": None, "coupon_percent": None}  # already taken off
