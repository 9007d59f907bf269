"""Products that were stored before tables drew their rank have their curve too."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db.migrations import RunPython

from discovery.models import KeepaProduct
from discovery.products.sparks import rank_points
from tests.discovery.products.test_pages import stored

pytestmark = pytest.mark.django_db
migration: Any = import_module("discovery.migrations.0033_rank_curves")


def test_every_product_with_a_rank_gets_its_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "BATCH", 2)
    for nth in range(5):
        stored(f"B{nth:09}")
    KeepaProduct.objects.filter(asin="B000000003").update(history={})
    migration.draw(apps, None)
    for product in KeepaProduct.objects.all():
        series = product.history.get("SALES", {"times": [], "values": []})
        known = zip(series["times"], series["values"], strict=True)
        assert product.rank_spark == rank_points(known, until=product.fetched_at)
        assert bool(product.rank_spark) is (product.asin != "B000000003")


def test_the_lock_of_the_new_column_is_not_held_while_they_are_drawn() -> None:
    columns: Any = import_module("discovery.migrations.0028_dense_tables").Migration
    assert not any(isinstance(step, RunPython) for step in columns.operations)
    assert not migration.Migration.atomic


def test_broken_off_it_goes_on_where_it_was(django_assert_num_queries: Any) -> None:
    drawn = stored("B000000001")
    KeepaProduct.objects.filter(pk=drawn.pk).update(rank_spark=[1, 2])
    with django_assert_num_queries(1):
        migration.draw(apps, None)
    assert KeepaProduct.objects.get().rank_spark == [1, 2]
