"""All that is known of one product for a user, for no token: what its page and the API tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from discovery.models import ProductCost
from discovery.products import buy_box, decisions, live_check, sourcing_links, store
from discovery.products.calculation import Calculation
from discovery.products.from_keepa import ProductCard
from discovery.products.product_costs import cost_of
from discovery.products.scored import CacheState, ScoredProduct, sold_copy
from discovery.profiles.service import ActiveProfile
from discovery.scoring import VatBasis
from discovery.scoring.what_if import AS_EXPECTED

OLD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A stored product with its verdict now, at what it costs its user.

    ``check`` is the last look at the live offers, ``offers`` what it saw. ``buy_box_tokens`` is
    what the Buy Box costs where it was never bought. ``links`` are searches at other shops.
    """

    product: ScoredProduct
    profile: ActiveProfile
    age: timedelta
    cost: ProductCost | None
    is_favourite: bool
    is_ignored: bool
    check: live_check.ShownCheck | None
    offers: tuple[live_check.OfferLine, ...]
    buy_box_tokens: int | None
    links: tuple[tuple[str, str], ...]

    @property
    def card(self) -> ProductCard:
        """What it is."""
        return self.product.card

    @property
    def is_old(self) -> bool:
        """Whether Keepa looked at it too long ago to buy on it."""
        return self.age > OLD


def at_known_cost(
    stored: store.StoredProduct,
    *,
    profile: ActiveProfile,
    known: ProductCost | None,
) -> Calculation:
    """The calculation at what the user is known to pay; a stored cost is for the whole listing."""
    usual = profile.settings.for_marketplace(stored.marketplace).cost_vat
    return Calculation(
        profile=profile,
        cost=known.cost if known else None,
        cost_vat=VatBasis(known.cost_vat) if known else usual,
        units=stored.facts.pack_size if known else None,
        sold=sold_copy(known.cost if known else None),
        what_if=AS_EXPECTED,
    )


def scored(stored: store.StoredProduct, tried: Calculation, *, now: datetime) -> ScoredProduct:
    """The stored product with the verdict of a calculation, as answers tell it."""
    return ScoredProduct(
        card=store.product_card(stored),
        score=tried.score(stored, now=now),
        cache=CacheState.STORED,
        fetched_at=stored.fetched_at,
        scored_at=now,
        tokens_spent=0,
        tokens_saved=0,
        buy_box_known=stored.has_buy_box,
    )


def overview_of(
    *, user: AbstractBaseUser, marketplace: str, asin: str, profile: ActiveProfile, now: datetime
) -> Overview | None:
    """What is known of the product; ``None`` where nothing usable is stored."""
    stored = store.product_of(marketplace=marketplace, asin=asin)
    if stored is None:
        return None
    named: dict[str, Any] = {"marketplace": marketplace, "asin": asin}
    known = cost_of(user=user, **named)
    tried = at_known_cost(stored, profile=profile, known=known)
    product = scored(stored, tried, now=now)
    check = live_check.latest_check(
        user=user,
        profile=profile,
        cost=tried.cost,
        cost_vat=tried.cost_vat,
        sold=tried.sold,
        now=now,
        **named,
    )
    marks = decisions.marks_of(owner=user, marketplace=marketplace, asins=[asin])
    return Overview(
        product=product,
        profile=profile,
        age=max(now - stored.seen_at, timedelta(0)),
        cost=known,
        is_favourite=asin in marks.favourites,
        is_ignored=asin in marks.ignored,
        check=check,
        offers=live_check.offers_of(
            check.check, facts=stored.facts, profile=profile, shown=product.score
        )
        if check
        else (),
        buy_box_tokens=buy_box.price_of(stored, now=now),
        links=sourcing_links.addresses_for(product.card, sourcing_links.links_of(user=user)),
    )
