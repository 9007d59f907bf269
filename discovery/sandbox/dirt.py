"""What is odd about a product's answer: the dirt of the world, in a realistic share of products.

Drawn from the ASIN alone, apart from the draws that make the product: the same product is odd in
the same way on any day and under any seed, and the clean ones are what they would be without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

_T = TypeVar("_T")

_LENGTHS: Final = ((0.12, 34), (0.14, 35), (0.88, 36), (0.92, 37), (1.0, 38))
_COUPONS: Final = (
    (0.015, (-5, 0)), (0.03, (-10, 0)), (0.045, (-20, -5)), (0.055, (0, -10)), (0.07, (150, 0)),
)  # fmt: skip
_BOXES: Final = ((0.012, "backorder"), (0.018, "preorder"), (0.022, "unshippable"))
_NOISES: Final = ((0.04, 0.01), (0.08, 0.02))
_TEXTS: Final = ((0.004, "nul"), (0.008, "surrogate"))
_REFERENCES: Final = ((0.015, "display group"),)
_FEES: Final = ((0.01, 0), (0.014, -1))


@dataclass(frozen=True, slots=True)
class Dirt:
    """The oddities of one product; the defaults are those of a clean one."""

    series: int = 36
    """How many entries `csv` and the arrays of `stats` hold."""
    tells_group: bool = True
    """Whether `productGroup` and `binding` are delivered: in 2026 most answers lack both."""
    coupon: tuple[int, int] | None = None
    """Once, and on subscription: absolute in the smallest US unit, or minus per cent; 0 none."""
    offers_fail: bool = False
    """Whether the offers asked for cannot be fetched."""
    box: str = ""
    """backorder, preorder or unshippable when the Buy Box offer cannot be sent at once."""
    dominant: bool = False
    """Whether one third-party FBA seller nearly always has the Buy Box among its kind."""
    private_label: bool = False
    """Whether the brand is the only seller."""
    no_stock: bool = False
    """Whether the cheapest third-party offer has nothing left."""
    unknown_shipping: bool = False
    """Whether some shipping within the series is -1."""
    lightning: bool = False
    """Whether a lightning deal runs, whose end is the last point of its series."""
    stale_days: float = 0.0
    """How long ago Keepa last looked, where that is weeks; 0 for nearly all."""
    fee: int | None = None
    """What stands in the place of the FBA fee, when it is nonsense."""
    percent_noise: float = 0.0
    """Added to the referral percentage."""
    text: str = ""
    """nul or surrogate when a text holds what no text should."""
    rank_reference: str = ""
    """`display group` when the rank is one of a display group that no tree holds."""
    counts_offers: bool = True
    """Whether `buyBoxEligibleOfferCounts` is delivered."""


CLEAN: Final = Dirt()


def dirt_of(asin: str) -> Dirt:
    """The oddities of the product with this ASIN."""
    draw = _draws(asin)
    return Dirt(
        series=_pick(next(draw), _LENGTHS, 36),
        tells_group=next(draw) < 0.25,
        coupon=_pick(next(draw), _COUPONS, None),
        offers_fail=next(draw) < 0.025,
        box=_pick(next(draw), _BOXES, ""),
        dominant=next(draw) < 0.06,
        private_label=next(draw) < 0.025,
        no_stock=next(draw) < 0.06,
        unknown_shipping=next(draw) < 0.03,
        lightning=next(draw) < 0.015,
        stale_days=14 + 42 * luck / 0.015 if (luck := next(draw)) < 0.015 else 0.0,
        fee=_pick(next(draw), _FEES, None),
        percent_noise=_pick(next(draw), _NOISES, 0.0),
        text=_pick(next(draw), _TEXTS, ""),
        rank_reference=_pick(next(draw), _REFERENCES, ""),
        counts_offers=next(draw) >= 0.05,
    )


def _draws(asin: str) -> Iterator[float]:
    digest = hashlib.blake2b(asin.encode(), digest_size=64).digest()
    for place in range(0, len(digest), 4):
        yield int.from_bytes(digest[place : place + 4]) / 2**32


def _pick(luck: float, table: tuple[tuple[float, _T], ...], otherwise: _T) -> _T:
    return next((value for below, value in table if luck < below), otherwise)
