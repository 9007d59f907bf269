"""Idle tokens buy what will be asked next: whoever asks then pays nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from discovery import leases
from discovery.keepa.client import get_client
from discovery.models import (
    DiscoveryCacheEntry,
    Favourite,
    KeepaProduct,
    Niche,
    ScoringCacheEntry,
    TokenLedgerEntry,
)
from discovery.niches.service import create_niche
from discovery.products import store
from discovery.products.scored import CacheState
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.search.find_asins import find_asins
from discovery.search.request import read_filters
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, run_funnel
from discovery.sourcing.harvest import LEASE, harvest, refreshes
from discovery.sourcing.planner import Refresh
from discovery.sourcing.switches import set_switch

pytestmark = pytest.mark.django_db

BATCH = 120
BSR = [1_000, 2_000]


@pytest.fixture
def niche(keepa: Any, django_user_model: Any) -> Niche:
    ensure_shipped_profiles()
    filters = read_filters({"marketplace": "fr", "categories": ["Livres"], "bsr_range": BSR})
    anne = django_user_model.objects.create_user("anne")
    return create_niche(owner=anne, name="Livres", filters=filters, max_results=12)


def wanted() -> dict[str, Refresh]:
    """What is worth refreshing, by its kind."""
    found = refreshes(now=timezone.now(), largest_batch=BATCH)
    return {refresh.key.partition(":")[0]: refresh for refresh in found}


def refreshed(*keys: str) -> list[str]:
    return harvest(chosen=dict.fromkeys(keys, BATCH), now=timezone.now())


def spent(purpose: str) -> int:
    calls = TokenLedgerEntry.objects.filter(purpose=purpose)
    return sum(calls.values_list("tokens_consumed", flat=True))


def asked(niche: Niche) -> Any:
    """Somebody searches the niche."""
    filters = read_filters({"marketplace": "fr", "categories": ["Livres"], "bsr_range": BSR})
    return find_asins(filters=filters, purpose="interactive")


def often_asked(niche: Niche) -> None:
    """Its answer is given out ten times a day."""
    asked(niche)
    DiscoveryCacheEntry.objects.update(hit_count=9)


def older(*, hours: float) -> None:
    """All that is known is so much older."""
    then = timezone.now() - timedelta(hours=hours)
    DiscoveryCacheEntry.objects.update(created_at=then)
    KeepaProduct.objects.update(fetched_at=then)
    ScoringCacheEntry.objects.all().delete()


def lost_from_sight(asins: Iterable[str]) -> set[str]:
    """Those Keepa last looked at long ago: a few of a hundred, which ones changes with the day.

    Nothing can be said of them from the same moment as of the others.
    """
    day_ago = timezone.now() - timedelta(days=1)
    known = store.known_products(marketplace="fr", asins=sorted(asins), newer_than=day_ago)
    return {product.asin for product in known.products if product.seen_at < day_ago}


def test_a_niche_nobody_has_asked_is_not_worth_a_token(niche: Niche) -> None:
    assert wanted() == {}


def test_whoever_asks_what_is_often_asked_finds_its_products_at_hand(niche: Niche) -> None:
    often_asked(niche)
    before = spent("interactive")
    refresh = wanted()["products"]
    assert refresh.cost <= BATCH
    assert refreshed(refresh.key) == [refresh.key]
    assert wanted() == {}
    found = asked(niche)
    funnel = Funnel(marketplace="fr", profile=active_profile(), asker=Asker(source="frontend"))
    run_funnel(funnel, asins=found.asins[:12], detail=True)
    assert found.cache is CacheState.HIT
    assert len(funnel.products) + len(funnel.unusable) == 12
    assert spent("interactive") == before
    assert spent("idle") > 0


def test_an_answer_half_way_to_its_end_is_asked_anew(niche: Niche) -> None:
    often_asked(niche)
    refreshed(wanted()["products"].key)
    DiscoveryCacheEntry.objects.update(created_at=timezone.now() - timedelta(hours=13))
    refresh = wanted()["niche"]
    assert refresh.age is not None
    assert refreshed(refresh.key) == [refresh.key]
    created = DiscoveryCacheEntry.objects.get().created_at
    assert created is not None
    assert timezone.now() - created < timedelta(minutes=5)
    assert wanted() == {}


def test_products_that_have_not_changed_are_confirmed_for_the_price_of_two_lists(
    niche: Niche,
) -> None:
    Niche.objects.update(max_results=40)
    often_asked(niche)
    while "products" in wanted():
        refreshed(wanted()["products"].key)
    bought = set(KeepaProduct.objects.values_list("asin", flat=True))
    in_sight = bought - lost_from_sight(bought)
    assert len(in_sight) > len(bought) / 2
    older(hours=7)
    before = spent("idle")
    refresh = wanted()["niche"]
    assert refreshed(refresh.key) == [refresh.key]
    assert spent("idle") - before <= refresh.cost < len(bought)
    confirmed = KeepaProduct.objects.filter(confirmed_at__isnull=False)
    assert set(confirmed.values_list("asin", flat=True)) == in_sight
    assert wanted().keys() == ({"products"} if bought - in_sight else set())


@pytest.mark.parametrize(("hits", "is_worth_it"), [(1, True), (0, False)])
def test_only_what_is_likely_to_be_asked_before_it_is_stale_again_is_worth_it(
    niche: Niche, hits: int, is_worth_it: bool
) -> None:
    """Asked for twice a day, that is every other six hours, at half the worth of its tokens."""
    asked(niche)
    DiscoveryCacheEntry.objects.update(hit_count=hits)
    assert bool(wanted()) is is_worth_it


def test_what_is_asked_more_often_counts_more(niche: Niche) -> None:
    for _ in range(4):
        asked(niche)
    assert wanted()["products"].hits_a_day == 4
    Niche.objects.update(created_at=timezone.now() - timedelta(hours=36))
    assert wanted()["products"].hits_a_day == pytest.approx(2.67, abs=0.01)


def test_a_niche_put_away_or_of_somebody_gone_is_not_refreshed(niche: Niche) -> None:
    often_asked(niche)
    niche.owner.is_active = False
    niche.owner.save()
    assert wanted() == {}
    niche.owner.is_active = True
    niche.owner.save()
    assert wanted()
    Niche.objects.update(archived_at=timezone.now())
    assert wanted() == {}


def test_favourites_are_bought_again_the_stalest_first(niche: Niche, keepa: Any) -> None:
    asins = [product.asin for product in keepa.catalogue.store(4).live[:32]]
    for asin in asins:
        Favourite.objects.create(user=niche.owner, marketplace="fr", asin=asin)
    niche.delete()
    assert wanted()["favourites"].cost == BATCH
    assert refreshed("favourites:fr") == ["favourites:fr"]
    assert KeepaProduct.objects.count() == BATCH // 4
    refreshed("favourites:fr")
    assert KeepaProduct.objects.count() == 32
    assert "favourites" not in wanted()
    assert spent("idle") <= 4 * 32


def test_a_product_confirmed_unchanged_counts_as_fresh(niche: Niche, keepa: Any) -> None:
    asin = keepa.catalogue.store(4).live[0].asin
    Favourite.objects.create(user=niche.owner, marketplace="fr", asin=asin)
    niche.delete()
    refreshed("favourites:fr")
    KeepaProduct.objects.update(fetched_at=timezone.now() - timedelta(hours=7))
    assert "favourites" in wanted()
    KeepaProduct.objects.update(confirmed_at=timezone.now())
    assert wanted() == {}


def test_one_harvest_at_a_time_and_none_when_switched_off(niche: Niche) -> None:
    often_asked(niche)
    key = wanted()["products"].key
    with leases.alone(LEASE) as is_ours:
        assert is_ours
        assert refreshed(key) == []
    set_switch(uses_idle_tokens=False)
    assert refreshed(key) == []
    set_switch(uses_idle_tokens=True)
    assert refreshed(key) == [key]


def test_it_ends_where_the_floor_begins(niche: Niche, keepa: Any) -> None:
    often_asked(niche)
    key = wanted()["products"].key
    keepa.bucket.take(9_600)  # of 12 000: a fifth is left
    get_client().token_status()
    assert refreshed(key) == []
    assert spent("idle") == 0


def test_a_niche_deleted_meanwhile_is_left_out(niche: Niche) -> None:
    often_asked(niche)
    key = wanted()["products"].key
    Niche.objects.all().delete()
    assert refreshed(key, f"niche:{niche.pk}") == []
