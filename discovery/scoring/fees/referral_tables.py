"""Referral fees: what Amazon takes of the price, per marketplace and fee category.

Two kinds of tier. *Whole price*: the rate of the band the price falls in applies to all of it
("5 % if the price is at most 15"). *Marginal*: each rate applies to its part of the price ("15 %
up to 100, 8 % on the part above"). The base is the price with VAT and shipping. Rates exclude the
digital services fee.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from discovery.scoring.categories import MEDIA
from discovery.scoring.categories import FeeCategory as C
from discovery.scoring.fees.figures import Bands, TableFigure, band_index

D = Decimal


@dataclass(frozen=True, slots=True)
class ReferralPiece:
    """Over ``low`` < price ≤ ``high`` the fee is ``rate × price + constant`` (rate 0-1)."""

    low: Decimal
    high: Decimal | None
    rate: Decimal
    constant: Decimal


@dataclass(frozen=True, slots=True)
class ReferralRule:
    """A referral fee: ``tiers`` are (price up to and including, percent), the last unbounded."""

    tiers: Bands
    marginal: bool
    minimum: Decimal
    effective_from: date | None  # None: in force, since when is not published with the figure
    source: str
    to_check: bool = False

    def pieces(self) -> Iterator[ReferralPiece]:
        """The fee as linear pieces of the price, before the minimum."""
        low = paid_below = D(0)
        for high, percent in self.tiers:
            rate = percent / 100
            yield ReferralPiece(low, high, rate, paid_below - rate * low if self.marginal else D(0))
            if high is not None:
                paid_below += rate * (high - low)
                low = high

    def percent_at(self, price: Decimal) -> Decimal:
        """The effective percentage at a price, before the minimum."""
        piece = tuple(self.pieces())[band_index(price, self.tiers)]
        return (piece.rate + piece.constant / price) * 100


def _steps(*tiers: tuple[str | None, str]) -> Bands:
    return tuple((None if upto is None else D(upto), D(percent)) for upto, percent in tiers)


_FR_SOURCE = "sellercentral.amazon.fr, frais de vente"
_FR_2026 = date(2026, 2, 1)
_US_SOURCE = "sellercentral.amazon.com, selling on Amazon fee schedule"
_US_2026 = date(2026, 1, 1)


def _fr(
    *tiers: tuple[str | None, str],
    marginal: bool = False,
    minimum: str = "0.30",
    since: date | None = None,
    to_check: bool = False,
) -> ReferralRule:
    return ReferralRule(_steps(*tiers), marginal, D(minimum), since, _FR_SOURCE, to_check)


def _us(*tiers: tuple[str | None, str], marginal: bool = False) -> ReferralRule:
    return ReferralRule(_steps(*tiers), marginal, D("0.30"), _US_2026, _US_SOURCE)


_TECH = (C.COMPUTERS, C.ELECTRONICS, C.LARGE_APPLIANCES)
_CARE = (C.BEAUTY, C.HEALTH, C.BABY)

REFERRAL_RULES: Mapping[str, Mapping[C, ReferralRule]] = {
    "fr": {
        **dict.fromkeys(MEDIA, _fr((None, "15"), minimum="0")),
        C.CONSOLES: _fr((None, "8"), minimum="0"),
        **dict.fromkeys((*_TECH, C.TYRES), _fr((None, "7"))),
        C.ACCESSORIES: _fr(("100", "15"), (None, "8"), marginal=True),
        **dict.fromkeys(_CARE, _fr(("10", "8"), (None, "15"))),
        C.GROCERY: _fr(("10", "5"), (None, "15"), minimum="0", since=_FR_2026),
        C.WINE: _fr((None, "10"), minimum="0"),
        **dict.fromkeys((C.HOME, C.KITCHEN), _fr(("20", "8"), (None, "15"), since=_FR_2026)),
        C.CLOTHING: _fr(
            ("15", "5"), ("20", "10"), (None, "15"), since=date(2025, 12, 15), to_check=True
        ),
        C.PET_FOOD: _fr(("10", "5"), (None, "15"), since=_FR_2026),
        **dict.fromkeys((C.DIY, C.POWER_TOOLS), _fr((None, "13"), to_check=True)),
        C.AUTOMOTIVE: _fr(("50", "15"), (None, "9"), marginal=True, to_check=True),
        C.FURNITURE: _fr(("200", "15"), (None, "10"), marginal=True),
        C.JEWELLERY: _fr(("250", "20"), (None, "5"), marginal=True),
        C.WATCHES: _fr(("250", "15"), (None, "5"), marginal=True),
        **dict.fromkeys((C.MUSICAL_INSTRUMENTS, C.HANDMADE), _fr((None, "12"))),
        C.DEVICE_ACCESSORIES: _fr((None, "45")),
        C.OTHER: _fr((None, "15")),
    },
    "us": {
        **dict.fromkeys(MEDIA, _us((None, "15"))),
        **dict.fromkeys((*_TECH, C.CONSOLES), _us((None, "8"))),
        C.COMPACT_APPLIANCES: _us(("300", "15"), (None, "8"), marginal=True),
        C.ACCESSORIES: _us(("100", "15"), (None, "8"), marginal=True),
        **dict.fromkeys((C.AUTOMOTIVE, C.INDUSTRIAL, C.POWER_TOOLS), _us((None, "12"))),
        **dict.fromkeys(_CARE, _us(("10", "8"), (None, "15"))),
        C.GROCERY: _us(("15", "8"), (None, "15")),
        C.CLOTHING: _us(("15", "5"), ("20", "10"), (None, "17")),
        C.FURNITURE: _us(("200", "15"), (None, "10"), marginal=True),
        C.JEWELLERY: _us(("250", "20"), (None, "5"), marginal=True),
        C.WATCHES: _us(("1500", "16"), (None, "3"), marginal=True),
        C.TYRES: _us((None, "10")),
        C.DEVICE_ACCESSORIES: _us((None, "45")),
        C.OTHER: _us((None, "15")),
    },
}

# The smallest referral fee (media excepted) of stores whose rates are not in the tables, to tell a
# percentage that is really this fee over a small price.
REFERRAL_MINIMUMS: Mapping[str, TableFigure] = {
    "de": TableFigure(D("0.30"), None, "sellercentral.amazon.de", to_check=True),
    "it": TableFigure(D("0.30"), None, "sellercentral.amazon.it", to_check=True),
    "es": TableFigure(D("0.30"), None, "sellercentral.amazon.es", to_check=True),
    "uk": TableFigure(D("0.25"), None, "sellercentral.amazon.co.uk", to_check=True),
}

# A fixed fee on each media item.
CLOSING_FEES: Mapping[str, TableFigure] = {
    "us": TableFigure(D("1.80"), _US_2026, _US_SOURCE, to_check=False),
    "uk": TableFigure(D("0.50"), None, "sellercentral.amazon.co.uk", to_check=False),
    "fr": TableFigure(D("0.61"), None, _FR_SOURCE, to_check=True),
}


def referral_rule(marketplace: str, category: C) -> ReferralRule | None:
    """The rule of a category ("the rest" when it has none of its own), None without a table."""
    rules = REFERRAL_RULES.get(marketplace)
    if rules is None:
        return None
    return rules.get(category, rules[C.OTHER])
