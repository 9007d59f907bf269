"""The fields of a call's body, each told once: how it is read, and how it is documented."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from discovery.api.bodies import JsonSchema, body_of, object_of
from discovery.api.reading import read_body
from discovery.keepa.errors import FieldProblem, InvalidFilters, UnknownMarketplace
from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.scoring import VatBasis
from discovery.search.request_fields import is_blank
from discovery.sourcing import criteria
from discovery.sourcing.criteria import Reading
from discovery.text.numbers import refusal, short, shown

# Of the calendar's moments, those that every time zone can show.
EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(hours=14)
LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(hours=14)

SMALLEST, MOST_MONEY, MOST_UNITS = Decimal("0.01"), Decimal("999999.99"), 999_999
FIRST_DAY = date(1995, 1, 1)  # nobody sold on Amazon before

# Code -> sentence; what is not among them is a problem of any question.
OF_BODIES: dict[str, Any] = {
    "unknown_body_field": _("There is no field of this name."),
    "not_a_date": _("Enter a date, such as 2026-11-20."),
    "future": _("This date is in the future."),
    "past": _("This date is too long ago."),
    "not_a_clock": _("“%(value)s” is not a time of day, such as 07:30."),
    "not_a_moment": _("“%(value)s” is not a time with its zone, such as 2026-11-20T08:00:00Z."),
}


class BodyProblem(FieldProblem):
    """One thing wrong with one field of a body; ``sentence`` where the field tells its own."""

    __slots__ = ()

    def __str__(self) -> str:
        if self.code == "said":
            return str(self.params["sentence"])
        if self.code in OF_BODIES:
            return str(OF_BODIES[self.code]) % dict(self.params)
        return super().__str__()


class InvalidBody(InvalidFilters):
    """A body that cannot be taken as it is; ``errors``: field -> problems."""

    code = "invalid_body"
    summary = _("The request is not valid.")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body: what the documentation says of it, and what reads its value.

    The reader is given ``None`` for a field left out, and raises ``ValidationError``.
    """

    schema: JsonSchema
    read: Callable[[Any], Any]
    is_required: bool = False

    @property
    def required(self) -> Field:
        """The same field, which may not be left out."""
        kind = self.schema.get("type")
        schema = self.schema
        if isinstance(kind, list):
            schema = schema | {"type": kind[0]}
        return replace(self, schema=schema, is_required=True)

    def value(self, given: Any) -> Any:
        """The value read. Raises ``ValidationError``."""
        if self.is_required and is_blank(given):
            raise refusal("required")
        return self.read(given)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a call: its fields, and one that would do."""

    title: str
    fields: Mapping[str, Field]
    example: JsonSchema

    @property
    def openapi(self) -> dict[str, Any]:
        """For ``openapi_extra``."""
        described = {name: field.schema for name, field in self.fields.items()}
        required = [name for name, field in self.fields.items() if field.is_required]
        return {"requestBody": body_of(object_of(described, required, self.title), self.example)}

    def read(self, request: HttpRequest) -> dict[str, Any]:
        """The value of every field, by name.

        Raises ``HttpError`` 400 for what is no JSON object, ``InvalidBody`` with all that is wrong.
        """
        return self.values(read_body(request))

    def values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The same of an object read already."""
        unknown = body_refusal("unknown_body_field")
        reading = Reading(data, tuple(self.fields), unknown=unknown)
        read = {name: reading.read(name, field.value) for name, field in self.fields.items()}
        if reading.errors:
            raise InvalidBody(reading.errors)
        return read


def body_refusal(code: str, **params: Any) -> ValidationError:
    """A problem of a body as readers of fields report it, said when it is shown."""
    problem = BodyProblem(code, params)
    return ValidationError("%(problem)s", code=code, params={"problem": problem})


def refuse(field: str, sentence: object) -> InvalidBody:
    """What to raise when a field cannot be taken, for a reason that a service has told."""
    return InvalidBody({field: [BodyProblem("said", {"sentence": sentence})]})


