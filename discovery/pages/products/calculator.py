"""The calculator of a product's page: what was typed, read into what the engine is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import QueryDict

from discovery.models import CostVat
from discovery.pages.products.forms import CostField
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile, all_profiles
from discovery.scoring import SoldCopy, VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.text import labels


@dataclass(frozen=True, slots=True)
class Calculator:
    """What was typed, and what came of it.

    ``bases`` are the choices of its VAT, if any; ``units`` are those the cost is for, if said.
    ``sold`` is the copy that the figures are about, where used ones are sold; ``copies`` its
    choices.
    """

    cost: str
    cost_vat: VatBasis
    bases: tuple[tuple[str, str], ...]
    units: int | None
    sold: SoldCopy
    copies: tuple[tuple[str, str], ...]
    error: str
    profile: ActiveProfile
    profiles: tuple[ActiveProfile, ...]


def calculator_of(
    data: QueryDict, user: AbstractBaseUser, marketplace: str
) -> tuple[Calculator, Decimal | None]:
    """What was typed, and the cost it states, if it states one that can be read."""
    profiles = tuple(all_profiles(user=user))
    try:
        profile = active_profile(slug=data.get("profile") or None, user=user)
    except UnknownProfile:
        profile = active_profile(user=user)
    typed = data.get("cost", "").strip()[:20]
    cost, error = None, ""
    try:
        cost = CostField().clean(typed)
    except ValidationError as problem:
        error = " ".join(problem.messages)
    chosen = data.get("cost_vat", "")
    usual = profile.settings.for_marketplace(marketplace).cost_vat
    units = data.get("units", "")
    grade = data.get("grade", "")
    calculator = Calculator(
        cost=typed,
        cost_vat=VatBasis(chosen) if chosen in set(VatBasis) else usual,
        bases=_bases() if has_vat(marketplace) else (),
        units=int(units) if re.fullmatch(r"[1-9]\d{0,2}", units, re.ASCII) else None,
        sold=SoldCopy(grade) if grade in set(SoldCopy) else SoldCopy.LISTING,
        copies=tuple((sold, labels.sold_copy_label(sold)) for sold in SoldCopy),
        error=error,
        profile=profile,
        profiles=profiles,
    )
    return calculator, cost


def _bases() -> tuple[tuple[str, str], ...]:
    return tuple((basis, str(label)) for basis, label in CostVat.choices)
