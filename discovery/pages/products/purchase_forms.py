"""The forms of purchases and sales, and what of the purchases an address asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy

from discovery.models import CostVat, Purchase
from discovery.pages.choices import marketplace_choices
from discovery.pages.products.forms import LONGEST_PLACE, MOST_UNITS, CostField, DayField
from discovery.products.identifiers import NotAnIdentifier
from discovery.products.purchase_codes import UnknownCode, asin_of
from discovery.products.purchase_queries import DEFAULT_SORT, SORTS, Narrowing, Stock
from discovery.products.purchases import Bought, Sold
from discovery.products.scored import StatedCost
from discovery.profiles.service import ActiveProfile
from discovery.scoring import VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.text.costs import with_vat
from discovery.text.formats import exact
from discovery.text.numbers import NumberField

LONGEST_WORDS = 100


class PurchaseForm(forms.Form):
    """What can be said, and put right, of a purchase."""

    cost = CostField(label=gettext_lazy("Price paid a unit"), required=True)
    cost_vat = forms.TypedChoiceField(
        label=gettext_lazy("VAT of the price"), choices=CostVat.choices, coerce=VatBasis
    )
    quantity = NumberField(
        label=gettext_lazy("Quantity"), low=1, high=MOST_UNITS, whole=True, required=True
    )
    bought_on = DayField(label=gettext_lazy("Bought on"))
    place = forms.CharField(
        label=gettext_lazy("Where"),
        required=False,
        max_length=LONGEST_PLACE,
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)

    def bought(self) -> Bought:
        """What was said, once it is valid."""
        said = self.cleaned_data
        return Bought(
            cost=StatedCost(said["cost"], said.get("cost_vat") or VatBasis.INCLUDED),
            quantity=said["quantity"],
            bought_on=said["bought_on"],
            place=said["place"],
            note=said["note"],
        )


class ChangeForm(PurchaseForm):
    """A purchase put right; stores without VAT do not ask for it."""

    def __init__(self, data: Any = None, *, purchase: Purchase) -> None:
        names = ("cost_vat", "quantity", "bought_on", "place", "note")
        initial: dict[str, Any] = {name: getattr(purchase, name) for name in names}
        super().__init__(data, initial=initial | {"cost": exact(purchase.unit_cost)})
        if not has_vat(purchase.marketplace):
            del self.fields["cost_vat"]


class AddForm(PurchaseForm):
    """A purchase of any product, known or not; ``initial`` is what its address says of it."""

    asin = forms.CharField(
        label=gettext_lazy("ASIN, ISBN, EAN or UPC"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    marketplace = forms.ChoiceField(label=gettext_lazy("Marketplace"), choices=marketplace_choices)
    profile = forms.ChoiceField(label=gettext_lazy("Business profile"))
    field_order = ("asin", "marketplace", "cost", "cost_vat", "quantity", "bought_on", "place")

    def __init__(
        self,
        data: Any = None,
        *,
        user: AbstractBaseUser,
        profiles: list[ActiveProfile],
        initial: dict[str, Any],
    ) -> None:
        super().__init__(data, initial={"quantity": 1, "bought_on": timezone.localdate()} | initial)
        self.user = user
        self.profiles = {profile.slug: profile for profile in profiles}
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            (profile.slug, profile.name) for profile in profiles
        ]

    def clean(self) -> dict[str, Any]:
        """Find the product that was named, among those known for no token."""
        said = self.cleaned_data
        if "asin" in said and "marketplace" in said:
            try:
                said["asin"] = asin_of(
                    said["asin"], marketplace=said["marketplace"], user=self.user
                )
            except NotAnIdentifier:
                self.add_error("asin", gettext_lazy("This is neither an ASIN nor a valid code."))
            except UnknownCode as error:
                self.add_error("asin", str(error))
        return said

    @property
    def chosen_profile(self) -> ActiveProfile:
        """The profile it is scored with, once the form is valid."""
        return self.profiles[self.cleaned_data["profile"]]


class SaleForm(forms.Form):
    """Units of a purchase that were sold."""

    sold_on = DayField(label=gettext_lazy("Sold on"))
    quantity = NumberField(
        label=gettext_lazy("Quantity"), low=1, high=MOST_UNITS, whole=True, required=True
    )
    price = CostField(label=gettext_lazy("Sale price a unit"), required=True)
    received = CostField(
        label=gettext_lazy("Received from Amazon a unit"),
        help_text=gettext_lazy("Amazon's fees taken. Empty: estimated with the engine's fees."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)

    def __init__(self, data: Any = None, *, purchase: Purchase, left: int) -> None:
        initial = {"sold_on": timezone.localdate(), "quantity": max(left, 1)}
        super().__init__(data, initial=initial, auto_id="sale-%s")
        self.purchase = purchase
        price = self.fields["price"]
        price.label = with_vat(str(price.label), purchase.marketplace)

    def clean(self) -> dict[str, Any]:
        """Nothing is sold before it is bought."""
        said = self.cleaned_data
        if "sold_on" in said and said["sold_on"] < self.purchase.bought_on:
            self.add_error("sold_on", gettext_lazy("It was not bought yet on this day."))
        return said

    def sold(self) -> Sold:
        """What was said, once it is valid."""
        return Sold(**self.cleaned_data)


def narrowing_of(asked: QueryDict) -> Narrowing:
    """What ``?stock=&q=&sort=`` asks for; a sort with ``-`` before it is turned round."""
    stock, sort = asked.get("stock", ""), asked.get("sort", "")
    column = sort.removeprefix("-")
    is_known = column in SORTS
    return Narrowing(
        stock=Stock(stock) if stock in set(Stock) else Stock.ALL,
        words=asked.get("q", "")[:LONGEST_WORDS].strip(),
        sort=column if is_known else DEFAULT_SORT,
        is_descending=sort.startswith("-") if is_known else True,
    )
