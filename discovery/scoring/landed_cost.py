"""What a unit costs us, landed: as given, else read from the listing, else assumed and labelled so.

The cost is never derived from the target ROI: a ROI computed from it would mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from discovery.scoring.codes import (
    Condition,
    CostBasis,
    CostMethod,
    Grade,
    PriceSeries,
)
from discovery.scoring.fees.vat import VatTerms
from discovery.scoring.found_cost import FoundCost
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.pack_size import cost_of_listing
from discovery.scoring.prices import SellPrice, sell_price
from discovery.scoring.profile import Profile
from discovery.scoring.sellers import amazon_sells
from discovery.scoring.used_prices import (
    GRADES,
    LOWEST_GRADE,
    SoldCopy,
    copies_of,
    used_price,
)
from discovery.vat_basis import VatBasis


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of the listing that may be bought, with shipping; ``series`` are where it stands."""

    amount: Decimal
    source: str
    grade: Grade | None = None
    series: frozenset[PriceSeries] = frozenset()


@dataclass(frozen=True, slots=True)
class Deal:
    """What is bought and what it fetches; ``offer`` None: not bought on the listing.

    ``grade`` is that of the copy sold, None for a new one; ``grade_known`` whether it was told.
    """

    sell: SellPrice | None
    offer: Offer | None = None
    grade: Grade | None = None
    grade_known: bool = True


def deal_of(facts: ProductFacts, profile: Profile, *, sold: SoldCopy) -> Deal:
    """The cheapest offer this profile buys for less than what it fetches, else what ours fetches.

    A cost given does not change it: whoever knows where a used copy comes from says so with
    ``sold``. One from elsewhere is as good as told there, else as the profile says, else of the
    lowest grade. An offer as dear as our price is no cost to reckon with.
    """
    looks = profile.cost_method is CostMethod.LOWEST_OFFER
    if profile.condition is Condition.NEW:
        return _new_deal(facts, profile, looks)
    basis, days, wanted = profile.price_basis, profile.average_days, profile.used_grade
    if looks and sold.is_on_listing:
        for offer in sorted(_used_offers(facts, profile), key=_cheapest_then_best):
            sold_as = offer.grade or LOWEST_GRADE
            if wanted and GRADES.index(sold_as) > GRADES.index(wanted):
                continue
            sell = used_price(facts, sold_as, basis, days, bought=offer.series)
            if sell is not None and offer.amount < sell.amount:
                return Deal(sell, offer, sold_as, grade_known=offer.grade is not None)
    told = sold.grade or wanted
    sold_as = told or LOWEST_GRADE
    return Deal(used_price(facts, sold_as, basis, days), None, sold_as, grade_known=bool(told))


def _new_deal(facts: ProductFacts, profile: Profile, looks: bool) -> Deal:
    sell = sell_price(facts, profile.price_basis, profile.average_days)
    if sell is None or not looks:
        return Deal(sell)
    offers = [
        offer
        for offer in _new_offers(facts, profile)
        # Series overlap: a price tells the one we sell against from another.
        if offer.amount != (sell.listed or sell.current) and offer.amount < sell.amount
    ]
    return Deal(sell, min(offers, key=lambda offer: (offer.amount, offer.source), default=None))


def _cheapest_then_best(offer: Offer) -> tuple[Decimal, int]:
    return offer.amount, GRADES.index(offer.grade or LOWEST_GRADE)


@dataclass(frozen=True, slots=True)
class LandedCost:
    """What is paid for a unit, VAT included where it applies, and how we know.

    ``source`` names the offer (``fbm``, ``lowest``, ``amazon``, ``warehouse``) or the marketplace
    (``de``) it is bought at. ``given`` is a cost as it was stated, on the basis ``vat``: that of
    whoever states costs, whether or not one was. ``found`` is what it was reckoned from.
    """

    amount: Decimal
    basis: CostBasis
    source: str | None = None
    given: Decimal | None = None
    vat: VatBasis = VatBasis.INCLUDED
    found: FoundCost | None = None

    @property
    def hypothetical(self) -> bool:
        """Whether the cost is an assumption."""
        return self.basis is CostBasis.PRICE_FACTOR


def landed_cost(
    profile: Profile,
    sell: SellPrice,
    *,
    offer: Offer | None,
    explicit: Decimal | None,
    found: FoundCost | None,
    units: int | None,
    pack_size: int | None,
    stated: VatBasis,
    vat: VatTerms,
    cent: Decimal,
) -> LandedCost:
    """The purchase price to score with; an ``explicit`` one is ``stated`` with or without VAT.

    Given for so many ``units``, it becomes that of the ``pack_size`` the listing sells at once.
    One ``found`` is for all of these already. Raises ValueError when either is not positive.
    """
    if explicit is not None:
        whole_listing = cost_of_listing(explicit, units=units, pack_size=pack_size)
        amount = _paid(whole_listing, stated, vat, cent)
        return LandedCost(amount, CostBasis.EXPLICIT, given=explicit, vat=stated)
    if found is not None:
        amount = _paid(found.amount, found.vat, vat, cent)
        if found.vat is VatBasis.INCLUDED:
            return LandedCost(amount, found.basis, found.source, vat=stated, found=found)
        given, basis = found.amount, found.vat
        return LandedCost(amount, found.basis, found.source, given, basis, found)
    if offer is not None:
        return LandedCost(offer.amount, CostBasis.LOWEST_OFFER, offer.source, vat=stated)
    assumed = sell.amount * profile.price_factor_percent / 100
    amount = max(assumed.quantize(cent, ROUND_HALF_UP), cent)
    return LandedCost(amount, CostBasis.PRICE_FACTOR, vat=stated)


def _paid(cost: Decimal, basis: VatBasis, vat: VatTerms, cent: Decimal) -> Decimal:
    if not cost.is_finite() or cost <= 0:
        raise ValueError("a purchase price must be positive")
    paid = vat.paid(cost, basis)
    # 12.5000 as a table stores it is 12.50; a finer price stays what it is.
    whole = paid.quantize(cent)
    return whole if whole == paid else paid


def _new_offers(facts: ProductFacts, profile: Profile) -> Iterator[Offer]:
    if profile.buy_from_fbm and facts.lowest_fbm_new is not None:
        yield Offer(facts.lowest_fbm_new, "fbm")
    if profile.buy_from_lowest and facts.new.current is not None:
        yield Offer(facts.new.current, "lowest")
    if profile.buy_from_amazon and facts.amazon.current is not None and amazon_sells(facts):
        yield Offer(facts.amazon.current, "amazon")


def _used_offers(facts: ProductFacts, profile: Profile) -> Iterator[Offer]:
    """The cheapest copy of each grade, or of all where no grade is told; Amazon's returns."""
    box, *others = copies_of(facts)
    is_graded = any(copy.grade for copy in others)
    for copy in others if profile.buy_from_lowest else ():
        amount, grade = copy.stats.current, copy.grade
        # Of a copy below all the grades told, not even a guess at its grade is left.
        if amount is None or (is_graded and grade is None):
            continue
        series = {copy.series}
        if amount == box.stats.current:  # the very copy that holds the used Buy Box
            series.add(box.series)
            grade = grade or box.grade
        yield Offer(amount, "lowest", grade, frozenset(series))
    if profile.buy_from_warehouse and facts.warehouse is not None:
        yield Offer(facts.warehouse, "warehouse")
