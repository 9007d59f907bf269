"""The Amazon fees Keepa delivers with a product, at an assumed price, in the smallest unit.

Figures: Amazon's published rate cards of 2026 for the US (non-apparel, 15 January) and France
(local, excluding VAT); the other stores get a plausible curve by weight.
"""

from __future__ import annotations

from typing import Final

from discovery.sandbox.plans import Body
from discovery.sandbox.products import EBOOK, Product

_US_SMALL: Final = (
    (57, 243, 332, 358), (113, 249, 342, 368), (170, 256, 345, 371), (227, 266, 354, 380),
    (283, 277, 368, 394), (340, 282, 378, 404), (397, 292, 391, 417), (454, 295, 396, 422),
)  # fmt: skip
_US_LARGE: Final = (
    (113, 291, 373, 399), (227, 313, 395, 421), (340, 338, 420, 446), (454, 378, 460, 486),
    (567, 422, 504, 530), (680, 460, 542, 568), (794, 475, 557, 583), (907, 500, 582, 608),
    (1021, 510, 592, 618), (1134, 528, 610, 636), (1247, 544, 626, 652), (1361, 585, 667, 693),
)  # fmt: skip
_FR_SMALL_PARCEL: Final = (
    (150, 456), (400, 507), (900, 579), (1400, 587), (1900, 610), (3900, 780),
)  # fmt: skip
_FR_PARCEL: Final = (
    (150, 458), (400, 522), (900, 601), (1400, 641), (1900, 644), (2900, 708), (3900, 781),
    (5900, 822), (8900, 884), (11900, 938),
)  # fmt: skip
_FR_LIGHT_ENVELOPE: Final = ((20, 275), (40, 276), (60, 278), (80, 330), (100, 332))

_POUND: Final = 453.592


def referral_percent(product: Product, price: int) -> float:
    """As Keepa shows it, at the assumed `price`: seldom quite the table's.

    French figures often hold the 3 % surcharge, others a hundredth or two too much.
    """
    percent = product.category.shelf.referral
    key = product.category.shelf.key
    if key in {"beauty", "health", "baby"} and price <= 1000 * product.market.price_scale:
        percent = 8.0
    if product.domain == 4:
        if key == "electronics":
            percent = 7.0
        elif key == "tools":
            percent = 13.0
        if product.salt % 3 == 0:
            return round(percent * 1.03, 2)
    return round(percent + product.dirt.percent_noise, 2)


def closing_fee(product: Product) -> int:
    """What Amazon takes for a medium (book, film, game) sold; smallest unit, 0 for other goods."""
    return product.market.closing_fee if product.category.shelf.media else 0


def fulfilment_fee(product: Product, price: int) -> int | None:
    """What FBA takes for one unit; None when Keepa delivers no fee."""
    if product.fee_quirk == "missing":
        return None
    if product.domain == 1:
        fee = _us_fee(product.body, price)
    else:
        fee = _fr_fee(product.body)
        if product.domain != 4:
            fee = int(fee * product.market.price_scale)
    return int(fee * 1.2) if product.fee_quirk == "off" else fee


def delivered_fees(product: Product, price: int, *, looked_up: int) -> dict[str, int] | None:
    """`fbaFees`, null when Keepa has none, with 0 or -1 in it for a few."""
    fee = fulfilment_fee(product, price) if product.product_type != EBOOK else None
    if fee is None:
        return None
    shown = fee if product.dirt.fee is None else product.dirt.fee
    return {"lastUpdate": looked_up, "pickAndPackFee": shown}


def _us_fee(body: Body, price: int) -> int:
    band = 1 if price < 1000 else 2 if price <= 5000 else 3
    sides = sorted((body.length, body.width, body.height), reverse=True)
    if body.weight <= 454 and sides[0] <= 381 and sides[1] <= 305 and sides[2] <= 19:
        return _step(_US_SMALL, body.weight)[band]
    volume = body.length * body.width * body.height / 25.4**3 / 139 * _POUND
    billed = max(body.weight, volume)
    if sides[0] <= 457 and sides[1] <= 356 and sides[2] <= 203 and billed <= 20 * _POUND:
        if billed <= 3 * _POUND:
            return _step(_US_LARGE, billed)[band]
        quarters = -(-(billed / _POUND - 3) // 0.25)
        return (0, 615, 697, 723)[band] + int(8 * quarters)
    extra = max(0, -(-billed // _POUND) - 1)
    return (0, 678, 755, 755)[band] + int(38 * extra)


def _fr_fee(body: Body) -> int:
    sides = sorted((body.length, body.width, body.height), reverse=True)
    if sides[0] <= 330 and sides[1] <= 230:
        if sides[2] <= 25 and body.weight <= 100:
            return _step(_FR_LIGHT_ENVELOPE, body.weight)[1]
        if sides[2] <= 25 and body.weight <= 460:
            return 333 if body.weight <= 210 else 377
        if sides[2] <= 60 and body.weight <= 960:
            return 439 if sides[2] <= 40 else 472
    billed = max(body.weight, body.length * body.width * body.height / 5_000_000 * 1000)
    if sides[0] <= 350 and sides[1] <= 250 and sides[2] <= 120 and billed <= 3900:
        return _step(_FR_SMALL_PARCEL, billed)[1]
    if sides[0] <= 450 and sides[1] <= 340 and sides[2] <= 260 and billed <= 11_900:
        return _step(_FR_PARCEL, billed)[1]
    kilos = -(-billed // 1000)
    return 729 + int(21 * kilos) if billed <= 15_000 else 1042 + int(11 * kilos)


def _step(rows: tuple[tuple[int, ...], ...], weight: float) -> tuple[int, ...]:
    return next((row for row in rows if weight <= row[0]), rows[-1])
