"""A database of the test's own, in which another program has been before us."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from discovery.migrations._tables import ADOPTED, Table, read_table

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


@pytest.fixture
def new_database(django_db_blocker: Any) -> Iterator[Callable[[], Scratch]]:
    """``new_database()`` is empty, and reachable as the alias ``scratch``; one a test."""
    with django_db_blocker.unblock(), ExitStack() as stack:

        def create() -> Scratch:
            name = f"test_scratch_{uuid.uuid4().hex}"
            with connections["default"]._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            stack.callback(_drop, name)
            settings = {**connections["default"].settings_dict, "NAME": name}
            connections.settings[ALIAS] = settings
            stack.callback(connections.settings.pop, ALIAS)
            stack.callback(connections.__delitem__, ALIAS)
            connection = stack.enter_context(closing(connections[ALIAS]))
            return Scratch(connection)

        yield create


def _drop(name: str) -> None:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(new_database: Callable[[], Scratch]) -> Scratch:
    """A database nobody has used."""
    return new_database()


@pytest.fixture
def inherited(empty: Scratch) -> Scratch:
    """A database that holds the three tables as the other program created them, without rows."""
    empty.execute(DDL)
    return empty
