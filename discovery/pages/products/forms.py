"""The form of a decision about a product."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from discovery.keepa.errors import FieldProblem
from discovery.models import ProductDecision
from discovery.text import formats

MOST_MONEY, MOST_UNITS = 1_000_000, 1_000_000


class DecisionForm(forms.Form):
    """A line of the decision log; a purchase needs its price."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What you decided"), choices=ProductDecision.Kind.choices
    )
    price = forms.CharField(label=gettext_lazy("Price paid a unit"), required=False)
    quantity = forms.CharField(label=gettext_lazy("Quantity"), required=False)
    note = forms.CharField(label=gettext_lazy("Reason or note"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        price, quantity = data.get("price", ""), data.get("quantity", "")
        data["price"] = formats.read_decimal(price) if price else None
        data["quantity"] = formats.read_integer(quantity) if quantity else None
        if price and (data["price"] is None or not 0 < data["price"] < MOST_MONEY):
            self.add_error("price", str(FieldProblem("not_a_number", {"value": price[:60]})))
        if quantity and not 0 < (data["quantity"] or 0) < MOST_UNITS:
            self.add_error(
                "quantity", str(FieldProblem("not_an_integer", {"value": quantity[:60]}))
            )
        if data.get("kind") == ProductDecision.Kind.BOUGHT and not price:
            self.add_error("price", str(FieldProblem("required")))
        if data.get("kind") == ProductDecision.Kind.NOTE and not data.get("note"):
            self.add_error("note", str(FieldProblem("required")))
        return data

    def decision(self) -> dict[str, Any]:
        """What ``record_decision`` wants, after a successful ``is_valid()``."""
        data = self.cleaned_data
        return {
            "kind": ProductDecision.Kind(data["kind"]),
            "price": data["price"],
            "quantity": data["quantity"],
            "note": data["note"],
        }
