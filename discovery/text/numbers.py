"""Numbers as people type them: one reader, one form field, one set of sentences."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.functional import lazy

from discovery.keepa.errors import PROBLEMS, FieldProblem
from discovery.text import formats

SHOWN = 60  # characters of a refused value that its sentence repeats
_TYPED = re.compile(r"(?P<sign>[+-]?)(?P<digits>[\d.,'’ ]+)(?:[eE](?P<exponent>[+-]?\d{1,3}))?")
_WHOLE = re.compile(r"\d*|(?!0)\d{1,3}(?:(?P<mark>[ .,'’])\d{3})(?:(?P=mark)\d{3})*")


def refusal(code: str, **params: Any) -> ValidationError:
    """A problem of ``errors.PROBLEMS`` as Django's forms report it, said when it is shown."""
    problem = FieldProblem(code, params)
    return ValidationError("%(problem)s", code=code, params={"problem": problem})


def short(value: object) -> str:
    """The start of what was given, as it can be repeated in any answer."""
    return str(value)[:SHOWN].encode("utf-8", "replace").decode()


def _shown(number: Decimal | int, *, is_proposal: bool = False) -> str:
    number = Decimal(number)
    if not -6 <= number.adjusted() <= 15:
        return f"{number:.3g}".replace(".", get_format("DECIMAL_SEPARATOR"))
    decimals = min(6, max(0, -int(number.normalize().as_tuple().exponent)))
    # Three decimals are what has two readings.
    return formats.number(number, 4 if is_proposal and decimals == 3 else decimals)


# A number with its decimals, at most six, in the language that is active when it is shown.
shown = lazy(_shown, str)


def read_number(value: object, *, whole: bool = False, localize: bool = True) -> Decimal:
    """The number a text, or a number of a program, stands for.

    ``1 234,5``, ``1.234,5``, ``1,234.5``, ``12,50 €``, ``−3`` and ``1,5e3`` read alike in every
    language. ``1,500`` has two readings: the active language decides where its own rules do
    (English 1500; French 1.5, and ``1.500`` is refused), nothing does without ``localize``. Where
    a ``whole`` number is asked for, decimals are no way out either: ``10,000`` in French is
    refused rather than taken for ten.

    Raises ``ValidationError`` (``not_a_number``, ``ambiguous_number``).
    """
    number = None
    if isinstance(value, str):
        number = _of_text(value, whole=whole, localize=localize)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(value if isinstance(value, int) else str(value))
    if number is None or not number.is_finite():
        raise refusal("not_a_number", value=short(value))
    return number


def _of_text(text: str, *, whole: bool, localize: bool) -> Decimal | None:
    bare = " ".join(text.replace(formats.MINUS, "-").split())
    found = _TYPED.fullmatch(bare if whole else bare.strip("€$£¥ "))
    if found is None:
        return None
    digits, exponent = found["digits"], found["exponent"] or "0"
    readings = {mark: _with_decimals(digits, mark) for mark in ".,"}
    possible = {reading for reading in readings.values() if reading is not None}
    if not possible:
        return None
    if len({Decimal(reading) for reading in possible}) > 1:
        decimal, group = get_format("DECIMAL_SEPARATOR"), get_format("THOUSAND_SEPARATOR")
        if not localize or (group not in digits and (whole or decimal not in digits)):
            fraction = next(reading for reading in possible if "." in reading)
            raise refusal(
                "ambiguous_number",
                value=short(text),
                whole=re.sub(r"\D", "", digits),
                decimal=shown(Decimal(fraction), is_proposal=True),
            )
        possible = {readings[decimal] or ""}
    return Decimal(f"{found['sign']}{possible.pop()}E{exponent}")


def _with_decimals(digits: str, mark: str) -> str | None:
    """The digits as Python writes them if ``mark`` stands before the decimals."""
    whole, _mark, fraction = digits.partition(mark)
    if not (whole or fraction) or not (fraction.isdecimal() or not fraction):
        return None
    if not _WHOLE.fullmatch(whole):
        return None
    integer = re.sub(r"\D", "", whole) or "0"
    return f"{integer}.{fraction}" if fraction else integer


class NumberField(forms.Field):
    """A number from ``low`` to ``high``: a ``Decimal``, an ``int`` where ``whole``.

    What is blank is ``initial``. ``localize``: whether text is in the reader's language; see
    ``read_number``.
    """

    widget = forms.TextInput
    default_error_messages = {"required": PROBLEMS["required"]}

    def __init__(
        self,
        *,
        low: Decimal | int,
        high: Decimal | int,
        whole: bool = False,
        localize: bool = True,
        required: bool = False,
        **kwargs: Any,
    ) -> None:
        self.low, self.high, self.whole = low, high, whole
        super().__init__(localize=localize, required=required, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask telephones for their numeric keyboard."""
        return {"autocomplete": "off", "inputmode": "numeric" if self.whole else "decimal"}

    def to_python(self, value: object) -> Decimal | int | None:
        """Read what was typed; raises ``ValidationError``."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return cast("Decimal | int | None", self.initial)
        number = read_number(value, whole=self.whole, localize=self.localize)
        if number < self.low:
            raise refusal("too_small", value=shown(number), limit=shown(self.low))
        if number > self.high:
            raise refusal("too_large", value=shown(number), limit=shown(self.high))
        if not self.whole:
            return number
        if number != number.to_integral_value():
            raise refusal("not_an_integer", value=shown(number))
        return int(number)


class QuantityField(NumberField):
    """How many units: one at least."""

    def __init__(self, *, high: int, **kwargs: Any) -> None:
        super().__init__(low=1, high=high, whole=True, **kwargs)

    def to_python(self, value: object) -> Decimal | int | None:
        """Read what was typed; raises ``ValidationError``."""
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code == "too_small":
                raise refusal("too_few", limit=shown(self.low)) from error
            raise
