"""Idle tokens buy what will be asked next: whoever asks then pays nothing."""

from __future__ import annotations

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
    TokenLedgerEntry,
)
from discovery.niches.service import create_niche
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.search.find_asins import find_asins
from discovery.search.request import read_filters
from discovery.search.results import Asker, CacheState
from discovery.search.score_products import Funnel, run_funnel
from discovery.sourcing.harvest import LEASE, harvest, refreshes
from discovery.sourcing.planner import Refresh
from discovery.sourcing.switches import set_switch

pytestmark = pytest.mark.django_db

BATCH = 120


@pytest.fixture
def niche(keepa: Any, django_user_model: Any) -> Niche:
    ensure_shipped_profiles()
    filters = read_filters(
        {"marketplace": "fr", "categories": ["Livres"], "bsr_range": [1_000, 20_000]}
    )
    anne = django_user_model.objects.create_user("anne")
    return create_niche(owner=anne, name="Livres", filters=filters, max_results=12)


def wanted() -> dict[str, Refresh]:
    """What is worth refreshing, by its kind."""
    found = refreshes(now=timezone.now(), largest_batch=BATCH)
    return {refresh.key.partition(":")[0]: refresh for refresh in found}


def refreshed(*keys: str) -> list[str]:
    return harvest(keys=keys, largest_batch=BATCH, now=timezone.now())


def spent(purpose: str) -> int:
    calls = TokenLedgerEntry.objects.filter(purpose=purpose)
    return sum(calls.values_list("tokens_consumed", flat=True))


def asked(niche: Niche) -> Any:
    """Somebody searches the niche."""
    filters = read_filters(
        {"marketplace": "fr", "categories": ["Livres"], "bsr_range": [1_000, 20_000]}
    )
    return find_asins(filters=filters, purpose="interactive")


def test_a_niche_never_asked_is_asked_and_its_products_follow(niche: Niche) -> None:
    first = wanted()
    assert first["niche"].age is None
    assert "products" not in first
    assert refreshed(first["niche"].key) == [first["niche"].key]
    second = wanted()
    assert "niche" not in second
    assert second["products"].cost <= BATCH
    assert refreshed(second["products"].key)
    assert "products" not in wanted()
    assert spent("interactive") == 0

    found = asked(niche)
    funnel = Funnel(marketplace="fr", profile=active_profile(), asker=Asker(source="frontend"))
    run_funnel(funnel, asins=found.asins[:12], detail=True)
    assert found.cache is CacheState.HIT
    assert len(funnel.products) + len(funnel.unusable) == 12
    assert spent("interactive") == 0
    assert spent("idle") > 0


def test_an_answer_half_way_to_its_end_is_asked_anew(niche: Niche) -> None:
    asked(niche)
    assert "niche" not in wanted()
    DiscoveryCacheEntry.objects.update(created_at=timezone.now() - timedelta(hours=13))
    refresh = wanted()["niche"]
    assert refresh.age is not None
    assert refreshed(refresh.key) == [refresh.key]
    created = DiscoveryCacheEntry.objects.get().created_at
    assert created is not None
    assert timezone.now() - created < timedelta(minutes=5)


def test_what_is_asked_more_often_counts_more(niche: Niche) -> None:
    for _ in range(4):
        asked(niche)
    DiscoveryCacheEntry.objects.update(created_at=timezone.now() - timedelta(hours=13))
    assert wanted()["niche"].hits_a_day == 3  # the first was no hit
    Niche.objects.update(created_at=timezone.now() - timedelta(days=6))
    assert wanted()["niche"].hits_a_day == pytest.approx(0.5, abs=0.01)


def test_a_niche_put_away_or_of_somebody_gone_is_not_refreshed(niche: Niche) -> None:
    niche.owner.is_active = False
    niche.owner.save()
    assert wanted() == {}
    niche.owner.is_active = True
    niche.owner.save()
    Niche.objects.update(archived_at=timezone.now())
    assert wanted() == {}


def test_favourites_are_bought_again_the_stalest_first(niche: Niche, keepa: Any) -> None:
    asins = [product.asin for product in keepa.catalogue.store(4).live[:50]]
    for asin in asins:
        Favourite.objects.create(user=niche.owner, marketplace="fr", asin=asin)
    niche.delete()
    assert wanted()["favourites"].cost == BATCH
    assert refreshed("favourites:fr") == ["favourites:fr"]
    assert KeepaProduct.objects.count() == BATCH // 4
    refreshed("favourites:fr")
    assert KeepaProduct.objects.count() == 50
    assert "favourites" not in wanted()
    assert spent("idle") <= 4 * 50


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
    key = wanted()["niche"].key
    with leases.alone(LEASE) as is_ours:
        assert is_ours
        assert refreshed(key) == []
    set_switch(uses_idle_tokens=False)
    assert refreshed(key) == []
    set_switch(uses_idle_tokens=True)
    assert refreshed(key) == [key]


def test_it_ends_where_the_floor_begins(niche: Niche, keepa: Any) -> None:
    keepa.bucket.take(9_600)  # of 12 000: a fifth is left
    get_client().token_status()
    assert refreshed(wanted()["niche"].key) == []
    assert spent("idle") == 0


def test_a_niche_deleted_meanwhile_is_left_out(niche: Niche) -> None:
    asked(niche)
    key = wanted()["products"].key
    Niche.objects.all().delete()
    assert refreshed(key, "niche:gone") == []
