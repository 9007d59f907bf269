"""What a card is given beside its pick: evidence, jobs, favourite."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discovery.models import Favourite, Pick, Run, Sighting
from discovery.products.scored import to_breakdown
from discovery.scoring import FlagCode
from discovery.sourcing.queries import picks_of
from discovery.sourcing.shown import ShownPick, shown
from tests.discovery.builders import (
    NOW,
    build_job,
    build_pick,
    build_sighting,
    finished_run,
    scored_product,
)

pytestmark = pytest.mark.django_db

A, B = "B00000000A", "B00000000B"
ABROAD = {"kind": "europe", "source": "de", "price": "23.99", "identity": "to_check"}


def cards(owner: Any) -> list[ShownPick]:
    return shown(list(picks_of(owner=owner).order_by("asin")), user=owner)


def looked(owner: Any, pick: Pick, cost: dict[str, Any], **changes: Any) -> Run:
    """A run in which the pick was seen, with the evidence of its cost."""
    run = finished_run(
        owner=owner, products=[scored_product(asin=pick.asin)], kind=Run.Kind.SOURCING, **changes
    )
    run.lines.update(evidence={"source": {}, "cost": cost})
    return run


def test_the_cost_is_that_of_the_newest_look(anne: Any) -> None:
    pick = build_pick(owner=anne, asin=A)
    old, new = looked(anne, pick, {"identity": "proved"}), looked(anne, pick, ABROAD)
    Sighting.objects.filter(pick=pick).update(run=new)
    build_sighting(pick=pick, run=old, seen_at=NOW - timedelta(days=1))
    (card,) = cards(anne)
    assert card.cost == ABROAD
    assert card.is_identity_open


def test_without_evidence_nothing_is_doubted(anne: Any) -> None:
    build_pick(owner=anne, asin=A)
    (card,) = cards(anne)
    assert card.cost == {}
    assert not card.is_identity_open


def test_every_job_that_saw_it_is_named_once(anne: Any) -> None:
    first, second = build_job(owner=anne, name="Deals"), build_job(owner=anne, name="Books")
    pick = build_pick(owner=anne, asin=A, job=first)
    for job in (first, second):
        build_sighting(pick=pick, job=job, seen_at=NOW - timedelta(days=1))
    (card,) = cards(anne)
    assert card.jobs == ((second.pk, "Books"), (first.pk, "Deals"))


def test_a_favourite_is_one_on_its_own_marketplace(anne: Any) -> None:
    build_pick(owner=anne, asin=A)
    build_pick(owner=anne, asin=B)
    Favourite.objects.create(user=anne, marketplace="fr", asin=A)
    Favourite.objects.create(user=anne, marketplace="us", asin=B)
    assert [card.is_favourite for card in cards(anne)] == [True, False]


def test_the_risks_are_those_of_its_score(anne: Any) -> None:
    product = scored_product(asin=A)
    build_pick(owner=anne, asin=A, breakdown=to_breakdown(product, detail_due=False))
    (card,) = cards(anne)
    assert card.flags == product.score.flags
    assert card.flags
    assert card.flag(card.flags[0].code) == card.flags[0]
    assert card.flag(FlagCode.IDENTITY_TO_CHECK) is None


def test_one_that_comes_back_says_that_it_was_ignored(anne: Any) -> None:
    for asin, ignored in ((A, "CONSIDER"), (B, "BUY")):
        build_pick(owner=anne, asin=asin, decision="ignored", ignored_verdict=ignored)
    back, away = cards(anne)
    assert (back.is_back, back.is_ignored) == (True, False)
    assert (away.is_back, away.is_ignored) == (False, True)


def test_many_cards_take_as_many_statements_as_few(anne: Any) -> None:
    job = build_job(owner=anne)

    def statements() -> int:
        picks = list(picks_of(owner=anne))
        with CaptureQueriesContext(connection) as asked:
            shown(picks, user=anne)
        return len(asked)

    assert statements() == 0
    for count in (5, 25):
        for number in range(count):
            build_pick(owner=anne, asin=f"B{count:04}{number:05}", job=job)
        assert statements() == 4
