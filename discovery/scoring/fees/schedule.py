"""What is left of a price after fees, as exact linear pieces of the price.

Profit jumps *down* where a fee band ends, so a price that pays may have a lower and a higher
twin. Everything asked of prices (break-even, target price, share of time profitable, cliffs) is
algebra on these pieces; nothing is searched for cent by cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from discovery.scoring.fees.referral_tables import ReferralPiece

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Over ``low`` < price ≤ ``high``: what is left is ``slope × price + constant``.

    ``rate × price + fixed`` is the referral fee and ``fba`` the fulfilment fee.
    """

    low: Decimal
    high: Decimal | None
    rate: Decimal
    fixed: Decimal
    fba: Decimal
    slope: Decimal
    constant: Decimal


@dataclass(frozen=True, slots=True)
class Schedule:
    """The pieces of one product's fees, ascending; per-product own costs are not in them."""

    pieces: tuple[Piece, ...]

    def piece_at(self, price: Decimal) -> Piece:
        """The piece a price falls in."""
        for piece in self.pieces:
            if piece.high is None or price <= piece.high:
                return piece
        return self.pieces[-1]

    def left_at(self, price: Decimal) -> Decimal:
        """What is left of a price before own costs and the purchase."""
        piece = self.piece_at(price)
        return piece.slope * price + piece.constant

    def lowest_price(self, needed: Decimal, cent: Decimal) -> Decimal | None:
        """The lowest price, in whole cents, that leaves ``needed``; None when none does."""
        return next((low for low, _ in self.prices_leaving(needed, cent)), None)

    def prices_leaving(
        self, needed: Decimal, cent: Decimal
    ) -> Iterator[tuple[Decimal, Decimal | None]]:
        """Ranges (from, to; in whole cents, both included) of prices that leave ``needed``."""
        for piece in self.pieces:
            first = _next_cent(piece.low, cent)
            last = None if piece.high is None else _cents(piece.high, cent, ROUND_FLOOR)
            if piece.slope > 0:
                root = _cents((needed - piece.constant) / piece.slope, cent, ROUND_CEILING)
                low = max(first, root)
            elif piece.slope * first + piece.constant >= needed:
                low = first
                if piece.slope < 0:
                    root = _cents((needed - piece.constant) / piece.slope, cent, ROUND_FLOOR)
                    last = root if last is None else min(last, root)
            else:
                continue
            if last is None or low <= last:
                yield low, last

    def band_ends(self, low: Decimal, high: Decimal, cent: Decimal) -> Iterator[Decimal]:
        """The last prices of the bands that end in ``low`` ≤ price ≤ ``high``."""
        for piece in self.pieces:
            if piece.high is None:
                return
            end = _cents(piece.high, cent, ROUND_FLOOR)
            if low <= end <= high:
                yield end


def _cents(amount: Decimal, cent: Decimal, rounding: str) -> Decimal:
    return amount.quantize(cent, rounding)


def _next_cent(amount: Decimal, cent: Decimal) -> Decimal:
    return _cents(amount, cent, ROUND_FLOOR) + cent


def build_schedule(
    *,
    referral: Sequence[ReferralPiece],
    minimum: Decimal,
    fba_bands: Sequence[tuple[Decimal | None, Decimal]],
    keep: Decimal,
    fee_weight: Decimal,
    fba_weight: Decimal,
    fixed_fees: Decimal,
) -> Schedule:
    """Merge referral and fulfilment bands into pieces of what is left of the price.

    ``keep`` is the share of the price kept after VAT and reserves; ``fee_weight`` what a unit of
    referral fee costs us (digital services fee and VAT on fees included), ``fba_weight`` the same
    for fulfilment (fuel surcharge included), ``fixed_fees`` all fees that do not depend on price.
    """
    pieces = [
        Piece(
            low,
            high,
            rate,
            fixed,
            fba,
            keep - fee_weight * rate,
            -fee_weight * fixed - fba_weight * fba - fixed_fees,
        )
        for low, high, rate, fixed, fba in _merge(_with_minimum(referral, minimum), fba_bands)
    ]
    return Schedule(tuple(pieces))


def _with_minimum(referral: Sequence[ReferralPiece], minimum: Decimal) -> Iterator[ReferralPiece]:
    for piece in referral:
        if piece.rate <= 0:
            yield ReferralPiece(piece.low, piece.high, ZERO, max(piece.constant, minimum))
            continue
        meets = (minimum - piece.constant) / piece.rate
        if meets <= piece.low:
            yield piece
        elif piece.high is not None and meets >= piece.high:
            yield ReferralPiece(piece.low, piece.high, ZERO, minimum)
        else:
            yield ReferralPiece(piece.low, meets, ZERO, minimum)
            yield ReferralPiece(meets, piece.high, piece.rate, piece.constant)


def _merge(
    referral: Iterator[ReferralPiece], fba_bands: Sequence[tuple[Decimal | None, Decimal]]
) -> Iterator[tuple[Decimal, Decimal | None, Decimal, Decimal, Decimal]]:
    bands = iter(fba_bands)
    fba_high, fba = next(bands)
    low = ZERO
    for piece in referral:
        while True:
            while fba_high is not None and fba_high <= low:
                fba_high, fba = next(bands)
            high = _lower(piece.high, fba_high)
            yield low, high, piece.rate, piece.constant, fba
            if high is None:
                return
            low = high
            if piece.high is not None and low >= piece.high:
                break


def _lower(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)
