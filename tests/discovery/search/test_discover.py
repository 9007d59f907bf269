"""Searches through the real client against the sandbox: what they answer, and what they cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django_q.models import Schedule

from analytics.models import SearchHistory
from discovery.keepa.client import get_client
from discovery.keepa.errors import InvalidKey, KeepaUnavailable, TokensExhausted
from discovery.keepa.finder import NicheFilters
from discovery.models import (
    BusinessProfile,
    DiscoveryCacheEntry,
    KeepaProduct,
    ProductCost,
    ScoringCacheEntry,
    TokenLedgerEntry,
)
from discovery.products.identifiers import NotAnIdentifier
from discovery.products.scored import CacheState, StatedCost, score_key
from discovery.profiles.service import ActiveProfile, active_profile, save_profile
from discovery.scoring import SoldCopy, VatBasis, Verdict
from discovery.search.discover import discover, discover_with_scoring, score_asins
from discovery.search.quote import quote
from discovery.search.request import read_filters
from discovery.search.results import Asker, Progress, ScoredSearch
from discovery.search.score_products import is_promising

pytestmark = pytest.mark.django_db(transaction=True)

ASKER = Asker(source="manual", user_id="7")
NOBODY = Asker(source="schedule")
BOOKS = {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}


def niche(**changes: Any) -> NicheFilters:
    return read_filters(BOOKS | changes)


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne")


@pytest.fixture
def profile() -> ActiveProfile:
    return active_profile()


def scored(profile: ActiveProfile, **changes: Any) -> ScoredSearch:
    arguments: dict[str, Any] = {
        "filters": niche(),
        "profile": profile,
        "max_results": 20,
        "asker": ASKER,
    }
    return discover_with_scoring(**arguments | changes)


class TestDiscover:
    def test_the_second_identical_search_spends_nothing(self, keepa: Any) -> None:
        first = discover(filters=niche(), max_results=50, asker=ASKER)
        second = discover(filters=niche(), max_results=50, asker=ASKER)
        assert (first.cache, second.cache) == (CacheState.MISS, CacheState.HIT)
        assert first.tokens_spent > 0 == second.tokens_spent
        assert second.tokens_saved == first.tokens_spent
        assert second.asins == first.asins
        assert keepa.charged_total == first.tokens_spent

    def test_a_hit_is_one_statement_and_one_history_row(
        self, keepa: Any, django_assert_num_queries: Any
    ) -> None:
        discover(filters=niche(), max_results=50, asker=ASKER)
        with django_assert_num_queries(2):
            discover(filters=niche(), max_results=50, asker=ASKER)

    def test_fewer_results_are_never_asked_for_again(self, keepa: Any) -> None:
        many = discover(filters=niche(), max_results=100, asker=ASKER)
        few = discover(filters=niche(), max_results=3, asker=ASKER)
        assert few.cache is CacheState.HIT
        assert few.asins == many.asins[:3]

    def test_history_tells_what_was_asked_and_what_it_cost(self, keepa: Any) -> None:
        found = discover(filters=niche(), max_results=50, asker=ASKER)
        discover(filters=niche(), max_results=50, asker=ASKER)
        missed, hit = SearchHistory.objects.order_by("created_at")
        assert (missed.cache_hit, missed.tokens_spent) == (False, found.tokens_spent)
        assert (hit.cache_hit, hit.tokens_spent, hit.tokens_saved) == (True, 0, found.tokens_spent)
        assert (hit.source, hit.user_id, hit.search_type) == ("manual", "7", "discovery")
        assert hit.filters == niche().canonical()


class TestStaleAnswers:
    @pytest.fixture
    def expired(self, keepa: Any) -> tuple[str, ...]:
        found = discover(filters=niche(), max_results=50, asker=ASKER)
        DiscoveryCacheEntry.objects.update(expires_at=Now() - timedelta(hours=1))
        return found.asins

    @pytest.mark.parametrize("fault", ["500", "garbage", "truncated", "402", "429"])
    def test_an_expired_answer_is_served_and_labelled_when_keepa_cannot(
        self, keepa: Any, expired: tuple[str, ...], fault: str
    ) -> None:
        keepa.faults.push(fault, times=10)
        found = discover(filters=niche(), max_results=50, asker=ASKER)
        assert found.cache is CacheState.STALE
        assert found.asins == expired
        assert found.problem is not None
        assert str(found.problem)

    def test_a_refresh_is_queued_once_however_often_it_is_served(
        self, keepa: Any, expired: tuple[str, ...]
    ) -> None:
        keepa.faults.push("500", times=20)
        for _ in range(3):
            discover(filters=niche(), max_results=50, asker=ASKER)
        waiting = Schedule.objects.filter(func="discovery.tasks.refresh_discovery")
        assert waiting.count() == 1

    def test_a_wrong_key_is_not_retried_behind_the_users_back(
        self, keepa: Any, expired: tuple[str, ...]
    ) -> None:
        keepa.faults.push("402", times=3)
        found = discover(filters=niche(), max_results=50, asker=ASKER)
        assert isinstance(found.problem, InvalidKey)
        assert not Schedule.objects.filter(func="discovery.tasks.refresh_discovery").exists()

    def test_without_anything_stored_the_error_says_when_to_retry(self, keepa: Any) -> None:
        keepa.faults.push("500", times=10)
        with pytest.raises(KeepaUnavailable) as caught:
            discover(filters=niche(), max_results=50, asker=ASKER)
        assert caught.value.retry_after
        assert not DiscoveryCacheEntry.objects.exists()


class TestDeduction:
    def test_a_narrower_niche_is_answered_from_a_complete_wider_one(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        wide = niche(bsr_range=[10_000, 10_900])
        whole = scored(profile, filters=wide, max_results=1000, detail=False)
        assert whole.discovery is not None
        assert len(whole.discovery.asins) == whole.discovery.total_results
        charged = keepa.charged_total
        narrow = replace(wide, bsr_min=10_200, bsr_max=10_700)
        found = discover(filters=narrow, max_results=1000, asker=ASKER)
        assert found.cache is CacheState.SUBSUMED
        assert (found.tokens_spent, keepa.charged_total) == (0, charged)
        DiscoveryCacheEntry.objects.all().delete()
        asked = discover(filters=narrow, max_results=1000, asker=ASKER)
        assert asked.cache is CacheState.MISS
        assert found.asins == asked.asins

    @pytest.mark.parametrize(
        "narrower",
        [
            {"amazon_out_of_stock90_min": 30},
            {"fba_offers_max": 3},
            {"fba_offers_min": 2, "amazon_out_of_stock90_max": 60},
            {"exclude_hazmat": True, "new_offers_min": 4},
        ],
    )
    def test_whatever_is_deduced_is_what_keepa_answers(
        self, keepa: Any, profile: ActiveProfile, narrower: dict[str, Any]
    ) -> None:
        wide = niche(bsr_range=[10_000, 10_900])
        scored(profile, filters=wide, max_results=1000, detail=False)
        narrow = replace(wide, **narrower)
        found = discover(filters=narrow, max_results=1000, asker=ASKER)
        if "fba_offers_max" not in narrower and "fba_offers_min" not in narrower:
            # Not every product comes with the number of its FBA sellers.
            assert found.cache is CacheState.SUBSUMED
        DiscoveryCacheEntry.objects.filter(cache_key=narrow.cache_key).delete()
        DiscoveryCacheEntry.objects.filter(cache_key=wide.cache_key).delete()
        asked = discover(filters=narrow, max_results=1000, asker=ASKER)
        assert asked.cache is CacheState.MISS
        assert found.asins == asked.asins != ()

    def test_nothing_is_deduced_from_products_stored_under_names_the_finder_lacks(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        wide = niche(bsr_range=[10_000, 10_500])
        scored(profile, filters=wide, max_results=1000, detail=False)
        for product in KeepaProduct.objects.all():
            values = product.finder_values
            values["outOfStockPercentage90_AMAZON"] = values.pop("outOfStockPercentage90")
            product.save()
        narrow = replace(wide, amazon_out_of_stock90_min=30)
        assert discover(filters=narrow, max_results=9, asker=ASKER).cache is CacheState.MISS

    def test_nothing_is_deduced_from_products_that_are_no_longer_fresh(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        wide = niche(bsr_range=[10_000, 10_500])
        scored(profile, filters=wide, max_results=1000, detail=False)
        KeepaProduct.objects.update(fetched_at=Now() - timedelta(hours=7))
        narrow = replace(wide, bsr_max=10_300)
        assert discover(filters=narrow, max_results=9, asker=ASKER).cache is CacheState.MISS


class TestDiscoverWithScoring:
    def test_ranks_and_explains(self, keepa: Any, profile: ActiveProfile) -> None:
        search = scored(profile)
        assert len(search.products) == 20
        verdicts = [product.score.verdict for product in search.products]
        order = [Verdict.STRONG_BUY, Verdict.BUY, Verdict.CONSIDER, Verdict.SKIP]
        assert verdicts == sorted(verdicts, key=order.index)
        assert all(product.score.reasons for product in search.products)

    def test_the_second_identical_search_is_free_and_identical(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        first = scored(profile)
        charged = keepa.charged_total
        second = scored(profile)
        assert (second.cache, second.tokens_spent) == (CacheState.HIT, 0)
        assert keepa.charged_total == charged == first.tokens_spent
        assert second.tokens_saved == first.tokens_spent
        assert [(p.card, p.score) for p in second.products] == [
            (p.card, p.score) for p in first.products
        ]

    def test_fully_cached_is_four_statements_and_one_history_row(self, keepa: Any) -> None:
        scored(active_profile(), max_results=100)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            search = scored(active_profile(), max_results=100)
        assert len(search.products) == 100
        assert len(captured) <= 5  # the profile, the hit, the costs known, the scores, the history
        assert sum("search_history" in query["sql"] for query in captured) == 1

    def test_the_buy_box_is_only_bought_for_what_passes(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        search = scored(profile, max_results=40)
        stages = {stage.name: stage for stage in search.stages}
        assert stages["statistics"].tokens_spent == 40
        assert stages["buy_box"].items == stages["statistics"].survivors < 40
        assert stages["buy_box"].tokens_spent == 3 * stages["buy_box"].items
        assert search.tokens_spent == sum(stage.tokens_spent for stage in search.stages)

    def test_a_provisional_score_is_completed_without_paying_for_the_first_stage_again(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        quick = scored(profile, max_results=40, detail=False)
        again = scored(profile, max_results=40, detail=False)
        assert (again.cache, again.tokens_spent) == (CacheState.HIT, 0)
        whole = scored(profile, max_results=40)
        assert [stage.name for stage in whole.stages] == ["buy_box"]
        survivors = sum(is_promising(p.score) for p in quick.products)
        assert whole.tokens_spent == 3 * survivors

    def test_a_failure_in_the_second_batch_keeps_the_first(
        self, keepa: Any, profile: ActiveProfile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("discovery.search.score_products.BATCH", 20)  # 100, but sooner tested
        discover(filters=niche(), max_results=30, asker=ASKER)
        keepa.faults.push("slow", endpoint="product", seconds=0)  # the first batch arrives
        keepa.faults.push("garbage", endpoint="product")
        partial = scored(profile, max_results=30, detail=False)
        assert len(partial.products) == 20
        assert partial.problem is not None
        paid = keepa.charged_total
        whole = scored(profile, max_results=30, detail=False)
        assert len(whole.products) == 30
        assert keepa.charged_total - paid == 10

    def test_out_of_tokens_before_the_first_product_is_said_and_no_empty_list(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        discover(filters=niche(), max_results=10, asker=ASKER)
        keepa.faults.push("429", endpoint="product", times=2)
        with pytest.raises(TokensExhausted) as caught:
            scored(profile)
        assert caught.value.retry_after

    def test_old_products_are_shown_as_stale_when_keepa_is_down(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        scored(profile)
        ScoringCacheEntry.objects.all().delete()
        KeepaProduct.objects.update(fetched_at=Now() - timedelta(hours=20))
        keepa.faults.push("500", times=30)
        search = scored(profile)
        assert search.cache is CacheState.STALE
        assert len(search.products) == 20
        assert {product.cache for product in search.products} == {CacheState.STALE}
        assert not ScoringCacheEntry.objects.exists()

    def test_a_profile_change_scores_again_for_no_token(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        first = scored(profile)
        charged = keepa.charged_total
        stored = BusinessProfile.objects.get(pk=profile.pk)
        save_profile(profile=stored, settings={"roi_target_percent": "45"}, saved_by=None)
        changed = active_profile()
        assert changed.revision == profile.revision + 1
        search = scored(changed, detail=False)
        assert (search.tokens_spent, keepa.charged_total) == (0, charged)
        assert {p.cache for p in search.products} == {CacheState.STORED}
        before = {p.asin: p.score.max_cost for p in first.products}
        assert any(p.score.max_cost != before[p.asin] for p in search.products)

    def test_a_verdict_never_outlives_its_data(self, keepa: Any, profile: ActiveProfile) -> None:
        scored(profile, detail=False)
        KeepaProduct.objects.update(fetched_at=Now() - timedelta(hours=5))
        ScoringCacheEntry.objects.all().delete()
        scored(profile, detail=False)
        row = ScoringCacheEntry.objects.first()
        assert row is not None
        assert row.created_at is not None
        assert row.expires_at - row.created_at < timedelta(hours=1, minutes=1)

    def test_progress_is_told_and_only_grows(self, keepa: Any, profile: ActiveProfile) -> None:
        told: list[Progress] = []
        scored(profile, asker=replace(ASKER, on_progress=told.append), max_results=30)
        assert [p.tokens_spent for p in told] == sorted(p.tokens_spent for p in told)
        assert told[-1].scored == 30
        assert told[-1].stage == "done"

    def test_an_even_spread_covers_the_whole_rank_range(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        head = scored(profile, max_results=10, detail=False)
        spread = scored(profile, max_results=10, detail=False, spread=True)
        deepest = max(p.card.bsr or 0 for p in head.products)
        assert max(p.card.bsr or 0 for p in spread.products) > deepest

    def test_an_empty_niche_costs_the_finder_call_once(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        nothing = niche(bsr_range=[10_000, 10_001], price_range=[4999, 5000])
        first = scored(profile, filters=nothing)
        second = scored(profile, filters=nothing)
        assert (first.products, first.tokens_spent) == ((), 10)
        assert (second.cache, second.tokens_spent) == (CacheState.HIT, 0)


class TestQuote:
    def test_is_free_once_everything_is_cached(self, keepa: Any, profile: ActiveProfile) -> None:
        before = quote(filters=niche(), profile=profile, max_results=20)
        assert before.product_tokens == 20
        assert not before.is_free
        assert keepa.charged_total == 0
        search = scored(profile)
        assert search.tokens_spent <= before.total + before.detail_tokens
        after = quote(filters=niche(), profile=profile, max_results=20)
        assert after.is_free
        assert after.known == 20

    def test_holds_the_buy_box_stage_of_provisional_scores(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        first = scored(profile, detail=False)
        passing = [p for p in first.products if is_promising(p.score)]
        quoted = quote(filters=niche(), profile=profile, max_results=20)
        assert (quoted.total, quoted.most) == (0, 3 * len(passing))
        assert not quoted.is_free
        assert scored(profile).tokens_spent == quoted.most > 0
        assert quote(filters=niche(), profile=profile, max_results=20).is_free

    def test_counts_no_hit(self, keepa: Any, profile: ActiveProfile) -> None:
        scored(profile)
        quote(filters=niche(), profile=profile, max_results=20)
        assert DiscoveryCacheEntry.objects.get().hit_count == 0
        assert set(ScoringCacheEntry.objects.values_list("hit_count", flat=True)) == {0}


class TestScoreAsins:
    @pytest.fixture
    def asins(self, keepa: Any) -> tuple[str, ...]:
        return discover(filters=niche(), max_results=5, asker=ASKER).asins

    def test_looks_before_it_pays(
        self, keepa: Any, profile: ActiveProfile, asins: tuple[str, ...]
    ) -> None:
        scored(profile, max_results=5)
        charged = keepa.charged_total
        search = score_asins(identifiers=asins, marketplace="us", profile=profile, asker=ASKER)
        assert (search.cache, keepa.charged_total) == (CacheState.HIT, charged)
        assert {p.asin for p in search.products} == set(asins)

    def test_a_price_paid_makes_the_roi_real_and_is_kept(
        self, keepa: Any, profile: ActiveProfile, asins: tuple[str, ...], anne: User
    ) -> None:
        asker = Asker(source="api", user_id=str(anne.pk))
        search = score_asins(
            identifiers=asins[:1],
            marketplace="us",
            profile=profile,
            asker=asker,
            costs={asins[0]: Decimal("1.50")},
        )
        score = search.products[0].score
        assert not score.hypothetical
        assert score.landed_cost == Decimal("1.50")
        again = score_asins(identifiers=asins[:1], marketplace="us", profile=profile, asker=asker)
        assert again.products[0].score.landed_cost == Decimal("1.50")

    def test_a_price_of_nobody_is_not_kept(
        self, keepa: Any, profile: ActiveProfile, asins: tuple[str, ...]
    ) -> None:
        search = score_asins(
            identifiers=asins[:1],
            marketplace="us",
            profile=profile,
            asker=NOBODY,
            costs={asins[0]: Decimal("1.50")},
        )
        assert search.products[0].score.landed_cost == Decimal("1.50")
        assert not ProductCost.objects.exists()

    def test_two_prices_never_share_a_score(
        self, keepa: Any, profile: ActiveProfile, asins: tuple[str, ...], anne: User
    ) -> None:
        paid = [
            score_asins(
                identifiers=asins[:1],
                marketplace="us",
                profile=profile,
                asker=Asker(source="api", user_id=str(anne.pk)),
                costs={asins[0]: Decimal(cost)},
                detail=False,
            )
            .products[0]
            .score.landed_cost
            for cost in ("1.50", "2.50", "1.5")
        ]
        assert paid == [Decimal("1.50"), Decimal("2.50"), Decimal("1.50")]
        same: dict[str, Any] = {"asin": "A", "marketplace": "us", "fingerprint": "f"}
        stated = {
            (amount, vat): score_key(**same, cost=StatedCost(Decimal(amount), vat))
            for amount in ("1.50", "1.5", "0")
            for vat in VatBasis
        }
        with_vat, without = VatBasis
        assert stated["1.50", with_vat] == stated["1.5", with_vat] != stated["1.5", without]
        assert score_key(**same, cost=None) not in stated.values()

    def test_two_used_copies_never_share_a_score(self) -> None:
        same: dict[str, Any] = {"asin": "A", "marketplace": "us", "fingerprint": "f"}
        for cost in (None, StatedCost(Decimal(3), VatBasis.INCLUDED)):
            assert len({score_key(**same, cost=cost, sold=sold) for sold in SoldCopy}) == 6

    def test_a_barcode_is_resolved_once(self, keepa: Any, profile: ActiveProfile) -> None:
        toys = read_filters({"marketplace": "us", "categories": ["Toys & Games"]})
        asin = discover(filters=toys, max_results=1, asker=ASKER).asins[0]
        first = score_asins(identifiers=[asin], marketplace="us", profile=profile, asker=ASKER)
        assert first.products
        known = get_client().products([asin], marketplace="us").snapshots[asin]
        code = known.eans[0]
        one = score_asins(identifiers=[code], marketplace="us", profile=profile, asker=ASKER)
        charged = keepa.charged_total
        two = score_asins(identifiers=[code], marketplace="us", profile=profile, asker=ASKER)
        assert [p.asin for p in one.products] == [p.asin for p in two.products] == [asin]
        assert keepa.charged_total == charged

    def test_nonsense_is_refused_before_anything_is_spent(
        self, keepa: Any, profile: ActiveProfile, asins: tuple[str, ...]
    ) -> None:
        charged = keepa.charged_total
        with pytest.raises(NotAnIdentifier):
            score_asins(
                identifiers=[*asins, "nonsense"], marketplace="us", profile=profile, asker=ASKER
            )
        assert keepa.charged_total == charged

    def test_an_unknown_asin_is_reported_and_paid_for_once(
        self, keepa: Any, profile: ActiveProfile
    ) -> None:
        search = score_asins(
            identifiers=["B0ZZZZZZZZ"], marketplace="us", profile=profile, asker=ASKER
        )
        assert search.products == () or search.products[0].score.verdict is Verdict.SKIP
        charged = keepa.charged_total
        score_asins(identifiers=["B0ZZZZZZZZ"], marketplace="us", profile=profile, asker=ASKER)
        assert keepa.charged_total == charged


def test_the_ledger_agrees_with_keepa_to_the_token(
    keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.search.score_products.BATCH", 20)
    profile = active_profile()
    scored(profile, max_results=30)
    scored(profile, max_results=30)
    scored(profile, filters=niche(marketplace="fr", categories=["Livres"]))
    spent = sum(TokenLedgerEntry.objects.values_list("tokens_consumed", flat=True))
    assert spent == keepa.charged_total
    noted = [row.tokens_spent for row in SearchHistory.objects.all()]
    assert None not in noted
    assert spent == sum(filter(None, noted))
