"""FBA fulfilment fees by size and weight, excl. VAT, with their low-price bands.

A size tier is the first one the package fits in. A fee may depend on the price: ``Fulfilment``
holds one amount per price band of the store. Millimetres and grams throughout; US figures are
published in inches and ounces and converted here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from discovery.scoring.categories import FeeCategory as C
from discovery.scoring.fees.figures import Bands, TableFigure, band_index
from discovery.scoring.results import FeeSource

D = Decimal
INCH_MM, CM_MM = D("25.4"), D(10)
OUNCE_G = D("28.349523125")
POUND_G, KG_G = OUNCE_G * 16, D(1000)
# (weight up to and including, in g; fee of each price band), ascending.
_Steps = tuple[tuple[Decimal, tuple[Decimal, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """What fulfilling one unit costs by price band, excl. VAT and surcharges.

    ``keepa_band`` is the band Keepa's figure was computed in; ``mismatch`` is (usual fee, Keepa's)
    when they differ above the profile's bound. ``near`` are the fees (bands) that a package a
    millimetre or a gram smaller and larger would pay, where one of them differs.
    """

    bands: Bands
    source: FeeSource
    tier: str | None = None
    oversize: bool = False
    effective_from: date | None = None
    to_check: bool = False
    surcharged: bool = False  # False when the fuel surcharge is already in the figure
    keepa_band: int | None = None
    mismatch: tuple[Decimal, Decimal] | None = None
    near: tuple[Bands, Bands] | None = None

    def at(self, price: Decimal) -> Decimal:
        """The fee at a price."""
        return self.bands[band_index(price, self.bands)][1]


@dataclass(frozen=True, slots=True)
class _Tier:
    """A size tier: limits (mm, longest first), weight steps, and what is added above them."""

    name: str
    sides: tuple[Decimal, ...]
    steps: _Steps
    per_extra: tuple[Decimal, Decimal] | None = None  # (fee, for each started g above last step)
    max_weight: Decimal | None = None
    dimensional: bool = True
    oversize: bool = False

    def holds(self, sides: Sequence[int], billed: Decimal) -> bool:
        fits = all(side <= most for side, most in zip(sides, self.sides, strict=True))
        limit = self.max_weight if self.max_weight is not None else self.steps[-1][0]
        return fits and (
            billed <= limit or (self.max_weight is None and self.per_extra is not None)
        )

    def fees(self, billed: Decimal) -> tuple[Decimal, ...]:
        at = bisect_left([upto for upto, _ in self.steps], billed)
        if at < len(self.steps):
            return self.steps[at][1]
        last, fees = self.steps[-1]
        if self.per_extra is None:
            return fees
        fee, every = self.per_extra
        extra = fee * ((billed - last) / every).to_integral_value(rounding=ROUND_CEILING)
        return tuple(amount + extra for amount in fees)


# --- amazon.fr 2026, local, per unit -------------------------------------------------------------
# Fees are (low-price rate, normal rate); a single figure has no low-price rate.

_FR_SINCE = date(2026, 2, 1)
_FR_SOURCE = "sellercentral.amazon.fr, tarifs Expédié par Amazon 2026"
_FR_LOW_PRICE = D(20)
_FR_LOW_PRICE_STRICT = D(12)
_FR_STRICT = frozenset(
    {C.BOOKS, C.BEAUTY, C.HEALTH, C.OFFICE, C.GROCERY, C.WINE, C.KITCHEN, C.INDUSTRIAL}
)


def _sides(unit_mm: Decimal, *sizes: str) -> tuple[Decimal, ...]:
    return tuple(D(size) * unit_mm for size in sizes)


def _fr_steps(*steps: tuple[int, str] | tuple[int, str, str]) -> _Steps:
    return tuple((D(step[0]), (D(step[-1]), D(step[1]))) for step in steps)


# Size in cm; the fee up to a weight in g, and for each kg above; the most it may weigh, in g.
_FR_OVERSIZE: tuple[tuple[str, tuple[str, str, str], int, str, str, int | None], ...] = (
    ("small_oversize", ("61", "46", "46"), 760, "7.05", "0.20", 1_760),
    ("standard_oversize_light", ("101", "60", "60"), 760, "7.29", "0.21", 15_000),
    ("standard_oversize_heavy", ("101", "60", "60"), 15_760, "10.42", "0.11", 23_000),
    ("standard_oversize_large", ("120", "60", "60"), 760, "8.47", "0.13", 23_000),
    ("bulky", ("10000", "10000", "10000"), 760, "15.38", "0.45", 31_500),
    ("heavy_bulky", ("10000", "10000", "10000"), 31_500, "15.59", "0.18", None),
)
_FR_TIERS = (
    _Tier(
        "light_envelope",
        _sides(CM_MM, "33", "23", "2.5"),
        _fr_steps(
            (20, "2.75", "2.24"),
            (40, "2.76", "2.26"),
            (60, "2.78", "2.27"),
            (80, "3.30", "2.79"),
            (100, "3.32", "2.81"),
        ),
        dimensional=False,
    ),
    _Tier(
        "standard_envelope",
        _sides(CM_MM, "33", "23", "2.5"),
        _fr_steps((210, "3.33", "2.81"), (460, "3.77", "3.31")),
        dimensional=False,
    ),
    _Tier(
        "large_envelope",
        _sides(CM_MM, "33", "23", "4"),
        _fr_steps((960, "4.39", "3.96")),
        dimensional=False,
    ),
    _Tier(
        "extra_large_envelope",
        _sides(CM_MM, "33", "23", "6"),
        _fr_steps((960, "4.72", "4.31")),
        dimensional=False,
    ),
    _Tier(
        "small_parcel",
        _sides(CM_MM, "35", "25", "12"),
        _fr_steps(
            (150, "4.56", "4.31"),
            (400, "5.07", "4.71"),
            (900, "5.79"),
            (1400, "5.87"),
            (1900, "6.10"),
            (3900, "7.80"),
        ),
    ),
    _Tier(
        "standard_parcel",
        _sides(CM_MM, "45", "34", "26"),
        _fr_steps(
            (150, "4.58"),
            (400, "5.22"),
            (900, "6.01"),
            (1400, "6.41"),
            (1900, "6.44"),
            (2900, "7.08"),
            (3900, "7.81"),
            (5900, "8.22"),
            (8900, "8.84"),
            (11900, "9.38"),
        ),
    ),
    *(
        _Tier(
            name,
            _sides(CM_MM, *sides),
            _fr_steps((upto, fee)),
            per_extra=(D(per_kg), KG_G),
            max_weight=None if most is None else D(most),
            oversize=True,
        )
        for name, sides, upto, fee, per_kg, most in _FR_OVERSIZE
    ),
)

# --- amazon.com, 15 Jan - 14 Oct 2026, non-apparel ----------------------------------------------
# Fees are for a price under 10, from 10 to 50, above 50.

_US_SINCE = date(2026, 1, 15)
_US_SOURCE = "sellercentral.amazon.com, 2026 FBA fulfilment fees"
_US_BANDS: tuple[Decimal | None, ...] = (D("9.99"), D(50), None)


def _us_steps(*steps: tuple[str, str]) -> _Steps:
    return tuple(
        (D(ounces) * OUNCE_G, tuple(D(fee) for fee in fees.split("/"))) for ounces, fees in steps
    )


_PER_POUND = (D("0.38"), POUND_G)

_US_TIERS = (
    _Tier(
        "small_standard",
        _sides(INCH_MM, "15", "12", "0.75"),
        _us_steps(
            ("2", "2.43/3.32/3.58"),
            ("4", "2.49/3.42/3.68"),
            ("6", "2.56/3.45/3.71"),
            ("8", "2.66/3.54/3.80"),
            ("10", "2.77/3.68/3.94"),
            ("12", "2.82/3.78/4.04"),
            ("14", "2.92/3.91/4.17"),
            ("16", "2.95/3.96/4.22"),
        ),
        dimensional=False,
    ),
    _Tier(
        "large_standard",
        _sides(INCH_MM, "18", "14", "8"),
        _us_steps(
            ("4", "2.91/3.73/3.99"),
            ("8", "3.13/3.95/4.21"),
            ("12", "3.38/4.20/4.46"),
            ("16", "3.78/4.60/4.86"),
            ("20", "4.22/5.04/5.30"),
            ("24", "4.60/5.42/5.68"),
            ("28", "4.75/5.57/5.83"),
            ("32", "5.00/5.82/6.08"),
            ("36", "5.10/5.92/6.18"),
            ("40", "5.28/6.10/6.36"),
            ("44", "5.44/6.26/6.52"),
            ("48", "5.85/6.67/6.93"),
            ("52", "6.23/7.05/7.31"),  # 3 lb to 20 lb: 6.15/6.97/7.23 + 0.08 per 4 oz
        ),
        per_extra=(D("0.08"), 4 * OUNCE_G),
        max_weight=20 * POUND_G,
    ),
    _Tier(
        "small_bulky",
        _sides(INCH_MM, "37", "28", "20"),
        _us_steps(("16", "6.78/7.55/7.55")),
        per_extra=_PER_POUND,
        max_weight=50 * POUND_G,
        oversize=True,
    ),
    _Tier(
        "large_bulky",
        _sides(INCH_MM, "59", "33", "33"),
        _us_steps(("16", "8.58/9.35/9.35")),
        per_extra=_PER_POUND,
        max_weight=50 * POUND_G,
        oversize=True,
    ),
    _Tier(
        "extra_large",
        _sides(INCH_MM, "1000", "1000", "1000"),
        _us_steps(("16", "25.56/26.33/26.33")),
        per_extra=_PER_POUND,
        oversize=True,
    ),
)

_TIERS: Mapping[str, tuple[_Tier, ...]] = {"fr": _FR_TIERS, "us": _US_TIERS}
# Dimensional weight in g per mm³: 5 000 cm³ weigh a kilogram; 139 cubic inches weigh a pound.
_DENSITY: Mapping[str, Decimal] = {
    "fr": D(1000) / (5000 * 1000),
    "us": POUND_G / (139 * INCH_MM**3),
}


def _price_bands(marketplace: str, category: C) -> tuple[Decimal | None, ...]:
    if marketplace == "us":
        return _US_BANDS
    return (_FR_LOW_PRICE_STRICT if category in _FR_STRICT else _FR_LOW_PRICE, None)


@lru_cache(maxsize=16384)
def fba_fee(
    marketplace: str, category: C, length: int, width: int, height: int, weight: int
) -> Fulfilment | None:
    """The fulfilment fee of a package (mm, g) by the table, or None where there is none."""
    if marketplace not in _TIERS:
        return None
    size = sorted((length, width, height), reverse=True)
    tier, fees = _tier_and_fees(marketplace, size, weight)
    limits = _price_bands(marketplace, category)
    bands = _merged(tuple(zip(limits, fees, strict=True)))
    smaller, larger = (
        _merged(tuple(zip(limits, other, strict=True)))
        for _tier, other in (
            _tier_and_fees(marketplace, [side + off for side in size], weight + off)
            for off in (-1, 1)
        )
    )
    french = marketplace == "fr"
    return Fulfilment(
        bands=bands,
        source=FeeSource.TABLE,
        tier=tier.name,
        oversize=tier.oversize,
        effective_from=_FR_SINCE if french else _US_SINCE,
        to_check=french or tier.oversize,
        surcharged=True,
        near=(smaller, larger) if not smaller == bands == larger else None,
    )


def _tier_and_fees(
    marketplace: str, size: Sequence[int], weight: int
) -> tuple[_Tier, tuple[Decimal, ...]]:
    """The size tier of a package (mm, longest side first; g), and its fee in each price band."""
    length, width, height = size
    by_size = length * width * height * _DENSITY[marketplace]
    actual = D(weight)
    for tier in _TIERS[marketplace]:
        billed = max(actual, by_size) if tier.dimensional else actual
        if tier.holds(size, billed):
            break
    return tier, tier.fees(billed)


def _merged(bands: Bands) -> Bands:
    """Drop the limits at which nothing changes."""
    kept: list[tuple[Decimal | None, Decimal]] = []
    for upto, fee in bands:
        if kept and kept[-1][1] == fee:
            kept.pop()
        kept.append((upto, fee))
    return tuple(kept)


# --- what is added to fulfilment ----------------------------------------------------------------


# Percent of the fulfilment fee.
FUEL_SURCHARGES: Mapping[str, TableFigure] = {
    "us": TableFigure(D("3.5"), date(2026, 4, 17), _US_SOURCE, to_check=False),
    "uk": TableFigure(D("1.5"), date(2026, 4, 17), "sellercentral.amazon.co.uk", to_check=False),
}

# Per unit. Published for small standard; the other tiers pay at least as much.
PEAK_SURCHARGES: Mapping[str, TableFigure] = {
    "us": TableFigure(D("0.19"), date(2025, 10, 15), _US_SOURCE, to_check=True)
}
PEAK_FROM = (10, 15)
PEAK_UNTIL = (1, 14)


def is_peak_season(day: date) -> bool:
    """Whether Amazon's holiday fulfilment rates hold: 15 October to 14 January."""
    here = (day.month, day.day)
    return here >= PEAK_FROM or here <= PEAK_UNTIL


@dataclass(frozen=True, slots=True)
class StorageRate:
    """Monthly storage, money per m³, excl. VAT."""

    january_september: Decimal
    october_december: Decimal
    source: str
    to_check: bool

    def on(self, day: date) -> Decimal:
        """The rate in force on a day."""
        return self.october_december if day.month >= 10 else self.january_september


_CUBIC_FEET_PER_M3 = D("35.3146667")
STORAGE_RATES: Mapping[str, StorageRate] = {
    "us": StorageRate(
        D("0.78") * _CUBIC_FEET_PER_M3, D("2.40") * _CUBIC_FEET_PER_M3, _US_SOURCE, to_check=False
    ),
    "fr": StorageRate(D(26), D(36), _FR_SOURCE, to_check=True),
}

# Inbound placement per unit, with minimal splits. Large standard is published as 0.29 to 0.55: the
# upper end is taken, to be checked.
PLACEMENT_FEES: Mapping[str, Mapping[str, TableFigure]] = {
    "us": {
        "small_standard": TableFigure(D("0.26"), _US_SINCE, _US_SOURCE, to_check=False),
        "large_standard": TableFigure(D("0.55"), _US_SINCE, _US_SOURCE, to_check=True),
    }
}
