"""The arguments of a call, checked against the tool's own schema; wrong ones named all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.mcp.registry import Tool

_EXPECTED = {
    "string": "not_text",
    "boolean": "not_a_boolean",
    "array": "not_a_list",
    "object": "not_an_object",
    "integer": "not_an_integer",
    "number": "not_a_number",
}
# What a schema bounds, and the sentence of what is beyond.
_BOUNDS = {
    "minimum": "too_small",
    "exclusiveMinimum": "too_small",
    "maximum": "too_large",
    "maxLength": "too_long",
}
LONGEST_SHOWN = 40
SENTENCES = {
    "unknown_argument": _("This tool has no argument of this name."),
    "one_of_several": _("Exactly one of these is needed: %(choices)s."),
    "not_a_date": _("A day was expected, as in 2026-01-31."),
}


class ArgumentProblem(FieldProblem):
    """What only arguments of tools can have wrong; a code of ``SENTENCES``."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(SENTENCES[self.code]) % self.params


class InvalidArguments(InvalidFilters):
    """The arguments do not fit the tool's input schema."""

    code = "invalid_arguments"
    summary = _("The arguments do not fit this tool.")


def checked(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, numbers exact, nulls left out. Raises ``InvalidArguments``."""
    given = {name: value for name, value in arguments.items() if value is not None}
    errors: dict[str, list[FieldProblem]] = {}
    for error in Draft202012Validator(tool.input_schema).iter_errors(given):
        for path, problem in _problems(error):
            errors.setdefault(path, []).append(problem)
    if errors:
        raise InvalidArguments(errors)
    exact: dict[str, Any] = _exact(given)
    return exact


def _problems(error: ValidationError) -> Iterator[tuple[str, FieldProblem]]:
    path = ".".join(str(part) for part in error.absolute_path)
    rule, value = str(error.validator), error.instance
    if rule == "required":
        missing = [name for name in error.validator_value if name not in value]
        yield from ((_joined(path, name), FieldProblem("required")) for name in missing[:1])
    elif rule == "additionalProperties":
        known = error.schema.get("properties", {})
        yield from (
            (_joined(path, str(name)[:LONGEST_SHOWN]), ArgumentProblem("unknown_argument"))
            for name in value
            if name not in known
        )
    elif rule in {"oneOf", "anyOf"}:
        yield path or "arguments", ArgumentProblem("one_of_several", {"choices": _groups(error)})
    elif rule == "enum":
        params = {"value": str(value)[:LONGEST_SHOWN], "choices": tuple(error.validator_value)}
        yield path, FieldProblem("unknown_choice", params)
    elif rule == "type":
        yield path, FieldProblem(*_of_type(error.validator_value, value))
    elif rule == "maxItems":
        counts = {"count": len(value), "limit": error.validator_value}
        yield path, FieldProblem("too_many", counts)
    elif rule in _BOUNDS:
        params = {"value": str(value)[:LONGEST_SHOWN], "limit": error.validator_value}
        yield path, FieldProblem(_BOUNDS[rule], params)
    else:  # minItems, minLength: nothing was given
        yield path, FieldProblem("required")


def _of_type(expected: object, value: object) -> tuple[str, dict[str, Any]]:
    kind = expected if isinstance(expected, str) else "string"
    code = _EXPECTED.get(kind, "not_text")
    if kind in {"integer", "number"}:
        return code, {"value": str(value)[:LONGEST_SHOWN]}
    return code, {}


def _groups(error: ValidationError) -> str:
    return ", ".join(name for choice in error.validator_value for name in choice["required"])


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _exact(value: Any) -> Any:
    """Numbers with decimals as they were written, which a binary one is not."""
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {name: _exact(part) for name, part in value.items()}
        case list():
            return [_exact(part) for part in value]
    return value
