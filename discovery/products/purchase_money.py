"""What a purchase is worth: its VAT, the score of that moment, and what its sales leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.contrib.auth.models import AbstractBaseUser

from discovery.models import Purchase, Sale
from discovery.products import store
from discovery.products.scored import (
    CacheState,
    ScoredProduct,
    StatedCost,
    sold_copy,
    to_breakdown,
)
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile
from discovery.scoring import (
    PurchaseVat,
    SoldCopy,
    VatBasis,
    VatRegime,
    purchase_vat,
    received_at,
    score,
)

TENTH_OF_A_CENT = Decimal("0.0001")
LARGEST_ROI = Decimal(10) ** 12  # that the column holds


@dataclass(frozen=True, slots=True)
class Outlay:
    """What a unit costs: ``paid`` with VAT, ``net`` less what is recovered of it."""

    paid: Decimal
    net: Decimal


def kept(amount: Decimal) -> Decimal:
    """An amount as the tables keep it."""
    return amount.quantize(TENTH_OF_A_CENT, ROUND_HALF_UP)


def vat_of(purchase: Purchase) -> PurchaseVat:
    """The regime and the rates that the purchase was made under."""
    return PurchaseVat(
        VatRegime(purchase.vat_regime), purchase.sale_vat_percent, purchase.purchase_vat_percent
    )


def outlay(vat: PurchaseVat, cost: StatedCost) -> Outlay:
    """What a unit costs that was stated with or without VAT."""
    paid = vat.paid(cost.amount, cost.vat)
    return Outlay(kept(paid), kept(vat.net(paid)))


def put_cost(purchase: Purchase, cost: StatedCost, vat: PurchaseVat) -> None:
    """Let the purchase cost this, under this VAT; it is not saved."""
    each = outlay(vat, cost)
    purchase.unit_cost, purchase.cost_vat = kept(cost.amount), cost.vat.value
    purchase.cost_paid, purchase.cost_net = each.paid, each.net
    purchase.vat_regime = vat.regime.value
    purchase.sale_vat_percent = vat.sale_percent
    purchase.purchase_vat_percent = vat.purchase_percent


def put_profile(
    purchase: Purchase, profile: ActiveProfile, product: store.StoredProduct | None
) -> PurchaseVat:
    """Note the profile the purchase is judged by; returns its VAT for the product."""
    purchase.profile_slug, purchase.profile_revision = profile.slug, profile.revision
    return purchase_vat(
        profile.settings,
        code=purchase.marketplace,
        asin=purchase.asin,
        facts=product.facts if product else None,
    )


def put_score(
    purchase: Purchase,
    product: store.StoredProduct,
    profile: ActiveProfile,
    *,
    sold: SoldCopy | None,
    now: datetime,
) -> None:
    """Keep what the engine says of the purchase at this moment; it is not saved."""
    cost = StatedCost(purchase.unit_cost, VatBasis(purchase.cost_vat))
    found = score(
        product.facts,
        profile.settings,
        now=now,
        cost=cost.amount,
        cost_vat=cost.vat,
        # A unit that was bought is what the listing sells at once.
        cost_units=product.facts.pack_size,
        sold=sold or sold_copy(cost),
    )
    scored = ScoredProduct(
        card=store.product_card(product),
        score=found,
        cache=CacheState.STORED,
        fetched_at=product.fetched_at,
        scored_at=now,
        tokens_spent=0,
        tokens_saved=0,
        buy_box_known=product.has_buy_box,
    )
    purchase.score = to_breakdown(scored, detail_due=False)
    purchase.verdict = found.shown_verdict.value
    roi = found.roi_percent
    purchase.roi_percent = roi if roi is None or abs(roi) < LARGEST_ROI else None
    purchase.expected_profit = found.profit
    purchase.engine_version = found.engine_version


def profile_of(purchase: Purchase, *, user: AbstractBaseUser) -> ActiveProfile:
    """The profile the purchase was judged by, else the user's own."""
    try:
        return active_profile(slug=purchase.profile_slug or None, user=user)
    except UnknownProfile:
        return active_profile(user=user)


def put_received(
    sale: Sale, product: store.StoredProduct | None, profile: ActiveProfile, *, now: datetime
) -> None:
    """Work out what Amazon pays for a unit of the sale from what is stored; unknown without."""
    sale.received, sale.is_estimated = None, product is not None
    if product is not None:
        received = received_at(product.facts, profile.settings, price=sale.price, now=now)
        sale.received = kept(received)


def put_vat_due(sale: Sale) -> None:
    """Note the VAT owed on a unit of the sale, by the VAT of its purchase."""
    purchase = sale.purchase
    sale.vat_due = kept(vat_of(purchase).due(sale.price, purchase.cost_paid))
