"""Verify before buying: one product's live offers, and whether its score still holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from discovery import cache
from discovery.keepa import costs
from discovery.keepa.client import get_client
from discovery.keepa.errors import GarbledAnswer, KeepaError, KeepaUnavailable
from discovery.keepa.product import CONDITION_NEW, ProductSnapshot
from discovery.models import LiveCheck
from discovery.products import store
from discovery.profiles.service import ActiveProfile
from discovery.scoring import (
    Condition,
    ProductFacts,
    VatBasis,
    facts_from_json,
    facts_to_json,
    profit_at,
    score,
)
from discovery.scoring.live_check import Finding, FindingCode, LiveCheckResult, Outcome, live_check

OFFERS = 20  # the fewest Keepa sells: two pages of ten
MOST_TOKENS = costs.product_cost(1, offers=OFFERS)
# Offers do not change by the minute; asking again sooner would buy the same answer twice.
GOOD_FOR = timedelta(minutes=10)


class UnknownProduct(Exception):
    """Nothing is stored of the product: there is no score to verify."""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A live offer; ``total`` is its price with shipping, ``condition`` Keepa's code.

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
    return _newest(marketplace, asin, user=user.pk)


def verify(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    profile: ActiveProfile,
    cost: Decimal | None = None,
    cost_vat: VatBasis | None = None,
) -> LiveCheck:
    """Look at the live offers (at most ``MOST_TOKENS``) and compare with what was known before.

    A look younger than ``GOOD_FOR``, whoever paid for it, is judged again with this profile and
    cost for no token, against what was known before that look. Two who look at once pay once.
    ``cost`` is with VAT or without as ``cost_vat`` says, else as the profile does.
    Raises ``UnknownProduct``, and ``KeepaError`` when Keepa cannot answer.
    """
    check = LiveCheck(
        user_id=user.pk,
        marketplace=marketplace,
        asin=asin,
        cost=cost,
        cost_vat=cost_vat or profile.settings.for_marketplace(marketplace).cost_vat,
        profile_slug=profile.slug,
    )
    paid = _recent_look(marketplace, asin) or _look_once(check, profile)
    told = ("user_id", "cost", "cost_vat", "profile_slug")
    if all(getattr(paid, name) == getattr(check, name) for name in told):
        return paid
    check.before, check.after, check.offers = paid.before, paid.after, paid.offers
    check.checked_at = paid.checked_at
    return _judge_and_keep(check, profile)


def _newest(marketplace: str, asin: str, **conditions: Any) -> LiveCheck | None:
    checks = LiveCheck.objects.filter(marketplace=marketplace, asin=asin, **conditions)
    return checks.order_by("-checked_at", "-pk").first()


def _recent_look(marketplace: str, asin: str) -> LiveCheck | None:
    since = timezone.now() - GOOD_FOR
    return _newest(marketplace, asin, tokens_spent__gt=0, checked_at__gt=since)


def _look_once(check: LiveCheck, profile: ActiveProfile) -> LiveCheck:
    try:
        return cache.single_flight(
            cache_key=f"check_{check.marketplace}_{check.asin}",
            read=lambda: _recent_look(check.marketplace, check.asin),
            produce=lambda: _look(check, profile),
            expected=KeepaError,
            describe=KeepaError.to_stored,
        )
    except (cache.AnotherAskerFailed, cache.StillWaiting):
        raise KeepaUnavailable(retry_after=settings.LEASE_SECONDS) from None


def _look(check: LiveCheck, profile: ActiveProfile) -> LiveCheck:
    """Buy the offers and keep them, stored before they are judged."""
    marketplace, asin = check.marketplace, check.asin
    known = store.product_of(marketplace=marketplace, asin=asin)
    if known is None:
        raise UnknownProduct(asin)
    answer = get_client().products([asin], marketplace=marketplace, offers=OFFERS)
    check.tokens_spent, check.checked_at = answer.tokens_spent, timezone.now()
    if asin in answer.undecodable:
        raise GarbledAnswer(tokens_spent=check.tokens_spent)
    check.before, check.offers = facts_to_json(known.facts), []
    # A product Keepa no longer has keeps its history and its page: it is not stored as nothing.
    if asin in answer.snapshots:
        (stored,) = store.store(
            answer,
            marketplace=marketplace,
            buybox=True,
            tokens_each=check.tokens_spent,
            now=check.checked_at,
        )
        cache.expire_scores(marketplace=marketplace, asins=[asin])
        check.after = facts_to_json(stored.facts)
        check.offers = _offers(answer.snapshots[asin])
    return _judge_and_keep(check, profile)


def _judge_and_keep(check: LiveCheck, profile: ActiveProfile) -> LiveCheck:
    """Compare what was known before the look with what it showed."""
    if not check.after:
        judged = LiveCheckResult(Outcome.AVOID, (Finding(FindingCode.NO_OFFER, False, {}),))
    else:
        known, fresh = facts_from_json(check.before), facts_from_json(check.after)
        # Each as of its own moment: stored data must not lose confidence for their age.
        before, after = (
            score(
                facts,
                profile.settings,
                now=moment,
                cost=check.cost,
                cost_vat=VatBasis(check.cost_vat),
            )
            for facts, moment in ((known, known.fetched_at), (fresh, check.checked_at))
        )
        judged = live_check(before, after, known=known, fresh=fresh)
    check.outcome = judged.outcome.value
    check.findings = [asdict(finding) for finding in judged.findings]
    check.save(force_insert=True)
    return check


def findings_of(check: LiveCheck) -> tuple[Finding, ...]:
    """What a stored check found."""
    return tuple(
        Finding(FindingCode(stored["code"]), stored["better"], stored["params"])
        for stored in check.findings
    )


def offers_of(
    check: LiveCheck,
    *,
    facts: ProductFacts,
    profile: ActiveProfile,
    cost: Decimal | None,
    price: Decimal | None,
) -> tuple[OfferLine, ...]:
    """The live offers in the condition the profile sells, cheapest first, and what each earns.

    ``price`` is what we expect to sell at, ``cost`` what we would pay, VAT included; without one
    the profit that rests on it stays unknown.
    """

    def earned(*, at: Decimal | None, paid: Decimal | None) -> Decimal | None:
        if not at or not paid:
            return None
        return profit_at(facts, profile.settings, price=at, cost=paid, now=check.checked_at)

    sells_new = profile.settings.condition is Condition.NEW
    lines = []
    for offer in check.offers:
        if (offer["condition"] == CONDITION_NEW) is not sells_new:
            continue
        total = Decimal(offer["total"])
        bought, matched = earned(at=price, paid=total), earned(at=total, paid=cost)
        lines.append(
            OfferLine(**offer | {"total": total, "if_bought": bought, "if_matched": matched})
        )
    return tuple(sorted(lines, key=attrgetter("total")))


def _offers(snapshot: ProductSnapshot) -> list[dict[str, Any]]:
    """The live offers that have a price, as JSON holds them."""
    found = []
    for offer in snapshot.live_offers:
        total = snapshot.money(offer.total)
        if total is None:
            continue
        found.append(
            {
                "seller": offer.seller_id,
                "kind": "amazon" if offer.is_amazon else "fba" if offer.is_fba else "fbm",
                "condition": offer.condition,
                "total": f"{total:f}",
                "stock": offer.stock,
            }
        )
    return found
