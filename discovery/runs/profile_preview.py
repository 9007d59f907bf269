"""What a change of profile would do to the results a user already has: for no token."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from discovery.products import store
from discovery.products.decisions import THE_BEGINNING
from discovery.products.from_keepa import ProductCard
from discovery.products.product_costs import costs_of, score_at
from discovery.products.scored import StatedCost
from discovery.runs import queries
from discovery.scoring import Profile, Score, ShownVerdict
from discovery.scoring.verdict import SHOWN_RANK

MOST_PRODUCTS = 500  # about half a second of scoring, twice


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A known product whose verdict the new settings would change."""

    card: ProductCard
    before: Score
    after: Score

    @property
    def is_better(self) -> bool:
        """Whether the new settings give the better verdict."""
        return SHOWN_RANK[self.after.shown_verdict] > SHOWN_RANK[self.before.shown_verdict]


@dataclass(frozen=True, slots=True)
class Preview:
    """``total`` known products scored twice; ``changes`` best first under the new settings."""

    total: int
    before: dict[ShownVerdict, int]
    after: dict[ShownVerdict, int]
    changes: tuple[VerdictChange, ...]

    @property
    def better(self) -> int:
        """How many verdicts get better."""
        return sum(change.is_better for change in self.changes)

    @property
    def worse(self) -> int:
        """How many verdicts get worse."""
        return len(self.changes) - self.better


def preview_profile(
    *, user: AbstractBaseUser, saved: Profile, wanted: Profile, now: datetime
) -> Preview:
    """Score the user's newest results and favourites with both profiles.

    At most ``MOST_PRODUCTS``, the newest first, on what is stored of them however old and at what
    they cost the user.
    """
    products: list[tuple[store.StoredProduct, StatedCost | None]] = []
    by_market: dict[str, list[str]] = {}
    for marketplace, asin in queries.current_products(owner=user, limit=MOST_PRODUCTS):
        by_market.setdefault(marketplace, []).append(asin)
    for marketplace, asins in by_market.items():
        known = store.known_products(marketplace=marketplace, asins=asins, newer_than=THE_BEGINNING)
        own = costs_of(user_id=user.pk, marketplace=marketplace, asins=asins)
        products += [(product, own.get(product.asin)) for product in known.products]
    before: Counter[ShownVerdict] = Counter()
    after: Counter[ShownVerdict] = Counter()
    changes = []
    for product, cost in products:
        was = score_at(product, cost, profile=saved, now=now)
        becomes = score_at(product, cost, profile=wanted, now=now)
        before[was.shown_verdict] += 1
        after[becomes.shown_verdict] += 1
        if was.shown_verdict is not becomes.shown_verdict:
            changes.append(VerdictChange(store.product_card(product), was, becomes))
    changes.sort(
        key=lambda change: (
            -SHOWN_RANK[change.after.shown_verdict],
            -SHOWN_RANK[change.before.shown_verdict],
            change.card.asin,
        )
    )
    return Preview(
        total=len(products),
        before={verdict: before[verdict] for verdict in ShownVerdict},
        after={verdict: after[verdict] for verdict in ShownVerdict},
        changes=tuple(changes),
    )
