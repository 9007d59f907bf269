"""What the log says was bought becomes a purchase; its score was never kept, and stays empty."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone

from discovery.products.identifiers import NotAnIdentifier, parse_identifier
from discovery.scoring import (
    EQUILIBRE,
    InvalidSetting,
    ProductFacts,
    Profile,
    PurchaseVat,
    VatBasis,
    facts_from_json,
    purchase_vat,
)
from discovery.scoring.marketplaces import UnknownMarketplace

CHUNK = 200
STEP = Decimal("0.0001")
DECISIONS = UUID("0b0f5c1e-7a39-4a5e-9f0c-6a2f3f3c7d58")


def purchases_of_decisions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One for each decision with a price; without a quantity, of one unit."""
    decisions = apps.get_model("discovery", "ProductDecision").objects
    purchases = apps.get_model("discovery", "Purchase")
    bought = decisions.filter(kind="bought", price__gt=0, purchase__isnull=True)
    found = bought.order_by("pk").iterator(chunk_size=CHUNK)
    profile = _default_profile(apps)
    rows: list[Any] = []
    for decision in found:
        rows.extend(_purchases(apps, decision, profile))
        if len(rows) >= CHUNK:
            purchases.objects.bulk_create(rows)
            rows = []
    purchases.objects.bulk_create(rows)


def _purchases(apps: StateApps, decision: Any, profile: Any) -> Iterator[Any]:
    slug, revision, settings = profile
    products = apps.get_model("discovery", "KeepaProduct").objects
    known = products.filter(
        marketplace=decision.marketplace, asin=decision.asin, is_usable=True
    ).first()
    try:
        parse_identifier(decision.asin)
        vat = purchase_vat(
            settings,
            code=decision.marketplace,
            asin=decision.asin,
            facts=_facts(known),
        )
    except (NotAnIdentifier, UnknownMarketplace):
        return  # such a line was never shown on a page
    basis = VatBasis(decision.cost_vat)
    paid, net = _outlay(vat, decision.price, basis)
    yield apps.get_model("discovery", "Purchase")(
        user_id=decision.user_id,
        marketplace=decision.marketplace,
        asin=decision.asin,
        title=known.title if known else "",
        bought_on=timezone.localdate(decision.created_at),
        unit_cost=decision.price,
        cost_vat=decision.cost_vat,
        quantity=decision.quantity or 1,
        note=decision.note,
        cost_paid=paid,
        cost_net=net,
        vat_regime=vat.regime.value,
        sale_vat_percent=vat.sale_percent,
        purchase_vat_percent=vat.purchase_percent,
        profile_slug=slug,
        profile_revision=revision,
        decision=decision,
        # Backwards and forwards again, they are the same.
        reference=uuid5(DECISIONS, str(decision.pk)),
        created_at=decision.created_at,
    )


def _facts(known: Any) -> ProductFacts | None:
    try:
        return facts_from_json(known.facts["facts"]) if known else None
    except (KeyError, TypeError, ValueError):
        return None


def _outlay(vat: PurchaseVat, cost: Decimal, basis: VatBasis) -> tuple[Decimal, Decimal]:
    paid = vat.paid(cost, basis)
    return paid.quantize(STEP, ROUND_HALF_UP), vat.net(paid).quantize(STEP, ROUND_HALF_UP)


def _default_profile(apps: StateApps) -> tuple[str, int | None, Profile]:
    stored = apps.get_model("discovery", "BusinessProfile").objects.filter(is_default=True).first()
    if stored is None:
        return "", None, EQUILIBRE
    try:
        return stored.slug, stored.revision, Profile.from_settings(stored.settings)
    except InvalidSetting:
        return stored.slug, stored.revision, EQUILIBRE


class Migration(migrations.Migration):
    dependencies = [("discovery", "0029_purchases")]

    operations = [migrations.RunPython(purchases_of_decisions, migrations.RunPython.noop)]
