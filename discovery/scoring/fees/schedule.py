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


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Over ``low`` < price ≤ ``high``: what is left is ``slope × price + constant``.

    ``first`` and ``last`` are the same bounds in whole cents, both included. ``rate × price +
    fixed`` is the referral fee and ``fba`` the fulfilment fee.
    """

    low: Decimal
    high: Decimal | None
    first: Decimal
    last: Decimal | None
    rate: Decimal
    fixed: Decimal
    fba: Decimal
    slope: Decimal
    constant: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The pieces of one product's fees, ascending; per-product own costs are not in them.

    ``cent`` is the smallest amount of the currency. "Left" is always before own costs and the
    purchase.
    """

    pieces: tuple[Piece, ...]
    cent: Decimal

    def piece_at(self, price: Decimal) -> Piece:
        """The piece a price falls in."""
        for piece in self.pieces:
            if piece.high is None or price <= piece.high:
                return piece
        return self.pieces[-1]

    def left_at(self, price: Decimal) -> Decimal:
        """What is left of a price."""
        piece = self.piece_at(price)
        return piece.slope * price + piece.constant

    def lowest_price(self, needed: Decimal) -> Decimal | None:
        """The lowest price, in whole cents, that leaves ``needed``; None when none does."""
        return next((low for low, _ in self.prices_leaving(needed)), None)

    def prices_leaving(self, needed: Decimal) -> Iterator[tuple[Decimal, Decimal | None]]:
        """Ranges (from, to; in whole cents, both included) of prices that leave ``needed``."""
        for piece in self.pieces:
            low, last = piece.first, piece.last
            if piece.slope > 0:
                root = (needed - piece.constant) / piece.slope
                low = max(low, root.quantize(self.cent, ROUND_CEILING))
            elif piece.slope * low + piece.constant < needed:
                continue
            elif piece.slope < 0:
                root = (needed - piece.constant) / piece.slope
                root = root.quantize(self.cent, ROUND_FLOOR)
                last = root if last is None else min(last, root)
            if last is None or low <= last:
                yield low, last

    def band_ends(self, low: Decimal, high: Decimal) -> Iterator[Decimal]:
        """The last prices of the bands that end in ``low`` ≤ price ≤ ``high``."""
        for piece in self.pieces:
            if piece.last is not None and low <= piece.last <= high:
                yield piece.last


def build_schedule(
    *,
    referral: Sequence[ReferralPiece],
    minimum: Decimal,
    fba_bands: Sequence[tuple[Decimal | None, Decimal]],
    keep: Decimal,
    fee_weight: Decimal,
    fba_weight: Decimal,
    fixed_fees: Decimal,
    cent: Decimal,
) -> Schedule:
    """Merge referral and fulfilment bands into pieces of what is left of the price.

    ``keep`` is the share of the price kept after VAT and reserves; ``fee_weight`` what a unit of
    referral fee costs us (digital services fee and VAT on fees included), ``fba_weight`` the same
    for fulfilment (fuel surcharge included), ``fixed_fees`` all fees that do not depend on price.
    """
    pieces = [
        Piece(
            low=low,
            high=high,
            first=low.quantize(cent, ROUND_FLOOR) + cent,
            last=None if high is None else high.quantize(cent, ROUND_FLOOR),
            rate=rate,
            fixed=fixed,
            fba=fba,
            slope=keep - fee_weight * rate,
            constant=-fee_weight * fixed - fba_weight * fba - fixed_fees,
        )
        for low, high, rate, fixed, fba in _merge(_with_minimum(referral, minimum), fba_bands)
    ]
    return Schedule(pieces=tuple(pieces), cent=cent)


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
            high = min((x for x in (piece.high, fba_high) if x is not None), default=None)
            yield low, high, piece.rate, piece.constant, fba
            if high is None:
                return
            low = high
            if piece.high is not None and low >= piece.high:
                break
