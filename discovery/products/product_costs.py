"""What products cost their user: stated once, and true wherever the product is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from discovery.models import ProductCost
from discovery.products.scored import StatedCost
from discovery.scoring import VatBasis

Source = ProductCost.Source


def costs_of(*, user_id: Any, marketplace: str, asins: Sequence[str]) -> dict[str, StatedCost]:
    """ASIN -> what the user pays for it, in one statement; absent where nobody has said."""
    rows = ProductCost.objects.filter(user=user_id, marketplace=marketplace, asin__in=asins)
    return {
        asin: StatedCost(cost, VatBasis(vat))
        for asin, cost, vat in rows.values_list("asin", "cost", "cost_vat")
    }


def cost_of(*, user: AbstractBaseUser, marketplace: str, asin: str) -> ProductCost | None:
    """What the user pays for the product, who said it and when; ``None`` where nobody has."""
    return ProductCost.objects.filter(user=user.pk, marketplace=marketplace, asin=asin).first()


def state_costs(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    costs: Mapping[str, StatedCost],
    source: ProductCost.Source,
    now: datetime,
) -> None:
    """Keep what these products (by ASIN) cost, in place of what was said before.

    The prices of a list do not replace what was typed or paid.
    """
    if source is Source.LIST:
        said = ProductCost.objects.filter(
            ~Q(source=Source.LIST), user=user.pk, marketplace=marketplace, asin__in=list(costs)
        )
        better = set(said.values_list("asin", flat=True))
        costs = {asin: cost for asin, cost in costs.items() if asin not in better}
    ProductCost.objects.bulk_create(
        [
            ProductCost(
                user_id=user.pk,
                marketplace=marketplace,
                asin=asin,
                cost=cost.amount,
                cost_vat=cost.vat.value,
                source=source,
                stated_at=now,
            )
            for asin, cost in sorted(costs.items())  # two writers never wait in a circle
        ],
        update_conflicts=True,
        unique_fields=["user", "marketplace", "asin"],
        update_fields=["cost", "cost_vat", "source", "stated_at"],
        batch_size=1000,
    )


def forget_cost(*, user: AbstractBaseUser, marketplace: str, asin: str) -> bool:
    """What the product costs is unknown again; returns whether it was known."""
    mine = ProductCost.objects.filter(user=user.pk, marketplace=marketplace, asin=asin)
    return bool(mine.delete()[0])
