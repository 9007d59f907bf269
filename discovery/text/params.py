"""Parameters of the engine's codes, as the reader's language writes them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from discovery.scoring.results import Params
from discovery.text import formats


def shown(params: Params, currency: str) -> dict[str, str]:
    """Every parameter formatted by its name; a ratio becomes the percentage it moved by."""
    formatted = {name: _format(name, value, currency) for name, value in params.items()}
    if "ratio" in params:
        moved = abs(float(params["ratio"]) - 1) * 100
        formatted["moved"] = formats.percent(round(moved))
    return formatted


def _format(name: str, value: str, currency: str) -> str:
    formatter = _FORMATTERS.get(name)
    return formatter(value, currency) if formatter and value else value


def _money(value: str, currency: str) -> str:
    return formats.money(Decimal(value), currency)


def _percent(value: str, _currency: str) -> str:
    number = Decimal(value)
    return formats.percent(number, 0 if number == number.to_integral_value() else 1)


def _number(value: str, _currency: str) -> str:
    return formats.number(round(Decimal(value)))


_FORMATTERS: dict[str, Callable[[str, str], str]] = {
    "amount": _money,
    "price": _money,
    "profit": _money,
    "gain": _money,
    "p25": _money,
    "p75": _money,
    "list_price": _money,
    "percent": _percent,
    "present": _percent,
    "days": _number,
    "hours": _number,
}
