"""The shipped profiles: three temperaments of a French seller under the VAT exemption, one of used
goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from discovery.scoring.codes import (
    Condition,
    PriceBasis,
    VatRegime,
    Verdict,
)
from discovery.scoring.profile import Profile

EQUILIBRE = Profile()

PRUDENT = Profile(
    roi_target_percent=Decimal(40),
    min_profit=Decimal(5),
    min_margin_percent=Decimal(15),
    buy_velocity=Decimal(40),
    buy_confidence=Decimal(65),
    strong_roi_percent=Decimal(70),
    strong_profit=Decimal(8),
    strong_margin_percent=Decimal(20),
    strong_velocity=Decimal(65),
    strong_confidence=Decimal(80),
    consider_roi_percent=Decimal(25),
    consider_profit=Decimal(2),
    consider_velocity=Decimal(15),
    returns_percent=Decimal(3),
    returns_books_percent=Decimal("1.5"),
    buffer_percent=Decimal(2),
    rarely_profitable_percent=Decimal(65),
    amazon_share_alert_percent=Decimal(20),
    cap_amazon_sells=Verdict.CONSIDER,
    cap_amazon_holds_buy_box=Verdict.SKIP,
    cap_brand_sells_alone=Verdict.SKIP,
    cap_price_falling=Verdict.CONSIDER,
    cap_rank_worsening=Verdict.CONSIDER,
    cap_oversize=Verdict.CONSIDER,
    cap_heat_sensitive=Verdict.CONSIDER,
)

AGGRESSIF = Profile(
    price_basis=PriceBasis.CURRENT,
    roi_target_percent=Decimal(20),
    min_profit=Decimal(2),
    min_margin_percent=Decimal(7),
    buy_velocity=Decimal(20),
    buy_confidence=Decimal(45),
    strong_roi_percent=Decimal(35),
    strong_profit=Decimal(4),
    strong_margin_percent=Decimal(12),
    strong_velocity=Decimal(50),
    strong_confidence=Decimal(65),
    consider_roi_percent=Decimal(10),
    consider_profit=Decimal("0.50"),
    consider_margin_percent=Decimal(3),
    consider_velocity=Decimal(5),
    rarely_profitable_percent=Decimal(35),
    amazon_share_alert_percent=Decimal(50),
    cap_amazon_sells=None,
    cap_price_spike=Verdict.CONSIDER,  # it sells at today's price: a spike hits it in full
    cap_offer_surge=Verdict.BUY,
    cap_oversize=None,
    cap_heat_sensitive=None,
)

# Used copies bought on the listing. VAT on the margin is how used goods are taxed by default in
# France (CGI art. 297 A): bought without VAT from a private person or a dealer under the same
# scheme. A seller under the exemption or the ordinary regime changes it.
OCCASION = Profile(
    condition=Condition.USED,
    regime=VatRegime.MARGIN,
    buy_from_fbm=False,
    buy_from_amazon=False,
    sourcing_least_cost_percent=Decimal(5),  # used copies do turn up for so little
)

SHIPPED: Mapping[str, Profile] = {
    "prudent": PRUDENT,
    "equilibre": EQUILIBRE,
    "agressif": AGGRESSIF,
    "occasion": OCCASION,
}
