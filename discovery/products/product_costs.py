"""What products cost their user: stated once, and true wherever the product is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from discovery.models import ProductCost
from discovery.products.scored import ScoredProduct, StatedCost, sold_copy
from discovery.products.store import StoredProduct
from discovery.scoring import Profile, Score, VatBasis, score
from discovery.scoring.pack_size import cost_of_listing

Source = ProductCost.Source


def costs_of(*, user_id: Any, marketplace: str, asins: Sequence[str]) -> dict[str, StatedCost]:
    """ASIN -> what the user pays for it, in one statement; absent where nobody has said.

    ``user_id`` of ``None`` is nobody, who has said nothing.
    """
    if user_id is None:
        return {}
    rows = ProductCost.objects.filter(user=user_id, marketplace=marketplace, asin__in=asins)
    return {
        asin: StatedCost(cost, VatBasis(vat), is_whole=True)
        for asin, cost, vat in rows.values_list("asin", "cost", "cost_vat")
    }


def known_costs(*, user_id: Any, marketplace: str, asins: Sequence[str]) -> dict[str, ProductCost]:
    """As ``costs_of``, with who said it and when."""
    rows = ProductCost.objects.filter(user=user_id, marketplace=marketplace, asin__in=asins)
    return {cost.asin: cost for cost in rows}


def cost_of(*, user: AbstractBaseUser, marketplace: str, asin: str) -> ProductCost | None:
    """What the user pays for the product, who said it and when; ``None`` where nobody has."""
    return known_costs(user_id=user.pk, marketplace=marketplace, asins=[asin]).get(asin)


def stated(known: ProductCost | None) -> StatedCost | None:
    """A stored cost as scores take it; it is for all that the listing sells at once."""
    if known is None:
        return None
    return StatedCost(known.cost, VatBasis(known.cost_vat), is_whole=True)


def score_at(
    product: StoredProduct, cost: StatedCost | None, *, profile: Profile, now: datetime
) -> Score:
    """A stored product at what its user pays for it, ``None`` where that is not known."""
    if cost is None:
        return score(product.facts, profile, now=now)
    return score(
        product.facts,
        profile,
        now=now,
        cost=cost.amount,
        cost_vat=cost.vat,
        cost_units=cost.units_of(said=None, pack_size=product.facts.pack_size),
        sold=sold_copy(cost),
    )


def costs_of_listings(
    products: Iterable[ScoredProduct], costs: Mapping[str, StatedCost]
) -> dict[str, StatedCost]:
    """Costs as they were given with these products, each for all that its listing sells at once.

    Where nobody said for how many units of a lot a cost is, it is left out: it would be a guess.
    """
    found = {}
    for product in products:
        cost, pack = costs.get(product.asin), product.score.pack_size
        units = product.score.cost_units
        if cost is None or (units is None and (pack or 1) > 1):
            continue
        amount = cost_of_listing(cost.amount, units=units, pack_size=pack)
        found[product.asin] = StatedCost(amount, cost.vat, is_whole=True)
    return found


def state_costs(
    *,
    user: AbstractBaseUser | None = None,
    user_id: Any = None,
    marketplace: str,
    costs: Mapping[str, StatedCost],
    source: ProductCost.Source,
    now: datetime,
) -> None:
    """Keep what these products (by ASIN) cost a user, named by himself or by his key.

    In place of what was said before, but the prices of a list do not replace what was typed or
    paid.
    """
    user_id = user.pk if user is not None else user_id
    if source is Source.LIST:
        said = ProductCost.objects.filter(
            ~Q(source=Source.LIST), user=user_id, marketplace=marketplace, asin__in=list(costs)
        )
        better = set(said.values_list("asin", flat=True))
        costs = {asin: cost for asin, cost in costs.items() if asin not in better}
    ProductCost.objects.bulk_create(
        [
            ProductCost(
                user_id=user_id,
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


def put_right(
    *, user: AbstractBaseUser, marketplace: str, asin: str, paid: StatedCost, cost: StatedCost
) -> bool:
    """Correct what the product costs, if that is what was ``paid``; returns whether it was."""
    mine = ProductCost.objects.filter(
        user=user.pk,
        marketplace=marketplace,
        asin=asin,
        source=Source.BOUGHT,
        cost=paid.amount,
        cost_vat=paid.vat.value,
    )
    return bool(mine.update(cost=cost.amount, cost_vat=cost.vat.value))


def forget_cost(*, user: AbstractBaseUser, marketplace: str, asin: str) -> bool:
    """What the product costs is unknown again; returns whether it was known."""
    mine = ProductCost.objects.filter(user=user.pk, marketplace=marketplace, asin=asin)
    return bool(mine.delete()[0])
