"""Pages by cursor: the next page begins after the last row of this one, whatever came meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet
from ninja import Query, Schema
from pydantic import Field

from discovery.keepa.errors import FieldProblem, InvalidFilters

Row = TypeVar("Row", bound=Model)
PAGE = 50  # rows of a page that nobody asked the length of
LARGEST_PAGE = 200
NONE = Q(pk__in=[])  # no row

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


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of an order; ``nulls`` says where rows without a value stand, if there can be."""

    field: str
    descends: bool
    nulls: Literal["none", "first", "last"]

    @property
    def ordering(self) -> Any:
        """As ``order_by`` takes it; an index of the same order is only read where nothing is said
        of nulls, or what it was made with.
        """
        field = F(self.field)
        last = True if self.nulls == "last" else None
        return field.desc(nulls_last=last) if self.descends else field.asc(nulls_last=last)

    def later(self, value: Any) -> Q:
        """Rows that come after this value."""
        if value is None:
            return Q(**{f"{self.field}__isnull": False}) if self.nulls == "first" else NONE
        later = Q(**{f"{self.field}__{'lt' if self.descends else 'gt'}": value})
        return later | Q(**{f"{self.field}__isnull": True}) if self.nulls == "last" else later

    def equal(self, value: Any) -> Q:
        """Rows of this value."""
        return Q(**({f"{self.field}__isnull": True} if value is None else {self.field: value}))

    def bound(self, value: Any) -> Q:
        """What the rows from this value on have in common, for an index to begin at."""
        if value is None or self.nulls == "last":
            return Q()
        return Q(**{f"{self.field}__{'lte' if self.descends else 'gte'}": value})


def page_of(
    rows: QuerySet[Row],
    *,
    order: tuple[str, ...],
    cursor: str | None,
    limit: int,
    undated_first: bool = False,
) -> CursorPage[Row]:
    """The rows after ``cursor`` in an order of fields or annotations, ``-`` for descending.

    The last of ``order`` is unique and never null; rows without a value come last, or where
    ``undated_first`` before all others of a descending order, as PostgreSQL's indexes have them.
    One statement. Raises ``InvalidFilters`` for a cursor that is none, or of another order.
    """
    after = _read(cursor, order=order) if cursor else None
    parts = [_part(rows, name, nulls_first=undated_first) for name in order]
    ordered = rows.order_by(*(part.ordering for part in parts))
    if after is not None:
        try:
            found = list(ordered.filter(_following(parts, after))[: limit + 1])
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


def _part(rows: QuerySet[Row], name: str, *, nulls_first: bool) -> _Part:
    field, descends = name.removeprefix("-"), name.startswith("-")
    try:
        found = rows.model._meta.pk if field == "pk" else rows.model._meta.get_field(field)
        may_be_null = getattr(found, "null", True)
    except FieldDoesNotExist:  # an annotation
        may_be_null = True
    if not may_be_null:
        return _Part(field, descends, "none")
    return _Part(field, descends, "first" if nulls_first and descends else "last")


def _following(parts: list[_Part], after: list[Any]) -> Q:
    """Rows that come after these values: later in one field, equal in those before it."""
    condition, equal = NONE, Q()
    for part, value in zip(parts, after, strict=True):
        condition |= equal & part.later(value)
        equal &= part.equal(value)
    return condition & parts[0].bound(after[0])


def _plain(value: Any) -> Any:
    """As it travels; read back by the field it is compared with."""
    if value is None or isinstance(value, int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
