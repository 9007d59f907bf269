"""VAT under the three regimes, reduced to four factors so that all algebra is the same.

With P the price paid, B the purchase price paid, F Amazon's fees and o our own costs (both excl.
VAT), t the rate on the sale, tb in the purchase, tf on fees:

    réel       profit = P/(1+t) − F − o − B/(1+tb)                ROI on B/(1+tb)
    franchise  profit = P − F(1+tf) − o(1+tf) − B                  ROI on B
    margin     profit = (P−B)/(1+t) − F − o   when P > B           ROI on B

A store outside Europe whose prices hold a tax (Japan, India, Mexico) knows none of these regimes:
profit = P/(1+t) − F − o − B, and ROI on B, at the store's rate t until the profile names its own.

Each is ``profit = keep·P − on_fees·F − on_costs·o − per_cost·B`` and ``ROI = profit / (base·B)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from discovery.scoring.categories import FeeCategory, vat_class
from discovery.scoring.codes import (
    VatRegime,
)
from discovery.scoring.marketplaces import COUNTRY_TERMS, Marketplace
from discovery.scoring.profile import Profile
from discovery.vat_basis import VatBasis

ONE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class VatTerms:
    """The four factors, the rates (0-1) of sale, purchase and fees, whether to check them."""

    regime: VatRegime
    sale_rate: Decimal
    purchase_rate: Decimal
    fee_rate: Decimal
    keep: Decimal
    on_fees: Decimal
    per_cost: Decimal
    base: Decimal
    to_check: bool

    @property
    def on_costs(self) -> Decimal:
        """Own costs carry VAT at the fee rate, like Amazon's invoices."""
        return self.on_fees

    def paid(self, cost: Decimal, basis: VatBasis) -> Decimal:
        """What is paid, VAT included, for a purchase price stated on that basis; not rounded."""
        return cost * (1 + self.purchase_rate) if basis is VatBasis.EXCLUDED else cost

    def profit(self, *, before_cost: Decimal, price: Decimal, cost: Decimal) -> Decimal:
        """Profit, given what is left of the price before the purchase."""
        if self.regime is VatRegime.MARGIN and cost > price:
            # Nothing is owed on a negative margin, and nothing is given back either.
            return before_cost + (ONE - self.keep) * price - cost
        return before_cost - self.per_cost * cost


def vat_terms(profile: Profile, market: Marketplace, category: FeeCategory) -> VatTerms:
    """The factors for a product of a category; a store without VAT has none anywhere."""
    sale = purchase = fees = ZERO
    to_check = False
    if market.holds_sales_tax:
        return _tax_of_the_store(profile, market, category)
    if market.vat is not None:
        seller = COUNTRY_TERMS[profile.seller_country]
        usual = market.vat.of(vat_class(category))
        sale = _rate(profile.sale_vat_percent, usual)
        purchase = _rate(profile.purchase_vat_percent, usual)
        fees = _rate(profile.fee_vat_percent, seller.fee_vat)
        to_check = market.vat.to_check or seller.to_check
    match profile.regime:
        case VatRegime.REEL:
            keep, on_fees = ONE / (1 + sale), ONE
            per_cost = base = ONE / (1 + purchase)
        case VatRegime.FRANCHISE:
            keep, on_fees, per_cost, base = ONE, 1 + fees, ONE, ONE
        case VatRegime.MARGIN:
            keep, on_fees = ONE / (1 + sale), ONE
            per_cost, base = keep, ONE
    return VatTerms(profile.regime, sale, purchase, fees, keep, on_fees, per_cost, base, to_check)


def _tax_of_the_store(profile: Profile, market: Marketplace, category: FeeCategory) -> VatTerms:
    usual = market.sales_tax.of(vat_class(category)) if market.sales_tax else ZERO
    sale = _rate(profile.sale_vat_percent, usual)
    # Recovered, or charged on fees, only where the profile says so.
    purchase, fees = _rate(profile.purchase_vat_percent, ZERO), _rate(profile.fee_vat_percent, ZERO)
    back = ONE / (1 + purchase)
    return VatTerms(
        VatRegime.REEL, sale, purchase, fees, ONE / (1 + sale), 1 + fees, back, back, to_check=True
    )


def tax_untold(profile: Profile, market: Marketplace) -> bool:
    """Whether prices hold a tax of which the profile does not say what it owes (0: nothing)."""
    return market.holds_sales_tax and profile.sale_vat_percent is None


def _rate(override: Decimal | None, usual: Decimal) -> Decimal:
    return (usual if override is None else override) / 100
