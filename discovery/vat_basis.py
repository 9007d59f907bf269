"""How a purchase price is stated. Apart from the engine: who reads lists must not load it."""

from __future__ import annotations

from enum import StrEnum


class VatBasis(StrEnum):
    """Whether a purchase price holds the VAT of the purchase."""

    INCLUDED = "incl"
    EXCLUDED = "excl"
