"""How a profile setting is declared, read from JSON and checked: bounds live with the field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from discovery.scoring.codes import (
    Verdict,
)

JsonValue = str | int | float | bool | None
SettingValue = Decimal | int | bool | str | None


class InvalidSetting(ValueError):
    """A setting that cannot be used.

    ``code`` is one of ``unknown``, ``required``, ``not_a_number``, ``not_an_integer``,
    ``not_a_boolean``, ``not_a_choice``, ``too_small`` (``min``), ``too_large`` (``max``),
    ``below`` (``other``) and ``bad_scope``; ``params`` fills the message.
    """

    def __init__(self, name: str, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(name, code, dict(params or {}))
        self.name = name
        self.code = code
        self.params: dict[str, str] = dict(params or {})

    def __str__(self) -> str:
        detail = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.name}: {self.code}" + (f" ({detail})" if detail else "")


@dataclass(frozen=True, slots=True)
class Spec:
    """What a setting may hold; ``optional`` means that empty is a value of its own."""

    kind: str  # "decimal", "integer", "boolean" or "choice"
    group: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    choices: tuple[SettingValue, ...] = ()
    optional: bool = False


def _declare(default: SettingValue, spec: Spec) -> Any:
    return dataclasses.field(default=default, metadata={"spec": spec})


def decimal(
    default: str | None, *, group: str, unit: str, low: str = "0", high: str, optional: bool = False
) -> Any:
    """Declare a decimal setting; with ``optional``, None means "as the tables say"."""
    spec = Spec("decimal", group, unit, Decimal(low), Decimal(high), optional=optional)
    return _declare(None if default is None else Decimal(default), spec)


def percent(
    default: str | None, *, group: str, low: str = "0", high: str = "100", optional: bool = False
) -> Any:
    """Declare a percentage (30 = 30 %)."""
    return decimal(default, group=group, unit="%", low=low, high=high, optional=optional)


def money(
    default: str | None, *, group: str, high: str = "1000", unit: str = "money", **rest: Any
) -> Any:
    """Declare an amount in euros; elsewhere, what stands for it (``currencies``)."""
    return decimal(default, group=group, unit=unit, high=high, **rest)


def integer(
    default: int, *, group: str, unit: str, low: int = 0, high: int, choices: Sequence[int] = ()
) -> Any:
    """Declare a whole number, within bounds or among choices."""
    spec = Spec("integer", group, unit, Decimal(low), Decimal(high), choices=tuple(choices))
    return _declare(default, spec)


def boolean(default: bool, *, group: str) -> Any:
    """Declare a yes or no."""
    return _declare(default, Spec("boolean", group, "", choices=(True, False)))


def choice(
    default: str | None, choices: Sequence[str], *, group: str, optional: bool = False
) -> Any:
    """Declare one of some words (an enum's members, or codes); with ``optional``, or none."""
    return _declare(default, Spec("choice", group, "", choices=tuple(choices), optional=optional))


def cap(default: Verdict | None, *, hard: bool = False) -> Any:
    """Declare the best verdict a flag leaves; None caps nothing. Hard caps cannot be lifted."""
    choices = (
        (Verdict.CONSIDER, Verdict.SKIP) if hard else (Verdict.BUY, Verdict.CONSIDER, Verdict.SKIP)
    )
    return _declare(default, Spec("choice", "caps", "", choices=choices, optional=not hard))


def read(name: str, spec: Spec, value: object) -> SettingValue:
    """Turn a JSON value into the setting's type, or raise ``InvalidSetting``."""
    if value is None or value == "":
        if spec.optional:
            return None
        raise InvalidSetting(name, "required")
    if spec.kind == "boolean":
        if not isinstance(value, bool):
            raise InvalidSetting(name, "not_a_boolean")
        return value
    if spec.kind == "choice":
        return _choice(name, spec, value)
    number = _number(name, value)
    if spec.kind == "integer":
        if number != number.to_integral_value():
            raise InvalidSetting(name, "not_an_integer")
        if spec.choices:
            return _choice(name, spec, int(number))
    _check_bounds(name, spec, number)
    return int(number) if spec.kind == "integer" else number


def write(value: SettingValue) -> JsonValue:
    """The JSON form of a setting; equal values have one form."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, StrEnum):
        return value.value
    return value


def _choice(name: str, spec: Spec, value: object) -> SettingValue:
    for candidate in spec.choices:
        if value == candidate:
            return candidate
    allowed = ", ".join(str(candidate) for candidate in spec.choices)
    raise InvalidSetting(name, "not_a_choice", {"choices": allowed})


def _check_bounds(name: str, spec: Spec, number: Decimal) -> None:
    if spec.low is not None and number < spec.low:
        raise InvalidSetting(name, "too_small", {"min": str(spec.low)})
    if spec.high is not None and number > spec.high:
        raise InvalidSetting(name, "too_large", {"max": str(spec.high)})


def _number(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise InvalidSetting(name, "not_a_number")
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        raise InvalidSetting(name, "not_a_number") from None
    if not number.is_finite():
        raise InvalidSetting(name, "not_a_number")
    return number