def amount(description: str, *, low: Decimal = SMALLEST, high: Decimal = MOST_MONEY) -> Field:
    """Money in the marketplace's currency."""
    return Field(
        _nullable("number", minimum=float(low), maximum=float(high), description=description),
        partial(criteria.number, localize=False, low=low, high=high),
    )


def whole(
    description: str, *, low: int = 1, high: int = MOST_UNITS, default: int | None = None
) -> Field:
    """A whole number."""
    told = {} if default is None else {"default": default}
    return Field(
        _nullable("integer", minimum=low, maximum=high, description=description, **told),
        partial(criteria.number, localize=False, whole=True, low=low, high=high, initial=default),
    )


def words(description: str, *, longest: int) -> Field:
    """A line of text; empty where it is left out."""
    return Field(
        _nullable("string", maxLength=longest, description=description),
        partial(criteria.text, longest=longest),
    )


def lines(description: str, *, longest: int) -> Field:
    """A text as it is, its lines too; empty where it is left out."""
    return Field(
        _nullable("string", maxLength=longest, description=description),
        partial(_lines, longest=longest),
    )


def choice(description: str, options: Sequence[str], *, default: str = "") -> Field:
    """One of the options; ``default`` where it is left out."""
    return Field(
        _nullable("string", enum=[*options, None], description=description),
        partial(criteria.option, options=options, default=default),
    )


def yes_or_no(description: str, *, default: bool = False) -> Field:
    """Yes or no."""
    return Field(
        _nullable("boolean", default=default, description=description),
        partial(criteria.flag, default=default),
    )


def day(description: str) -> Field:
    """A day that is not to come; ``None`` where it is left out."""
    return Field(_nullable("string", format="date", description=description), _day)


def clock(description: str) -> Field:
    """A time of day; ``None`` where it is left out."""
    pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
    return Field(_nullable("string", pattern=pattern, description=description), _clock)


def moment(description: str) -> Field:
    """A time with its zone; ``None`` where it is left out."""
    return Field(_nullable("string", format="date-time", description=description), _moment)


def several(description: str, item: Field, *, most: int) -> Field:
    """Values read one by one, each once."""
    schema = {
        "type": "array", "items": item.required.schema, "maxItems": most,
        "description": description,
    }  # fmt: skip
    return Field(schema, partial(criteria.several, read=item.value, most=most))


def marketplace(description: str = "") -> Field:
    """The code of a marketplace."""
    schema: JsonSchema = {"type": "string", "enum": list(MARKETPLACES)}
    schema |= {"description": description} if description else {}
    return Field(schema, _marketplace)


def cost_vat(description: str = "Whether the price holds VAT; else as the profile says.") -> Field:
    """``incl`` or ``excl``; ``None`` where it is left out."""
    said = choice(description, [basis.value for basis in VatBasis])

    def read(value: Any) -> VatBasis | None:
        return VatBasis(found) if (found := said.read(value)) else None

    return Field(said.schema, read)


def _nullable(kind: str, **more: Any) -> JsonSchema:
    return {"type": [kind, "null"]} | more


def _lines(value: Any, *, longest: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refusal("not_text")
    if len(value) > longest:
        raise refusal("too_long", limit=shown(longest))
    return value


def _day(value: Any) -> date | None:
    if is_blank(value):
        return None
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise body_refusal("not_a_date")
    if found > timezone.localdate():
        raise body_refusal("future")
    if found < FIRST_DAY:
        raise body_refusal("past")
    return found


def _clock(value: Any) -> time | None:
    if is_blank(value):
        return None
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise body_refusal("not_a_clock", value=short(value))
    return found.replace(second=0, microsecond=0)


def _moment(value: Any) -> datetime | None:
    if is_blank(value):
        return None
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
        # PostgreSQL refuses the offsets of more than fifteen hours that Python reads.
        moment = None if found is None or timezone.is_naive(found) else found.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not EARLIEST <= moment <= LATEST:
        raise body_refusal("not_a_moment", value=short(value))
    return moment


def _marketplace(value: Any) -> str | None:
    if is_blank(value):
        return None
    try:
        return marketplace_of(value).code
    except UnknownMarketplace as error:
        raise refusal("unknown_marketplace", **error.errors["marketplace"][0].params) from None
