"""What is wrong with a parameter of an address, in the caller's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import ValidationError

# By pydantic's kind of error; its own sentences are English only.
WHOLE_NUMBER = gettext_lazy("A whole number was expected.")
NUMBER = gettext_lazy("A number was expected.")
ONE_OF = gettext_lazy("One of these was expected: %(expected)s.")
DATE = gettext_lazy("A date was expected, as 2026-11-27.")
MOMENT = gettext_lazy("A date and a time were expected, as 2026-11-27T08:00:00Z.")
SENTENCES = {
    "missing": gettext_lazy("This is required."),
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "float_parsing": NUMBER,
    "decimal_parsing": NUMBER,
    "finite_number": NUMBER,
    "bool_parsing": gettext_lazy("“true” or “false” was expected."),
    "literal_error": ONE_OF,
    "enum": ONE_OF,
    "less_than_equal": gettext_lazy("At most %(le)s is allowed."),
    "less_than": gettext_lazy("Less than %(lt)s was expected."),
    "greater_than_equal": gettext_lazy("At least %(ge)s was expected."),
    "greater_than": gettext_lazy("More than %(gt)s was expected."),
    "string_too_long": gettext_lazy("This is too long: at most %(max_length)s characters."),
    "string_too_short": gettext_lazy("This is too short: at least %(min_length)s characters."),
    "uuid_parsing": gettext_lazy("A UUID was expected."),
    "date_from_datetime_parsing": DATE,
    "date_parsing": DATE,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
}


def sentences_of(error: ValidationError) -> dict[str, list[str]]:
    """The name of each parameter that is refused, and why."""
    found: dict[str, list[str]] = {}
    for problem in error.errors:
        # The place begins with `query` or `path`, and ends within a list with a position.
        path = ".".join(str(part) for part in problem["loc"][1:])
        found.setdefault(path, []).append(_sentence(problem))
    return found


def _sentence(problem: dict[str, Any]) -> str:
    text = SENTENCES.get(problem["type"])
    if text is None:
        return _("This value is not valid.")
    return f"{text}" % problem.get("ctx", {})
