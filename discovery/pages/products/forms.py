"""The form of a decision about a product."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from discovery.models import CostVat, ProductDecision
from discovery.scoring import VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.text.numbers import NumberField, refusal, shown

SMALLEST, MOST_MONEY, MOST_UNITS = Decimal("0.01"), Decimal("999999.99"), 999_999


class CostField(NumberField):
    """What a unit costs, in the currency sold in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(low=SMALLEST, high=MOST_MONEY, **kwargs)


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
    quantity = NumberField(label=gettext_lazy("Quantity"), low=1, high=MOST_UNITS, whole=True)
    note = forms.CharField(label=gettext_lazy("Reason or note"), required=False, max_length=500)

    def __init__(self, data: Any = None, *, marketplace: str, usual: VatBasis) -> None:
        """``usual`` is how the user states prices; stores without VAT do not ask."""
        super().__init__(data, initial={"cost_vat": usual.value})
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
