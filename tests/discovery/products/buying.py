"""Purchases made by the site's own service, for the tests of what is read of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from discovery.models import Purchase, Sale
from discovery.products.purchases import Bought, Sold, record_purchase, record_sale
from discovery.products.scored import StatedCost
from discovery.profiles.service import (
    ActiveProfile,
    active_profile,
    copy_profile,
    ensure_shipped_profiles,
    profile_named,
    save_profile,
)
from discovery.scoring import VatBasis

LAMP = "B00LAMPE01"  # nothing is known of it: VAT at the standard rate, no score
DAY = date(2026, 10, 5)


def profile_under(regime: str, user: User) -> ActiveProfile:
    """A profile of the user's own under a VAT regime."""
    ensure_shipped_profiles()
    shipped = profile_named(slug="equilibre", user=user)
    own = copy_profile(profile=shipped, name=f"{regime} {user.username}", owner=user)
    save_profile(profile=own, settings=own.settings | {"regime": regime}, saved_by=user)
    return active_profile(slug=own.slug, user=user)


def buy(
    user: User,
    cost: str,
    quantity: int = 1,
    *,
    vat: VatBasis = VatBasis.INCLUDED,
    market: str = "fr",
    asin: str = LAMP,
    **said: Any,
) -> Purchase:
    profile = said.pop("profile", None)
    told = {"bought_on": DAY} | said
    return record_purchase(
        user=user,
        marketplace=market,
        asin=asin,
        bought=Bought(StatedCost(Decimal(cost), vat), quantity, **told),
        profile=profile,
    )


def sell(
    purchase: Purchase,
    price: str,
    received: str | None = None,
    quantity: int = 1,
    on: date = date(2026, 11, 2),
) -> Sale:
    paid = None if received is None else Decimal(received)
    return record_sale(
        user=purchase.user,
        purchase_id=purchase.pk,
        sold=Sold(sold_on=on, quantity=quantity, price=Decimal(price), received=paid),
    )
