"""What the looks at a product, this one and those before it, say of it: its class.

The first that holds, in this order (thresholds are settings of the profile, group ``sourcing``):

    REJECT     Amazon holds the sale, nothing is earned, or it has no sales rank
    JACKPOT    ROI above ``anomaly_roi_percent``: probably wrong data, shown with a warning
    FLUKE      the first look
    REVENANT   back after ``revenant_hours`` or more
    STABLE     another look ``stable_hours`` or more before, and since then price, ROI and offers
               within ``stable_price_percent``, ``stable_roi_points`` and ``stable_offers`` of now
    WATCH      otherwise
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from discovery.scoring.codes import FlagCode
from discovery.scoring.profile import Profile
from discovery.scoring.results import Score

REJECTED_BY = (FlagCode.AMAZON_HOLDS_BUY_BOX, FlagCode.NO_RANK)


class LookClass(StrEnum):
    """What the looks at a product say of it."""

    REJECT = "REJECT"
    JACKPOT = "JACKPOT"
    FLUKE = "FLUKE"
    REVENANT = "REVENANT"
    STABLE = "STABLE"
    WATCH = "WATCH"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has shown: the sell price, the ROI in percent, how many offers it is among.

    ``seen_at`` is an aware moment; ``None`` is unknown.
    """

    seen_at: datetime
    price: Decimal | None
    roi_percent: Decimal | float | None
    offers: int | None


def look_of(score: Score, *, seen_at: datetime, offers: int | None) -> Look:
    """A look that brought this score; ROI as a row shows it, at the price to look for too."""
    return Look(seen_at, score.sell_price, score.shown_roi, offers)


def classify(
    score_now: Look,
    score: Score,
    before: Sequence[Look],
    away_since: datetime | None,
    profile: Profile,
) -> str:
    """The value of its ``LookClass``.

    ``before`` are the earlier looks at the product, this one not among them, in any order;
    ``away_since`` since when it was not found, ``None`` when it never was away; ``profile`` is
    resolved for the product.
    """
    return _class_of(score_now, score, before, away_since, profile).value


def _class_of(
    now: Look, score: Score, before: Sequence[Look], away_since: datetime | None, profile: Profile
) -> LookClass:
    if any(score.has_flag(code) for code in REJECTED_BY):
        return LookClass.REJECT
    if now.roi_percent is None or now.roi_percent <= 0:
        return LookClass.REJECT
    if now.roi_percent > profile.anomaly_roi_percent:
        return LookClass.JACKPOT
    if not before:
        return LookClass.FLUKE
    back_after = timedelta(hours=profile.revenant_hours)
    if away_since is not None and now.seen_at - away_since >= back_after:
        return LookClass.REVENANT
    return LookClass.STABLE if _is_stable(now, before, profile) else LookClass.WATCH


def _is_stable(now: Look, before: Sequence[Look], profile: Profile) -> bool:
    """Whether all looks, from the latest one that lies far enough back, showed the same as now."""
    enough = now.seen_at - timedelta(hours=profile.stable_hours)
    latest_first = sorted(before, key=lambda look: look.seen_at, reverse=True)
    for look in latest_first:
        if not _is_alike(look, now, profile):
            return False
        if look.seen_at <= enough:
            return True
    return False


def _is_alike(then: Look, now: Look, profile: Profile) -> bool:
    return (
        _is_within(then.price, now.price, (now.price or 0) * profile.stable_price_percent / 100)
        and _is_within(then.roi_percent, now.roi_percent, profile.stable_roi_points)
        and _is_within(then.offers, now.offers, Decimal(profile.stable_offers))
    )


def _is_within(then: Decimal | float | None, now: Decimal | float | None, bound: Decimal) -> bool:
    """Whether a figure moved by no more than the bound; unknown is like unknown alone."""
    if then is None or now is None:
        return then is now
    return abs(Decimal(str(then)) - Decimal(str(now))) <= bound
