"""A unit bought in a dip is sold later: at the usual price, after the wait, against others."""

from __future__ import annotations

import dataclasses

from discovery.scoring.found_cost import FoundCost
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.landed_cost import Deal
from discovery.scoring.profile import Profile
from discovery.scoring.velocity import UNKNOWN_DAYS, Velocity


def sellers_later(facts: ProductFacts) -> ProductFacts:
    """The product as it will be sold: Amazon, whose low price is the dip, need not hold it then.

    Whether it does is told by its share of the last 90 days; where that is not known, by today.
    """
    if facts.amazon_buy_box_share_90 is None:
        return facts
    return dataclasses.replace(facts, buy_box_is_amazon=False)


def deal_later(deal: Deal, found: FoundCost) -> Deal:
    """What is bought elsewhere and what it fetches: the usual price where the source says one.

    That is then the price of the day: today's, which is the dip, tells nothing of the sale.
    """
    if deal.sell is None or found.sell_at is None:
        return dataclasses.replace(deal, offer=None)
    later = found.sell_at
    sell = dataclasses.replace(deal.sell, amount=later, current=later, listed=later)
    return dataclasses.replace(deal, sell=sell, offer=None)


def velocity_later(velocity: Velocity, found: FoundCost, profile: Profile) -> Velocity:
    """As fast as ever once the price is back: the wait for it comes before the sale.

    A wait nobody can tell is taken to be as long as a sale of which nothing is known.
    """
    days = velocity.days_to_sell
    if found.sell_at is None or days is None or days >= UNKNOWN_DAYS:
        return velocity
    wait = float(profile.assumed_days_to_sell) if found.days is None else found.days
    return dataclasses.replace(velocity, days_to_sell=days + wait)
