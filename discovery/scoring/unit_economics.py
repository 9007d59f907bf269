"""What one unit earns at any price: break-even, share of time profitable, cliffs, better price."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from discovery.scoring.fees.schedule import Schedule
from discovery.scoring.fees.vat import VatTerms
from discovery.scoring.inputs import (
    PriceDistribution,
)
from discovery.scoring.results import BetterPrice, Cliff

ZERO = Decimal(0)


class Earned(NamedTuple):
    """What one sale earns, exactly and as it is shown; ``cost_net`` less recoverable VAT."""

    profit: Decimal
    profit_shown: Decimal
    cost_net: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEconomics:
    """A product's fee schedule with its own costs and VAT: what any price leaves us.

    ``own`` are our own costs, VAT included where it is not recovered; ``cent`` is the smallest
    amount of the currency; ``shown`` makes of a profit the one figure it is shown as. Prices and
    costs are in that currency, costs as paid.
    """

    schedule: Schedule
    own: Decimal
    vat: VatTerms
    cent: Decimal
    shown: Callable[[Decimal], Decimal]

    def left_at(self, price: Decimal) -> Decimal:
        """What a price leaves before the purchase."""
        return self.schedule.left_at(price) - self.own

    def earned_at(self, price: Decimal, cost: Decimal) -> Earned:
        """What one sale earns, without the account of where the price goes."""
        profit = self.vat.profit(before_cost=self.left_at(price), price=price, cost=cost)
        return Earned(profit, self.shown(profit), self.vat.base * cost)

    def needed_for(self, roi: Decimal, cost: Decimal) -> Decimal:
        """What must be left, own costs not yet taken, for a ROI (ratio) at a cost."""
        return self.own + (self.vat.per_cost + roi * self.vat.base) * cost

    def lowest_price(self, roi: Decimal, cost: Decimal) -> Decimal | None:
        """The lowest price, valid in its own band, that brings a ROI at a cost."""
        return self.schedule.lowest_price(self.needed_for(roi, cost))

    def time_profitable(
        self, seen: PriceDistribution | None, roi: Decimal, cost: Decimal
    ) -> int | None:
        """Basis points of priced time in which the ROI (ratio) would have been met at the cost.

        None when no price was seen. The sum only falls as the cost rises.
        """
        if seen is None or not seen.prices:
            return None
        points = 0
        for low, high in self.schedule.prices_leaving(self.needed_for(roi, cost)):
            top = None if high is None else int(high / self.cent)
            points += seen.share_within(int(low / self.cent), top)
        return points

    def cost_profitable_for(self, seen: PriceDistribution, roi: Decimal, points: int) -> Decimal:
        """The highest cost at which the ROI was met for at least ``points`` of the time.

        ``points`` are basis points, above 0; not rounded; 0 when the prices seen cover less.
        """
        left = self._left_for(seen, points)
        return ZERO if left is None else left / (self.vat.per_cost + roi * self.vat.base)

    def _left_for(self, seen: PriceDistribution, points: int) -> Decimal | None:
        """What the price left, or more, during ``points`` (basis points) of its time."""
        if not seen.prices or seen.cumulative[-1] < points:
            return None
        dearest = self.schedule.piece_at(seen.prices[-1] * self.cent)
        if dearest.slope > 0 and dearest.low < seen.prices[0] * self.cent:
            # Within one piece, what is left rises with the price: the lowest of the dearest prices
            # that make up the time.
            at = bisect_right(seen.cumulative, seen.cumulative[-1] - points)
            return self.left_at(seen.prices[at] * self.cent)
        before = (0, *seen.cumulative[:-1])
        left = (
            (self.left_at(price * self.cent), upto - already)
            for price, upto, already in zip(seen.prices, seen.cumulative, before, strict=True)
        )
        covered = 0
        for amount, weight in sorted(left, reverse=True):
            covered += weight
            if covered >= points:
                return amount
        return None

    def cliffs(self, price: Decimal, cost: Decimal, reach: Decimal) -> Iterator[Cliff]:
        """Prices within ``reach`` (ratio) of the sell price above which profit falls."""
        for end in self.schedule.band_ends(price * (1 - reach), price * (1 + reach)):
            if self.left_at(end) - self.left_at(end + self.cent) < self.cent:
                continue
            here, above = self._profit_at(end, cost), self._profit_at(end + self.cent, cost)
            yield Cliff(end, here, max(here - above, self.cent))

    def better_price(
        self, price: Decimal, cost: Decimal, *, reach: Decimal, gain: Decimal
    ) -> BetterPrice | None:
        """The lower price that earns most, if it earns at least ``gain`` (money) more.

        ``reach`` is a ratio of ``price``. Only the ends of fee bands can be such a price. The gain
        is rounded once: the two profits shown, each rounded at this cost, may lie a cent apart.
        """
        now = self.left_at(price)
        ends = self.schedule.band_ends(price * (1 - reach), price - self.cent)
        best = max(ends, key=self.left_at, default=price)
        there = self.left_at(best)
        if there - now < max(gain, self.cent):
            return None
        gained = max(self.shown(there - now), self.cent)
        return BetterPrice(best, self._profit_at(best, cost), gained)

    def _profit_at(self, price: Decimal, cost: Decimal) -> Decimal:
        return self.earned_at(price, cost).profit_shown
