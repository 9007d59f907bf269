"""A database of the test's own, in which another program has been before us."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState

from discovery.migrations._tables import ADOPTED, Table, read_table, wanted_tables

ALIAS = "scratch"
DDL = (Path(__file__).parent / "other_program.sql").read_text()
ADOPTION = [
    ("discovery", "0002_marketplace_of_adopted_rows"),
    ("analytics", "0002_search_history"),
]
# An index and columns of our own on an adopted table.
LATER = [("analytics", "0008_how_searches_were_answered")]


@dataclass(frozen=True, slots=True)
class Scratch:
    connection: BaseDatabaseWrapper

    @property
    def url(self) -> str:
        """A DATABASE_URL for it."""
        of = self.connection.settings_dict
        user, password = quote(of["USER"], safe=""), quote(of["PASSWORD"], safe="")
        host = of["HOST"] or of["OPTIONS"].get("host", "")
        where = f"{of['NAME']}?host={quote(host)}"
        where += f"&port={of['PORT']}" if of["PORT"] else ""
        return f"postgresql://{user}{password and ':' + password}@/{where}"

    def execute(self, sql: str, params: Any = None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)

    def rows(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def migrate(self, targets: Any = None) -> None:
        """Run the migrations of the three tables only, as ``migrate`` does."""
        executor = MigrationExecutor(self.connection)
        executor.migrate(targets or ADOPTION)

    def forget_migrations(self) -> None:
        self.execute("DELETE FROM django_migrations")

    def tables(self) -> dict[str, Table | None]:
        return {name: read_table(self.connection, name) for name in sorted(ADOPTED)}

    def files(self) -> list[tuple[Any, ...]]:
        """Where PostgreSQL keeps the tables and indexes: rewriting one moves it."""
        return self.rows(
            "SELECT relname, relfilenode FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
        )


def _shape(model: type[models.Model]) -> str:
    state = ModelState.from_model(model)
    fields = [(name, field.deconstruct()[1:]) for name, field in state.fields.items()]
    return repr((model._meta.label, model._meta.db_table, fields, state.options))


@pytest.fixture(scope="session")
def told_once() -> Callable[..., dict[str, Table]]:
    """``wanted_tables``, which makes and drops tables to say what models want of PostgreSQL.

    What it said of the same models before holds for every database of the same server.
    """
    said: dict[tuple[str, ...], dict[str, Table]] = {}

    def wanted(
        connection: BaseDatabaseWrapper, asked: Iterable[type[models.Model]]
    ) -> dict[str, Table]:
        asked = list(asked)
        shapes = tuple(map(_shape, asked))
        if shapes not in said:
            said[shapes] = wanted_tables(connection, asked)
        return dict(said[shapes])

    return wanted


@pytest.fixture(scope="module")
def scratch_database(django_db_blocker: Any) -> Iterator[str]:
    """The name of a database that the module's tests have one after the other."""
    name = f"test_scratch_{uuid.uuid4().hex}"
    with django_db_blocker.unblock(), connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield name
    with django_db_blocker.unblock():
        _drop(name)


def _drop(name: str) -> None:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(scratch_database: str, django_db_blocker: Any) -> Iterator[Scratch]:
    """A database that holds nothing, reachable as the alias ``scratch``.

    What a former test left there goes with its schema: another database would take longer.
    """
    settings = {**connections["default"].settings_dict, "NAME": scratch_database}
    with django_db_blocker.unblock():
        connections.settings[ALIAS] = settings
        try:
            with closing(connections[ALIAS]) as connection:
                scratch = Scratch(connection)
                scratch.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                yield scratch
        finally:
            del connections[ALIAS]
            del connections.settings[ALIAS]


@pytest.fixture
def inherited(empty: Scratch) -> Scratch:
    """A database that holds the three tables as the other program created them, without rows."""
    empty.execute(DDL)
    return empty
