"""A business profile as a form: one field a setting, from the engine's own declarations.

Bounds and their sentences are those of ``discovery.scoring.settings``: there is one set of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from discovery.keepa.categories.checked import problems_of
from discovery.keepa.categories.stored import category_names, resolve_categories
from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.models import BusinessProfile
from discovery.pages.choices import marketplace_choices
from discovery.profiles import text as profiles_text
from discovery.profiles.profile_request import MOST_OVERRIDES
from discovery.profiles.setting_words import names_by_group
from discovery.scoring import InvalidSetting, Profile
from discovery.scoring.currencies import currency_of, local_amount
from discovery.scoring.profile import MONEY_SETTINGS, SCOPE, SPECS, specs_in
from discovery.scoring.settings import SettingValue, Spec, read
from discovery.scoring.shipped_profiles import SHIPPED
from discovery.text import conditions
from discovery.text.numbers import read_number

DEFAULTS = SHIPPED["equilibre"]


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """A part of the form; open when something in it is wrong or differs from the defaults."""

    name: str
    title: str
    text: str
    fields: tuple[BoundField, ...]
    changed: int
    is_open: bool


def _setting_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            profiles_text.setting_group(group)[0],
            [(name, profiles_text.setting_label(name)) for name in names],
        )
        for group, names in names_by_group().items()
    ]


class NewOverrideForm(forms.Form):
    """Where a setting is to be different, and which."""

    marketplace = forms.ChoiceField(label=gettext_lazy("Marketplace"), choices=marketplace_choices)
    category = forms.CharField(
        label=gettext_lazy("Category"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Its name or its Keepa number; empty: the whole marketplace."),
    )
    setting = forms.ChoiceField(label=gettext_lazy("Setting"), choices=_setting_choices)
    prefix = "new"
    scope = ""  # a marketplace, or ``marketplace:category``, after ``is_valid()``

    def clean(self) -> dict[str, Any]:
        """Find the category by its name or number: ``scope`` is what the exception is for."""
        data = self.cleaned_data
        marketplace, term = data.get("marketplace", ""), data.get("category", "").strip()
        self.scope = marketplace
        if marketplace and term:
            try:
                found = resolve_categories([term], marketplace)
            except InvalidFilters as error:
                for sentences in error.messages.values():
                    self.add_error("category", sentences)
            else:
                ids = (*found.categories_include, *found.root_categories)
                if ids:
                    self.scope = f"{marketplace}:{ids[0]}"
                else:
                    self._refuse(found.pending, marketplace)
        return data

    def _refuse(self, numbers: Sequence[int], marketplace: str) -> None:
        """An exception is for a category that is known: nothing is looked up here."""
        unknown = [FieldProblem("unknown_category", {"value": number}) for number in numbers]
        problems = problems_of({"category": numbers}, marketplace).get("category", unknown)
        self.add_error("category", [str(problem) for problem in problems])


class ProfileForm(forms.Form):
    """Every setting of a profile; ``cleaned_data["settings"]`` is what a profile stores."""

    name = forms.CharField(label=gettext_lazy("Name of the profile"), max_length=80)
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=300, required=False
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, profile: BusinessProfile) -> None:
        initial = {
            "name": profile.name,
            "description": _(profile.description) if profile.description else "",
            "revision": profile.revision,
        }
        super().__init__(data, initial=initial)
        stored = Profile.from_settings(profile.settings)
        for setting, spec in SPECS.items():
            self._add(setting, setting, spec, getattr(stored, setting))
        self.overridden = list(_posted(data) if data is not None else _stored(stored))
        scopes = [scope for scope, _setting, _value in self.overridden]
        self.names = _names([*(profile.settings.get("overrides") or {}), *scopes])
        for index, (scope, setting, value) in enumerate(self.overridden):
            self._add(f"o{index}", setting, specs_of(scope)[setting], value, scope)
            place = profiles_text.scope_label(scope, self.names)
            self.fields[f"o{index}"].label = f"{self.fields[f'o{index}'].label}, {place}"

    def _add(
        self, field: str, setting: str, spec: Spec, value: SettingValue, scope: str = ""
    ) -> None:
        self.fields[field] = _field(setting, spec, scope)
        if setting in MONEY_SETTINGS and not scope and isinstance(value, Decimal):
            elsewhere = profiles_text.amounts_elsewhere(value)
            self.fields[field].help_text = f"{elsewhere} {self.fields[field].help_text}"
        self.initial[field] = typed(value)
        if self.is_bound:
            self.fields[field].widget.attrs["aria-describedby"] = f"id_{field}_error"

    def clean(self) -> dict[str, Any]:
        """Read every setting, then let the engine check them together."""
        values = dict(self._read_all())
        plain = {name: value for name, value in values.items() if name in SPECS}
        overrides: dict[str, dict[str, Any]] = {}
        for index, (scope, setting, _value) in enumerate(self.overridden):
            if f"drop{index}" not in self.data and f"o{index}" in values:
                overrides.setdefault(scope, {})[setting] = values[f"o{index}"]
        if not self.errors and self._accepts(plain):
            for scope, changes in overrides.items():
                self._accepts(plain, scope, changes)
        if not self.errors:
            stored = Profile.from_settings({**plain, "overrides": overrides})
            self.cleaned_data["settings"] = stored.to_settings()
        return self.cleaned_data

    def _accepts(
        self, plain: dict[str, Any], scope: str = "", changes: dict[str, Any] | None = None
    ) -> bool:
        """Whether the engine takes these settings, the changes of one scope included."""
        try:
            Profile.from_settings({**plain, "overrides": {scope: changes} if scope else {}})
        except InvalidSetting as error:
            if scope:
                place = profiles_text.scope_label(scope, self.names)
                self.add_error(None, f"{place}, {profiles_text.named_problem(error)}")
            else:
                self.add_error(error.name, profiles_text.setting_problem(error))
            return False
        return True

    def _read_all(self) -> Iterator[tuple[str, SettingValue]]:
        settings = {name: (name, spec) for name, spec in SPECS.items()}
        for index, (scope, setting, _value) in enumerate(self.overridden):
            if f"drop{index}" not in self.data:
                settings[f"o{index}"] = setting, specs_of(scope)[setting]
        for field, (setting, spec) in settings.items():
            text = str(self.cleaned_data.get(field, ""))
            try:
                yield field, read(setting, spec, _value_of(text, spec))
            except InvalidSetting as error:
                self.add_error(field, profiles_text.setting_problem(error))
            except ValidationError as error:
                self.add_error(field, error)

    def groups(self) -> list[SettingGroup]:
        """The fields by subject, each group with how many settings differ from Équilibré."""
        found = []
        for group, names in names_by_group().items():
            fields = tuple(self[name] for name in names)
            title, text = profiles_text.setting_group(group)
            changed = sum(self._is_changed(name) for name in names)
            is_open = group == "thresholds" or any(field.errors for field in fields)
            found.append(SettingGroup(group, title, text, fields, changed, is_open))
        return found

    def _is_changed(self, name: str) -> bool:
        return str(self[name].value()) != typed(getattr(DEFAULTS, name))

    def override_rows(self) -> list[tuple[str, str, BoundField, bool]]:
        """Each exception by its number in the form: scope, setting, field, and whether the reader
        takes it away.
        """
        return [
            (scope, setting, self[f"o{index}"], self.is_bound and f"drop{index}" in self.data)
            for index, (scope, setting, _value) in enumerate(self.overridden)
        ]


def may_override(data: QueryDict, *, scope: str, setting: str) -> bool:
    """Whether the sent form has room for this exception, and not the same one already."""
    sent = [(place, name) for place, name, _value in _posted(data)]
    return len(sent) < MOST_OVERRIDES and (scope, setting) not in sent


def with_override(data: QueryDict, *, scope: str, setting: str) -> QueryDict:
    """The sent form with one more override, which starts from the profile's own value."""
    index = sum(1 for _row in _posted(data))
    more = data.copy()
    more[f"scope{index}"], more[f"setting{index}"] = scope, setting
    more[f"o{index}"] = _there(data.get(setting, ""), setting, scope)
    return more


