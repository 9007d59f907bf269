"""What a user should look at now, and what is none of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.today import LATELY, Today, today
from discovery.models import Niche, ProductDecision, Run
from discovery.scoring import Verdict
from tests.discovery.builders import finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
A, B = "0131103628", "0201896834"


@pytest.fixture
def anne(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("anne")


def now_for(owner: Any) -> Today:
    return today(owner=owner, now=timezone.now())


def bought_up(owner: Any, *asins: str, verdict: Verdict = Verdict.BUY, **changes: Any) -> Run:
    run = finished_run(owner=owner, products=[scored_product(asin=asin) for asin in asins])
    run.lines.update(verdict=verdict.value, **changes)
    return run


def test_the_best_undecided_finds_come_first(anne: Any) -> None:
    bought_up(anne, A, profit=4)
    bought_up(anne, B, verdict=Verdict.STRONG_BUY, profit=2)
    assert [find.asin for find in now_for(anne).finds] == [B, A]


def test_what_is_to_be_sourced_comes_after_what_can_be_bought(anne: Any) -> None:
    bought_up(anne, A, verdict=Verdict.CONSIDER, sourcing=True, profit=9)
    bought_up(anne, B, profit=2)
    bought_up(anne, "0262033844", verdict=Verdict.CONSIDER, sourcing=False, profit=9)
    assert [find.asin for find in now_for(anne).finds] == [B, A]


def test_yen_are_not_more_than_euros_for_being_many(anne: Any) -> None:
    japanese = bought_up(anne, A, profit=900)
    Run.objects.filter(pk=japanese.pk).update(marketplace="jp")
    bought_up(anne, B, profit=20)
    assert [find.asin for find in now_for(anne).finds] == [B, A]


def test_what_was_bought_or_ignored_is_no_longer_shown_and_a_note_hides_nothing(anne: Any) -> None:
    bought_up(anne, A, B)
    for asin, kind in ((A, "ignored"), (B, "note")):
        ProductDecision.objects.create(user=anne, marketplace="us", asin=asin, kind=kind)
    assert [find.asin for find in now_for(anne).finds] == [B]
    ProductDecision.objects.create(user=anne, marketplace="fr", asin=B, kind="bought")
    assert [find.asin for find in now_for(anne).finds] == [B]  # elsewhere is another listing


def test_only_the_newest_word_on_a_product_counts(anne: Any) -> None:
    bought_up(anne, A)
    bought_up(anne, A, verdict=Verdict.SKIP)
    assert list(now_for(anne).finds) == []


def test_old_answers_and_other_peoples_are_not_todays(anne: Any, django_user_model: Any) -> None:
    old = bought_up(anne, A)
    Run.objects.filter(pk=old.pk).update(created_at=timezone.now() - LATELY * 2)
    bought_up(django_user_model.objects.create_user("bob"), B)
    assert now_for(anne).is_empty


def test_searches_and_lists_under_way_are_told(anne: Any) -> None:
    run = Run.objects.create(owner=anne, kind="search", max_results=5)
    waiting = Run.objects.create(
        owner=anne, kind="list", name="x", marketplace="fr", state=Run.State.WAITING
    )
    Run.objects.create(owner=anne, kind="list", name="y", marketplace="fr", state=Run.State.DRAFT)
    found = now_for(anne)
    assert {under_way.pk for under_way in found.under_way} == {run.pk, waiting.pk}


def test_niches_never_asked_come_before_those_left_for_a_week(anne: Any) -> None:
    never, lately, long_ago = (
        Niche.objects.create(owner=anne, name=name, marketplace="us", filters={})
        for name in ("never", "lately", "long ago")
    )
    for niche, age in ((lately, timedelta(days=1)), (long_ago, LATELY * 2)):
        run = finished_run(owner=anne, products=[], niche=niche)
        Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - age)
    assert list(now_for(anne).niches) == [never, long_ago]


def test_four_statements_however_much_there_is(anne: Any) -> None:
    for number in range(8):
        bought_up(anne, f"B00000000{number}")
        Niche.objects.create(owner=anne, name=str(number), marketplace="us", filters={})
        Run.objects.create(owner=anne, kind="search", max_results=5)
    with CaptureQueriesContext(connection) as caught:
        found = now_for(anne)
    assert len(caught) == 4
    assert (len(found.finds), len(found.niches)) == (5, 3)


def test_the_dashboard_shows_them_with_what_to_pay(client_of: Visitor) -> None:
    visitor = client_of("anne")
    bought_up(visitor.user, A, title="The C Language")
    Niche.objects.create(owner=visitor.user, name="Romans", marketplace="us", filters={})
    Run.objects.create(
        owner=visitor.user, kind="search", filters={"marketplace": "us"}, max_results=5
    )
    text = visitor.get("/").content.decode()
    assert f'href="/produits/us/{A}/?profile=equilibre"' in text
    assert "À regarder aujourd" in text
    assert "jamais lancée" in text
    assert "En cours" in text
