"""Searches already made, with results scored by the real engine from made-up products."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from discovery.models import (
    BusinessProfile,
    CostKind,
    Pick,
    PickClass,
    ProductDecision,
    Run,
    RunLine,
    Sighting,
    SourcingJob,
)
from discovery.products.decisions import record_decision
from discovery.products.from_keepa import ProductCard
from discovery.products.scored import CacheState, ScoredProduct
from discovery.runs.lines import put_score
from discovery.scoring import (
    EQUILIBRE,
    FoundCost,
    PriceStats,
    ProductFacts,
    Profile,
    Verdict,
    score,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOKS = {
    "marketplace": "us",
    "root_categories": [283155],
    "bsr_min": 10_000,
    "bsr_max": 50_000,
}


def prices(amount: str) -> PriceStats:
    value = Decimal(amount)
    return PriceStats(current=value, avg30=value, avg90=value, avg180=value, avg365=value)


def facts(**changes: Any) -> ProductFacts:
    """A book that sells at 30 dollars; the cheapest seller asks 9."""
    known: dict[str, Any] = {
        "asin": "0131103628",
        "marketplace": "us",
        "currency": "USD",
        "fetched_at": NOW - timedelta(hours=1),
        "root_category": 283155,
        "root_category_name": "Books",
        "product_group": "Book",
        "buy_box": prices("30.00"),
        "new_fba": prices("30.00"),
        "new": prices("9.00"),
        "lowest_fbm_new": Decimal("9.00"),
        "bsr": 12_000,
        "bsr_avg90": 14_000,
        "count_new": 6,
        "count_new_fba": 3,
        "monthly_sold": 50,
        "rank_drops_30": 40,
        "rank_drops_90": 120,
        "rank_drops_180": 230,
        "package_length_mm": 235,
        "package_width_mm": 180,
        "package_height_mm": 20,
        "package_weight_g": 400,
        "amazon_availability": -1,
        "buy_box_is_amazon": False,
        "amazon_buy_box_share_90": 0,
        "out_of_stock_90": 2,
    }
    return ProductFacts(**known | changes)


def scored_product(
    *,
    title: str = "A book",
    profile: Profile = EQUILIBRE,
    cost: str | None = None,
    found: FoundCost | None = None,
    **changes: Any,
) -> ScoredProduct:
    product = facts(**changes)
    explicit = None if cost is None else Decimal(cost)
    return ScoredProduct(
        card=ProductCard(
            asin=product.asin,
            marketplace=product.marketplace,
            title=title,
            brand="Brian Kernighan",
            image="51abc.jpg",
            category="Books",
            bsr=product.bsr,
            bsr_avg90=product.bsr_avg90,
            new_offers=product.count_new,
            fba_offers=product.count_new_fba,
        ),
        score=score(product, profile, now=NOW, cost=explicit, found=found),
        cache=CacheState.MISS,
        fetched_at=product.fetched_at,
        scored_at=NOW,
        tokens_spent=1,
        tokens_saved=0,
        found=found,
    )


def finished_run(*, owner: AbstractBaseUser, products: list[ScoredProduct], **changes: Any) -> Run:
    """A search that ended well, with its ranked products."""
    outcome = {
        "cache": "miss",
        "discovery_cache": "miss",
        "discovered_at": NOW.isoformat(),
        "total_results": 1200,
        "duration_ms": 1840,
        "profile": {"slug": "equilibre", "revision": 1},
        "stages": [
            {"name": "finder", "items": 1000, "tokens_spent": 20, "survivors": 1000},
            {"name": "statistics", "items": 50, "tokens_spent": 50, "survivors": 12},
            {"name": "buy_box", "items": 12, "tokens_spent": 36, "survivors": 7},
        ],
        "unusable": [],
        "undecodable": [],
    } | changes.pop("outcome", {})
    fields: dict[str, Any] = {
        "kind": Run.Kind.SEARCH,
        "marketplace": changes.get("filters", BOOKS)["marketplace"],
        "owner_id": owner.pk,
        "profile": BusinessProfile.objects.filter(is_default=True).first(),
        "filters": BOOKS,
        "max_results": 50,
        "total": len(products),
        "state": Run.State.DONE,
        "found": 1000,
        "fetched": 50,
        "done": len(products),
        "tokens_spent": 106,
        "outcome": outcome,
        "finished_at": NOW,
    }
    return _with_lines(Run.objects.create(**fields | changes), products)


def finished_list(
    *, owner: AbstractBaseUser, products: list[ScoredProduct], quantity: int = 2, **changes: Any
) -> Run:
    """A list analysed to its end: one line a product, each of so many units."""
    fields: dict[str, Any] = {
        "kind": Run.Kind.LIST,
        "name": "stock.csv",
        "marketplace": "us",
        "owner_id": owner.pk,
        "profile": BusinessProfile.objects.filter(is_default=True).first(),
        "columns": {"identifiers": ["ASIN"], "cost": "Cost", "quantity": "Qty"},
        "total": len(products),
        "state": Run.State.DONE,
        "done": len(products),
        "tokens_spent": 7,
        "finished_at": NOW,
    }
    run = Run.objects.create(**fields | changes)
    return _with_lines(run, products, quantity=quantity)


def _with_lines(run: Run, products: list[ScoredProduct], *, quantity: int | None = None) -> Run:
    lines = [
        RunLine(
            run=run,
            position=position,
            number=position + 1 if run.is_list else 0,
            text=product.asin if run.is_list else "",
            asin=product.asin,
            quantity=quantity,
        )
        for position, product in enumerate(products, start=1)
    ]
    for line, product in zip(lines, products, strict=True):
        put_score(line, product)
    RunLine.objects.bulk_create(lines)
    return run


# Kind of run -> what makes a finished one.
FINISHED: dict[str, Callable[..., Run]] = {"search": finished_run, "list": finished_list}


def build_job(*, owner: AbstractBaseUser, **changes: Any) -> SourcingJob:
    """A job on the deals of amazon.fr that runs by itself, every morning."""
    fields: dict[str, Any] = {
        "name": "Morning deals",
        "source": SourcingJob.Source.DEALS,
        "marketplace": "fr",
        "criteria": {"price_type": "AMAZON", "drop_percent": 20, "range": 0, "pages": 1},
        "times": ["07:30"],
    }
    return SourcingJob.objects.create(owner_id=owner.pk, **fields | changes)


def seen(**changes: Any) -> dict[str, Any]:
    """The figures of a look: a BUY at 8 euros on the same listing, sold for 20."""
    figures: dict[str, Any] = {
        "seen_at": NOW,
        "data_at": NOW - timedelta(minutes=5),
        "pick_class": PickClass.WATCH,
        "verdict": Verdict.BUY.value,
        "cost_kind": CostKind.SAME_LISTING,
        "cost_source": "fbm",
        "cost": Decimal("8.00"),
        "price": Decimal("20.00"),
        "profit": Decimal("4.00"),
        "roi_percent": 50.0,
        "offers": 4,
        "bsr": 12_000,
        "confidence": 80.0,
    }
    return figures | changes


def build_pick(
    *,
    owner: AbstractBaseUser,
    asin: str = "0131103628",
    job: SourcingJob | None = None,
    sighted: bool = True,
    **changes: Any,
) -> Pick:
    """A pick of amazon.fr, with the sighting that its figures are those of unless told otherwise.

    ``first_seen_at`` is the time of that look. What is decided on it is in the log of its product.
    """
    figures = {name: changes.pop(name) for name in list(changes) if name in seen()}
    looked = seen(**figures)
    about: dict[str, Any] = {
        "marketplace": "fr",
        "title": f"Product {asin}",
        "rank_score": 1.0,
        "max_cost": Decimal("10.00"),
        "quantity": 5,
        "sightings_count": 1,
        "first_seen_at": looked["seen_at"],
    }
    pick = Pick.objects.create(owner_id=owner.pk, asin=asin, job=job, **looked | about | changes)
    if sighted:
        Sighting.objects.create(pick=pick, job=job, **looked)
    if pick.decision:
        told = record_decision(
            user=owner,
            marketplace=pick.marketplace,
            asin=asin,
            kind=ProductDecision.Kind(pick.decision),
        )
        ProductDecision.objects.filter(pk=told.pk).update(created_at=pick.first_seen_at)
    return pick


def build_sighting(*, pick: Pick, job: SourcingJob | None = None, **changes: Any) -> Sighting:
    """Another look at a pick; the pick keeps its figures, and counts it."""
    sighting = Sighting.objects.create(pick=pick, job=job or pick.job, **seen(**changes))
    pick.sightings_count += 1
    pick.save(update_fields=["sightings_count"])
    return sighting
