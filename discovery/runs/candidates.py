"""The products a line's code may stand for, compared at the line's cost; and the owner's choice.

Nothing here spends a token: looking up a code has bought the data of all its products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from discovery.models import CodeChoice, Run, RunLine
from discovery.products import store
from discovery.products.asin_lookup import forget_unknown
from discovery.products.candidates import (
    Candidate,
    alive,
    costs_are_for_a_unit,
    from_json,
    is_ambiguous,
    to_json,
)
from discovery.products.identifiers import canonical_code
from discovery.products.scored import CacheState, ScoredProduct, sold_copy
from discovery.runs.endings import frozen_profile
from discovery.runs.lines import SCORED_FIELDS, put_score
from discovery.runs.queue import enqueue
from discovery.scoring import Profile, VatBasis, score

EVER = datetime(2011, 1, 1, tzinfo=UTC)  # since Keepa's clock began


class NotACandidate(ValueError):
    """The product chosen is none of those the code stands for."""


def open_candidates(line: RunLine) -> int:
    """Among how many products on sale the owner has still to choose; 1 when that is settled."""
    candidates = from_json(line.candidates)
    return len(alive(candidates)) if not line.is_chosen and is_ambiguous(candidates) else 1


def compare(lines: Sequence[RunLine], *, marketplace: str, profile: Profile) -> None:
    """Put on each scored line with several candidates what each would bring at its cost."""
    now = timezone.now()
    is_scored = RunLine.State.SCORED
    several = [line for line in lines if len(line.candidates) > 1 and line.state == is_scored]
    asins = {stored["asin"] for line in several for stored in line.candidates}
    known = store.known_products(marketplace=marketplace, asins=list(asins), newer_than=EVER)
    products = {product.asin: product for product in known.products}
    for line in several:
        line.candidates = to_json(
            [
                _compared(candidate, line, products[candidate.asin], profile, now)
                if candidate.asin in products
                else candidate
                for candidate in from_json(line.candidates)
            ]
        )


def _compared(
    candidate: Candidate,
    line: RunLine,
    product: store.StoredProduct,
    profile: Profile,
    now: datetime,
) -> Candidate:
    answer = score(
        product.facts,
        profile,
        now=now,
        cost=line.cost,
        cost_vat=VatBasis(line.cost_vat) if line.cost_vat else None,
        cost_units=line.cost_units,
        candidates=open_candidates(line),
        sold=sold_copy(line.cost),
    )
    return replace(
        candidate,
        price=answer.sell_price,
        landed_cost=None if answer.hypothetical else answer.landed_cost,
        profit=None if answer.hypothetical else answer.profit,
        roi_percent=None if answer.hypothetical else answer.roi_percent,
        verdict=answer.verdict.value,
    )


def choose(*, line: RunLine, asin: str, cost_units: int | None) -> bool:
    """Remember which product the line's code means to its owner and what its cost pays for.

    The line is scored anew from what is stored, for no token; returns whether it could be: of a
    product that is no longer stored the choice is only remembered. ``cost_units`` of ``None``
    leaves open what was. Raises ``NotACandidate``.
    """
    run = line.run
    candidates = from_json(line.candidates)
    if asin not in {line.asin, *(candidate.asin for candidate in candidates)}:
        raise NotACandidate(asin)
    units = cost_units or line.cost_units
    if units is None and costs_are_for_a_unit(candidates):
        units = 1
    product = store.product_of(marketplace=run.marketplace, asin=asin)
    with transaction.atomic():
        CodeChoice.objects.update_or_create(
            user=run.owner,
            marketplace=run.marketplace,
            code=canonical_code(line.code) if line.code else line.asin,
            defaults={"asin": asin, "cost_units": units},
        )
        if product is None:
            return False
        line.asin, line.is_chosen, line.cost_units = asin, True, units
        _score_again(line, product)
        line.save(update_fields=[*SCORED_FIELDS, "is_chosen", "reason"])
    return True


def _score_again(line: RunLine, product: store.StoredProduct) -> None:
    now, profile = timezone.now(), frozen_profile(line.run).settings
    answer = score(
        product.facts,
        profile,
        now=now,
        cost=line.cost,
        cost_vat=VatBasis(line.cost_vat) if line.cost_vat else None,
        cost_units=line.cost_units,
        sold=sold_copy(line.cost),
    )
    line.reason = ""
    put_score(
        line,
        ScoredProduct(
            card=store.product_card(product),
            score=answer,
            cache=CacheState.STORED,
            fetched_at=product.fetched_at,
            scored_at=now,
            tokens_spent=0,
            tokens_saved=0,
        ),
    )
    compare([line], marketplace=line.run.marketplace, profile=profile)


def ask_again(*, run: Run) -> int:
    """Look up anew the codes of a finished list that no product bore; returns how many.

    Each costs a token even when it is still unknown.
    """
    unknown = run.lines.filter(state=RunLine.State.UNKNOWN, reason="no_product").exclude(code="")
    with transaction.atomic():
        idle = Run.objects.select_for_update().filter(pk=run.pk, state__in=Run.FINISHED)
        codes = list(unknown.values_list("code", flat=True)) if idle.exists() else []
        if not codes:
            return 0
        forget_unknown(marketplace=run.marketplace, codes=codes)
        unknown.update(state=RunLine.State.PENDING, reason="")
        idle.update(
            state=Run.State.QUEUED,
            done=run.done - len(codes),
            done_before=run.done - len(codes),
            cancel_requested=False,
            failure=None,
            finished_at=None,
            started_at=None,
            attempts=0,
            progressed_at=timezone.now(),
        )
        enqueue(run_id=run.pk)
    return len(codes)
