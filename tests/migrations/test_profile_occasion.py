"""The profile of used goods reaches a site that was set up before it existed, and only once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from discovery.models import BusinessProfile
from discovery.profiles.service import activate, ensure_shipped_profiles
from discovery.scoring import SHIPPED

pytestmark = pytest.mark.django_db
migration: Any = import_module("discovery.migrations.0019_profile_occasion")


@pytest.fixture
def older_site() -> None:
    BusinessProfile.objects.all().delete()
    ensure_shipped_profiles()
    BusinessProfile.objects.filter(slug="occasion").delete()


def test_an_older_site_gets_the_profile_as_it_is_shipped(older_site: None) -> None:
    for _time in range(2):
        migration.create(apps, None)
    [profile] = BusinessProfile.objects.filter(slug="occasion")
    assert activate(profile).settings == SHIPPED["occasion"]
    assert profile.owner_id is None
    assert profile.history.count() == 1
    migration.remove(apps, None)
    assert not BusinessProfile.objects.filter(slug="occasion").exists()


def test_one_that_was_changed_meanwhile_stays(older_site: None) -> None:
    migration.create(apps, None)
    BusinessProfile.objects.filter(slug="occasion").update(settings={"condition": "used"})
    migration.remove(apps, None)
    assert BusinessProfile.objects.filter(slug="occasion").exists()


def test_a_new_site_gets_all_of_them_together(older_site: None) -> None:
    BusinessProfile.objects.all().delete()
    migration.create(apps, None)
    assert not BusinessProfile.objects.exists()
    assert ensure_shipped_profiles() == len(SHIPPED)
    assert set(BusinessProfile.objects.values_list("slug", flat=True)) == set(SHIPPED)
