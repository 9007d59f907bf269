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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from discovery.keepa.categories import stored as categories_stored
from discovery.keepa.categories.known import known_categories
from discovery.keepa.errors import InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.models import Niche, Run
from discovery.pages.choices import category_choices, default_marketplace, marketplace_choices
from discovery.profiles import service
from discovery.profiles.service import ActiveProfile, UnknownProfile, all_profiles
from discovery.search.request import NicheRequest, read_niche
from discovery.search.request_fields import DEFAULT_RESULTS
from discovery.text import formats
from discovery.text.conditions import category_label, filters_in_words
from discovery.text.numbers import refusal

MOST_PRODUCTS = 500
NUMBERS = (
    "bsr_min",
    "bsr_max",
    "price_min",
    "price_max",
    "new_offers_max",
    "monthly_sold_min",
    "max_results",
)
CATEGORY_SEPARATOR = ";"


def _typed(label: Any, *, mode: str = "numeric", **kwargs: Any) -> forms.Field:
    """A number that goes to the reader as it was typed."""
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": mode})
    return forms.Field(label=label, widget=widget, **{"required": False, **kwargs})


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
    bsr_min = _typed(gettext_lazy("Lowest rank"))
    bsr_max = _typed(gettext_lazy("Highest rank"))
    price_min = _typed(gettext_lazy("Lowest price"), mode="decimal")
    price_max = _typed(gettext_lazy("Highest price"), mode="decimal")
    new_offers_max = _typed(gettext_lazy("Sellers at most"))
    monthly_sold_min = _typed(
        gettext_lazy("Sales a month at least"),
        help_text=gettext_lazy("Leaves out products whose sales Amazon does not tell."),
    )
    profile = forms.CharField(label=gettext_lazy("Business profile"), widget=forms.Select)
    max_results = _typed(gettext_lazy("Products to score"), required=True)
    # Not a BooleanField, which takes any text for a yes.
    amazon_absent = forms.Field(
        label=gettext_lazy("Only where Amazon does not sell"),
        required=False,
        widget=forms.CheckboxInput,
    )
    name = forms.CharField(
        label=pgettext_lazy("of a niche", "Name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    niche_id = forms.CharField(required=False, widget=forms.HiddenInput)  # checked by the view
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
            "marketplace": default_marketplace(user),
            "max_results": DEFAULT_RESULTS,
            "profile": service.default_profile_slug(user),
        }
        kwargs["initial"] = {**defaults, **(initial or {})}
        super().__init__(*args, **kwargs)
        self.to_keep = to_keep
        self.profiles = {profile.slug: profile for profile in all_profiles(user=user)}
        self._asked: NicheRequest | None = None
        self._offer_choices()
        for name in self.errors:
            if name in self.fields:
                described = f"{self[name].auto_id}_error"
                self.fields[name].widget.attrs["aria-describedby"] = described

    def _offer_choices(self) -> None:
        code = str(self["marketplace"].value())
        offered = {
            "marketplace": marketplace_choices(),
            "category": category_choices(code),
            "profile": [(profile.slug, profile.name) for profile in self.profiles.values()],
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

    def clean_extra(self) -> dict[str, Any]:
        """The conditions that travel along, decoded."""
        extra = _conditions(self.cleaned_data["extra"])
        if extra is None:
            raise ValidationError(_("The niche's other conditions could not be read."))
        return extra

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
        asked: dict[str, Any] = dict(data.get("extra") or {})
        asked |= {name: data[name] for name in ("marketplace", *NUMBERS) if data.get(name)}
        if box := self.data.get("amazon_absent"):
            asked["amazon_absent"] = box
        below = (data.get("subcategory") or "").split(CATEGORY_SEPARATOR)
        if names := [term for term in (data.get("category"), *below) if term and term.strip()]:
            asked["categories"] = names
        return asked

    def _field_of(self, name: str) -> str | None:
        if name == "categories":
            return "subcategory" if self.cleaned_data.get("subcategory") else "category"
        return name if name in self.fields else None

    def other_conditions(self) -> tuple[str, ...]:
        """In words, the conditions that have no field here and travel along."""
        extra = _conditions(self["extra"].value())
        if not extra:
            return ()
        marketplace = str(self["marketplace"].value())
        _market, *phrases = filters_in_words({"marketplace": marketplace, **extra}, {})
        try:
            "".join(phrases).encode()
        except UnicodeEncodeError:  # half a surrogate pair cannot be shown
            return ()
        return tuple(phrases)

    @property
    def asked(self) -> NicheRequest:
        """The form's content. Raises ``ValueError`` before a successful ``is_valid()``."""
        if self._asked is None or not self.is_valid():
            raise ValueError("the form is not valid")
        return self._asked


def _conditions(text: Any) -> dict[str, Any] | None:
    """The conditions written as JSON, none for no text; ``None`` for what cannot be read."""
    try:
        conditions = json.loads(text or "{}")
    except (ValueError, TypeError, RecursionError):
        return None
    return conditions if isinstance(conditions, dict) else None


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
    except (ValueError, TypeError, RecursionError):
        return {}
    return dict(_initial_filters(filters.canonical()))


def _initial_filters(stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    marketplace = str(stored.get("marketplace", "us"))
    ids = [*stored.get("root_categories", ()), *stored.get("categories_include", ())]
    names = categories_stored.category_names(filters=[stored])
    labels = {str(pk): category_label(marketplace, int(pk), names) for pk in ids}
    listed = {category.name for category in known_categories(marketplace)}
    yield "marketplace", marketplace
    if len(labels) == 1 and listed.issuperset(labels.values()):
        yield "category", next(iter(labels.values()))
    elif labels:
        # With its number, so that it can be typed again: several may bear one name.
        terms = [pk if label == pk else f"{label} ({pk})" for pk, label in labels.items()]
        yield "subcategory", f"{CATEGORY_SEPARATOR} ".join(terms)
    yield "amazon_absent", bool(stored.get("amazon_absent"))
    shown = {"marketplace", "root_categories", "categories_include", "amazon_absent", *NUMBERS}
    for name in shown.intersection(NUMBERS, stored):
        value = Decimal(stored[name])
        yield name, formats.number(value, 0 if value == value.to_integral_value() else 2)
    if extra := {name: value for name, value in stored.items() if name not in shown}:
        yield "extra", json.dumps(extra)
