"""The fields of the search form that come from the tables of the Product Finder's conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BoundField
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.keepa.finder_fields import FLAGS, PRICE_TYPES, RANGES, SORTS, Unit
from discovery.text import filter_labels
from discovery.text.filter_labels import LABELS, THEMES, WORDS

if TYPE_CHECKING:
    from discovery.pages.niches.forms import SearchForm

RANGE_NAMES = tuple(condition.name for condition in RANGES)
FLAG_NAMES = tuple(flag.name for flag in FLAGS)
ENDS = tuple(f"{name}_{end}" for name in RANGE_NAMES for end in ("min", "max"))
CHOICES = ("price_type", "sort")
LISTED = ("brand", "author")  # several, separated by a semicolon
SEPARATOR = ";"
SHORT_LABELS = {
    "bsr_min": gettext_lazy("Min. BSR"),
    "bsr_max": gettext_lazy("Max. BSR"),
    "price_min": gettext_lazy("Min. price"),
    "price_max": gettext_lazy("Max. price"),
    "new_offers_min": gettext_lazy("Min. sellers"),
    "new_offers_max": gettext_lazy("Max. sellers"),
    "monthly_sold_min": gettext_lazy("Min. sales a month"),
    "monthly_sold_max": gettext_lazy("Max. sales a month"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that can be added: its name and label, and the fields it is made of.

    ``kind`` is ``range``, ``flag`` or ``text``.
    """

    name: str
    label: str
    kind: str
    fields: tuple[BoundField, ...]

    @property
    def is_set(self) -> bool:
        """Whether anything is asked, or refused, with it."""
        if any(field.errors for field in self.fields):
            return True
        if self.name in CHOICES:
            return str(self.fields[0].value() or "") not in {"", _default(self.name)}
        return any(field.value() not in (None, "", False) for field in self.fields)


@dataclass(frozen=True, slots=True)
class Theme:
    """Conditions that belong together."""

    name: str
    filters: tuple[Filter, ...]


def typed(label: Any, *, mode: str = "numeric", **kwargs: Any) -> forms.Field:
    """A number that goes to the reader as it was typed."""
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": mode})
    return forms.Field(label=label, widget=widget, **{"required": False, **kwargs})


def words(label: Any, **kwargs: Any) -> forms.Field:
    """Words that go to the reader as they were typed."""
    widget = forms.TextInput(attrs={"autocomplete": "off", "maxlength": 1000})
    return forms.Field(label=label, required=False, widget=widget, **kwargs)


def tick(label: Any) -> forms.Field:
    """A yes-or-no filter. Not a BooleanField, which takes any text for a yes."""
    return forms.Field(label=label, required=False, widget=forms.CheckboxInput)


def filter_fields() -> Iterator[tuple[str, forms.Field]]:
    """Every field that the tables ask for, by its name."""
    for condition in RANGES:
        label = gettext_lazy(LABELS[condition.name])
        mode = "numeric" if condition.unit is Unit.INTEGER else "decimal"
        for end, template in (("min", "{}, min."), ("max", "{}, max.")):
            name = f"{condition.name}_{end}"
            yield name, typed(SHORT_LABELS.get(name) or format_lazy(template, label), mode=mode)
    for flag in FLAGS:
        yield flag.name, tick(gettext_lazy(LABELS[flag.name]))
    several = gettext_lazy("Several are separated by “;”.")
    for name in LISTED:
        yield name, words(gettext_lazy(WORDS[name]), help_text=several)
    yield "excluded", words(gettext_lazy(WORDS["excluded"]), help_text=several)
    for name in CHOICES:
        yield (
            name,
            forms.Field(label=gettext_lazy(WORDS[name]), required=False, widget=forms.Select),
        )


def choices_of(name: str) -> list[tuple[str, str]]:
    """What the selects of prices and of orders offer."""
    if name == "price_type":
        return [(code, _(filter_labels.PRICE_TYPES[code])) for code in PRICE_TYPES]
    return [(code, _(filter_labels.SORTS[code])) for code in SORTS]


def themes_of(form: SearchForm) -> tuple[Theme, ...]:
    """What can be added to the form, with what is in it."""
    return tuple(
        Theme(_(title), tuple(_filter(form, name) for name in names))
        for title, names in THEMES.items()
    )


def _filter(form: SearchForm, name: str) -> Filter:
    if name in RANGE_NAMES:
        return Filter(name, _(LABELS[name]), "range", (form[f"{name}_min"], form[f"{name}_max"]))
    if name in FLAG_NAMES:
        return Filter(name, _(LABELS[name]), "flag", (form[name],))
    return Filter(name, _(WORDS[name]), "text", (form[name],))


def _default(name: str) -> str:
    return choices_of(name)[0][0]
