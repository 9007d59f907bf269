"""Pages by cursor: every row once, in order, whatever comes and goes between two pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.api.paging import page_of
from discovery.keepa.errors import InvalidFilters
from discovery.models import ApiToken

pytestmark = pytest.mark.django_db

START = timezone.now()
# Names tie, `last_used_at` is often null.
ROWS: list[tuple[str, int | None]] = [
    ("b", 3), ("a", None), ("c", 1), ("a", 2), ("b", None), ("a", 2), ("c", None),
]  # fmt: skip
ORDERS = [
    ("id",),
    ("-id",),
    ("name", "id"),
    ("-name", "-id"),
    ("name", "-id"),
    ("last_used_at", "id"),
    ("-last_used_at", "id"),
    ("-last_used_at", "name", "-id"),
]


@pytest.fixture
def rows(anne: User) -> list[ApiToken]:
    return [
        make(anne, number, name, minutes) for number, (name, minutes) in enumerate(ROWS, start=1)
    ]


def make(owner: User, number: int, name: str, minutes: int | None) -> ApiToken:
    used = None if minutes is None else START + timedelta(minutes=minutes)
    return ApiToken.objects.create(
        user=owner, name=name, prefix=f"arb_{number}", token_hash=str(number), last_used_at=used
    )


def walk(order: tuple[str, ...], limit: int, **options: bool) -> list[ApiToken]:
    found: list[ApiToken] = []
    cursor = None
    while True:
        page = page_of(ApiToken.objects.all(), order=order, cursor=cursor, limit=limit, **options)
        assert len(page.rows) <= limit
        found += page.rows
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_every_row_comes_once_and_in_order(
    rows: list[ApiToken], order: tuple[str, ...], limit: int
) -> None:
    whole = page_of(ApiToken.objects.all(), order=order, cursor=None, limit=100)
    assert (whole.next, set(whole.rows)) == (None, set(rows))
    assert walk(order, limit) == whole.rows


@pytest.mark.parametrize("order", [("last_used_at", "id"), ("-last_used_at", "id")])
def test_what_has_no_value_comes_last_in_both_directions(
    rows: list[ApiToken], order: tuple[str, ...]
) -> None:
    values = [row.last_used_at for row in walk(order, 2)]
    assert values[-3:] == [None] * 3
    assert values[:4] == sorted(
        (value for value in values if value), reverse=order[0].startswith("-")
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8])
def test_or_first_as_an_index_that_descends_has_them(rows: list[ApiToken], limit: int) -> None:
    order = ("-last_used_at", "id")
    found = walk(order, limit, undated_first=True)
    assert found == list(ApiToken.objects.order_by(*order))
    assert [row.last_used_at for row in found[:3]] == [None] * 3


def test_a_page_begins_where_an_index_can_find_it() -> None:
    """No order of nulls where there are none, and one bound that holds for all that follows."""
    for order, undated_first in ((("-id",), False), (("-last_used_at", "id"), True)):
        values = [row_value(name) for name in order]
        cursor = signing.dumps(values, salt=f"api.cursor:{','.join(order)}")
        with CaptureQueriesContext(connection) as asked:
            page_of(
                ApiToken.objects.all(), order=order, cursor=cursor, limit=2,
                undated_first=undated_first,
            )  # fmt: skip
        (sql,) = [one["sql"] for one in asked]
        assert "NULLS" not in sql
        assert "<= " in sql


def row_value(name: str) -> Any:
    return 5 if name.endswith("id") else START.isoformat()


def test_what_comes_before_the_cursor_meanwhile_moves_nothing(
    anne: User, rows: list[ApiToken]
) -> None:
    first = page_of(ApiToken.objects.all(), order=("-id",), cursor=None, limit=3)
    make(anne, 99, "new", None)
    rows[-1].delete()  # a row of the page that was shown
    second = page_of(ApiToken.objects.all(), order=("-id",), cursor=first.next, limit=3)
    assert second.rows == [rows[3], rows[2], rows[1]]


def test_the_row_a_cursor_stands_at_may_go(rows: list[ApiToken]) -> None:
    first = page_of(ApiToken.objects.all(), order=("id",), cursor=None, limit=2)
    first.rows[-1].delete()
    assert page_of(ApiToken.objects.all(), order=("id",), cursor=first.next, limit=1).rows == [
        rows[2]
    ]


def test_a_cursor_is_of_one_order(rows: list[ApiToken]) -> None:
    cursor = page_of(ApiToken.objects.all(), order=("name", "id"), cursor=None, limit=2).next
    refused(("id",), cursor)
    refused(("-name", "id"), cursor)


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "é", "\x00", "x" * 2000])
def test_what_is_no_cursor_is_refused_and_named(rows: list[ApiToken], cursor: str) -> None:
    refused(("id",), cursor)


def test_a_cursor_that_was_tampered_with_is_refused(rows: list[ApiToken]) -> None:
    cursor = page_of(ApiToken.objects.all(), order=("id",), cursor=None, limit=2).next
    assert cursor is not None
    refused(("id",), cursor[:-1] + ("A" if cursor[-1] != "A" else "B"))
    refused(("id",), signing.dumps([1], salt="elsewhere"))


@pytest.mark.parametrize("values", [None, 1, "text", [], ["x"], [1, 2], [[1]], [{"a": 1}]])
def test_a_cursor_of_other_values_than_the_orders_is_refused(
    rows: list[ApiToken], values: Any
) -> None:
    refused(("id",), signing.dumps(values, salt="api.cursor:id"))


def refused(order: tuple[str, ...], cursor: str | None) -> None:
    with pytest.raises(InvalidFilters) as caught:
        page_of(ApiToken.objects.all(), order=order, cursor=cursor, limit=2)
    assert list(caught.value.errors) == ["cursor"]


def test_a_page_is_one_statement(rows: list[ApiToken], django_assert_num_queries: Any) -> None:
    cursor = page_of(ApiToken.objects.all(), order=("name", "id"), cursor=None, limit=2).next
    with django_assert_num_queries(1):
        page_of(ApiToken.objects.all(), order=("name", "id"), cursor=cursor, limit=2)
