"""A niche by difference: what a later look buys, and that it answers what buying all would."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError, QuestionRefused, TokensExhausted
from discovery.models import DiscoveryCacheEntry, KeepaProduct, Niche, TokenLedgerEntry
from discovery.products.from_keepa import facts_of
from discovery.profiles.service import active_profile
from discovery.scoring import ProductFacts, Score, facts_from_json, score
from discovery.search.discover import discover
from discovery.search.results import Asker
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.sources.niche import Span, best_moment
from discovery.sourcing.sources.registry import source_of
from tests.discovery.sourcing.sources.looking import (
    ASKER,
    buy,
    job_of,
    later,
    look,
    niche_job,
    toys,
)

pytestmark = pytest.mark.django_db(transaction=True)
# What a product's facts say of when they were fetched, and what is measured up to that day.
MOVED_BY_TIME = ("fetched_at", "seen_at", "measures")


def still(facts: ProductFacts) -> dict[str, Any]:
    """What Keepa itself says: prices, means, ranks, offers, fees, words."""
    return {
        name: getattr(facts, name)
        for name in facts.__dataclass_fields__
        if name not in MOVED_BY_TIME
    }


def figures(found: Score) -> tuple[Any, ...]:
    return (found.verdict, found.sell_price, found.max_cost, found.profit, found.roi_percent)


class TestTheFirstLook:
    def test_it_brings_the_head_of_the_niche(self, keepa: Any, anne: User) -> None:
        job = niche_job(anne, max_results=30)
        found = look(job)
        listed = discover(filters=toys(), max_results=30, asker=ASKER)
        assert found.asins == listed.asins
        assert (found.unchanged, found.gone) == ((), ())
        assert found.tokens_spent == keepa.charged_total > 0
        assert job.cursor["asins"] == list(found.asins)

    def test_what_somebody_asked_before_costs_nothing(self, keepa: Any, anne: User) -> None:
        discover(filters=toys(), max_results=5, asker=Asker(source="frontend"))
        before = keepa.charged_total
        assert look(niche_job(anne)).tokens_spent == 0
        assert keepa.charged_total == before

    def test_it_is_work_that_spares_tokens(self, keepa: Any, anne: User) -> None:
        look(niche_job(anne))
        purposes = TokenLedgerEntry.objects.filter(endpoint="query").values_list("purpose")
        assert set(purposes) == {("autosourcing",)}


class TestLaterLooks:
    def test_the_difference_answers_what_buying_everything_would(
        self, keepa: Any, anne: User
    ) -> None:
        """Over three days, exactly: which products, and all that Keepa itself says of each.

        Exactly too, the measures of the history taken as they are: verdict, selling price, maximum
        purchase price, profit and ROI. Measures end at the day they were made: with those of today
        the maximum is within 5 %, and at most one verdict in a hundred is another.
        """
        began = timezone.now()
        settings = active_profile().settings
        job = niche_job(anne)
        by_difference = in_full = 0
        looks_with_both = compared = other_verdicts = 0
        for hours in (0, 8, 16, 40, 74):
            with later(began, hours=hours) as now:
                found = look(job)
                products, spent = buy(job, found)
                by_difference += spent + found.tokens_spent
                listed = get_client().find(
                    toys().to_selection(), marketplace="fr", purpose="interactive"
                )
                wanted = listed.asins[: job.max_results]
                assert {*found.asins, *found.unchanged} == {*wanted}
                told = get_client().products(wanted, marketplace="fr")
                in_full += listed.tokens_spent + told.tokens_spent
                looks_with_both += bool(found.asins and found.unchanged)
                assert products.keys() == told.snapshots.keys()
                stored = KeepaProduct.objects.filter(asin__in=wanted).values_list("asin", "facts")
                for asin, kept in stored:
                    known = facts_from_json(kept["facts"])
                    anew = facts_of(told.snapshots[asin], now=now)
                    assert still(known) == still(anew)
                    moved = {name: getattr(known, name) for name in MOVED_BY_TIME}
                    ours = products[asin].score
                    same = score(replace(anew, **moved), settings, now=now)
                    assert figures(ours) == figures(same)
                    full = score(anew, settings, now=now)
                    assert ours.sell_price == full.sell_price
                    if full.max_cost and ours.max_cost:
                        assert abs(ours.max_cost / full.max_cost - 1) < Decimal("0.05")
                    compared += 1
                    other_verdicts += ours.verdict is not full.verdict
        assert looks_with_both >= 3
        assert other_verdicts <= compared / 100
        assert by_difference < in_full

    def test_three_looks_a_day_at_two_hundred_products_fit_in_170_tokens(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        job = niche_job(anne, toys(bsr_range=[1, 5_000]), max_results=200)
        buy(job, look(job))
        spent, changed, listed = 0, 0, 0
        for hours in (8, 16, 24):
            with later(began, hours=hours):
                found = look(job)
                _products, bought = buy(job, found)
                assert bought == len(found.asins)
                spent += found.tokens_spent + bought
                changed += len(found.asins)
                listed += len(found.asins) + len(found.unchanged)
        assert listed > 500
        assert 0.05 < changed / listed < 0.25  # the sandbox's churn, from one day to another
        assert spent - changed + 0.15 * listed <= 170

    def test_buy_boxes_are_bought_of_little_then(self, keepa: Any, anne: User) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job), detail=True)
        with later(began, hours=8):
            found = look(job)
            _products, bought = buy(job, found, detail=True)
            assert bought - len(found.asins) <= len(found.asins)  # a third of them, at 3 tokens

    def test_a_look_soon_after_buys_nothing_and_asks_for_no_difference(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job))
        with later(began, hours=1):
            keepa.calls.clear()
            found = look(job)
            _products, bought = buy(job, found)
            asked = [call.endpoint for call in keepa.calls if call.endpoint != "token"]
            assert asked == ["query"]  # the list
            assert bought == 0

    def test_users_profit_from_the_list_of_a_job(self, keepa: Any, anne: User) -> None:
        began = timezone.now()
        job = niche_job(anne)
        look(job)
        DiscoveryCacheEntry.objects.update(total_results=1, asins=["B000000000"])
        with later(began, hours=8):
            look(job)
            found = discover(
                filters=toys(), max_results=job.max_results, asker=Asker(source="frontend")
            )
            assert found.tokens_spent == 0
            assert list(found.asins) == job.cursor["asins"]

    def test_what_has_left_the_niche_is_gone(self, keepa: Any, anne: User) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job))
        job.cursor["asins"].append("B000000000")
        with later(began, hours=8):
            assert "B000000000" in look(job).gone

    def test_a_product_is_bought_again_after_three_days_at_the_latest(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job))
        for hours in (24, 48, 71):
            with later(began, hours=hours):
                buy(job, look(job))
        with later(began, hours=73) as now:
            found = look(job)
            buy(job, found)
            oldest = KeepaProduct.objects.filter(
                asin__in=[*found.asins, *found.unchanged]
            ).earliest("fetched_at")
            assert now - oldest.fetched_at < timedelta(days=3)

    def test_unchanged_products_are_confirmed_and_not_bought(self, keepa: Any, anne: User) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job))
        with later(began, hours=8) as now:
            found = look(job)
            confirmed = KeepaProduct.objects.filter(confirmed_at=now)
            assert set(confirmed.values_list("asin", flat=True)) == {*found.unchanged} != set()
            asked = keepa.charged_total
            buy(job, replace(found, asins=()))
            assert keepa.charged_total == asked

    def test_what_a_failed_look_has_cost_is_told(self, keepa: Any, anne: User) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job))
        with later(began, hours=8):
            get_client().find(toys().to_selection(), marketplace="fr")  # the balance is known
            before = keepa.charged_total
            keepa.faults.push("slow", endpoint="query", seconds=0)
            keepa.faults.push("429", endpoint="query")
            with pytest.raises(KeepaError) as caught:
                look(job)
            assert isinstance(caught.value, TokensExhausted)
            assert caught.value.tokens_spent == keepa.charged_total - before > 0


class TestAGoneQuestion:
    def test_a_deleted_niche(self, keepa: Any, anne: User) -> None:
        job = niche_job(anne)
        Niche.objects.update(deleted_at=timezone.now())
        job.refresh_from_db()
        with pytest.raises(SourceGone, match="niche_gone"):
            look(job)
        Niche.objects.all().delete()
        job.refresh_from_db()
        with pytest.raises(SourceGone, match="niche_gone"):
            look(job)

    def test_a_niche_its_owner_no_longer_shares(self, keepa: Any, anne: User) -> None:
        job = niche_job(anne)
        job.owner = User.objects.create_user("berthe")
        with pytest.raises(SourceGone, match="niche_gone"):
            look(job)
        Niche.objects.update(shared=True)
        job.niche.refresh_from_db()  # type: ignore[union-attr]
        assert look(job).asins

    @pytest.mark.parametrize(
        ("filters", "code"),
        [({"marketplace": "de"}, "niche_elsewhere"), ({"colour": "red"}, "niche_unreadable")],
    )
    def test_a_question_that_cannot_be_asked_here(
        self, keepa: Any, anne: User, filters: dict[str, Any], code: str
    ) -> None:
        job = job_of(anne, "niche", criteria={"filters": filters})
        with pytest.raises(SourceGone, match=code):
            look(job)

    def test_a_category_of_another_marketplace(self, keepa: Any, anne: User) -> None:
        job = job_of(
            anne,
            "niche",
            criteria={"filters": {"marketplace": "fr", "root_categories": [283155]}},
        )
        with pytest.raises(QuestionRefused):
            look(job)

    def test_a_job_may_keep_its_own_question(self, keepa: Any, anne: User) -> None:
        job = job_of(anne, "niche", criteria={"filters": toys().canonical()})
        assert look(job).asins


class TestTheMomentAskedFrom:
    def test_what_is_bought_together_has_a_common_moment(self) -> None:
        assert best_moment([Span(10, 55), Span(11, 56), Span(300, 345)]) == (55, 2)

    def test_a_later_moment_is_preferred_to_an_earlier_one(self) -> None:
        assert best_moment([Span(10, 20), Span(30, 40)]) == (40, 1)

    def test_nothing_stored_has_none(self) -> None:
        assert best_moment([]) is None

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
    def test_no_other_minute_lies_in_more_spans(self, ends: list[tuple[int, int]]) -> None:
        spans = [Span(min(pair), max(pair)) for pair in ends]
        best = max((sum(s.first <= m <= s.last for s in spans) for m in range(61)), default=0)
        found = best_moment(spans)
        assert (found[1] if found else 0) == best


class TestTheForecast:
    def test_the_first_look_is_the_list_and_the_products(self, keepa: Any, anne: User) -> None:
        job = niche_job(anne, max_results=50)
        expected = source_of(job).expected_tokens(job, now=timezone.now())
        assert expected == 20 + 50

    def test_a_later_look_is_expected_to_cost_about_what_it_does(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        job = niche_job(anne)
        buy(job, look(job))
        with later(began, hours=8) as now:
            expected = source_of(job).expected_tokens(job, now=now)
            found = look(job)
            _products, bought = buy(job, found)
            assert abs(expected - found.tokens_spent - bought) <= 15
