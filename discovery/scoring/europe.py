"""What a product costs on another European marketplace: price there, carriage, VAT of that country.

With b the price there and its carriage, both as paid, and ta the rate of VAT in them:

    franchise, margin, or réel without an intra-Community VAT number    ta is paid and lost: b
    réel with a number: bought net and declared at home                  nothing of ta: b/(1+ta)

Under réel both are stated *excl. VAT*: the engine adds the VAT of home and recovers the same, so
that exactly b, or b/(1+ta), is counted and nothing is recovered that was lost abroad.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from discovery.scoring.categories import fee_category, vat_class
from discovery.scoring.codes import (
    Condition,
    CostBasis,
    VatRegime,
)
from discovery.scoring.found_cost import FoundCost, Identity
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.marketplaces import marketplace
from discovery.scoring.profile import Profile
from discovery.scoring.sellers import amazon_sells
from discovery.vat_basis import VatBasis

# Stores with one currency and no customs between them.
EURO_STORES = ("de", "it", "es", "fr")
GRAMS = Decimal(1000)


def stores_abroad(home: str) -> tuple[str, ...]:
    """The marketplaces to look at for who sells on ``home``; none where it is not one of them."""
    return tuple(code for code in EURO_STORES if code != home) if home in EURO_STORES else ()


def cost_abroad(
    home: ProductFacts, abroad: ProductFacts, profile: Profile, *, identity: Identity
) -> FoundCost | None:
    """What one of the listing costs when bought on the other marketplace, carriage included.

    ``home`` and ``abroad`` are the same ASIN, ``identity`` says how sure one is that they are the
    same product; ``profile`` is resolved for ``home``. None where there is nothing new to buy
    there, for who sells used copies, and between stores that are not of one market.
    """
    if abroad.marketplace not in stores_abroad(home.marketplace) or home.asin != abroad.asin:
        return None
    price = price_abroad(abroad)
    if price is None or profile.condition is not Condition.NEW:
        return None
    paid = price + carriage(home, abroad, profile)
    amount, vat = _without_what_comes_back(paid, home, abroad, profile)
    return FoundCost(
        basis=CostBasis.EUROPE,
        amount=amount,
        vat=vat,
        source=abroad.marketplace,
        identity=identity,
    )


def price_abroad(abroad: ProductFacts) -> Decimal | None:
    """What a buyer pays there now for a new one that can be sent, as paid; None without such.

    A coupon is left alone: it is for one order.
    """
    if abroad.is_unreleased:
        return None
    box, fba, amazon = abroad.buy_box.current, abroad.new_fba.current, abroad.amazon.current
    if box is not None and not (abroad.buy_box_held_up or abroad.buy_box_preorder):
        return box
    if fba is not None:
        return fba
    return amazon if amazon_sells(abroad) else None


def carriage(home: ProductFacts, abroad: ProductFacts, profile: Profile) -> Decimal:
    """What bringing one unit from there costs, VAT included: a base and so much a kilogram."""
    base: Decimal = getattr(profile, f"carriage_{abroad.marketplace}")
    grams = home.package_weight_g or abroad.package_weight_g or profile.assumed_weight_g
    by_weight = profile.carriage_per_kg * grams / GRAMS
    return (base + by_weight).quantize(marketplace(home.marketplace).cent, ROUND_HALF_UP)


def _without_what_comes_back(
    paid: Decimal, home: ProductFacts, abroad: ProductFacts, profile: Profile
) -> tuple[Decimal, VatBasis]:
    if profile.regime is not VatRegime.REEL:
        return paid, VatBasis.INCLUDED
    if not profile.intra_eu_vat_number:
        return paid, VatBasis.EXCLUDED
    rates = marketplace(abroad.marketplace).vat
    rate = rates.of(vat_class(fee_category(home))) if rates else Decimal(0)
    net = paid / (1 + rate / 100)
    return net.quantize(marketplace(home.marketplace).cent, ROUND_UP), VatBasis.EXCLUDED
