"""Every setting of a business profile in words: what it is, what it does, how it is counted."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from discovery.models import BusinessProfile
from discovery.profiles.service import ABSENT, Difference
from discovery.profiles.setting_words import GROUPS, HELP, SETTINGS, UNITS
from discovery.scoring import (
    Condition,
    FlagCode,
    Grade,
    InvalidSetting,
    PriceBasis,
    VatBasis,
    VatRegime,
    Verdict,
)
from discovery.scoring.codes import (
    CostMethod,
    FloorJoin,
)
from discovery.scoring.currencies import BASE, FOR_ONE_EURO, currency_of, local_amount
from discovery.scoring.profile import MONEY_SETTINGS, SPECS, VAT_RATES
from discovery.text import formats
from discovery.text.conditions import (
    CategoryNames,
    category_label,
    joined,
    marketplace_label,
)
from discovery.text.flags import LABELS as FLAGS
from discovery.text.labels import (
    LEGAL_RATE,
    basis_label,
    condition_label,
    grade_label,
    regime_label,
    verdict_label,
)

CAP = "cap_"

# A value that has no table of its own elsewhere -> what it is called.
CHOICES = {
    CostMethod.LOWEST_OFFER: gettext_noop("the cheapest offer you may buy"),
    CostMethod.PRICE_FACTOR: gettext_noop("a share of the sell price"),
    VatBasis.INCLUDED: gettext_noop("incl. VAT"),
    VatBasis.EXCLUDED: gettext_noop("excl. VAT"),
    FloorJoin.AND: gettext_noop("all must be met"),
    FloorJoin.OR: gettext_noop("one is enough"),
    "FR": gettext_noop("France"),
    "DE": gettext_noop("Germany"),
    "IT": gettext_noop("Italy"),
    "ES": gettext_noop("Spain"),
    "UK": gettext_noop("United Kingdom"),
    "US": gettext_noop("United States"),
    "OTHER": gettext_noop("Another country"),
}

PROBLEMS = {
    "unknown": gettext_noop("There is no such setting."),
    "required": gettext_noop("A value is needed."),
    "not_a_number": gettext_noop("This is not a number."),
    "not_an_integer": gettext_noop("This is not a whole number."),
    "not_a_boolean": gettext_noop("Expected yes or no."),
    "not_a_choice": gettext_noop("This is not one of the choices."),
    "too_small": gettext_noop("At least %(min)s."),
    "too_large": gettext_noop("At most %(max)s."),
    "below": gettext_noop("Must not be below “%(other)s”."),
    "bad_scope": gettext_noop("“%(scope)s” is not a marketplace or a category of one."),
}

LABELLED: dict[type, Callable[[Any], str]] = {
    Condition: condition_label,
    PriceBasis: basis_label,
    Grade: grade_label,
    VatRegime: regime_label,
    Verdict: verdict_label,
}


def profile_facts(profile: BusinessProfile | None) -> tuple[str, ...]:
    """What the head of an answer says of its profile: its name, and that it sells used copies."""
    if profile is None:
        return ()
    is_used = profile.settings.get("condition") == Condition.USED
    return (profile.name, _("used")) if is_used else (profile.name,)


def setting_group(name: str) -> tuple[str, str]:
    """The title of a group of settings, and what it decides."""
    title, text = GROUPS[name]
    return _(title), _(text)


def setting_label(name: str) -> str:
    """A setting by the name a person knows it under; an unknown one by its own."""
    if name.startswith(CAP):
        return _(FLAGS[FlagCode(name.removeprefix(CAP))])
    return _(SETTINGS.get(name, name))


def setting_help(name: str) -> str:
    """What a person needs to know to set it; empty where the name says all."""
    return _(HELP[name]) if name in HELP else ""


def setting_unit(name: str, currency: str = BASE) -> str:
    """The unit of a setting, as a person writes it; empty when it has none."""
    unit = SPECS[name].unit
    if name in MONEY_SETTINGS:
        return _(UNITS[unit]) % {"currency": formats.symbol(currency)}
    return _(UNITS.get(unit, unit)) if unit else ""


def amounts_elsewhere(amount: Decimal) -> str:
    """What stands for an amount of the profile in the currencies where it is another number."""
    amounts = [
        formats.money(local_amount(amount, currency), currency)
        for currency, factor in FOR_ONE_EURO.items()
        if factor != 1
    ]
    return _("Elsewhere: %(amounts)s.") % {"amounts": joined(amounts)}


def choice_label(name: str, value: Any) -> str:
    """One of the values a setting may take, in words."""
    if value is None and name == "used_grade":
        return _("that of the copy bought, else the lowest")
    if value is None:
        if name in VAT_RATES:  # Amazon publishes none
            return _(LEGAL_RATE)
        return pgettext("cap", "no limit") if name.startswith(CAP) else _("as the tables say")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    for kind, label in LABELLED.items():
        if isinstance(value, kind):
            return label(value)
    return _(CHOICES[value]) if value in CHOICES else str(value)


def setting_value(name: str, value: Any, currency: str = "") -> str:
    """A setting's value as a sentence would say it, with its unit."""
    if value is None or isinstance(value, bool | str):
        return choice_label(name, value)
    if SPECS[name].unit == "%":
        return formats.percent(Decimal(value), _decimals(value))
    shown = exact(value)
    # An amount in euros stands beside a label that says so.
    unit = "" if name in MONEY_SETTINGS and not currency else setting_unit(name, currency or BASE)
    return f"{shown}{formats.NBSP}{unit}" if unit else shown


def exact(value: Decimal | int | str) -> str:
    """A number as the reader's language writes it, with the decimals it has and no more."""
    return formats.exact(Decimal(value))


def _decimals(value: Decimal | int | str) -> int:
    return max(0, -int(Decimal(value).normalize().as_tuple().exponent))


def difference_label(difference: Difference, names: CategoryNames) -> str:
    """The setting that differs and, for an exception, where it applies."""
    label = setting_label(difference.name)
    if not difference.scope:
        return label
    place = scope_label(difference.scope, names)
    return _("%(setting)s (%(place)s)") % {"setting": label, "place": place}


def difference_value(difference: Difference, value: Any) -> str:
    """The old or the new value of a ``Difference``, an amount in the currency it applies in."""
    if value is ABSENT:
        return _("as elsewhere")
    place = difference.scope[:2]
    return setting_value(difference.name, value, currency_of(place) if place else "")


def setting_problem(error: InvalidSetting) -> str:
    """What is wrong with a setting, in one sentence."""
    params: dict[str, str] = dict(error.params)
    if "other" in params:
        params["other"] = setting_label(params["other"])
    for bound in ("min", "max"):
        if bound in params:
            params[bound] = exact(params[bound])
    return _(PROBLEMS[error.code]) % params


def named_problem(error: InvalidSetting) -> str:
    """The same, after the name of the setting."""
    return f"{setting_label(error.name)}: {setting_problem(error)}"


def scope_label(scope: str, names: CategoryNames) -> str:
    """A marketplace, or a category of one, that a setting is different for."""
    marketplace, _colon, category = scope.partition(":")
    place = marketplace_label(marketplace)
    if not category:
        return place
    name = category_label(marketplace, int(category), names)
    return _("%(category)s on %(marketplace)s") % {"category": name, "marketplace": place}
