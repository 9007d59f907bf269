"""The calculator of a product's page: what was typed, read into what the engine is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode

from discovery.accounts.members import signed_in
from discovery.models import CostVat, ProductCost
from discovery.pages.products.forms import MOST_MONEY, MOST_UNITS, CostField, units_said
from discovery.pages.profile_choice import chosen_profile
from discovery.products.calculation import whole_cost
from discovery.products.product_costs import cost_of
from discovery.products.scored import sold_copy
from discovery.products.store import StoredProduct
from discovery.profiles.service import ActiveProfile, all_profiles
from discovery.scoring import SoldCopy, VatBasis, WhatIf
from discovery.scoring.marketplaces import has_vat
from discovery.text import formats, labels
from discovery.text.numbers import NumberField

LONGEST = 20  # characters of a number that is read
OWN_SHIPPING = "fbm"
WHOLE = "all"  # units: all that the listing sells at once, however many


@dataclass(frozen=True, slots=True)
class Calculator:
    """What was typed, and what came of it.

    ``bases`` are the choices of its VAT, if any; ``units`` are those the cost is for, if said.
    ``sold`` is the copy that the figures are about, where used ones are sold; ``copies`` its
    choices. ``typed`` is the rest as it was typed and ``errors`` why a field of it is not used,
    both by field; ``what_if`` is what is read from it. ``known`` is what the product costs the
    user, ``is_kept`` whether the figures use it. ``bought`` is the query of the page where its
    purchase is noted.
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
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    what_if: WhatIf
    quantity: int | None
    known: ProductCost | None
    is_kept: bool
    bought: str

    @property
    def sends(self) -> bool:
        """Whether the reseller sends the parcels (FBM)."""
        return self.what_if.own_shipping is not None


def calculator_of(
    request: HttpRequest, data: QueryDict, stored: StoredProduct
) -> tuple[Calculator, Decimal | None]:
    """What ``data`` asks to be reckoned, and the cost it states, if it states one that can be read.

    Where it tells no cost, it is the one that is known of the product.
    """
    user, marketplace = signed_in(request), stored.marketplace
    profile = chosen_profile(request, data)
    known = cost_of(user=user, marketplace=marketplace, asin=stored.asin)
    default = known if "cost" not in data else None
    typed = formats.exact(default.cost) if default else _typed(data, "cost")
    cost, error = _number(CostField(), typed)
    what_if, quantity, errors = _what_if(data)
    chosen = data.get("cost_vat", "")
    usual = profile.settings.for_marketplace(marketplace).cost_vat
    usual = VatBasis(default.cost_vat) if default else usual
    vat = VatBasis(chosen) if chosen in set(VatBasis) else usual
    units = units_said(data)
    if units is None and (default or data.get("units") == WHOLE):
        # What is known of a product is the cost of all that its listing sells.
        units = stored.facts.pack_size
    grade = data.get("grade", "")
    whole = whole_cost(cost, units, stored)
    calculator = Calculator(
        cost=typed,
        cost_vat=vat,
        bases=_bases() if has_vat(marketplace) else (),
        units=units,
        sold=SoldCopy(grade)
        if grade in set(SoldCopy)
        else sold_copy(default.cost if default else None),
        copies=tuple((sold, labels.sold_copy_label(sold)) for sold in SoldCopy),
        error=error,
        profile=profile,
        profiles=tuple(all_profiles(user=user)),
        typed={name: _typed(data, name) for name in ("price", "quantity", "shipping")},
        errors=errors,
        what_if=what_if,
        quantity=quantity,
        known=known,
        is_kept=known is not None and (known.cost, known.cost_vat) == (whole, vat),
        bought=_purchase_query(stored, whole, vat, quantity, profile),
    )
    return calculator, cost


def _purchase_query(
    stored: StoredProduct,
    whole: Decimal | None,
    vat: VatBasis,
    quantity: int | None,
    profile: ActiveProfile,
) -> str:
    said = {"marketplace": stored.marketplace, "asin": stored.asin, "profile": profile.slug}
    if whole is not None:
        said |= {"cost": formats.exact(whole), "cost_vat": vat.value}
    if quantity is not None:
        said["quantity"] = str(quantity)
    return urlencode(said)


def _what_if(data: QueryDict) -> tuple[WhatIf, int | None, dict[str, str]]:
    """What is tried instead of what is expected, the quantity, and the sentences of errors."""
    errors = {}
    price, errors["price"] = _number(CostField(), data.get("price", ""))
    shipping, errors["shipping"] = None, ""
    if data.get("by") == OWN_SHIPPING:
        shipping, errors["shipping"] = _number(
            NumberField(low=Decimal(0), high=MOST_MONEY), data.get("shipping", "")
        )
        # Parcels of one's own are no parcels of Amazon's, whatever could not be read.
        shipping = shipping or Decimal(0)
    quantity, errors["quantity"] = _number(
        NumberField(low=1, high=MOST_UNITS, whole=True), data.get("quantity", "")
    )
    whole = None if quantity is None else int(quantity)
    return WhatIf(price, shipping), whole, {name: text for name, text in errors.items() if text}


def _number(field: NumberField, text: str) -> tuple[Decimal | None, str]:
    """The number that was typed, if any, and why it cannot be one."""
    try:
        read: Decimal | int | None = field.clean(text.strip()[:LONGEST])
    except ValidationError as problem:
        return None, " ".join(problem.messages)
    return None if read is None else Decimal(read), ""


def _typed(data: QueryDict, name: str) -> str:
    return data.get(name, "").strip()[:LONGEST]


def _bases() -> tuple[tuple[str, str], ...]:
    return tuple((basis, str(label)) for basis, label in CostVat.choices)
