"""Verify before buying: one product's live offers, and whether its score still holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from discovery import catalogue
from discovery.keepa import costs
from discovery.keepa.client import get_client
from discovery.keepa.product import CONDITION_NEW, ProductSnapshot
from discovery.models import LiveCheck
from discovery.profiles import ActiveProfile
from discovery.scoring import Condition, ProductFacts, profit_at, score
from discovery.scoring.recheck import Finding, FindingCode, Outcome, Recheck, recheck

OFFERS = 20  # the fewest Keepa sells: two pages of ten
MOST_TOKENS = costs.product_cost(1, offers=OFFERS)
# Offers do not change by the minute; asking again sooner would buy the same answer twice.
GOOD_FOR = timedelta(minutes=10)


class UnknownProduct(Exception):
    """Nothing is stored of the product: there is no score to verify."""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A live offer, landed price included.

    ``if_bought`` is the profit of buying this offer and selling at our expected price;
    ``if_matched`` that of selling at this price what we bought at our own cost.
    """

    seller: str
    kind: str  # "amazon", "fba" or "fbm"
    condition: int
    total: Decimal
    stock: int | None
    if_bought: Decimal | None
    if_matched: Decimal | None


def latest_check(*, user: AbstractBaseUser, marketplace: str, asin: str) -> LiveCheck | None:
    """The user's newest check of the product."""
    checks = LiveCheck.objects.filter(user=user.pk, marketplace=marketplace, asin=asin)
    return checks.order_by("-checked_at").first()


def verify(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    profile: ActiveProfile,
    cost: Decimal | None = None,
) -> LiveCheck:
    """Buy the live offers (at most ``MOST_TOKENS``) and compare with what was stored.

    A check of the same product, profile and cost that is younger than ``GOOD_FOR`` is given back
    instead. What was bought is stored before it is judged. Raises ``UnknownProduct``, and
    ``KeepaError`` when Keepa cannot answer.
    """
    now = timezone.now()
    last = latest_check(user=user, marketplace=marketplace, asin=asin)
    if last is not None and _still_good(last, profile, cost, now):
        return last
    known = catalogue.product_of(marketplace=marketplace, asin=asin)
    if known is None:
        raise UnknownProduct(asin)
    answer = get_client().products([asin], marketplace=marketplace, offers=OFFERS)
    spent = answer.receipt.tokens_consumed
    now = timezone.now()
    stored = catalogue.store(
        answer, marketplace=marketplace, buybox=True, tokens_each=spent, now=now
    )
    if stored:
        judged = _judge(known.facts, stored[0].facts, profile, cost, now)
        offers = _offers(answer.snapshots[asin], profile)
    else:
        judged = Recheck(Outcome.AVOID, (Finding(FindingCode.NO_OFFER, False, {}),))
        offers = []
    return LiveCheck.objects.create(
        user_id=user.pk,
        marketplace=marketplace,
        asin=asin,
        outcome=judged.outcome.value,
        cost=cost,
        profile_slug=profile.slug,
        findings=[asdict(finding) for finding in judged.findings],
        offers=offers,
        tokens_spent=spent,
        checked_at=now,
    )


def findings_of(check: LiveCheck) -> tuple[Finding, ...]:
    """What a stored check found."""
    return tuple(
        Finding(FindingCode(one["code"]), one["better"], one["params"]) for one in check.findings
    )


def offers_of(
    check: LiveCheck,
    *,
    facts: ProductFacts,
    profile: ActiveProfile,
    cost: Decimal | None,
    price: Decimal | None,
) -> tuple[OfferLine, ...]:
    """The check's live offers, cheapest first, each with what it would earn us.

    ``price`` is what we expect to sell at, ``cost`` what we would pay; without one the profit
    that rests on it stays unknown.
    """

    def earned(*, at: Decimal | None, paid: Decimal | None) -> Decimal | None:
        if not at or not paid:
            return None
        return profit_at(facts, profile.settings, price=at, cost=paid, now=check.checked_at)

    lines = []
    for offer in check.offers:
        total = Decimal(offer["total"])
        lines.append(
            OfferLine(
                seller=offer["seller"],
                kind=offer["kind"],
                condition=offer["condition"],
                total=total,
                stock=offer["stock"],
                if_bought=earned(at=price, paid=total),
                if_matched=earned(at=total, paid=cost),
            )
        )
    return tuple(sorted(lines, key=lambda line: line.total))


def _still_good(
    check: LiveCheck, profile: ActiveProfile, cost: Decimal | None, now: datetime
) -> bool:
    same = check.cost == cost and check.profile_slug == profile.slug
    return same and now - check.checked_at < GOOD_FOR


def _judge(
    known: ProductFacts,
    fresh: ProductFacts,
    profile: ActiveProfile,
    cost: Decimal | None,
    now: datetime,
) -> Recheck:
    # Both as of now: the age of the stored data is not the product's fault.
    before = score(known, profile.settings, now=known.fetched_at, cost=cost)
    after = score(fresh, profile.settings, now=now, cost=cost)
    return recheck(before, after, known=known, fresh=fresh)


def _offers(snapshot: ProductSnapshot, profile: ActiveProfile) -> list[dict[str, Any]]:
    """Offers in the condition the profile sells, as JSON holds them."""
    sells_new = profile.settings.condition is Condition.NEW
    found = []
    for offer in snapshot.live_offers:
        total = snapshot.money(offer.total)
        if total is None or (offer.condition == CONDITION_NEW) is not sells_new:
            continue
        kind = "amazon" if offer.is_amazon else "fba" if offer.is_fba else "fbm"
        found.append(
            {
                "seller": offer.seller_id,
                "kind": kind,
                "condition": offer.condition,
                "total": f"{total:f}",
                "stock": offer.stock,
            }
        )
    return found
