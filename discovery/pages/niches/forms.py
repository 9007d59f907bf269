"""The search form: what a person types, in either language, becomes a ``NicheFilters``.

What is typed is read by ``discovery.search.request``: there is one set of rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from discovery.keepa.categories import stored as categories_stored
from discovery.keepa.categories.known import known_categories
from discovery.keepa.categories.stored import resolve_categories
from discovery.keepa.errors import InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Niche, Run
from discovery.niches.niche_request import MOST_PRODUCTS
from discovery.pages.choices import category_choices, default_marketplace, marketplace_choices
from discovery.pages.described import describe_errors
from discovery.pages.niches.filter_fields import (
    CHOICES,
    ENDS,
    FLAG_NAMES,
    LISTED,
    SEPARATOR,
    Theme,
    choices_of,
    filter_fields,
    themes_of,
    typed,
    words,
)
from discovery.profiles import service
from discovery.profiles.service import ActiveProfile, UnknownProfile, all_profiles
from discovery.search.request import NicheRequest, read_niche
from discovery.search.request_fields import DEFAULT_RESULTS
from discovery.text import formats
from discovery.text.conditions import category_label
from discovery.text.numbers import refusal

NUMBERS = (*ENDS, "max_results")


class SearchForm(forms.Form):
    """A niche as its owner describes it; ``asked`` after ``is_valid()``."""

    marketplace = forms.CharField(label=gettext_lazy("Marketplace"), widget=forms.Select)
    category = forms.Field(label=gettext_lazy("Category"), required=False, widget=forms.Select)
    subcategory = forms.Field(
        label=gettext_lazy("or sub-category"),
        required=False,
        help_text=gettext_lazy("Its name or its Keepa number; several are separated by “;”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 1000}),
    )
    title = words(gettext_lazy("Words of the title"))
    profile = forms.CharField(label=gettext_lazy("Business profile"), widget=forms.Select)
    max_results = typed(gettext_lazy("Number of products to analyse"), required=True)
    name = forms.CharField(
        label=pgettext_lazy("of a niche", "Name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    niche_id = forms.CharField(required=False, widget=forms.HiddenInput)  # checked by the view

    def __init__(
        self,
        *args: Any,
        user: AbstractBaseUser,
        to_keep: bool = False,
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.home = default_marketplace(user)
        self.profiles = {profile.slug: profile for profile in all_profiles(user=user)}
        defaults = {
            "marketplace": self.home,
            "max_results": DEFAULT_RESULTS,
            "profile": service.default_profile_slug(user),
        }
        kwargs["initial"] = {**defaults, **(initial or {})}
        super().__init__(*args, **kwargs)
        self.fields.update(filter_fields())
        self.fields["monthly_sold_min"].help_text = gettext_lazy(
            "Leaves out products whose sales Amazon does not tell."
        )
        self.to_keep = to_keep
        self._asked: NicheRequest | None = None
        self._offer_choices()
        describe_errors(self)

    def _offer_choices(self) -> None:
        code = str(self["marketplace"].value())
        offered = {
            "marketplace": marketplace_choices(),
            "category": category_choices(code),
            "profile": [(profile.slug, profile.name) for profile in self.profiles.values()],
            **{name: choices_of(name) for name in CHOICES},
        }
        for name, choices in offered.items():
            self.fields[name].widget.choices = choices
        self.fields["marketplace"].widget.attrs |= {
            "hx-get": reverse("discovery:categories"),
            "hx-target": "#category-field",
            # What is chosen while the list is on its way would be lost with it.
            "hx-disabled-elt": "#id_category",
        }

    def clean_profile(self) -> ActiveProfile:
        """The profile of that name, if it is open to the user."""
        slug = str(self.cleaned_data["profile"])
        if slug not in self.profiles:
            raise ValidationError(str(UnknownProfile(slug)))
        return self.profiles[slug]

    def clean(self) -> dict[str, Any]:
        """Let the one reader of questions read it, and put each refusal beside its field."""
        if self.to_keep and not self.cleaned_data.get("name"):
            self.add_error("name", refusal("required"))
        try:
            self._asked = read_niche(
                self._question(), scoring=False, most_results=MOST_PRODUCTS, complete=False
            )
        except InvalidFilters as error:
            self.refuse(error)
        return self.cleaned_data

    def refuse(self, error: InvalidFilters) -> None:
        """Put each problem beside the field it is about."""
        for name, sentences in error.messages.items():
            field = self._field_of(name)
            self.add_error(field, sentences if field else [f"{name}: {s}" for s in sentences])

    def _question(self) -> dict[str, Any]:
        """What the reader is asked: the fields as typed, upon the conditions that have none."""
        data = self.cleaned_data
        plain = ("marketplace", "title", *NUMBERS, *CHOICES)
        asked: dict[str, Any] = {name: data[name] for name in plain if data.get(name)}
        asked |= {name: box for name in FLAG_NAMES if (box := self.data.get(name))}
        for name in LISTED:
            if terms := _terms(data.get(name)):
                asked[name] = terms
        if names := _terms(data.get("category")) + _terms(data.get("subcategory")):
            asked["categories"] = names
        if left_out := self._left_out(_terms(data.get("excluded"))):
            asked["categories_exclude"] = left_out
        return asked

    def _left_out(self, terms: list[str]) -> list[int]:
        """The numbers of the categories left out; each is on its own, so any mixture will do."""
        marketplace = str(self.cleaned_data.get("marketplace", "")).strip().lower()
        numbers: set[int] = set()
        for term in terms if marketplace in MARKETPLACES else ():
            try:
                found = resolve_categories([term], marketplace)
            except InvalidFilters as error:
                self.add_error("excluded", error.messages["categories"])
            else:
                numbers |= {*found.root_categories, *found.categories_include, *found.pending}
        return sorted(numbers)

    def _field_of(self, name: str) -> str | None:
        if name == "categories":
            return "subcategory" if self.cleaned_data.get("subcategory") else "category"
        if name == "categories_exclude":
            return "excluded"
        return name if name in self.fields else None

    def themes(self) -> tuple[Theme, ...]:
        """What can be added to the question, by theme."""
        return themes_of(self)

    def is_filtered(self) -> bool:
        """Whether any of them is in use."""
        return any(one.is_set for theme in self.themes() for one in theme.filters)

    @property
    def asked(self) -> NicheRequest:
        """The form's content. Raises ``ValueError`` before a successful ``is_valid()``."""
        if self._asked is None or not self.is_valid():
            raise ValueError("the form is not valid")
        return self._asked


