"""Who else sells it: Amazon, a brand alone on its listing, one seller who holds the Buy Box."""

from __future__ import annotations

from collections.abc import Iterator

from discovery.scoring.categories import MEDIA, fee_category
from discovery.scoring.codes import (
    FlagCode,
)
from discovery.scoring.fees.figures import NOTHING
from discovery.scoring.inputs import (
    AMAZON_IN_STOCK,
    AMAZON_ON_ORDER,
    ProductFacts,
)
from discovery.scoring.results import Params


def amazon_sells(facts: ProductFacts) -> bool:
    """Whether Amazon itself sells it new today (availability −1 is "no offer").

    An offer it takes orders for without having stock is none: it competes with nobody today.
    """
    if facts.amazon_availability in AMAZON_ON_ORDER:
        return False
    return facts.amazon.current is not None or facts.amazon_availability == AMAZON_IN_STOCK


def sells_alone(facts: ProductFacts) -> bool:
    """Whether one seller, who is not Amazon, has been alone on a branded listing for months.

    Keepa names no sellers: such a seller is taken for the brand itself (a private label). Not in
    media, whose brand is a publisher's or a label's.
    """
    return facts.sole_seller and not amazon_sells(facts) and fee_category(facts) not in MEDIA


def seller_flags(
    facts: ProductFacts, *, amazon_share: float, amazon_presence: float, dominant: float
) -> Iterator[tuple[FlagCode, Params]]:
    """The flags about who sells it new.

    From which share of the Buy Box (percent) Amazon's and a third party's is worth one, and from
    which presence (0-1) Amazon's offer is, when its share is unknown.
    """
    share, presence = facts.amazon_buy_box_share_90, facts.measures.amazon_presence_90
    if facts.buy_box_is_amazon or (share is not None and share >= amazon_share):
        params = NOTHING if share is None else {"percent": str(share)}
        yield FlagCode.AMAZON_HOLDS_BUY_BOX, params
    elif share is None and presence is not None and presence >= amazon_presence:
        yield FlagCode.AMAZON_HOLDS_BUY_BOX, {"present": f"{100 * presence:.0f}"}
    if amazon_sells(facts):
        price = facts.amazon.current
        yield FlagCode.AMAZON_SELLS, NOTHING if price is None else {"amount": f"{price:f}"}
    elif facts.amazon_availability in AMAZON_ON_ORDER and not facts.is_unreleased:
        yield FlagCode.AMAZON_ON_ORDER, NOTHING
    led = facts.buy_box_leader_share_90
    if sells_alone(facts):
        yield FlagCode.BRAND_SELLS_ALONE, NOTHING
    elif led is not None and led >= dominant:
        yield FlagCode.DOMINANT_SELLER, {"percent": str(led)}
    if facts.buy_box_held_up and not facts.is_unreleased:
        yield FlagCode.BACK_ORDER, NOTHING
