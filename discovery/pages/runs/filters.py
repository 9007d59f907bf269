"""Reading from an address which part of an answer is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from discovery.runs.filters import Narrowing
from discovery.text.numbers import NumberField

LONGEST = 100  # characters of what is looked for
KEPT = ("sort", "dir", "verdict")
LARGEST = 10**9


class NarrowingForm(forms.Form):
    """The bounds of ``?q=&roi_min=&profit_min=&price_max=&bsr_max=&known_cost=&hide_ignored=``.

    A bound that cannot be read is left out, and its field says why.
    """

    q = forms.CharField(label=gettext_lazy("Words of the title, or ASIN"), required=False)
    roi_min = NumberField(label=gettext_lazy("Min. ROI (%)"), low=-LARGEST, high=LARGEST)
    profit_min = NumberField(label=gettext_lazy("Min. profit"), low=-LARGEST, high=LARGEST)
    price_max = NumberField(label=gettext_lazy("Max. price"), low=0, high=LARGEST)
    bsr_max = NumberField(label=gettext_lazy("Max. BSR"), low=1, high=2**31 - 1, whole=True)
    known_cost = forms.BooleanField(required=False)
    hide_ignored = forms.BooleanField(required=False)

    def __init__(self, address: QueryDict) -> None:
        super().__init__(address, auto_id="narrow-%s")
        self.is_valid()
        read: dict[str, Any] = self.cleaned_data
        bounds: dict[str, Any] = {name: read.get(name) for name in self.fields if name != "q"}
        self.asked = Narrowing(words=read.get("q", "")[:LONGEST], **bounds)

    @property
    def numbers(self) -> list[BoundField]:
        """The fields of the bounds that are numbers."""
        return [field for field in self if isinstance(field.field, NumberField)]

    @property
    def used(self) -> list[tuple[str, str]]:
        """The parameters of the address that say what was asked for."""
        return [(name, str(self.data[name])) for name in self.fields if self.data.get(name)]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The other parameters of the address, which stay as they are."""
        return [(name, str(self.data[name])) for name in KEPT if self.data.get(name)]

    @property
    def is_used(self) -> bool:
        """Whether anything was asked for, be it something that cannot be read."""
        return self.asked != Narrowing() or bool(self.errors)
