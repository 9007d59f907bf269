"""What the job's owner keeps an eye on, or has bought and not sold: its price, rank, Amazon.

One token each, and nothing for what is fresh; the longest not looked at first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from discovery.keepa import costs
from discovery.models import Favourite, Purchase, SourcingJob
from discovery.products import store
from discovery.products.decisions import THE_BEGINNING
from discovery.scoring import ProductFacts
from discovery.search.results import Asker
from discovery.search.score_products import WantsDetail
from discovery.sourcing.sources.base import Candidates, cheap_now

FAVOURITE, PURCHASE = "favourite", "purchase"
LEAST_CHANGE = Decimal("0.05")  # of a price or a rank; less is how they always move
NO_OFFER = -1  # Keepa's ``availabilityAmazon``


class FavouritesSource:
    """The owner's favourites and unsold purchases on the job's marketplace."""

    def look(self, job: SourcingJob, *, asker: Asker, now: datetime) -> Candidates:
        """As ``Source.look``; spends nothing itself."""
        kept = kept_by(job)
        known = store.known_products(
            marketplace=job.marketplace, asins=list(kept), newer_than=THE_BEGINNING
        )
        stored = {product.asin: product for product in known.products}
        stalest_first = sorted(
            kept,
            key=lambda asin: (stored[asin].known_at if asin in stored else THE_BEGINNING, asin),
        )
        asins = stalest_first[: job.max_results]
        return Candidates(
            asins=tuple(asins),
            evidence={
                asin: {
                    "kind": "favourites",
                    "because": kept[asin],
                    "before": watched(stored[asin].facts) if asin in stored else None,
                }
                for asin in asins
            },
            cursor=dict(job.cursor),
            told={
                "kind": "favourites",
                "favourites": sum(FAVOURITE in why for why in kept.values()),
                "purchases": sum(PURCHASE in why for why in kept.values()),
                "left_out": len(kept) - len(asins),
            },
        )

    def expected_tokens(self, job: SourcingJob, *, now: datetime) -> int:
        """As ``Source.expected_tokens``: a token for each that is not fresh then."""
        kept = kept_by(job)
        fresh = store.known_products(
            marketplace=job.marketplace,
            asins=list(kept),
            newer_than=now - settings.SCORING_TTL,
        )
        at_hand = len(fresh.products) + len(fresh.unusable)
        return costs.product_cost(min(len(kept) - at_hand, job.max_results))

    def look_tokens(self, job: SourcingJob) -> int:
        """As ``Source.look_tokens``: it asks Keepa nothing."""
        return 0

    def wants_detail(self, job: SourcingJob) -> WantsDetail:
        """As ``Source.wants_detail``: as of a niche looked at again."""
        return cheap_now(job)


def kept_by(job: SourcingJob) -> dict[str, list[str]]:
    """The products the job watches, each with why: ``favourite``, ``purchase`` or both."""
    kept: dict[str, list[str]] = {}
    if job.criteria.get("favourites", True):
        favourites = Favourite.objects.filter(user=job.owner_id, marketplace=job.marketplace)
        for asin in favourites.values_list("asin", flat=True):
            kept.setdefault(asin, []).append(FAVOURITE)
    if job.criteria.get("purchases", True):
        bought = Purchase.objects.filter(user=job.owner_id, marketplace=job.marketplace)
        left = bought.annotate(sold=Coalesce(Sum("sales__quantity"), 0)).filter(
            quantity__gt=F("sold")
        )
        for asin in sorted(set(left.order_by().values_list("asin", flat=True))):
            kept.setdefault(asin, []).append(PURCHASE)
    return kept


def watched(facts: ProductFacts) -> dict[str, Any]:
    """What is watched of a product, as JSON: its price, its rank, whether Amazon offers it."""
    price = facts.buy_box.current if facts.buy_box.current is not None else facts.new.current
    offered = facts.amazon_availability
    return {
        "price": None if price is None else str(price),
        "bsr": facts.bsr,
        "amazon": None if offered is None else offered != NO_OFFER,
    }


def changes_since(before: Mapping[str, Any], facts: ProductFacts) -> list[dict[str, Any]]:
    """What has changed since ``watched`` was told, as codes with their params (JSON).

    ``price_fell``, ``price_rose``, ``rank_better``, ``rank_worse`` (``before``, ``after``);
    ``amazon_back``, ``amazon_gone``.
    """
    after = watched(facts)
    changes: list[dict[str, Any]] = []
    for name, lower, higher in (
        ("price", "price_fell", "price_rose"),
        ("bsr", "rank_better", "rank_worse"),
    ):
        old, new = before.get(name), after[name]
        if old is None or new is None:
            continue
        was, is_now = Decimal(str(old)), Decimal(str(new))
        if abs(is_now - was) > was * LEAST_CHANGE:
            code = lower if is_now < was else higher
            changes.append({"code": code, "params": {"before": old, "after": new}})
    match before.get("amazon"), after["amazon"]:
        case False, True:
            changes.append({"code": "amazon_back", "params": {}})
        case True, False:
            changes.append({"code": "amazon_gone", "params": {}})
    return changes
