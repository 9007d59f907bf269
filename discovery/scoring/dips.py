"""Dips of Amazon's own price: whether it is in one, and how often earlier ones came back.

A dip begins when Amazon's price falls ``SHALLOWEST`` percent or more under what the product usually
sold for: the time-weighted median of the 90 days before (of 180 where those hold no price). It has
come back when the price it sells for is again at ``BACK`` of that. One that takes longer than
``LONGEST`` was no dip: the price had fallen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from statistics import median

from discovery.scoring.codes import (
    Condition,
    CostBasis,
)
from discovery.scoring.found_cost import FoundCost
from discovery.scoring.inputs import (
    Dip,
    PastDip,
    ProductFacts,
)
from discovery.scoring.marketplaces import marketplace
from discovery.scoring.profile import Profile
from discovery.scoring.sellers import amazon_sells
from discovery.vat_basis import VatBasis

DAY = 86_400
SHALLOWEST = 10  # percent; what a profile may ask for at least
BACK = Decimal("0.95")
LONGEST = 180 * DAY
MOST_PAST = 12  # dips that are kept, the latest ones

Point = tuple[int, int | None]
Series = Sequence[Point]


def dip_of(amazon: Series, market: Series, until: int) -> Dip | None:
    """The dip that Amazon's price is in at ``until``, with those before it; None outside one.

    Both series are ascending (unix seconds, minor units); ``market`` is what the product sells
    for, Amazon's own price where nothing else is known.
    """
    walk = _Walk(amazon, market or amazon, until)
    if not walk.may_be_in_one():  # nearly all products, nearly always
        return None
    past = list(walk.episodes())
    if not past or not past[-1].is_open:
        return None
    last = past.pop()
    told = tuple(PastDip(episode.percent, episode.days) for episode in reversed(past))
    return Dip(usual=last.usual, past=told[:MOST_PAST])


def dip_cost(facts: ProductFacts, profile: Profile) -> FoundCost | None:
    """Amazon's own price as a purchase to be sold later, at the usual price.

    ``profile`` is resolved for the product's marketplace. None unless Amazon sells it new today at
    ``dip_percent`` or more under the usual price. Only earlier dips at least as deep count.
    """
    dip, price = facts.measures.dip, facts.amazon.current
    if dip is None or price is None or not amazon_sells(facts):
        return None
    usual = dip.usual * marketplace(facts.marketplace).cent
    if profile.condition is not Condition.NEW or price > usual * (1 - profile.dip_percent / 100):
        return None
    back = [
        past.days
        for past in dip.past
        if past.days is not None and past.percent >= profile.dip_percent
    ]
    return FoundCost(
        basis=CostBasis.DIP,
        amount=price,
        vat=VatBasis.INCLUDED,
        source="amazon",
        sell_at=usual,
        comebacks=len(back),
        days=median(back) if back else None,
    )


@dataclass(slots=True)
class _Episode:
    """One dip: from when, what it usually cost (minor units), how deep it went, when it ended."""

    since: int
    usual: int
    lowest: int
    looked_at: int  # the first point of the market after ``since`` that was not looked at
    ended: int | None = None
    is_open: bool = True

    @property
    def percent(self) -> int:
        return 100 * (self.usual - self.lowest) // self.usual

    @property
    def days(self) -> float | None:
        return None if self.ended is None else round((self.ended - self.since) / DAY, 1)


@dataclass(slots=True)
class _Walk:
    """Amazon's price from its first point to ``until``, beside what the product sold for."""

    amazon: Series
    market: Series
    until: int
    usual_in: dict[int, int] = field(default_factory=dict)

    def may_be_in_one(self) -> bool:
        """Whether Amazon's price is under anything it sold for since a dip could have begun."""
        last = self._in_force(self.amazon, self.until)
        opens = self.until - 2 * LONGEST  # a dip may last half a year, as may the time before it
        first = max(bisect_right(self.market, opens, key=itemgetter(0)) - 1, 0)
        sold_for = (price or 0 for at, price in self.market[first:] if at <= self.until)
        return last is not None and last < BACK * max(sold_for, default=0)

    def episodes(self) -> Iterator[_Episode]:
        """Every dip, the oldest first; the last one is open when ``until`` lies in it."""
        present: _Episode | None = None
        for at, price, highest in self._moves():
            if present is not None and self._end(present, at):
                yield present
                present = None
            if price is None:
                continue
            if present is not None:
                present.lowest = min(present.lowest, price)
            elif self._is_far_under(price, highest):  # cheap: spares most medians
                usual = self._usual_before(at)
                if usual is not None and self._is_far_under(price, usual):
                    after = bisect_right(self.market, at, key=itemgetter(0))
                    present = _Episode(at, usual, price, after)
        if present is not None:
            last = self._in_force(self.amazon, self.until)
            ended = self._end(present, self.until)
            present.is_open = not ended and last is not None and last < BACK * present.usual
            yield present

    def _moves(self) -> Iterator[tuple[int, int | None, int]]:
        """Amazon's points, each with the highest price it sold for in the 180 days before."""
        recent: deque[tuple[int, int]] = deque()  # prices that none after them exceeds
        seen = 0
        for at, price in self.amazon:
            if at > self.until:
                return
            while seen < len(self.market) and self.market[seen][0] <= at:
                moment, sold_for = self.market[seen]
                while sold_for and recent and recent[-1][1] <= sold_for:
                    recent.pop()
                if sold_for:
                    recent.append((moment, sold_for))
                seen += 1
            while len(recent) > 1 and recent[1][0] < at - LONGEST:
                recent.popleft()
            yield at, price if price and price > 0 else None, recent[0][1] if recent else 0

    def _is_far_under(self, price: int, usual: int) -> bool:
        return 100 * price <= (100 - SHALLOWEST) * usual

    def _end(self, episode: _Episode, at: int) -> bool:
        """Whether it had ended by then: come back, or gone on for too long."""
        latest = min(at, episode.since + LONGEST)
        while episode.looked_at < len(self.market):
            moment, price = self.market[episode.looked_at]
            if moment > latest:
                break
            episode.looked_at += 1
            if price is not None and price >= BACK * episode.usual:
                episode.ended, episode.is_open = moment, False
                return True
        if at - episode.since > LONGEST:
            episode.is_open = False
            return True
        return False

    def _usual_before(self, at: int) -> int | None:
        """What it usually sold for before then; in 90 days, one answer a week is enough."""
        week = at // (7 * DAY)
        usual = self.usual_in.get(week)
        if usual is None:
            usual = self._median(at - 90 * DAY, at) or self._median(at - LONGEST, at)
            if usual is not None:
                self.usual_in[week] = usual
        return usual

    def _median(self, since: int, until: int) -> int | None:
        held: dict[int, int] = {}
        first = max(bisect_right(self.market, since, key=itemgetter(0)) - 1, 0)
        for at in range(first, len(self.market)):
            start, price = self.market[at]
            if start >= until:
                break
            end = self.market[at + 1][0] if at + 1 < len(self.market) else until
            seconds = min(end, until) - max(start, since)
            if seconds > 0 and price is not None and price > 0:
                held[price] = held.get(price, 0) + seconds
        half, passed = sum(held.values()) / 2, 0
        for price in sorted(held):
            passed += held[price]
            if passed >= half:
                return price
        return None

    @staticmethod
    def _in_force(series: Series, at: int) -> int | None:
        index = bisect_right(series, at, key=itemgetter(0)) - 1
        return series[index][1] if index >= 0 else None
