"""The form of a decision about a product."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy

from discovery.models import CostVat, ProductDecision
from discovery.scoring import VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.text.numbers import NumberField, QuantityField, refusal, shown

SMALLEST, MOST_MONEY, MOST_UNITS = Decimal("0.01"), Decimal("999999.99"), 999_999
FIRST_DAY = date(1995, 1, 1)  # nobody sold on Amazon before
LONGEST_PLACE = 120


class CostField(NumberField):
    """What a unit costs, in the currency sold in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(low=SMALLEST, high=MOST_MONEY, **kwargs)


class DayField(forms.DateField):
    """A day that is not to come; ``2026-11-20`` as browsers send it, or ``20/11/2026``."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter a date, such as 2026-11-20."),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"})
        formats = ["%Y-%m-%d", "%d/%m/%Y"]
        super().__init__(widget=widget, input_formats=formats, **kwargs)

    def validate(self, value: date | None) -> None:
        """Refuse what lies ahead, and what is too long ago to be meant."""
        super().validate(value)
        if value is not None and value > timezone.localdate():
            raise ValidationError(gettext_lazy("This date is in the future."), code="future")
        if value is not None and value < FIRST_DAY:
            raise ValidationError(gettext_lazy("This date is too long ago."), code="past")


def too_dear(cost: Decimal) -> ValidationError:
    """That a cost is more than is kept."""
    return refusal("too_large", value=shown(cost), limit=shown(MOST_MONEY))


def units_said(data: QueryDict) -> int | None:
    """For how many units a cost is (``units=``); ``None`` where that is not said."""
    units = data.get("units", "")
    return int(units) if re.fullmatch(r"[1-9]\d{0,2}", units, re.ASCII) else None


class DecisionForm(forms.Form):
    """A line of the decision log; a purchase needs its price, a note its text.

    ``cleaned_data`` holds what ``record_decision`` is asked to keep.
    """

    kind = forms.TypedChoiceField(
        label=gettext_lazy("What you decided"),
        choices=ProductDecision.Kind.choices,
        coerce=ProductDecision.Kind,
    )
    price = CostField(label=gettext_lazy("Price paid a unit"))
    cost_vat = forms.TypedChoiceField(
        label=gettext_lazy("VAT of the price"),
        choices=CostVat.choices,
        coerce=VatBasis,
        required=False,
    )
    quantity = QuantityField(label=gettext_lazy("Quantity"), high=MOST_UNITS)
    bought_on = DayField(label=gettext_lazy("Bought on"), required=False)
    place = forms.CharField(label=gettext_lazy("Where"), required=False, max_length=LONGEST_PLACE)
    note = forms.CharField(label=gettext_lazy("Reason or note"), required=False, max_length=500)

    def __init__(self, data: Any = None, *, marketplace: str, usual: VatBasis) -> None:
        """``usual`` is how the user states prices; stores without VAT do not ask."""
        super().__init__(data, initial={"cost_vat": usual.value, "quantity": 1})
        self.fields["cost_vat"].empty_value = usual  # type: ignore[attr-defined]
        if not has_vat(marketplace):
            del self.fields["cost_vat"]

    def clean(self) -> dict[str, Any]:
        """A purchase needs its price, a note its text."""
        data = self.cleaned_data
        if data.get("kind") == ProductDecision.Kind.BOUGHT and data.get("price", 0) is None:
            self.add_error("price", refusal("required"))
        if data.get("kind") == ProductDecision.Kind.NOTE and not data.get("note"):
            self.add_error("note", refusal("required"))
        return data
