"""What the owner of a list corrects in how it was read: columns, unit, VAT, currency, sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.lists.list_request import COLUMNS, HIGHEST_RATE, LAST_ROW, LOWEST_RATE
from discovery.lists.reading.model import (
    MOST_CELLS,
    NO_COLUMN,
    Corrections,
    DoubtCode,
    ReadList,
)
from discovery.lists.text import column_text
from discovery.models import CostVat
from discovery.scoring import VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.text import costs
from discovery.text.formats import CURRENCIES
from discovery.text.numbers import NumberField

UNIT, CASE = "unit", "case"
# Those of the marketplaces, and others that suppliers write.
FOREIGN = (*CURRENCIES, "CHF", "CNY", "PLN", "SEK", "DKK", "NOK", "CZK", "HUF", "RON", "TRY", "AUD")

Choices = list[tuple[str, str]]


class CorrectionForm(forms.Form):
    """Each field left empty leaves the reader to it, whose answer is its first choice."""

    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    heading_row = NumberField(
        label=gettext_lazy("Row of the headings"),
        low=0,
        high=LAST_ROW,
        whole=True,
        help_text=gettext_lazy("0: there are none."),
    )
    identifier = forms.ChoiceField(label=gettext_lazy("Codes"), required=False)
    cost = forms.ChoiceField(label=gettext_lazy("Cost"), required=False)
    cost_vat = forms.ChoiceField(label=gettext_lazy("VAT of the costs"), required=False)
    pack_priced = forms.ChoiceField(label=gettext_lazy("The cost is that of"), required=False)
    pack = forms.ChoiceField(label=gettext_lazy("Units in a case"), required=False)
    quantity = forms.ChoiceField(label=gettext_lazy("Quantity"), required=False)
    currency = forms.ChoiceField(label=gettext_lazy("Currency of the costs"), required=False)
    rate = NumberField(low=LOWEST_RATE, high=HIGHEST_RATE)

    def __init__(
        self,
        data: Any = None,
        *,
        read: ReadList,
        stored: Corrections,
        marketplace: str,
        currency: str,
        usual: VatBasis,
    ) -> None:
        """``read`` and ``stored`` are how the list was read last, ``currency`` the marketplace's,
        ``usual`` how the chosen profile states costs.
        """
        super().__init__(data, initial=_initial(stored))
        self.read, self.stored = read, stored
        self._offer("sheet", read.sheet, [(name, name) for name in read.sheets])
        columns, named = read.columns, [column_text(name) for name in read.headings[:MOST_CELLS]]
        offered = [(str(at), _told_apart(at, named)) for at in range(len(named))]
        none = (str(NO_COLUMN), _("none"))
        found = {
            "identifier": ", ".join(map(column_text, columns.identifiers)),
            "cost": columns.cost,
            "quantity": columns.quantity,
            "pack": columns.pack,
        }
        for name in COLUMNS:
            heading = found[name] if name == "identifier" else column_text(found[name] or "")
            more = offered if name == "identifier" else [none, *offered]
            self._offer(name, heading or none[1], more)
        unit, case = _("one unit"), _("a case, divided by its units")
        self._offer(
            "pack_priced", case if columns.pack_priced else unit, [(UNIT, unit), (CASE, case)]
        )
        if has_vat(marketplace):
            said = costs.basis_label(columns.cost_vat) if columns.cost_vat else ""
            default = _("%(basis)s, as your profile") % {"basis": costs.basis_label(usual)}
            bases = [(value, str(label)) for value, label in CostVat.choices]
            self._offer("cost_vat", said or default, bases)
        else:
            del self.fields["cost_vat"]
        written = columns.currency or currency
        known = dict.fromkeys([*FOREIGN, written, stored.currency or written])
        self._offer("currency", written, [(code, code) for code in known])
        foreign = self._foreign() or (written if written != currency else "")
        self.fields["rate"].label = (
            _("1 %(foreign)s in %(currency)s") % {"foreign": foreign, "currency": currency}
            if foreign
            else _("Rate into %(currency)s") % {"currency": currency}
        )
        self.fields["rate"].help_text = _("Only for costs in another currency.")
        if not read.sheets:
            del self.fields["sheet"]
        row = self.fields["heading_row"]
        row.widget.attrs["placeholder"] = str(columns.heading_row)

    def corrections(self) -> Corrections:
        """What was said, after ``is_valid()``.

        Columns are counted on the table that was shown: where another sheet or another row of
        headings is chosen, those said before are forgotten.
        """
        data = self.cleaned_data
        sheet, row = data.get("sheet") or None, data["heading_row"]
        is_same = (sheet, row) == (self.stored.sheet, self.stored.heading_row)
        columns = {name: _column(data[name]) if is_same else None for name in COLUMNS}
        rate, currency = data["rate"], data["currency"] or None
        basis = data.get("cost_vat")
        return Corrections(
            sheet=sheet,
            heading_row=row,
            **columns,
            pack_priced={UNIT: False, CASE: True}.get(data["pack_priced"]),
            vat=VatBasis(basis) if basis else None,
            # A rate answers the question that was asked, without saying its currency again.
            currency=currency or (self._foreign() if rate is not None else None),
            rate=rate,
        )

    def _offer(self, name: str, read: str | None, more: Iterable[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = [("", _("as read: %(what)s") % {"what": read or "–"}), *more]

    def _foreign(self) -> str | None:
        """The currency the reader asks a rate for, or for which one was confirmed."""
        asked = (
            doubt.params.get("currency", "")
            for doubt in self.read.doubts
            if doubt.code is DoubtCode.FOREIGN_CURRENCY
        )
        return next((code for code in asked if len(code) == 3), self.stored.currency)


def _told_apart(at: int, named: list[str]) -> str:
    """A heading, with its place where another column bears the same: ``Prix (column 3)``."""
    name = named[at]
    return f"{name} ({column_text(f'#{at + 1}')})" if named.count(name) > 1 else name


def _column(chosen: str) -> int | None:
    return int(chosen) if chosen else None


def _initial(stored: Corrections) -> dict[str, Any]:
    """What the form starts with: what was said before."""
    said: dict[str, Any] = {
        "sheet": stored.sheet,
        "heading_row": stored.heading_row,
        "cost_vat": stored.vat,
        "currency": stored.currency,
        "rate": stored.rate,
    }
    if stored.pack_priced is not None:
        said["pack_priced"] = CASE if stored.pack_priced else UNIT
    return said | {name: getattr(stored, name) for name in COLUMNS}
