"""The verdict on one product by whatever names it: for nothing where it is known, else bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from discovery.models import ProductCost
from discovery.products import store
from discovery.products.asin_lookup import Lookup, look_up_known
from discovery.products.candidates import Candidate, alive
from discovery.products.from_keepa import ProductCard
from discovery.products.identifiers import Identifier, IdentifierKind
from discovery.products.product_costs import cost_of, score_at, stated
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Score
from discovery.search.discover import score_asins
from discovery.search.quote import Asked, Quote, quote_products
from discovery.search.results import Asker, ScoredSearch

FREE = Quote(lookup_tokens=0, product_tokens=0, detail_tokens=0, known=0)


class State(StrEnum):
    """What can be said of a product for nothing."""

    KNOWN = "known"
    TO_BUY = "to_buy"
    SEVERAL = "several"  # the code stands for several products: which one?
    NO_PRODUCT = "no_product"  # asked lately, the code stands for none
    NO_DATA = "no_data"  # asked lately, Keepa has nothing on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is known of what was named, and what buying it would cost.

    ``stored``, ``card``, ``score`` and ``age`` are those of a ``KNOWN`` product, however old;
    ``cost`` is what its user pays for it, if said. ``candidates`` are the products that a code may
    mean.
    """

    state: State
    marketplace: str
    asin: str = ""
    candidates: tuple[Candidate, ...] = ()
    stored: store.StoredProduct | None = None
    card: ProductCard | None = None
    score: Score | None = None
    age: timedelta = timedelta(0)
    cost: ProductCost | None = None
    quote: Quote = FREE


def look(
    *,
    identifier: Identifier,
    marketplace: str,
    profile: ActiveProfile,
    user: AbstractBaseUser,
    now: datetime,
) -> Answer:
    """What is known for no token, in a constant number of statements. Buys and stores nothing."""
    if identifier.kind is IdentifierKind.ASIN:
        return _of_product(identifier.value, marketplace, profile, user, now)
    found, _unknown = look_up_known(
        named={identifier.value: True}, marketplace=marketplace, user_id=user.pk, now=now
    )
    lookup = found.get(identifier.value)
    if lookup is None:
        price = quote_products([], marketplace=marketplace, profile=profile, unknown_codes=1)
        return Answer(state=State.TO_BUY, marketplace=marketplace, quote=price)
    if not lookup.asin:
        return Answer(state=State.NO_PRODUCT, marketplace=marketplace)
    if lookup.is_ambiguous:
        return _of_several(lookup, marketplace)
    return _of_product(lookup.asin, marketplace, profile, user, now)


def buy(
    *,
    identifier: Identifier,
    marketplace: str,
    profile: ActiveProfile,
    user: AbstractBaseUser,
    source: str = "frontend",
) -> ScoredSearch:
    """Buy what the verdict needs; ``problem`` of the answer is what went wrong after something was
    had, ``source`` where it is asked.

    What is known and fresh is not bought again; what the user has said it costs him counts. Raises
    ``KeepaError`` when nothing could be had.
    """
    # What the user has said it costs counts by itself; naming it here would state it anew.
    return score_asins(
        identifiers=[identifier.value],
        marketplace=marketplace,
        profile=profile,
        asker=Asker(source=source, user_id=str(user.pk)),
    )


def _of_several(lookup: Lookup, marketplace: str) -> Answer:
    return Answer(state=State.SEVERAL, marketplace=marketplace, candidates=alive(lookup.candidates))


def _of_product(
    asin: str, marketplace: str, profile: ActiveProfile, user: AbstractBaseUser, now: datetime
) -> Answer:
    stored = store.product_of(marketplace=marketplace, asin=asin)
    cost = cost_of(user=user, marketplace=marketplace, asin=asin)
    said = stated(cost)
    if stored is None:
        newest = now - settings.SCORING_TTL
        lately = store.known_products(marketplace=marketplace, asins=[asin], newer_than=newest)
        if lately.unusable:
            return Answer(state=State.NO_DATA, marketplace=marketplace, asin=asin)
    price = quote_products([Asked(asin, said)], marketplace=marketplace, profile=profile)
    if stored is None:
        return Answer(
            state=State.TO_BUY, marketplace=marketplace, asin=asin, cost=cost, quote=price
        )
    return Answer(
        state=State.KNOWN,
        marketplace=marketplace,
        asin=asin,
        stored=stored,
        card=store.product_card(stored),
        score=score_at(stored, said, profile=profile.settings, now=now),
        age=max(now - stored.seen_at, timedelta(0)),
        cost=cost,
        quote=price,
    )