def specs_of(scope: str) -> Mapping[str, Spec]:
    """What each setting may hold in an exception: amounts are in its marketplace's currency."""
    return specs_in(currency_of(scope[:2]))


def _there(text: str, setting: str, scope: str) -> str:
    """The profile's own value as it is in force on a marketplace; what is no amount as it is."""
    if setting not in MONEY_SETTINGS:
        return text
    try:
        amount = read_number(text)
    except ValidationError:
        return text
    currency = currency_of(scope[:2])
    return typed(local_amount(amount, currency))


def typed(value: SettingValue) -> str:
    """A setting's value as a person would type it in the active language."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value.normalize(), "f")
        french = (get_language() or "fr").startswith("fr")
        return text.replace(".", ",") if french else text
    return str(value)


def _field(setting: str, spec: Spec, scope: str = "") -> forms.Field:
    help_text = profiles_text.setting_help(setting)
    field: forms.Field
    if spec.choices:
        choices = [("", profiles_text.choice_label(setting, None))] if spec.optional else []
        choices += [(typed(value), _choice_text(setting, spec, value)) for value in spec.choices]
        field = forms.CharField(required=False, widget=forms.Select(choices=choices))
    else:
        field = forms.CharField(required=False, max_length=40)
        field.widget.attrs = {"inputmode": "decimal", "autocomplete": "off"}
        if spec.optional:
            field.widget.attrs["placeholder"] = profiles_text.choice_label(setting, None)
        if spec.low is not None and spec.high is not None:
            bounds = _("From %(low)s to %(high)s.") % {
                "low": profiles_text.exact(spec.low),
                "high": profiles_text.exact(spec.high),
            }
            help_text = f"{help_text} {bounds}".strip()
    unit = profiles_text.setting_unit(setting, currency_of(scope[:2]))
    label = profiles_text.setting_label(setting)
    field.label = f"{label} ({unit})" if unit else label
    field.help_text = help_text
    return field


def _choice_text(setting: str, spec: Spec, value: SettingValue) -> str:
    if spec.kind == "integer":
        return profiles_text.setting_value(setting, value)
    return profiles_text.choice_label(setting, value)


def _value_of(text: str, spec: Spec) -> object:
    if not text.strip():
        return None
    if spec.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if spec.kind == "choice":
        return text
    return read_number(text, whole=spec.kind == "integer")


def _names(scopes: Iterable[str]) -> conditions.CategoryNames:
    """The names of the categories that these exceptions are for, in one statement."""
    categories = {scope.partition(":")[2] for scope in scopes}
    ids = [int(category) for category in categories if category.isdecimal()]
    return category_names(filters=[{"categories_include": ids}])


def _stored(profile: Profile) -> Iterator[tuple[str, str, SettingValue]]:
    for scope, changes in profile.overrides:
        for name, value in changes:
            yield scope, name, value


def _posted(data: Mapping[str, Any]) -> Iterator[tuple[str, str, None]]:
    """The overrides of a sent form, as far as a form of ours would send them."""
    for index in range(MOST_OVERRIDES):
        scope, name = data.get(f"scope{index}"), str(data.get(f"setting{index}"))
        if scope is None or name not in SPECS or not SCOPE.fullmatch(scope):
            return
        yield scope, name, None
