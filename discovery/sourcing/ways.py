"""All the ways in which a scored product can be bought, and the best of them on its line.

What the funnel scored comes first: at what its owner said it costs, else at the cheapest offer of
its own listing. A cost that was said does not hide a better one: the listing's offers are tried
too, then a dip of Amazon's price, then the other European stores.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from discovery.models import CostKind, ProductCost, Run, RunLine, SourcingJob
from discovery.products import store
from discovery.products.scored import ScoredProduct
from discovery.runs.lines import put_score
from discovery.runs.turn import Turn
from discovery.scoring import CostBasis, Profile, Score, score
from discovery.scoring.dips import dip_cost
from discovery.scoring.engine import resolved
from discovery.scoring.purchase_ways import best_way, cost_kind
from discovery.search.score_products import Funnel
from discovery.sourcing.abroad import Home, LookAbroad, look_abroad
from discovery.sourcing.sources.favourites import changes_since

# What somebody has said counts whatever a job looks for by itself.
ALWAYS = frozenset({CostKind.LIST.value, CostKind.STATED.value})
THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to buy: its score, and where the price was seen (JSON values)."""

    score: Score
    evidence: Mapping[str, Any]


@dataclass(slots=True)
class Looked:
    """What is known of the products of a batch, the way chosen for each, and the look abroad."""

    products: dict[str, store.StoredProduct]
    chosen: dict[str, Way]
    abroad: LookAbroad


def kinds_of(job: SourcingJob | None) -> frozenset[str]:
    """The kinds of cost that make a pick of the job."""
    return ALWAYS | frozenset(CostKind.values if job is None else job.cost_kinds)


def find_ways(
    turn: Turn,
    lines: Sequence[RunLine],
    funnel: Funnel,
    *,
    most_tokens: int | None,
    may_ask: bool,
    now: datetime,
) -> Looked:
    """Choose, for each scored line, the best way to buy its product.

    Nothing is written but what tokens bought. ``most_tokens`` and ``may_ask`` as ``look_abroad``
    takes them; ``lines`` are of different products, all of them scored by ``funnel``.
    """
    profile, kinds = turn.profile.settings, kinds_of(turn.run.job)
    asins = [line.asin for line in lines]
    known = store.known_products(
        marketplace=turn.run.marketplace, asins=asins, newer_than=THE_BEGINNING
    )
    products = {product.asin: product for product in known.products}
    named = _lists_of(turn.run, [asin for asin in asins if asin in funnel.costs])
    ways = {
        asin: _ways_at_home(
            funnel.products[asin], products.get(asin), profile, kinds, named.get(asin), now=now
        )
        for asin in asins
    }
    abroad = LookAbroad()
    if CostKind.EUROPE.value in kinds:
        homes = [
            Home(products[asin], best_of(found, kinds).score)
            for asin, found in ways.items()
            if asin in products
        ]
        abroad = look_abroad(
            homes, turn=turn, spent=funnel.tokens_spent, most_tokens=most_tokens,
            may_ask=may_ask, now=now,
        )  # fmt: skip
    for asin, offers in abroad.offers.items():
        ways[asin] += [
            Way(offer.score, {"kind": CostKind.EUROPE.value, **offer.as_evidence()})
            for offer in offers
        ]
    chosen = {asin: best_of(found, kinds) for asin, found in ways.items()}
    return Looked(products, chosen, abroad)


def put_way(line: RunLine, product: ScoredProduct, way: Way, looks: Sequence[Any]) -> None:
    """Settle the line with the score of the way, and with where its price was seen."""
    put_score(line, replace(product, score=way.score))
    line.evidence = dict(line.evidence) | {"cost": dict(way.evidence), "looks": list(looks)}


def put_changes(line: RunLine, product: store.StoredProduct) -> None:
    """Note what has changed of a watched product since its source saw it last."""
    source = dict(line.evidence.get("source") or {})
    if source.get("before"):
        source["changes"] = changes_since(source["before"], product.facts)
        line.evidence = dict(line.evidence) | {"source": source}


def best_of(ways: Sequence[Way], kinds: Collection[str]) -> Way:
    """The best of these ways; one of a kind that is not looked for only where there is no other."""
    wanted = [way for way in ways if not way.evidence or way.evidence["kind"] in kinds] or ways
    best = best_way([way.score for way in wanted])
    return next(way for way in wanted if way.score is best)


def _ways_at_home(
    product: ScoredProduct,
    stored: store.StoredProduct | None,
    profile: Profile,
    kinds: Collection[str],
    list_name: str | None,
    *,
    now: datetime,
) -> list[Way]:
    ways = [_at_home(product.score, product, list_name)]
    if stored is None:
        return ways
    if product.score.cost_basis is CostBasis.EXPLICIT and CostKind.SAME_LISTING.value in kinds:
        ways.append(_at_home(score(stored.facts, profile, now=now), product, None))
    dip = dip_cost(stored.facts, resolved(stored.facts, profile))
    if dip is not None and CostKind.DIP.value in kinds:
        found = score(stored.facts, profile, now=now, found=dip)
        ways.append(_at_home(found, product, None))
    return ways


def _at_home(scored: Score, product: ScoredProduct, list_name: str | None) -> Way:
    kind = cost_kind(scored, list_name=list_name)
    if not kind:
        return Way(scored, {})
    source = list_name or scored.cost_source or ""
    return Way(
        scored,
        {
            "kind": kind,
            "source": "amazon" if kind == CostKind.DIP else source,
            "price": str(scored.landed_cost),
            "seen_at": product.fetched_at.isoformat(),
            "asin": scored.asin,
        },
    )


def _lists_of(run: Run, asins: Sequence[str]) -> dict[str, str]:
    """The newest of the owner's lists that tells what a product costs, by ASIN; one statement."""
    if not asins:
        return {}
    listed = ProductCost.objects.filter(
        user=run.owner_id, marketplace=run.marketplace, source=ProductCost.Source.LIST
    )
    lines = RunLine.objects.filter(
        run__owner=run.owner_id,
        run__kind=Run.Kind.LIST,
        run__marketplace=run.marketplace,
        asin__in=listed.filter(asin__in=asins).values("asin"),
        cost__isnull=False,
    )
    named = lines.order_by("asin", "-run__created_at").distinct("asin")
    return dict(named.values_list("asin", "run__name"))
