"""Rules of the house that the linters do not know."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SQL_LIVES_IN = {
    "analytics/cache_health.py",
    "analytics/schema.py",  # reads PostgreSQL's own catalogue, for verify_schema
    "arbvault/health.py",
    "arbvault/postgres.py",
    "discovery/cache.py",
    "discovery/keepa/budget.py",
    "discovery/prepared.py",  # runs the statements of the others
}
SQL_CALLS = {"cursor", "raw", "RawSQL", "extra", "execute", "executemany"}
LONGEST_FILE = 400  # lines, tables of constants (*_tables.py) excepted; most are far below
ROOT = Path(settings.BASE_DIR)


def modules() -> Iterator[Path]:
    for package in ("arbvault", "discovery", "analytics"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def calls(path: Path) -> set[str]:
    """The names of the functions and methods that a module calls."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    found.add(name)
    return found


def test_raw_sql_stands_in_the_few_files_made_for_it() -> None:
    writers = {
        str(path)
        for path in modules()
        if "management" not in path.parts  # `execute` is a command's own method
        and calls(path) & SQL_CALLS
    }
    assert writers <= SQL_LIVES_IN


@pytest.mark.parametrize(
    "path", [path for path in modules() if not path.name.endswith("_tables.py")], ids=str
)
def test_a_module_is_short_enough_to_read(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_FILE
