"""What a purchase cost and what a sale of it leaves, by the VAT of the day it was bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from discovery.scoring.categories import FeeCategory, fee_category
from discovery.scoring.codes import VatRegime
from discovery.scoring.engine import resolved, sale_of
from discovery.scoring.fees.vat import vat_terms
from discovery.scoring.inputs import ProductFacts
from discovery.scoring.marketplaces import marketplace
from discovery.scoring.profile import Profile
from discovery.scoring.results import FeeCode
from discovery.vat_basis import VatBasis

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PurchaseVat:
    """The regime and the rates (percent) of a purchase; amounts are of one unit, not rounded."""

    regime: VatRegime
    sale_percent: Decimal
    purchase_percent: Decimal

    def paid(self, cost: Decimal, basis: VatBasis) -> Decimal:
        """A cost with its VAT, however it was stated."""
        return cost * (1 + self.purchase_percent / 100) if basis is VatBasis.EXCLUDED else cost

    def net(self, paid: Decimal) -> Decimal:
        """What is paid, less the VAT that is recovered of it."""
        recovers = self.regime is VatRegime.REEL
        return paid / (1 + self.purchase_percent / 100) if recovers else paid

    def due(self, price: Decimal, paid: Decimal) -> Decimal:
        """The VAT owed on a sale; that of the margin is never given back."""
        share = 1 - 1 / (1 + self.sale_percent / 100)
        match self.regime:
            case VatRegime.REEL:
                return price * share
            case VatRegime.MARGIN:
                return max(price - paid, ZERO) * share
            case VatRegime.FRANCHISE:
                return ZERO


def purchase_vat(
    profile: Profile, *, code: str, asin: str, facts: ProductFacts | None
) -> PurchaseVat:
    """The VAT of a product bought for a profile, on the marketplace ``code``.

    Of a product nothing is known of, a number for an ASIN says that it is a book. Raises
    ``UnknownMarketplace``.
    """
    if facts is not None:
        profile, category = resolved(facts, profile), fee_category(facts)
    else:
        profile = profile.for_marketplace(code)
        category = FeeCategory.BOOKS if asin[:1].isdigit() else FeeCategory.OTHER
    terms = vat_terms(profile, marketplace(code), category)
    return PurchaseVat(terms.regime, terms.sale_rate * 100, terms.purchase_rate * 100)


def received_at(facts: ProductFacts, profile: Profile, *, price: Decimal, now: datetime) -> Decimal:
    """What Amazon pays out for a unit sold at ``price``: less its fees, and the VAT on them where
    that is not recovered. Raises ``UnknownMarketplace``.
    """
    account = sale_of(facts, profile, price=price, cost=ZERO, now=now).breakdown
    on_fees = (line.amount for line in account.lines if line.code is FeeCode.VAT_ON_FEES)
    return price - account.amazon - sum(on_fees, ZERO)
