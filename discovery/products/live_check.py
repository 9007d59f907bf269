"""Verify before buying: one product's live offers, and whether its score still holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from discovery import cache
from discovery.keepa import costs
from discovery.keepa.balance import CLOCK_SKEW
from discovery.keepa.client import get_client
from discovery.keepa.errors import GarbledAnswer, KeepaError, KeepaUnavailable
from discovery.keepa.product import CONDITION_NEW, ProductSnapshot
from discovery.models import LiveCheck
from discovery.products import store
from discovery.products.from_keepa import GRADES as GRADE_OF_CODE
from discovery.profiles.service import ActiveProfile
from discovery.scoring import (
    Condition,
    Grade,
    ProductFacts,
    Score,
    SoldCopy,
    VatBasis,
    facts_from_json,
    facts_to_json,
    profit_at,
    score,
)
from discovery.scoring.live_check import (
    NOBODY_SELLS,
    NOTHING_LEARNT,
    Finding,
    FindingCode,
    LiveCheckResult,
    Outcome,
    live_check,
)
from discovery.scoring.used_prices import GRADES, LOWEST_GRADE

OFFERS = 20  # the fewest Keepa sells: two pages of ten
MOST_TOKENS = costs.product_cost(1, offers=OFFERS)
# Offers do not change by the minute; asking again sooner would buy the same answer twice.
GOOD_FOR = timedelta(minutes=10)
# One that could not be read is worth asking again soon; two who ask at once still pay once.
UNREAD_FOR = timedelta(minutes=1)
# What an older look says is no ground to buy on.
VALID_FOR = timedelta(hours=6)


class UnknownProduct(Exception):
    """Nothing is stored of the product: there is no score to verify."""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A live offer; ``total`` is its price with shipping, ``condition`` Keepa's code.

    ``if_bought`` is the profit of buying this offer and selling at our expected price;
    ``if_matched`` that of selling at this price what we bought at our own cost. Both stay unknown
    for one that cannot be had today: its price is nobody's to pay or to match.
    """

    seller: str
    kind: str  # "amazon", "fba" or "fbm"
    condition: int
    total: Decimal
    stock: int | None
    if_bought: Decimal | None
    if_matched: Decimal | None
    is_preorder: bool = False
    is_shippable: bool = True

    @property
    def is_available(self) -> bool:
        """Whether a buyer could have it sent today, as far as is known."""
        return self.is_shippable and not self.is_preorder and self.stock != 0


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A look at the live offers as it stands for a cost and a profile at a moment.

    ``check`` is what was kept of it. ``outcome`` is None when it tells nothing for these: it is
    older than ``VALID_FOR`` (``is_expired``), or was made for another cost, copy or profile
    (``is_for_another``) and cannot be judged again. One that can be is, for no token.
    """

    check: LiveCheck
    outcome: Outcome | None
    findings: tuple[Finding, ...]
    is_for_another: bool
    is_expired: bool


def latest_check(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    profile: ActiveProfile,
    cost: Decimal | None,
    cost_vat: VatBasis,
    sold: SoldCopy,
    now: datetime,
) -> ShownCheck | None:
    """The user's newest look at the product, judged for this profile, cost and copy, for nothing.

    ``sold`` as ``score`` takes it.
    """
    check = _newest(marketplace, asin, now=now, user=user.pk)
    if check is None:
        return None
    told = (check.cost, check.cost and check.cost_vat, check.profile_slug, _sold(check))
    is_for_another = told != (cost, cost and cost_vat, profile.slug, sold)
    is_expired = now - check.checked_at > VALID_FOR
    if is_expired or (is_for_another and not check.before):
        return ShownCheck(check, None, (), is_for_another, is_expired)
    # A profile of the same name may have other settings since.
    judged = _judged(check, profile, cost, cost_vat, sold) if check.before else _stored(check)
    return ShownCheck(check, judged.outcome, judged.findings, is_for_another, is_expired)


def verify(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    profile: ActiveProfile,
    cost: Decimal | None = None,
    cost_vat: VatBasis | None = None,
    sold: SoldCopy = SoldCopy.LISTING,
) -> LiveCheck:
    """Look at the live offers (at most ``MOST_TOKENS``) and compare with what was known before.

    A look younger than ``GOOD_FOR``, whoever paid for it, is judged again with this profile and
    cost for no token, against what was known before that look. Two who look at once pay once.
    ``cost`` is with VAT or without as ``cost_vat`` says, else as the profile does; ``sold`` as
    ``score`` takes it.
    Raises ``UnknownProduct``, and ``KeepaError`` when Keepa cannot answer.
    """
    check = LiveCheck(
        user_id=user.pk,
        marketplace=marketplace,
        asin=asin,
        cost=cost,
        cost_vat=cost_vat or profile.settings.for_marketplace(marketplace).cost_vat,
        grade=sold.value,
        profile_slug=profile.slug,
    )
    paid = _recent_look(marketplace, asin) or _look_once(check, profile)
    told = ("user_id", "cost", "cost_vat", "grade", "profile_slug")
    if all(getattr(paid, name) == getattr(check, name) for name in told):
        return paid
    check.before, check.after, check.offers = paid.before, paid.after, paid.offers
    check.checked_at, check.outcome = paid.checked_at, paid.outcome
    return _judge_and_keep(check, profile)


def _sold(check: LiveCheck) -> SoldCopy:
    return SoldCopy(check.grade or SoldCopy.LISTING)


def _newest(marketplace: str, asin: str, *, now: datetime, **conditions: Any) -> LiveCheck | None:
    # Nobody knows when a look from the future was: a clock was set back since.
    conditions["checked_at__lte"] = now + CLOCK_SKEW
    checks = LiveCheck.objects.filter(marketplace=marketplace, asin=asin, **conditions)
    return checks.order_by("-checked_at", "-pk").first()


def _recent_look(marketplace: str, asin: str) -> LiveCheck | None:
    now = timezone.now()
    look = _newest(marketplace, asin, now=now, tokens_spent__gt=0, checked_at__gt=now - GOOD_FOR)
    is_unread = look is not None and look.outcome == Outcome.UNKNOWN
    return None if look and is_unread and look.checked_at < now - UNREAD_FOR else look


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
    # Neither is a Buy Box that could not be read with the offers.
    snapshot = answer.snapshots.get(asin)
    if snapshot is not None and snapshot.offers_successful is False:
        check.outcome = Outcome.UNKNOWN
    elif snapshot is not None:
        stored = store.store(
            answer,
            marketplace=marketplace,
            buybox=True,
            tokens_each=check.tokens_spent,
            now=check.checked_at,
        )
        if not stored:
            raise GarbledAnswer(tokens_spent=check.tokens_spent)
        cache.expire_scores(marketplace=marketplace, asins=[asin])
        check.after = facts_to_json(stored[0].facts)
        check.offers = _offers(snapshot)
    return _judge_and_keep(check, profile)


def _judge_and_keep(check: LiveCheck, profile: ActiveProfile) -> LiveCheck:
    judged = _judged(check, profile, check.cost, VatBasis(check.cost_vat), _sold(check))
    check.outcome = judged.outcome.value
    check.findings = [asdict(finding) for finding in judged.findings]
    check.save(force_insert=True)
    return check


def _judged(
    check: LiveCheck,
    profile: ActiveProfile,
    cost: Decimal | None,
    cost_vat: VatBasis,
    sold: SoldCopy,
) -> LiveCheckResult:
    """Compare what was known before the look with what it showed."""
    if not check.after:
        return NOTHING_LEARNT if check.outcome == Outcome.UNKNOWN else NOBODY_SELLS
    known, fresh = facts_from_json(check.before), facts_from_json(check.after)
    # Each as of its own moment: stored data must not lose confidence for their age.
    before, after = (
        score(facts, profile.settings, now=moment, cost=cost, cost_vat=cost_vat, sold=sold)
        for facts, moment in ((known, known.known_at), (fresh, check.checked_at))
    )
    return live_check(before, after, known=known, fresh=fresh)


def _stored(check: LiveCheck) -> LiveCheckResult:
    findings = tuple(
        Finding(FindingCode(stored["code"]), stored["better"], stored["params"])
        for stored in check.findings
    )
    return LiveCheckResult(Outcome(check.outcome), findings)


def offers_of(
    check: LiveCheck, *, facts: ProductFacts, profile: ActiveProfile, shown: Score
) -> tuple[OfferLine, ...]:
    """The live offers that ours is compared with, cheapest first, and what each earns.

    They are in the condition of the score ``shown`` beside them; of used copies, those as good as
    its own or better. Those that cannot be had today stand last. Without a price to sell at or a
    known cost, the profit that rests on it stays unknown.
    """
    price, cost = shown.sell_price, None if shown.hypothetical else shown.landed_cost

    def earned(*, at: Decimal | None, paid: Decimal | None) -> Decimal | None:
        if not at or not paid:
            return None
        return profit_at(facts, profile.settings, price=at, cost=paid, now=check.checked_at)

    is_new = shown.condition is Condition.NEW
    compared = {CONDITION_NEW} if is_new else _as_good_as(shown.grade or LOWEST_GRADE)
    lines = []
    for offer in check.offers:
        if offer["condition"] not in compared:
            continue
        total = Decimal(offer["total"])
        line = OfferLine(**offer | {"total": total, "if_bought": None, "if_matched": None})
        if line.is_available:
            bought, matched = earned(at=price, paid=total), earned(at=total, paid=cost)
            line = replace(line, if_bought=bought, if_matched=matched)
        lines.append(line)
    return tuple(sorted(lines, key=lambda line: (not line.is_available, line.total)))


def _as_good_as(grade: Grade) -> set[int]:
    """Keepa's codes of used copies of that grade or a better one."""
    worst = GRADES.index(grade)
    return {code for code, each in GRADE_OF_CODE.items() if GRADES.index(each) <= worst}


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
                "is_preorder": offer.is_preorder,
                "is_shippable": offer.is_shippable,
            }
        )
    return found
