"""What a unit costs us, landed: as given, else read from the listing, else assumed and labelled so.

The cost is never derived from the target ROI: a ROI computed from it would mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from discovery.scoring.fees.vat import VatTerms
from discovery.scoring.inputs import Condition, CostBasis, CostMethod, ProductFacts, VatBasis
from discovery.scoring.pack_size import cost_of_listing
from discovery.scoring.prices import SellPrice
from discovery.scoring.profile import Profile


@dataclass(frozen=True, slots=True)
class LandedCost:
    """What is paid for a unit, VAT included where it applies, and how we know.

    ``source`` names the offer (``fbm``, ``lowest``, ``amazon``, ``warehouse``) when it is one.
    ``given`` is an explicit cost as it was stated, on the basis ``vat``.
    """

    amount: Decimal
    basis: CostBasis
    source: str | None = None
    given: Decimal | None = None
    vat: VatBasis = VatBasis.INCLUDED

    @property
    def hypothetical(self) -> bool:
        """Whether the cost is an assumption."""
        return self.basis is CostBasis.PRICE_FACTOR


def landed_cost(
    facts: ProductFacts,
    profile: Profile,
    sell: SellPrice,
    *,
    explicit: Decimal | None,
    units: int | None,
    stated: VatBasis,
    vat: VatTerms,
    cent: Decimal,
) -> LandedCost:
    """The purchase price to score with; an ``explicit`` one is ``stated`` with or without VAT.

    Given for so many ``units``, it becomes that of all the units the listing sells at once.
    Raises ValueError when an explicit one is not positive.
    """
    if explicit is not None:
        if not explicit.is_finite() or explicit <= 0:
            raise ValueError("a purchase price must be positive")
        # 12.5000 as a table stores it is 12.50; a finer price stays what it is.
        whole_listing = cost_of_listing(explicit, units=units, pack_size=facts.pack_size)
        paid = vat.paid(whole_listing, stated)
        whole = paid.quantize(cent)
        amount = whole if whole == paid else paid
        return LandedCost(amount, CostBasis.EXPLICIT, given=explicit, vat=stated)
    if profile.cost_method is CostMethod.LOWEST_OFFER:
        offers = [offer for offer in _buyable(facts, profile) if _is_another(offer, sell)]
        if offers:
            amount, source = min(offers)
            return LandedCost(amount, CostBasis.LOWEST_OFFER, source)
    assumed = sell.amount * profile.price_factor_percent / 100
    return LandedCost(max(assumed.quantize(cent, ROUND_HALF_UP), cent), CostBasis.PRICE_FACTOR)


def _buyable(facts: ProductFacts, profile: Profile) -> Iterator[tuple[Decimal, str]]:
    """Offers of the condition we sell in, shipping included, that this profile buys from."""
    if profile.condition is Condition.NEW:
        if profile.buy_from_fbm and facts.lowest_fbm_new is not None:
            yield facts.lowest_fbm_new, "fbm"
        if profile.buy_from_lowest and facts.new.current is not None:
            yield facts.new.current, "lowest"
        if profile.buy_from_amazon and facts.amazon.current is not None:
            yield facts.amazon.current, "amazon"
        return
    if profile.buy_from_lowest and facts.used.current is not None:
        yield facts.used.current, "lowest"
    if profile.buy_from_warehouse and facts.warehouse is not None:
        yield facts.warehouse, "warehouse"


def _is_another(offer: tuple[Decimal, str], sell: SellPrice) -> bool:
    """Whether an offer is not the one we sell against: series overlap, prices tell them apart."""
    return offer[0] != sell.current
