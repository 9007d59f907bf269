"""Jobs to start from."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import CostKind, SourcingJob
from discovery.profiles.service import ensure_shipped_profiles
from discovery.sourcing.templates import create_from_templates, template_of, templates_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def profiles(db: None) -> None:
    ensure_shipped_profiles()


def test_there_are_templates_of_several_sources_and_every_way_of_buying() -> None:
    shipped = templates_for("fr")
    assert len(shipped) >= 6
    assert {template.source for template in shipped} >= {"niche", "deals", "favourites"}
    kinds = {kind for template in shipped for kind in template.cost_kinds}
    assert kinds == {CostKind.SAME_LISTING, CostKind.EUROPE, CostKind.DIP}


def test_every_template_can_be_kept_on_every_marketplace_it_is_offered_on(anne: User) -> None:
    for marketplace in MARKETPLACES:
        offered = templates_for(marketplace)
        made = create_from_templates(owner=anne, now=timezone.now(), marketplace=marketplace)
        assert len(made) == len(offered) > 0
        assert {job.marketplace for job in made} == {marketplace}
    assert templates_for("narnia") == ()


def test_templates_are_kept_as_jobs_that_run_by_themselves(anne: User) -> None:
    made = create_from_templates(
        owner=anne, now=timezone.now(), slugs=("europe-cuisine", "favoris-et-achats")
    )
    assert len(made) == SourcingJob.objects.filter(owner=anne).count() == 2
    assert all(job.next_run_at and not job.is_paused for job in made)


def test_a_template_is_found_by_its_name() -> None:
    found = template_of("europe-cuisine", "de")
    assert found is not None
    assert found.marketplace == "de"
    assert template_of("nonsense", "fr") is None
