"""Rows are written in one statement, as ``bulk_update`` and ``bulk_create`` would."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DataError, connection
from django.utils import timezone

from discovery.models import Favourite, KeepaProduct, Pick, Run, RunLine, SourcingJob
from discovery.rows import upsert, write_back
from discovery.runs.lines import SCORED_FIELDS, UNSCORED_FIELDS
from tests.discovery.builders import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    owner = User.objects.create_user("anne")
    return Run.objects.create(owner=owner, kind=Run.Kind.LIST, marketplace="fr")


def lines_of(run: Run, number: int = 3) -> list[RunLine]:
    rows = [RunLine(run=run, position=position, asin="") for position in range(number)]
    return RunLine.objects.bulk_create(rows)


def scored(line: RunLine, number: int) -> RunLine:
    """Every kind of value a line has, and of most the lack of one on another line."""
    line.asin, line.state = f"B00000000{number}", RunLine.State.SCORED
    line.title = f'L\'été: 100 % {{}} %s "{number}" \\ 日本'
    line.verdict, line.sourcing = "buy", bool(number)
    line.price, line.max_cost = Decimal("12.34"), None
    line.landed_cost = line.profit = Decimal(number)
    line.roi_percent = 100 / 3
    line.velocity_score = None if number else 7.5
    line.bsr = None if number == 1 else 1_234_567
    line.breakdown = None if number == 2 else {"a": [1, None, "é"], "b": {"c": number}}
    line.buy_box_known = not number % 2
    return line


def values_of(run: Run) -> list[dict[str, Any]]:
    return [dict(row) for row in run.lines.order_by("position").values()]


def test_what_is_written_is_what_bulk_update_writes(run: Run) -> None:
    lines = [scored(line, number) for number, line in enumerate(lines_of(run))]
    RunLine.objects.bulk_update(lines, SCORED_FIELDS)
    expected = values_of(run)
    blank = [RunLine(pk=line.pk, run=run, position=line.position, asin="") for line in lines]
    RunLine.objects.bulk_update(blank, SCORED_FIELDS)
    assert values_of(run) != expected
    assert write_back(lines, SCORED_FIELDS) == 3
    assert values_of(run) == expected


def test_fields_not_named_stay_as_they_are(run: Run) -> None:
    lines = lines_of(run)
    run.lines.update(title="kept")
    for line in lines:
        line.title, line.reason = "lost", "no_product"
    write_back(lines, UNSCORED_FIELDS)
    assert set(run.lines.values_list("title", "reason")) == {("kept", "no_product")}


def test_it_takes_one_statement_however_many_they_are(
    run: Run, django_assert_num_queries: Any
) -> None:
    lines = lines_of(run, 300)
    with django_assert_num_queries(1):
        assert write_back(lines, SCORED_FIELDS) == 300
    with django_assert_num_queries(0):
        assert write_back([], SCORED_FIELDS) == 0


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_rows_do_not_wait_in_a_circle(run: Run) -> None:
    lines = lines_of(run, 400)

    def write(rows: list[RunLine]) -> int:
        try:
            return sum(write_back(rows, ["title"]) for _ in range(15))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(write, [lines, lines[::-1]])) == [6000, 6000]


def test_a_row_that_is_gone_stays_gone(run: Run) -> None:
    lines = lines_of(run)
    run.lines.filter(pk=lines[1].pk).delete()
    assert write_back(lines, ["asin"]) == 2
    assert run.lines.count() == 2


@pytest.mark.parametrize(
    ("field", "value"), [("asin", "B0" * 300), ("price", Decimal(10) ** 30), ("bsr", 2**40)]
)
@pytest.mark.django_db(transaction=True)
def test_what_a_column_does_not_hold_is_refused_and_not_cut(
    run: Run, field: str, value: Any
) -> None:
    lines = lines_of(run)
    before = values_of(run)
    for line in lines[1:]:
        setattr(line, field, value)
    with pytest.raises(DataError):
        write_back(lines, [field])
    setattr(lines[0], field, value)
    with pytest.raises(DataError):  # a cast of the first row would cut it off
        write_back(lines, [field])
    assert values_of(run) == before


def test_moments_and_keys_to_other_tables_are_written(run: Run) -> None:
    now = timezone.now()
    rows = [Favourite(user=run.owner, marketplace="fr", asin=f"B00000000{n}") for n in range(2)]
    Favourite.objects.bulk_create(rows)
    other = User.objects.create_user("paul")
    for row in rows:
        row.created_at, row.user = now, other
    assert write_back(rows, ["created_at", "user"]) == 2
    assert set(Favourite.objects.values_list("created_at", "user")) == {(now, other.pk)}


@pytest.mark.parametrize("model", [RunLine, Pick, SourcingJob, Run, Favourite])
def test_every_column_can_be_written(model: Any, django_assert_num_queries: Any) -> None:
    """PostgreSQL knows the types by the names they are given: a row that is nowhere tells it."""
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    row = model(pk="12345678-1234-5678-1234-567812345678" if model is Run else 0)
    with django_assert_num_queries(1):
        assert write_back([row, row], fields) == 0


def products(number: int = 3, **changes: Any) -> list[KeepaProduct]:
    values: dict[str, Any] = {
        "marketplace": "fr",
        "title": 'L\'été: 100 % {} %s "1" \\ 日本',
        "facts": {"a": 'quoted "twice" \\', "b": [1, None, "é"]},
        "finder_values": {},
        "history": {"SALES": [1, 2, 3]},
        "rank_spark": [1, 2],
        "has_buy_box": False,
        "fetched_at": NOW,
        "tokens_spent": 2,
    }
    return [KeepaProduct(asin=f"B00000000{n}", **values | changes) for n in range(number)]


def stored() -> list[dict[str, Any]]:
    return [dict(row) for row in KeepaProduct.objects.order_by("asin").values()]


def without_keys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


IDENTITY = ("marketplace", "asin")


def test_what_is_inserted_is_what_bulk_create_inserts() -> None:
    KeepaProduct.objects.bulk_create(products())
    expected = without_keys(stored())
    KeepaProduct.objects.all().delete()
    upsert(products(), identity=IDENTITY)
    assert without_keys(stored()) == expected


def test_a_row_of_the_same_identity_is_overwritten_and_keeps_its_key(
    django_assert_num_queries: Any,
) -> None:
    upsert(products(2), identity=IDENTITY)
    keys = [row["id"] for row in stored()]
    with django_assert_num_queries(1):
        upsert(products(3, title="new", has_buy_box=True), identity=IDENTITY)
    assert [row["id"] for row in stored()][:2] == keys
    assert {(row["title"], row["has_buy_box"]) for row in stored()} == {("new", True)}
    with django_assert_num_queries(0):
        upsert([], identity=IDENTITY)


@pytest.mark.django_db(transaction=True)
def test_of_rows_of_which_one_is_refused_none_is_written() -> None:
    rows = products()
    rows[2].title = "x" * 501
    with pytest.raises(DataError):
        upsert(rows, identity=IDENTITY)
    assert stored() == []
