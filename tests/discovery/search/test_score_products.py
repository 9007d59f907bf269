"""The funnel: which products are worth their Buy Box, and for how long a score answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.keepa.finder import NicheFilters
from discovery.models import KeepaProduct, ScoringCacheEntry
from discovery.products.store import confirm_unchanged
from discovery.profiles.service import active_profile
from discovery.scoring import ProductFacts, Score
from discovery.search.request import read_filters
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, run_funnel

pytestmark = pytest.mark.django_db(transaction=True)
ASKER = Asker(source="manual")


def of_none(_score: Score, _facts: ProductFacts | None) -> bool:
    return False


def toys() -> NicheFilters:
    return read_filters({"marketplace": "fr", "categories": ["Jeux et Jouets"]})


@pytest.fixture
def asins(keepa: Any) -> tuple[str, ...]:
    found = get_client().find(toys().to_selection(), marketplace="fr")
    return found.asins[:30]


def analysed(asins: tuple[str, ...], **options: Any) -> Funnel:
    funnel = Funnel(marketplace="fr", profile=active_profile(), asker=ASKER, **options)
    run_funnel(funnel, asins=asins, detail=True)
    return funnel


def test_whoever_asks_may_want_the_buy_box_of_none(asins: tuple[str, ...]) -> None:
    assert analysed(asins, wants_detail=of_none).tokens_spent == len(asins)
    assert not KeepaProduct.objects.filter(has_buy_box=True).exists()


def test_what_one_does_not_want_another_still_gets(keepa: Any, asins: tuple[str, ...]) -> None:
    analysed(asins, wants_detail=of_none)
    bought = analysed(asins).tokens_spent
    assert bought > 0
    assert KeepaProduct.objects.filter(has_buy_box=True).count() * 3 == bought


def test_the_choosier_is_shown_the_same_scores(asins: tuple[str, ...]) -> None:
    first = analysed(asins, wants_detail=of_none)
    second = analysed(asins, wants_detail=of_none)
    assert second.tokens_spent == 0
    assert {a: p.score for a, p in second.products.items()} == {
        a: p.score for a, p in first.products.items()
    }


def test_a_score_answers_for_as_long_as_its_data_is_known_to_hold(asins: tuple[str, ...]) -> None:
    now = timezone.now()
    analysed(asins, wants_detail=of_none)
    KeepaProduct.objects.update(fetched_at=now - timedelta(days=1))
    ScoringCacheEntry.objects.all().delete()
    confirm_unchanged(marketplace="fr", asins=asins, now=now)
    assert analysed(asins, wants_detail=of_none).tokens_spent == 0
    expiries = set(ScoringCacheEntry.objects.values_list("expires_at", flat=True))
    assert expiries == {now + settings.SCORING_TTL}
