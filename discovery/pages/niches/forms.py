"""The search form: what a person types, in either language, becomes a ``NicheFilters``.

Limits and sentences about them are those of ``NicheFilters.parse``: there is one set of rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from discovery.keepa.categories import stored as categories_stored
from discovery.keepa.categories.known import known_categories
from discovery.keepa.categories.stored import resolve_categories
from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Niche, Run
from discovery.pages.choices import category_choices, default_marketplace
from discovery.profiles import service
from discovery.profiles.service import ActiveProfile, UnknownProfile, all_profiles
from discovery.text import formats
from discovery.text.conditions import category_label, filters_in_words, marketplace_label

MOST_PRODUCTS = 500


DEFAULT_PRODUCTS = 50
INTEGERS = ("bsr_min", "bsr_max", "new_offers_max", "monthly_sold_min")
AMOUNTS = ("price_min", "price_max")
CATEGORY_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid form, ready for the services."""

    filters: NicheFilters
    profile: ActiveProfile
    max_results: int
    name: str


class SearchForm(forms.Form):
    """A niche as its owner describes it; ``asked()`` after ``is_valid()``."""

    marketplace = forms.CharField(label=gettext_lazy("Marketplace"), widget=forms.Select)
    category = forms.CharField(label=gettext_lazy("Category"), required=False, widget=forms.Select)
    subcategory = forms.CharField(
        label=gettext_lazy("or sub-category"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Its name or its Keepa number; several are separated by “;”."),
    )
    bsr_min = forms.CharField(label=gettext_lazy("Lowest rank"), required=False)
    bsr_max = forms.CharField(label=gettext_lazy("Highest rank"), required=False)
    price_min = forms.CharField(label=gettext_lazy("Lowest price"), required=False)
    price_max = forms.CharField(label=gettext_lazy("Highest price"), required=False)
    new_offers_max = forms.CharField(label=gettext_lazy("Sellers at most"), required=False)
    monthly_sold_min = forms.CharField(
        label=gettext_lazy("Sales a month at least"),
        required=False,
        help_text=gettext_lazy("Leaves out products whose sales Amazon does not tell."),
    )
    profile = forms.CharField(label=gettext_lazy("Business profile"), widget=forms.Select)
    max_results = forms.CharField(label=gettext_lazy("Products to score"))
    amazon_absent = forms.BooleanField(
        label=gettext_lazy("Only where Amazon does not sell"), required=False
    )
    name = forms.CharField(
        label=pgettext_lazy("of a niche", "Name"), required=False, max_length=120
    )
    niche_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # Conditions of a saved niche that have no field here travel along unseen.
    extra = forms.CharField(required=False, max_length=5000, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        user: AbstractBaseUser,
        to_keep: bool = False,
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        defaults = {
            "marketplace": default_marketplace(),
            "max_results": DEFAULT_PRODUCTS,
            "profile": service.default_profile_slug(),
        }
        kwargs["initial"] = {**defaults, **(initial or {})}
        super().__init__(*args, **kwargs)
        self.to_keep = to_keep
        self.profiles = {profile.slug: profile for profile in all_profiles(user=user)}
        self._filters: NicheFilters | None = None
        self._offer_choices()
        self._describe_inputs()

    def _offer_choices(self) -> None:
        code = str(self["marketplace"].value())
        offered = {
            "marketplace": [(one, marketplace_label(one)) for one in MARKETPLACES],
            "category": category_choices(code),
            "profile": [(one.slug, one.name) for one in self.profiles.values()],
        }
        for name, choices in offered.items():
            self.fields[name].widget.choices = choices
        self.fields["marketplace"].widget.attrs |= {
            "hx-get": reverse("discovery:categories"),
            "hx-target": "#category-field",
            # What is chosen while the list is on its way would be lost with it.
            "hx-disabled-elt": "#id_category",
        }

    def _describe_inputs(self) -> None:
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.TextInput):
                field.widget.attrs["autocomplete"] = "off"
            if name in AMOUNTS:
                field.widget.attrs["inputmode"] = "decimal"
            elif name in (*INTEGERS, "max_results"):
                field.widget.attrs["inputmode"] = "numeric"
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-describedby"] = f"{self[name].auto_id}_error"

    def clean_profile(self) -> str:
        slug = str(self.cleaned_data["profile"])
        if slug not in self.profiles:
            raise ValidationError(str(UnknownProfile(slug)))
        return slug

    def clean_max_results(self) -> int:
        text = self.cleaned_data["max_results"]
        count = formats.read_integer(text)
        if count is None:
            raise ValidationError(str(FieldProblem("not_an_integer", {"value": text[:60]})))
        if not 1 <= count <= MOST_PRODUCTS:
            code, limit = ("too_small", 1) if count < 1 else ("too_large", MOST_PRODUCTS)
            raise ValidationError(str(FieldProblem(code, {"value": count, "limit": limit})))
        return count

    def clean_extra(self) -> dict[str, Any]:
        try:
            extra = json.loads(self.cleaned_data["extra"] or "{}")
        except ValueError:
            extra = None
        if not isinstance(extra, dict):
            raise ValidationError(_("The niche's other conditions could not be read."))
        return extra

    def clean(self) -> dict[str, Any]:
        if self.to_keep and not self.cleaned_data.get("name"):
            self.add_error("name", str(FieldProblem("required")))
        try:
            self._filters = NicheFilters.parse(self._conditions(), resolve=resolve_categories)
        except InvalidFilters as error:
            for name, sentences in error.messages.items():
                self.add_error(self._field_of(name), sentences)
        return self.cleaned_data

    def _conditions(self) -> dict[str, Any]:
        data = self.cleaned_data
        asked: dict[str, Any] = dict(data.get("extra") or {})
        asked["marketplace"] = data.get("marketplace", "")
        terms = [data.get("category", ""), *data.get("subcategory", "").split(CATEGORY_SEPARATOR)]
        if names := [term.strip() for term in terms if term.strip()]:
            asked["categories"] = names
        for name in (*INTEGERS, *AMOUNTS):
            text = data.get(name, "")
            read = formats.read_integer if name in INTEGERS else formats.read_decimal
            value = read(text) if text else None
            # What cannot be read goes through as typed: the rules name it in their sentence.
            if text:
                asked[name] = text if value is None else value
        if data.get("amazon_absent"):
            asked["amazon_absent"] = True
        return asked

    def _field_of(self, name: str) -> str | None:
        if name == "categories":
            return "subcategory" if self.cleaned_data.get("subcategory") else "category"
        return name if name in self.fields else None

    def other_conditions(self) -> tuple[str, ...]:
        """In words, the conditions that have no field here and travel along."""
        try:
            extra = json.loads(self["extra"].value() or "{}")
        except (ValueError, TypeError):
            return ()
        if not isinstance(extra, dict) or not extra:
            return ()
        marketplace = str(self["marketplace"].value())
        _market, *phrases = filters_in_words({"marketplace": marketplace, **extra}, {})
        return tuple(phrases)

    def asked(self) -> Asked:
        """The form's content. Raises ``ValueError`` before a successful ``is_valid()``."""
        if self._filters is None:
            raise ValueError("the form is not valid")
        data = self.cleaned_data
        return Asked(
            filters=self._filters,
            profile=self.profiles[data["profile"]],
            max_results=data["max_results"],
            name=data["name"],
        )


def initial_from(asked: Niche | Run) -> dict[str, Any]:
    """The form's content for a saved niche, or for a search already made."""
    initial: dict[str, Any] = dict(_initial_filters(asked.filters))
    initial["max_results"] = asked.max_results
    if asked.profile:
        initial["profile"] = asked.profile.slug
    if isinstance(asked, Niche):
        initial |= {"niche_id": asked.pk, "name": asked.name}
    return initial


def initial_asked(text: str) -> dict[str, Any]:
    """The form's content for a niche as JSON; empty for what is none."""
    try:
        filters = NicheFilters.from_canonical(json.loads(text))
    except (ValueError, TypeError, AttributeError):
        return {}
    return dict(_initial_filters(filters.canonical()))


def _initial_filters(stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    marketplace = str(stored.get("marketplace", "us"))
    roots = [str(one) for one in stored.get("root_categories", ())]
    below = [str(one) for one in stored.get("categories_include", ())]
    names = categories_stored.category_names(filters=[stored])
    labels = [category_label(marketplace, int(one), names) for one in (*roots, *below)]
    listed = {one.name for one in known_categories(marketplace)}
    yield "marketplace", marketplace
    if len(labels) == 1 and labels[0] in listed:
        yield "category", labels[0]
    elif labels:
        ids = (*roots, *below)
        told = [_told(label, one) for label, one in zip(labels, ids, strict=True)]
        yield "subcategory", f"{CATEGORY_SEPARATOR} ".join(told)
    shown = {"marketplace", "root_categories", "categories_include", "amazon_absent"}
    yield "amazon_absent", bool(stored.get("amazon_absent"))
    for name in INTEGERS:
        shown.add(name)
        if name in stored:
            yield name, formats.number(stored[name])
    for name in AMOUNTS:
        shown.add(name)
        if name in stored:
            yield name, _amount(str(stored[name]))
    if extra := {name: value for name, value in stored.items() if name not in shown}:
        yield "extra", json.dumps(extra)


def _told(label: str, category_id: str) -> str:
    """A category as it can be typed again: several may bear one name."""
    return label if label == category_id else f"{label} ({category_id})"


def _amount(text: str) -> str:
    value = formats.read_decimal(text)
    if value is None:
        return text
    return formats.number(value, 0 if value == value.to_integral_value() else 2)
