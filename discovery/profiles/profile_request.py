"""What a program says of a profile: its name, what it is for, its settings, all read at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.profiles.text import setting_problem
from discovery.scoring import InvalidSetting, Profile
from discovery.scoring.currencies import BASE, currency_of
from discovery.scoring.marketplaces import MARKETPLACES
from discovery.scoring.profile import SCOPE, specs_in
from discovery.scoring.settings import read
from discovery.text.numbers import NumberField, short

LONGEST_NAME, LONGEST_DESCRIPTION = 80, 300
MOST_OVERRIDES = 200
LARGEST_REVISION = 2**31 - 1

Errors = dict[str, list[FieldProblem]]


class SettingProblem(FieldProblem):
    """What the engine has against a setting, in one sentence."""

    __slots__ = ()

    def __str__(self) -> str:
        return setting_problem(InvalidSetting("", self.code, dict(self.params)))


class InvalidProfile(InvalidFilters):
    """A profile that cannot be saved as asked; ``errors``: field -> problems."""

    code = "invalid_profile"
    summary = _("The profile cannot be saved as asked.")


@dataclass(frozen=True, slots=True)
class AskedProfile:
    """A profile as it is to be; ``revision`` is the one that the caller has seen, if told."""

    name: str
    description: str
    settings: dict[str, Any]
    revision: int | None


def read_profile(data: Mapping[str, Any]) -> AskedProfile:
    """Read ``name``, ``description``, ``settings`` and ``revision``.

    A setting that is left out has its default. Raises ``InvalidProfile`` with every wrong field.
    """
    errors = _unknown(data, ("name", "description", "settings", "revision"))
    name = read_words(data, "name", LONGEST_NAME, errors, required=True)
    description = read_words(data, "description", LONGEST_DESCRIPTION, errors)
    revision = _read_revision(data, errors)
    settings = _settings(data.get("settings"), errors)
    if errors or settings is None:
        raise InvalidProfile(errors)
    return AskedProfile(name, description, settings, revision)


def read_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Read ``settings`` alone. Raises ``InvalidProfile``."""
    errors = _unknown(data, ("settings",))
    settings = _settings(data.get("settings"), errors)
    if errors or settings is None:
        raise InvalidProfile(errors)
    return settings


def read_copy(data: Mapping[str, Any]) -> tuple[str, str]:
    """Read of which profile (``from``, its slug) a copy is to be made, and its ``name``.

    Raises ``InvalidProfile``.
    """
    errors = _unknown(data, ("from", "name"))
    found = [
        read_words(data, "from", LONGEST_NAME, errors, required=True),
        read_words(data, "name", LONGEST_NAME, errors, required=True),
    ]
    if errors:
        raise InvalidProfile(errors)
    return found[0], found[1]


def read_words(
    data: Mapping[str, Any], name: str, longest: int, errors: Errors, *, required: bool = False
) -> str:
    """Words on one line; what is wrong is added to ``errors``."""
    value = data.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        if required:
            errors[name] = [FieldProblem("required")]
        return ""
    if not isinstance(value, str):
        errors[name] = [FieldProblem("not_text")]
        return ""
    if len(value) > longest:
        errors[name] = [FieldProblem("too_long", {"limit": longest})]
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def _read_revision(data: Mapping[str, Any], errors: Errors) -> int | None:
    field = NumberField(low=1, high=LARGEST_REVISION, whole=True, localize=False)
    try:
        revision: int | None = field.clean(data.get("revision"))
    except ValidationError as refused:
        errors["revision"] = [(wrong.params or {})["problem"] for wrong in refused.error_list]
        return None
    return revision


def _settings(asked: object, errors: Errors) -> dict[str, Any] | None:
    """Settings as a profile stores them; ``None`` where one of them is wrong."""
    if not isinstance(asked, Mapping):
        errors["settings"] = [FieldProblem("required" if asked is None else "not_a_group")]
        return None
    found: Errors = {}
    plain = {name: value for name, value in asked.items() if name != "overrides"}
    _check(plain, BASE, "settings.", found)
    overrides = asked.get("overrides") or {}
    if not isinstance(overrides, Mapping):
        found["settings.overrides"] = [FieldProblem("not_a_group")]
    else:
        _check_overrides(overrides, found)
    if not found:
        try:
            return Profile.from_settings(asked).to_settings()
        except InvalidSetting as error:
            found[f"settings.{error.name}"] = [SettingProblem(error.code, error.params)]
    errors.update(found)
    return None


def _check_overrides(overrides: Mapping[str, Any], errors: Errors) -> None:
    count = 0
    for scope, changes in overrides.items():
        path = f"settings.overrides.{short(scope)}"
        if not SCOPE.fullmatch(scope) or scope[:2] not in MARKETPLACES:
            errors[path] = [SettingProblem("bad_scope", {"scope": short(scope)})]
        elif not isinstance(changes, Mapping):
            errors[path] = [FieldProblem("not_a_group")]
        else:
            count += len(changes)
            _check(changes, currency_of(scope[:2]), f"{path}.", errors)
    if count > MOST_OVERRIDES:
        numbers = {"count": count, "limit": MOST_OVERRIDES}
        errors["settings.overrides"] = [FieldProblem("too_many", numbers)]


def _check(settings: Mapping[str, Any], currency: str, prefix: str, errors: Errors) -> None:
    specs = specs_in(currency)
    for name, value in settings.items():
        if name not in specs:
            errors[f"{prefix}{short(name)}"] = [SettingProblem("unknown")]
            continue
        try:
            read(name, specs[name], value)
        except InvalidSetting as error:
            errors[f"{prefix}{short(name)}"] = [SettingProblem(error.code, error.params)]


def _unknown(data: Mapping[str, Any], known: tuple[str, ...]) -> Errors:
    return {short(name): [FieldProblem("unknown_field")] for name in data if name not in known}
