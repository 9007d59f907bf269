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
from discovery.models import BusinessProfile, Favourite, Niche, ProductDecision, Run
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


class TestFavourites:
    def test_one_that_got_better_is_told_with_what_it_was(self, anne: Any) -> None:
        Favourite.objects.create(user=anne, marketplace="us", asin=A)
        bought_up(anne, A, B, verdict=Verdict.CONSIDER)
        bought_up(anne, A, B)
        (better,) = now_for(anne).better
        assert (better.line.asin, better.before) == (A, "CONSIDER")
        assert better.line.shown_verdict == "BUY"

    def test_one_that_got_worse_or_stayed_is_not(self, anne: Any) -> None:
        for asin, then in ((A, Verdict.SKIP), (B, Verdict.BUY)):
            Favourite.objects.create(user=anne, marketplace="us", asin=asin)
            bought_up(anne, asin)
            bought_up(anne, asin, verdict=then)
        assert now_for(anne).better == []

    def test_two_profiles_are_not_compared(self, anne: Any) -> None:
        Favourite.objects.create(user=anne, marketplace="us", asin=A)
        bought_up(anne, A, verdict=Verdict.CONSIDER)
        run = bought_up(anne, A)
        other = BusinessProfile.objects.create(slug="other", name="Other", settings={})
        Run.objects.filter(pk=run.pk).update(profile=other)
        assert now_for(anne).better == []

    def test_the_page_shows_both_verdicts(self, client_of: Visitor) -> None:
        visitor = client_of("anne")
        Favourite.objects.create(user=visitor.user, marketplace="us", asin=A)
        bought_up(visitor.user, A, verdict=Verdict.CONSIDER)
        bought_up(visitor.user, A)
        assert "Favoris en progrès" in visitor.get("/").content.decode()


def test_lists_that_ended_say_how_much_is_worth_it(anne: Any) -> None:
    run = bought_up(anne, A, B)
    run.lines.filter(asin=B).update(verdict="CONSIDER", sourcing=True)
    Run.objects.filter(pk=run.pk).update(kind="list", name="x", finished_at=timezone.now())
    (ended,) = now_for(anne).lists
    assert (ended.pk, ended.buys, ended.sourcing) == (run.pk, 1, 1)  # type: ignore[attr-defined]


def test_products_come_before_tokens_and_tokens_before_savings(client_of: Visitor) -> None:
    text = client_of().get("/").content.decode()
    places = [text.index(f'id="{name}"') for name in ("today", "stat-tokens", "chart-title")]
    assert places == sorted(places)
    assert "Jetons disponibles" in text
    assert "Combien de jetons ai-je économisés" in text


def test_six_statements_however_much_there_is(anne: Any) -> None:
    for number in range(8):
        bought_up(anne, f"B00000000{number}")
        Niche.objects.create(owner=anne, name=str(number), marketplace="us", filters={})
        Favourite.objects.create(user=anne, marketplace="us", asin=f"B00000000{number}")
        Run.objects.create(owner=anne, kind="search", max_results=5)
    with CaptureQueriesContext(connection) as caught:
        found = now_for(anne)
    assert len(caught) == 6
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
    assert "À acheter ou à regarder" in text
    assert "jamais lancée" in text
    assert "En cours" in text
