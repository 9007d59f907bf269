"""What the log says was bought is a purchase on a site that is updated, and only once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from discovery.models import ProductDecision, Purchase
from discovery.profiles.service import ensure_shipped_profiles
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = pytest.mark.django_db
migration: Any = import_module("discovery.migrations.0030_purchases_of_decisions")


def test_each_decision_with_a_price_becomes_one() -> None:
    ensure_shipped_profiles()
    stored()
    anne = User.objects.create_user("anne")

    def decided(kind: str, **said: Any) -> ProductDecision:
        fields = {"user": anne, "marketplace": "us", "asin": ASIN, "kind": kind} | said
        return ProductDecision.objects.create(**fields)

    lot = decided(
        "bought", price=Decimal("8.40"), quantity=3, note="lot", marketplace="fr", cost_vat="excl"
    )
    one = decided("bought", price=Decimal(5))
    # Half past eleven in the evening of Greenwich is the next day where the site is.
    ProductDecision.objects.filter(pk=one.pk).update(
        created_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    )
    decided("bought")
    decided("note", note="dear", price=Decimal(9))
    decided("bought", price=Decimal(5), asin="x")
    for _time in range(2):
        migration.purchases_of_decisions(apps, None)
    first, second = Purchase.objects.order_by("pk")
    assert (first.decision, second.decision) == (lot, one)
    # A book in France, bought by a seller who is exempt: 5.5 % on top, and none of it comes back.
    assert (first.cost_paid, first.cost_net) == (Decimal("8.862"), Decimal("8.862"))
    assert (first.quantity, first.note, first.cost_vat) == (3, "lot", "excl")
    assert (second.quantity, second.title) == (1, "The C Language")
    assert second.bought_on == date(2026, 7, 2)
    assert (second.score, second.verdict, second.profile_slug) == (None, "", "equilibre")
