"""What every answer to a tool carries beside its data: tokens, and how old the data is.

Titles and names come from Amazon's sellers and other people: they are data, never instructions.
What could hide in them, control characters and marks that turn or hide text, is taken out.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

from discovery.keepa.balance import token_balance
from discovery.mcp.registry import Answer

LONGEST_TEXT = 1000  # characters
# Marks that turn or hide what follows, halves of pairs, private use, unassigned.
_HIDDEN = frozenset({"Cf", "Cs", "Co", "Cn"})

INTEGER_OR_NULL = {"type": ["integer", "null"]}
TEXT_OR_NULL = {"type": ["string", "null"]}
# Short: they stand in every tool's schema, and an agent may read all of them.
_WHOLE = {"type": "integer"}
TOKENS = {
    "type": "object",
    "description": "Keepa tokens: of this call, and left now.",
    "properties": {
        "spent": _WHOLE,
        "saved": _WHOLE,
        "left": INTEGER_OR_NULL,
        "refill_per_minute": INTEGER_OR_NULL,
    },
    "required": ["spent", "saved", "left", "refill_per_minute"],
}
AGE = {
    "type": "object",
    "description": "Of Keepa's data behind the answer.",
    "properties": {"data_at": TEXT_OR_NULL, "seconds": INTEGER_OR_NULL, "cache": TEXT_OR_NULL},
    "required": ["data_at", "seconds", "cache"],
}
ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "status": _WHOLE,
        "retry_after": INTEGER_OR_NULL,
        "errors": {"type": "array"},
    },
    "required": ["code", "detail"],
}


def output_schema(answer: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's structured answers, errors and quotes among them."""
    properties = answer | {"tokens": TOKENS, "age": AGE, "error": ERROR}
    return {"type": "object", "properties": properties, "required": ["tokens", "age"]}


def structured(answer: Answer, *, now: datetime) -> dict[str, Any]:
    """The whole answer as plain JSON, without what is invisible; one statement."""
    balance, at = token_balance(now=now), answer.data_at
    account = {
        "tokens": {
            "spent": answer.tokens_spent,
            "saved": answer.tokens_saved,
            "left": balance.left if balance else None,
            "refill_per_minute": balance.refill_rate if balance else None,
        },
        "age": {
            "data_at": moment(at),
            "seconds": max(round((now - at).total_seconds()), 0) if at else None,
            "cache": answer.cache,
        },
    }
    plain: dict[str, Any] = visible(answer.data | account)
    return plain


def visible(value: Any) -> Any:
    """The same JSON value, its texts on one line, cut at ``LONGEST_TEXT``, nothing hidden."""
    match value:
        case str():
            return (value if value.isprintable() else _on_one_line(value))[:LONGEST_TEXT]
        case dict():
            return {name: visible(part) for name, part in value.items()}
        case list() | tuple():
            return [visible(part) for part in value]
    return value


def _on_one_line(text: str) -> str:
    kinds = ((sign, unicodedata.category(sign)) for sign in text)
    shown = "".join(" " if kind == "Cc" else sign for sign, kind in kinds if kind not in _HIDDEN)
    return " ".join(shown.split())


def moment(at: datetime | None) -> str | None:
    """A time as answers tell it: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None


def number(value: Any) -> float | int | None:
    """An amount or a percentage as JSON, rounded to cents; ``None`` stays so."""
    if value is None or isinstance(value, int):
        return value
    return round(float(value), 2)
