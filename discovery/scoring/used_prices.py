"""What a used copy fetches: it is compared with copies of its own grade and of better ones.

The price reckoned with for a copy is the lowest of the copies on offer that are as good or better:
nobody pays more for ours. A better copy therefore never lowers it and a worse one never raises it.
Keepa tells the cheapest copy of each grade (with shipping) and the used Buy Box with its grade; a
used Buy Box or lowest used price whose grade it does not tell counts as the lowest grade.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from discovery.scoring.codes import (
    Grade,
    PriceBasis,
    PriceSeries,
)
from discovery.scoring.inputs import (
    GRADE_SERIES,
    NO_PRICES,
    PriceStats,
    ProductFacts,
)
from discovery.scoring.prices import SellPrice, by_basis, usual_price

GRADES = tuple(Grade)  # best first
LOWEST_GRADE = GRADES[-1]
ZERO = Decimal(0)


class SoldCopy(StrEnum):
    """Which used copy is sold: the cheapest that the listing offers, or one bought elsewhere.

    Of one from elsewhere it is the grade, or that nobody told it.
    """

    LISTING = "listing"
    LIKE_NEW = Grade.LIKE_NEW.value
    VERY_GOOD = Grade.VERY_GOOD.value
    GOOD = Grade.GOOD.value
    ACCEPTABLE = Grade.ACCEPTABLE.value
    UNKNOWN = "unknown"

    @property
    def grade(self) -> Grade | None:
        """The grade told of a copy from elsewhere."""
        return Grade(self.value) if self.value in set(Grade) else None

    @property
    def is_on_listing(self) -> bool:
        """Whether the copy is one that the listing offers."""
        return self is SoldCopy.LISTING


class Copy(NamedTuple):
    """The cheapest copy of a grade, or the used Buy Box; ``grade`` None: not told."""

    series: PriceSeries
    grade: Grade | None
    stats: PriceStats

    def is_as_good_as(self, grade: Grade) -> bool:
        """Whether a buyer takes it for at least as good."""
        return GRADES.index(self.grade or LOWEST_GRADE) <= GRADES.index(grade)


def copies_of(facts: ProductFacts) -> list[Copy]:
    """Every used price known, the used Buy Box first, then the best grade.

    The lowest price of any grade stands in for the grades where none is told, and where it is below
    all of them: it is looked at oftener than they are.
    """
    box = Copy(PriceSeries.BUY_BOX_USED, facts.used_buy_box_grade, facts.used_buy_box)
    graded = [Copy(series, grade, facts.prices(series)) for grade, series in GRADE_SERIES.items()]
    known = [copy for copy in graded if copy.stats != NO_PRICES]
    lowest = facts.used
    if lowest.current is not None and lowest.current == box.stats.current:
        return [box, *known]  # one and the same offer, of which the used Buy Box tells more
    told = [price for copy in (box, *known) if (price := copy.stats.current) is not None]
    is_newer = lowest.current is not None and all(lowest.current < price for price in told)
    ungraded = [Copy(PriceSeries.USED, None, lowest)] if is_newer or not known else []
    return [box, *known, *ungraded]


def used_price(
    facts: ProductFacts,
    grade: Grade,
    basis: PriceBasis,
    average_days: int,
    *,
    bought: Collection[PriceSeries] = (),
) -> SellPrice | None:
    """The price expected for a copy of that grade; None when no used copy ever had one.

    ``bought`` are the series of the copy that we buy on the listing: it is no rival then, unless
    it is all there is to compare with. Where nothing as good is on offer, ours fetches at least
    what the best of the worse ones does; where nothing is on offer at all, averages speak.
    """
    copies = copies_of(facts)
    on_offer = [copy for copy in copies if copy.stats.current is not None]
    rivals = [copy for copy in on_offer if copy.series not in bought]
    once = [copy for copy in copies if usual_price(copy.stats, average_days) is not None]
    as_good = [copy for copy in rivals if copy.is_as_good_as(grade)]
    compared = as_good or _as_good_or_next(on_offer, grade) or _as_good_or_next(once, grade)
    if not compared:
        return None
    prices = [_price(copy, basis, average_days) for copy in compared]
    return min(prices, key=lambda price: price.amount)


def _as_good_or_next(copies: list[Copy], grade: Grade) -> list[Copy]:
    """The copies as good as ``grade``, else as the best worse grade that there is."""
    for each in GRADES[GRADES.index(grade) :]:
        found = [copy for copy in copies if copy.is_as_good_as(each)]
        if found:
            return found
    return []


def _price(copy: Copy, basis: PriceBasis, average_days: int) -> SellPrice:
    current, average = copy.stats.current, usual_price(copy.stats, average_days)
    if current is not None:
        amount, from_average = by_basis(current, average, basis)
        return SellPrice(amount, copy.series, current, average, from_average, current)
    return SellPrice(average or ZERO, copy.series, None, average, used_average=True)
