"""A figure of a fee table or of a profile, with where it comes from; fees by band of the price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from discovery.scoring.marketplaces import CountryTerms, VatRates
from discovery.scoring.results import FeeSource, Params

ZERO = Decimal(0)
NOTHING: Params = {}
# (price up to and including, figure of the band), ascending, the last unbounded.
Bands = tuple[tuple[Decimal | None, Decimal], ...]


def band_index(price: Decimal, bands: Bands) -> int:
    """Which band a price falls in; 0 without bands."""
    for at, (upto, _) in enumerate(bands):
        if upto is None or price <= upto:
            return at
    return max(len(bands) - 1, 0)


@dataclass(frozen=True, slots=True)
class TableFigure:
    """A published figure: an amount per unit, or a percentage.

    ``effective_from`` None: in force, since when is not published with the figure.
    """

    value: Decimal
    effective_from: date | None
    source: str
    to_check: bool


class Figure(NamedTuple):
    """A figure as it is used, and ``params``, what its line of the breakdown says beside it."""

    value: Decimal
    source: FeeSource
    effective_from: date | None = None
    to_check: bool = False
    params: Params = NOTHING


FREE = Figure(ZERO, FeeSource.TABLE)


def from_table(value: Decimal, table: TableFigure | CountryTerms | VatRates) -> Figure:
    """A figure that a table holds."""
    return Figure(value, FeeSource.TABLE, table.effective_from, table.to_check)


def own_or(own: Decimal | None, usual: Figure | None) -> Figure:
    """The profile's figure when it has one, else the usual one, else nothing to pay."""
    return usual or FREE if own is None else Figure(own, FeeSource.PROFILE)


def as_rate(percent: Figure) -> Figure:
    """A percentage as a ratio; its line shows the percentage."""
    shown = {"percent": plain(percent.value)}
    return percent._replace(value=percent.value / 100, params=shown)


def plain(value: Decimal) -> str:
    """A number without needless zeros or exponents."""
    return format(value.normalize(), "f")
