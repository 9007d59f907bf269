"""Dips of Amazon's own price that are worth three tokens more.

A dip is sold later, when Amazon's price is back. Whether Amazon then holds the sale is told by its
share of the Buy Box in the last 90 days, which statistics do not hold; and as nothing is promising
at the price of a dip, no search has bought it. It is bought of a dip that would be a Buy if Amazon
had hardly ever held the sale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from discovery.keepa.costs import product_cost
from discovery.keepa.errors import KeepaError
from discovery.products import store
from discovery.products.store import StoredProduct
from discovery.runs.turn import Interrupted, Stopped
from discovery.scoring import Profile, Score, score
from discovery.scoring.dips import dip_cost
from discovery.scoring.engine import resolved
from discovery.scoring.verdict import BUYS
from discovery.search.score_products import Funnel, buy_boxes, is_complete

BUY_BOX = product_cost(1, buybox=True)


@dataclass(slots=True)
class Verified:
    """Products whose Buy Box was bought, by ASIN; those ``left`` where a call was broken off."""

    products: dict[str, StoredProduct] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    problem: KeepaError | None = None
    stop: Stopped | Interrupted | None = None

    @property
    def is_broken_off(self) -> bool:
        """Whether no further call may be made."""
        return self.problem is not None or self.stop is not None


def dip_score(
    product: StoredProduct, profile: Profile, *, now: datetime, amazon_share: int | None = None
) -> Score | None:
    """The product bought in the dip it is in and sold later; ``None`` outside one.

    ``amazon_share`` is how much of the Buy Box Amazon is taken to have had, in percent, instead of
    what is known.
    """
    facts = product.facts
    if amazon_share is not None:
        facts = replace(facts, amazon_buy_box_share_90=amazon_share)
    dip = dip_cost(facts, resolved(facts, profile))
    return None if dip is None else score(facts, profile, now=now, found=dip)


def verify_dips(
    funnel: Funnel,
    products: Mapping[str, StoredProduct],
    *,
    most_tokens: int | None,
    may_ask: bool,
    now: datetime,
) -> Verified:
    """Buy the Buy Box of the dips that are worth it, through the ``funnel`` that scored them.

    ``most_tokens`` bounds what is spent, without a bound ``None``; where nothing may be asked they
    are ``left``.
    """
    verified = Verified()
    profile = funnel.profile.settings
    dips = [asin for asin, known in products.items() if _is_worth_it(known, profile, now=now)]
    if most_tokens is not None:
        dips = dips[: max(most_tokens, 0) // BUY_BOX]
    if not dips:
        return verified
    if not may_ask:
        verified.left = tuple(dips)
        return verified
    try:
        buy_boxes(funnel, asins=dips)
    except (Stopped, Interrupted) as stopped:
        verified.stop = stopped
    verified.problem = funnel.problem
    verified.products = stored(funnel.marketplace, dips)
    if verified.is_broken_off:
        verified.left = tuple(asin for asin in dips if not is_complete(verified.products[asin]))
    return verified


def stored(marketplace: str, asins: Sequence[str]) -> dict[str, StoredProduct]:
    """What is stored of these products, however old, by ASIN; in one statement."""
    known = store.known_products(
        marketplace=marketplace, asins=asins, newer_than=store.THE_BEGINNING
    )
    return {product.asin: product for product in known.products}


def _is_worth_it(product: StoredProduct, profile: Profile, *, now: datetime) -> bool:
    if is_complete(product):
        return False
    at_best = dip_score(product, profile, now=now, amazon_share=0)
    return at_best is not None and at_best.verdict in BUYS
