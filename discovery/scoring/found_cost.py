"""A purchase price found by ourselves, away from the listing's own offers, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from discovery.scoring.codes import CostBasis
from discovery.vat_basis import VatBasis


class Identity(StrEnum):
    """Whether what is bought is what is sold."""

    PROVED = "proved"
    TO_CHECK = "to_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCost:
    """What a unit of the listing costs elsewhere, landed, in the currency it is sold in.

    ``basis`` is ``EUROPE`` (``source`` is a marketplace, "de") or ``DIP`` (``source`` is
    "amazon"). ``amount`` is stated with or without VAT as ``vat`` says. A dip is sold later, at
    ``sell_at``; ``comebacks`` is how often such a dip came back, after ``days`` as a median.
    """

    basis: CostBasis
    amount: Decimal
    vat: VatBasis
    source: str
    identity: Identity = Identity.PROVED
    sell_at: Decimal | None = None
    comebacks: int | None = None
    days: float | None = None