def _terms(text: Any) -> list[str]:
    """What was typed between semicolons."""
    return [term.strip() for term in str(text or "").split(SEPARATOR) if term.strip()]


def initial_from(asked: Niche | Run) -> dict[str, Any]:
    """The form's content for a saved niche, or for a search already made."""
    initial = {**dict(_initial_filters(asked.filters)), "max_results": asked.max_results}
    if asked.profile:
        initial["profile"] = asked.profile.slug
    if isinstance(asked, Niche):
        initial |= {"niche_id": asked.pk, "name": asked.name}
    return initial


def initial_asked(text: str) -> dict[str, Any]:
    """The form's content for a niche as JSON; empty for what is none."""
    try:
        filters = NicheFilters.from_canonical(json.loads(text))
        initial = dict(_initial_filters(filters.canonical()))
        "".join(map(str, initial.values())).encode()  # half a surrogate pair cannot be shown
    except (ValueError, TypeError, RecursionError):
        return {}
    return initial


def _initial_filters(stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    marketplace = str(stored.get("marketplace", "us"))
    names = categories_stored.category_names(filters=[stored])

    def labelled(*fields: str) -> dict[str, str]:
        ids = [pk for field in fields for pk in stored.get(field, ())]
        return {str(pk): category_label(marketplace, int(pk), names) for pk in ids}

    labels = labelled("root_categories", "categories_include")
    listed = {category.name for category in known_categories(marketplace)}
    yield "marketplace", marketplace
    if len(labels) == 1 and listed.issuperset(labels.values()):
        yield "category", next(iter(labels.values()))
    elif labels:
        yield "subcategory", _joined(labels)
    if left_out := labelled("categories_exclude"):
        yield "excluded", _joined(left_out)
    yield from _other_filters(stored)


def _other_filters(stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in FLAG_NAMES:
        yield name, bool(stored.get(name))
    for name in ("title", *CHOICES):
        if stored.get(name):
            yield name, stored[name]
    for name in LISTED:
        if stored.get(name):
            yield name, f"{SEPARATOR} ".join(stored[name])
    for name in set(ENDS).intersection(stored):
        value = Decimal(stored[name])
        yield name, formats.number(value, 0 if value == value.to_integral_value() else 2)


def _joined(labels: Mapping[str, str]) -> str:
    """Categories with their numbers, so that they can be typed again: several bear one name."""
    terms = [pk if label == pk else f"{label} ({pk})" for pk, label in labels.items()]
    return f"{SEPARATOR} ".join(terms)
