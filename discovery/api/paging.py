"""Pages by cursor: the next page begins after the last row of this one, whatever came meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from ninja import Query, Schema
from pydantic import Field

from discovery.keepa.errors import FieldProblem, InvalidFilters

Row = TypeVar("Row", bound=Model)
PAGE = 50  # rows of a page that nobody asked the length of
LARGEST_PAGE = 200

# Of operations: ``cursor: Cursor = None, limit: Limit = PAGE``.
Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Rows of a page at most.")]


class PageAnswer(Schema):
    """What every page of a list tells besides its rows."""

    next: str | None = Field(description="The cursor of the next page; null on the last.")


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[Row]):
    """Rows in order, and the cursor of those that follow."""

    rows: list[Row]
    next: str | None


def page_of(
    rows: QuerySet[Row], *, order: tuple[str, ...], cursor: str | None, limit: int
) -> CursorPage[Row]:
    """The rows after ``cursor`` in an order of fields or annotations, ``-`` for descending.

    The last of ``order`` is unique and never null; rows without a value come last. One statement.
    Raises ``InvalidFilters`` for a cursor that is none, or of another order.
    """
    after = _read(cursor, order=order) if cursor else None
    ordered = rows.order_by(*(_ordering(name) for name in order))
    if after is not None:
        try:
            found = list(ordered.filter(_following(order, after))[: limit + 1])
        except (ValidationError, ValueError, TypeError):
            raise _no_cursor() from None
    else:
        found = list(ordered[: limit + 1])
    following = None
    if len(found) > limit:
        found = found[:limit]
        values = [_plain(getattr(found[-1], name.lstrip("-"))) for name in order]
        following = signing.dumps(values, salt=_salt(order))
    return CursorPage(found, following)


def _read(cursor: str, *, order: tuple[str, ...]) -> list[Any]:
    try:
        values = signing.loads(cursor, salt=_salt(order))
    except (signing.BadSignature, ValueError):
        raise _no_cursor() from None
    if not isinstance(values, list) or len(values) != len(order):
        raise _no_cursor()
    return values


def _salt(order: tuple[str, ...]) -> str:
    # A cursor of another order is none of this: its signature is wrong.
    return f"api.cursor:{','.join(order)}"


def _no_cursor() -> InvalidFilters:
    return InvalidFilters({"cursor": [FieldProblem("no_cursor")]})


def _ordering(name: str) -> Any:
    field = F(name.lstrip("-"))
    return field.desc(nulls_last=True) if name.startswith("-") else field.asc(nulls_last=True)


def _following(order: tuple[str, ...], after: list[Any]) -> Q:
    """Rows that come after these values: later in one field, equal in those before it."""
    condition, equal = Q(pk__in=[]), Q()
    for name, value in zip(order, after, strict=True):
        field = name.lstrip("-")
        if value is not None:
            later = Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
            condition |= equal & (later | Q(**{f"{field}__isnull": True}))
            equal &= Q(**{field: value})
        else:
            equal &= Q(**{f"{field}__isnull": True})
    return condition


def _plain(value: Any) -> Any:
    """As it travels; read back by the field it is compared with."""
    if value is None or isinstance(value, int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
