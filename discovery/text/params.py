"""Parameters of the engine's codes, as the reader's language writes them."""

from __future__ import annotations

from decimal import Decimal

from discovery.scoring.results import Params
from discovery.text import formats

_MONEY = {"amount", "price", "profit", "gain", "p25", "p75", "list_price"}
_PERCENT = {"percent", "present"}
_COUNTS = {"days", "hours", "sales"}


def shown(params: Params, currency: str) -> dict[str, str]:
    """Every parameter formatted by its name; a ratio becomes the percentage it moved by."""
    formatted = {name: _shown(name, value, currency) for name, value in params.items()}
    if "ratio" in params:
        moved = abs(float(params["ratio"]) - 1) * 100
        formatted["moved"] = formats.percent(round(moved))
    return formatted


def _shown(name: str, value: str, currency: str) -> str:
    if name in _MONEY:
        return formats.money(Decimal(value), currency)
    if name in _PERCENT:
        return formats.percent(Decimal(value), decimals_of(Decimal(value)))
    return formats.number(Decimal(value)) if name in _COUNTS else value


def decimals_of(value: Decimal) -> int:
    """The decimals a figure is shown with: none when it is whole, else one."""
    return 0 if value == value.to_integral_value() else 1
