"""The products a line's code may stand for, compared at the line's cost; and the owner's choice.

Nothing here spends a token: looking up a code has bought the data of all its products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from discovery.models import CodeChoice, Run, RunLine
from discovery.products import store
from discovery.products.asin_lookup import forget_unknown
from discovery.products.candidates import (
    Candidate,
    costs_are_for_a_unit,
    from_json,
    to_json,
)
from discovery.products.identifiers import canonical_code
from discovery.products.product_costs import costs_of
from discovery.runs.endings import frozen_profile
from discovery.runs.lines import SCORED_FIELDS, put_score, score_anew
from discovery.runs.queue import enqueue
from discovery.scoring import Profile, Score

EVER = datetime(2011, 1, 1, tzinfo=UTC)  # since Keepa's clock began


class NoCodeToAsk(Exception):
    """Every code of the list has its product, or the list is at work."""

    code = "no_code_to_ask"

    def __str__(self) -> str:
        return _("There was no code to ask for again.")


class NotACandidate(ValueError):
    """The product chosen is none of those the code stands for."""


def compare(lines: Sequence[RunLine], *, owner_id: int, marketplace: str, profile: Profile) -> None:
    """Put on each scored line with several candidates what each would bring at its cost."""
    now = timezone.now()
    is_scored = RunLine.State.SCORED
    several = [line for line in lines if len(line.candidates) > 1 and line.state == is_scored]
    asins = list({stored["asin"] for line in several for stored in line.candidates})
    known = store.known_products(marketplace=marketplace, asins=asins, newer_than=EVER)
    products = {product.asin: product for product in known.products}
    own = costs_of(user_id=owner_id, marketplace=marketplace, asins=asins)
    for line in several:
        line.candidates = to_json(
            [
                _compared(
                    candidate,
                    score_anew(
                        line,
                        products[candidate.asin],
                        own=own.get(candidate.asin),
                        profile=profile,
                        now=now,
                    ).score,
                )
                if candidate.asin in products
                else candidate
                for candidate in from_json(line.candidates)
            ]
        )


def _compared(candidate: Candidate, answer: Score) -> Candidate:
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
    run, profile = line.run, frozen_profile(line.run).settings
    own = costs_of(user_id=run.owner_id, marketplace=run.marketplace, asins=[line.asin])
    scored = score_anew(line, product, own=own.get(line.asin), profile=profile, now=timezone.now())
    line.reason = ""
    put_score(line, scored)
    compare([line], owner_id=run.owner_id, marketplace=run.marketplace, profile=profile)


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
