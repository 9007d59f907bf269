"""What a fee delivered by Keepa says: it was computed at a price, rounded, and may hold other fees.

A percentage is a fee in whole cents over a price: 14.99 and 15.04 are 15. It may be the minimum fee
(30 % of 1.00 is the minimum of 0.30) or hold the digital services fee already (15.45 is 15). A
fulfilment fee of zero, or older than the tariff in force, is unknown; one of the season holds the
peak surcharge already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from discovery.scoring.fees.fba_tables import is_peak_season
from discovery.scoring.fees.figures import ZERO
from discovery.scoring.fees.referral_tables import ReferralRule
from discovery.scoring.inputs import (
    ProductFacts,
)

ONE = Decimal(1)


class Delivered(NamedTuple):
    """What Keepa delivers of a product's fees, None where unknown.

    ``old`` is the day of fees that an older tariff held for; ``holds_peak`` whether the fulfilment
    fee has the holiday season's surcharge inside.
    """

    referral: Decimal | None
    fba: Decimal | None
    old: date | None
    holds_peak: bool


# Percent; Keepa delivers two decimals and rounds them itself.
NOISE = Decimal("0.06")
# Digital services fees that Amazon passes on, in percent of its fees: United Kingdom, then France,
# Italy, Spain and Canada (Seller Central, digital services fee; to check).
SERVICES_RATES = (Decimal(2), Decimal(3))
# The yearly change of Amazon's European tariff; the other stores change theirs a few weeks before.
TARIFF_CHANGES = (2, 1)


def known(amount: Decimal | None) -> Decimal | None:
    """An amount or a percentage, unless it is zero or less: nobody sells for nothing."""
    return amount if amount is not None and amount > 0 else None


def delivered_on(facts: ProductFacts) -> date:
    """The day on which the delivered fees stood as they are."""
    return (facts.fees_at or facts.fetched_at).astimezone(UTC).date()


def tariff_since(day: date) -> date:
    """The day on which the tariff in force on ``day`` began."""
    changed = date(day.year, *TARIFF_CHANGES)
    return changed if day >= changed else date(day.year - 1, *TARIFF_CHANGES)


def holds_peak_surcharge(facts: ProductFacts) -> bool:
    """Whether the delivered fulfilment fee is one of the holiday season, which has it inside."""
    return is_peak_season(delivered_on(facts))


def prices_of_delivery(facts: ProductFacts, assumed: Decimal) -> tuple[Decimal, ...]:
    """Prices Amazon may have computed at: the assumed one, then every other one of the listing."""
    stats = (facts.buy_box, facts.new_fba, facts.new, facts.amazon)
    listed = [price for each in stats for price in (each.current, each.avg30, each.avg90)]
    return tuple(dict.fromkeys([assumed, *(price for price in listed if price)]))


def is_fee_of(
    rule: ReferralRule,
    minimum: Decimal,
    delivered: Decimal,
    prices: Iterable[Decimal],
    *,
    services: Decimal,
    cent: Decimal,
) -> bool:
    """Whether a delivered percentage is what the rule takes at one of the prices.

    With or without a digital services fee (``services``: our own rate, 0-1), the minimum counted.
    """
    for price in prices:
        fee = max(rule.percent_at(price) * price / 100, minimum)
        for rate in _services(services):
            for exact in _as_invoiced(fee, rate, cent):
                if abs(delivered - 100 * exact / price) <= NOISE:
                    return True
    return False


def bare_percent(
    delivered: Decimal, price: Decimal, *, services: Decimal, cent: Decimal
) -> Decimal:
    """The rate behind a delivered percentage: a whole or half one if it explains it, else itself.

    ``services`` is our own digital services rate (0-1).
    """
    for step in (ONE, ONE / 2):
        for rate in _services(services):
            nearest = (delivered / (1 + rate) / step).quantize(ONE, ROUND_HALF_UP) * step
            if nearest <= 0:
                continue
            for exact in _as_invoiced(nearest * price / 100, rate, cent):
                # A cent of a cheap price is worth many percent: more than one is no rounding.
                close = abs(delivered - nearest * (1 + rate)) <= ONE / 2
                if close and abs(delivered - 100 * exact / price) <= NOISE:
                    return nearest
    return delivered


def _services(own: Decimal) -> Iterator[Decimal]:
    yield from dict.fromkeys([ZERO, own, *(rate / 100 for rate in reversed(SERVICES_RATES))])


def _as_invoiced(fee: Decimal, services: Decimal, cent: Decimal) -> tuple[Decimal, ...]:
    """The fee with the digital services fee: exact, and rounded to the cent as it may be."""
    rounded = fee.quantize(cent, ROUND_HALF_UP)
    held = fee * (1 + services)
    return (
        held,
        held.quantize(cent, ROUND_HALF_UP),
        (rounded * (1 + services)).quantize(cent, ROUND_HALF_UP),
    )
