"""From ASINs to scored products, the cheapest source first, and every batch kept as it arrives.

Scoring cache, then fresh stored snapshots, then one token each for statistics and history, then
Buy Box detail for those that pass the profile on what is known. Nothing paid for is lost: what
a batch brought is stored before the next one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from discovery import cache, leases
from discovery.keepa import costs as keepa_costs
from discovery.keepa.answers import ProductAnswer
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError
from discovery.products import store
from discovery.products.scored import (
    CacheState,
    ScoredProduct,
    StatedCost,
    from_cached,
    score_key,
    sold_copy,
    to_row,
)
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Grade, ProductFacts, Score, SoldCopy, Verdict, score
from discovery.search.results import Asker, Progress, Stage

BATCH = 100  # ASINs in one /product call, Keepa's limit


def is_promising(score: Score) -> bool:
    """Whether a product passes a stage: the Buy Box of what passes the first is bought unasked.

    That of a product to be sourced which no price makes a Buy waits until somebody asks for it.
    """
    if score.sourcing:
        return not score.buy_forbidden_by
    return score.verdict is not Verdict.SKIP


# Whether the Buy Box is worth its tokens, by the score and, where it was made just now, the facts.
WantsDetail = Callable[[Score, ProductFacts | None], bool]


def as_promising(score: Score, _facts: ProductFacts | None) -> bool:
    """The usual ``WantsDetail``: of what passes the profile on what one token tells."""
    return is_promising(score)


@dataclass(slots=True)
class Funnel:
    """The running account of one search; ``products`` grows as batches arrive.

    ``known`` are those that were at hand before anything was bought. ``cost_units`` is for how many
    units each of the ``costs`` was given, ``candidates`` among how many products of its code a
    product is still to be chosen: both by ASIN, absent where nothing is to be said. ``grade`` is
    how good the used copies are, all bought elsewhere, where whoever asks has told.
    ``wants_detail`` says of a score made without the Buy Box whether that is worth its tokens.
    """

    marketplace: str
    profile: ActiveProfile
    asker: Asker
    costs: Mapping[str, StatedCost] = field(default_factory=dict)
    cost_units: Mapping[str, int | None] = field(default_factory=dict)
    candidates: Mapping[str, int] = field(default_factory=dict)
    grade: Grade | None = None
    wants_detail: WantsDetail = as_promising
    products: dict[str, ScoredProduct] = field(default_factory=dict)
    known: dict[str, ScoredProduct] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)
    stages: list[Stage] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    undecodable: list[str] = field(default_factory=list)
    problem: KeepaError | None = None
    found: int = 0
    wanted: int = 0
    fetched: int = 0
    tokens_spent: int = 0

    def key(self, asin: str) -> str:
        """The scoring cache key of a product under this profile and its explicit cost."""
        return score_key(
            asin=asin,
            marketplace=self.marketplace,
            fingerprint=self.profile.settings.fingerprint,
            cost=self.costs.get(asin),
            cost_units=self.cost_units.get(asin),
            candidates=self.candidates.get(asin, 1),
            sold=self.sold(asin),
        )

    def sold(self, asin: str) -> SoldCopy:
        """Which used copy of the product is scored."""
        return sold_copy(self.costs.get(asin), grade=self.grade)

    def announce(self, stage: str) -> None:
        """Tell whoever asked how far the search has come."""
        if self.asker.on_progress is not None:
            self.asker.on_progress(
                Progress(
                    stage=stage,
                    found=self.found,
                    wanted=self.wanted,
                    fetched=self.fetched,
                    scored=len(self.products),
                    tokens_spent=self.tokens_spent,
                )
            )


def run_funnel(funnel: Funnel, *, asins: Sequence[str], detail: bool) -> None:
    """Fill ``funnel.products`` for the ASINs; a Keepa failure stops it and stands in
    ``funnel.problem``, with everything bought before it kept.
    """
    take_known(funnel, asins=asins, detail=detail)
    settled = {*funnel.products, *funnel.unusable}
    missing = [asin for asin in asins if asin not in settled]
    _fetch(funnel, missing, stage="statistics", buybox=False)
    if detail and funnel.problem is None:
        wanted = [asin for asin in asins if asin in funnel.due]
        _fetch(funnel, wanted, stage="buy_box", buybox=True)
    if funnel.problem is not None:
        unscored = [asin for asin in asins if asin not in funnel.products]
        _score_known(funnel, unscored, is_stale=True)
    funnel.announce("done")


def buy_boxes(funnel: Funnel, *, asins: Sequence[str]) -> None:
    """Buy the Buy Box of products that the funnel has scored and would not have bought it for.

    As ``run_funnel``; of those that have one, and where a failure has stopped it, nothing is asked.
    """
    wanted = [asin for asin in asins if not funnel.products[asin].buy_box_known]
    if wanted and funnel.problem is None:
        funnel.due.update(wanted)
        _fetch(funnel, wanted, stage="buy_box", buybox=True)


def take_known(
    funnel: Funnel, *, asins: Sequence[str], detail: bool = True, rescores: bool = True
) -> None:
    """Fill ``funnel.products`` with what costs no token: scores at hand and, with ``rescores``,
    stored products scored again; with ``detail`` also where a Buy Box was stored since.
    """
    funnel.wanted = len(asins)
    try:
        _take_cached(funnel, asins)
        funnel.announce("cached")
        if rescores:
            # A process killed between the two has stored the Buy Box and not the score.
            due = funnel.due if detail else set()
            unscored = [a for a in asins if a not in funnel.products or a in due]
            _score_known(funnel, unscored, is_stale=False)
    finally:
        funnel.known = dict(funnel.products)


def _take_cached(funnel: Funnel, asins: Sequence[str]) -> None:
    """Take the scores at hand, and note whose Buy Box is worth its tokens.

    Where that rests on the facts, which no score holds, they come from what is stored: broken off
    and gone on with, whoever asks buys the same.
    """
    rows = cache.hit_scores(cache_keys=[funnel.key(asin) for asin in asins])
    found = {asin: from_cached(row) for asin, row in rows.items()}
    funnel.products |= found
    if funnel.wants_detail is as_promising:
        funnel.due |= {
            asin
            for asin, product in found.items()
            if product.detail_due and is_promising(product.score)
        }
        return
    newest = timezone.now() - settings.SCORING_TTL
    provisional = [asin for asin, product in found.items() if not product.buy_box_known]
    known = store.known_products(
        marketplace=funnel.marketplace, asins=provisional, newer_than=newest
    )
    funnel.due |= {
        product.asin
        for product in known.products
        if not is_complete(product)
        and funnel.wants_detail(found[product.asin].score, product.facts)
    }


def _score_known(funnel: Funnel, asins: Sequence[str], *, is_stale: bool) -> None:
    """Score from what is stored; ``is_stale``: within its grace period, for this search only."""
    if not asins:
        return
    now = timezone.now()
    age = settings.STALE_GRACE if is_stale else settings.SCORING_TTL
    known = store.known_products(marketplace=funnel.marketplace, asins=asins, newer_than=now - age)
    if is_stale:
        for product in known.products:
            funnel.products[product.asin] = _scored(funnel, product, CacheState.STALE, now=now)
    else:
        funnel.unusable += known.unusable
        news = [p for p in known.products if is_complete(p) or p.asin not in funnel.products]
        if news:
            _score_and_keep(funnel, news, CacheState.STORED, now=now)


def _fetch(funnel: Funnel, asins: Sequence[str], *, stage: str, buybox: bool) -> None:
    """Buy what nobody else is buying, wait for the rest, and score it all."""
    before = funnel.tokens_spent
    items = 0

    def stored(left: Sequence[str]) -> list[str]:
        _score_known(funnel, left, is_stale=False)
        scored = funnel.products.keys() - (funnel.due if buybox else set())
        settled = {*scored, *funnel.unusable}
        return [asin for asin in left if asin in settled]

    def most(left: int) -> int:
        size = min(BATCH, left)
        return get_client().batch_size(size, buybox=buybox, purpose=funnel.asker.purpose)

    def buy(batch: Sequence[str]) -> Sequence[str]:
        nonlocal items
        answer = get_client().products(
            batch,
            marketplace=funnel.marketplace,
            stats_days=90,
            buybox=buybox,
            purpose=funnel.asker.purpose,
        )
        items += len(batch)
        return _take_answer(funnel, answer, batch, buybox=buybox)

    try:
        leases.buy_once(
            asins,
            kind=store.lease_kind(funnel.marketplace),
            stored=stored,
            buy=buy,
            most=most,
            unread=funnel.undecodable.append,
            on_wait=lambda: funnel.announce(stage),
            holder=funnel.asker.holder,
        )
    except KeepaError as error:
        funnel.problem = error
        funnel.tokens_spent += error.tokens_spent
    finally:  # a stage that was stopped has cost what it has cost
        if items:
            survivors = sum(
                is_promising(funnel.products[asin].score)
                for asin in asins
                if asin in funnel.products
            )
            funnel.stages.append(Stage(stage, items, funnel.tokens_spent - before, survivors))


def _take_answer(
    funnel: Funnel, answer: ProductAnswer, batch: Sequence[str], *, buybox: bool
) -> Sequence[str]:
    """Store and score what was bought; returns what could not be read or not be stored."""
    funnel.fetched += len(batch)
    funnel.tokens_spent += answer.tokens_spent
    now = timezone.now()
    each = keepa_costs.product_cost(1, buybox=buybox)
    stored = store.store(
        answer,
        marketplace=funnel.marketplace,
        buybox=buybox,
        tokens_each=each + (keepa_costs.product_cost(1) if buybox else 0),
        now=now,
    )
    unread = [*answer.undecodable, *store.unstored(answer, stored)]
    funnel.undecodable += unread
    funnel.unusable += [asin for asin in answer.missing if asin not in funnel.products]
    _score_and_keep(funnel, stored, CacheState.MISS, now=now, tokens_each=each)
    if buybox and answer.missing:  # their scores are as good as they will be
        _score_known(funnel, answer.missing, is_stale=False)
    return unread


def _score_and_keep(
    funnel: Funnel,
    stored: Iterable[store.StoredProduct],
    state: CacheState,
    *,
    now: datetime,
    tokens_each: int = 0,
) -> None:
    rows = []
    for product in stored:
        scored = _scored(funnel, product, state, now=now, tokens=tokens_each)
        is_provisional = not is_complete(product)
        due = is_provisional and funnel.wants_detail(scored.score, product.facts)
        (funnel.due.add if due else funnel.due.discard)(product.asin)
        funnel.products[product.asin] = scored
        rows.append(
            to_row(
                scored,
                cache_key=funnel.key(product.asin),
                # A verdict never outlives the data behind it.
                expires_at=product.known_at + settings.SCORING_TTL,
                # Whoever reads it may be choosier, or less so, than whoever asks now.
                detail_due=is_provisional and is_promising(scored.score),
                tokens_invested=product.tokens_invested,
            )
        )
    cache.fill_scores(rows)
    funnel.announce("scored")


def _scored(
    funnel: Funnel,
    product: store.StoredProduct,
    state: CacheState,
    *,
    now: datetime,
    tokens: int = 0,
) -> ScoredProduct:
    already = funnel.products.get(product.asin)
    paid = already.tokens_spent if already else 0
    cost = funnel.costs.get(product.asin)
    units = funnel.cost_units.get(product.asin)
    return ScoredProduct(
        card=store.product_card(product),
        score=score(
            product.facts,
            funnel.profile.settings,
            now=now,
            cost=cost.amount if cost else None,
            cost_vat=cost.vat if cost else None,
            cost_units=cost.units_of(said=units, pack_size=product.facts.pack_size)
            if cost
            else None,
            candidates=funnel.candidates.get(product.asin, 1),
            sold=funnel.sold(product.asin),
        ),
        cache=state,
        fetched_at=product.fetched_at,
        scored_at=now,
        tokens_spent=tokens + paid,
        tokens_saved=0 if state is CacheState.MISS else max(product.tokens_invested - paid, 0),
        buy_box_known=product.has_buy_box,
    )


def is_complete(product: store.StoredProduct) -> bool:
    """Whether Keepa has told all it has on the product, so that no Buy Box is to be bought."""
    return product.has_buy_box or product.gone_at is not None
