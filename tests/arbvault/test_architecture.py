"""Rules of the code base that the linters do not know."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SQL_LIVES_IN = {
    "analytics/cache_health.py",
    "analytics/metrics.py",  # sums of all time
    "analytics/rollup.py",
    "analytics/schema.py",  # reads PostgreSQL's own catalogue, for verify_schema
    "arbvault/backup/making.py",  # counts the rows of the snapshot that is dumped
    "arbvault/backup/restoring.py",  # empties a database, makes one to try in
    "arbvault/database/base.py",  # asks whose session it runs in
    "arbvault/database/turns.py",  # a lock that PostgreSQL keeps
    "arbvault/health.py",
    "arbvault/postgres.py",
    "arbvault/queue_bell.py",  # Redis: its calls are executed too
    "arbvault/queue_broker.py",  # takes a task in one statement, past rows that others take
    "discovery/cache.py",
    "discovery/keepa/budget.py",
    "discovery/keepa/expiry.py",  # the account of a day, from the balances of its calls
    "discovery/leases.py",  # taken for many keys in one statement, rows locked in key order
    "discovery/prepared.py",  # runs the statements of the others
    "discovery/rows.py",  # many rows in one statement
}
SQL_CALLS = {"cursor", "raw", "RawSQL", "extra", "execute", "executemany"}
LONGEST_FILE = 400  # lines, tables of constants (*_tables.py) excepted; most are far below
ROOT = Path(settings.BASE_DIR)

# Where every public function, class and method says what it does.
DOCUMENTED = (
    *(
        f"discovery/{package}/"
        for package in (
            "accounts", "keepa", "lists", "mcp", "niches", "products", "profiles", "runs",
            "scoring", "search", "sourcing",
        )
    ),
    "discovery/cache.py",
    "discovery/leases.py",
    "analytics/",
    "arbvault/",
)  # fmt: skip
# Django calls these, and its documentation says what they do.
WIRING = {"admin.py", "apps.py"}
# Packages whose `__init__` is their public face; every other name is imported from its module.
FACES = {
    "discovery/admin",
    "discovery/api",
    "discovery/keepa",
    "discovery/models",
    "discovery/sandbox",  # a program of its own, with its own entry
    "discovery/scoring",
}
# Loaded by name: by Django, by django-q, by a command line, or by tests alone.
LOADED_BY_NAME = {
    "__main__",
    "admin",
    "apps",
    "asgi",
    "base",  # arbvault/database: Django's name for it
    "probe",  # arbvault: a container asks itself by it
    "run",
    "transport",  # discovery/sandbox: the server without a socket, for tests and benchmarks
    "wsgi",
}


def modules() -> Iterator[Path]:
    for package in ("arbvault", "discovery", "analytics"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def calls(path: Path) -> set[str]:
    """The names of the functions and methods that a module calls."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    found.add(name)
    return found


def imports(node: ast.AST) -> Iterator[str]:
    """What the code below imports, inside functions too; not what only type checkers import."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
        yield from imports(child)


@cache
def import_graph() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    known = {dotted(path) for path in modules()}
    graph: dict[str, set[str]] = {}
    for path in modules():
        found = set()
        for name in imports(tree(path)):
            found.add(name if name in known else name.rpartition(".")[0])
        graph[dotted(path)] = (found & known) - {dotted(path)}
    return graph


def undocumented(path: Path) -> Iterator[str]:
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            members = node.body if isinstance(node, ast.ClassDef) else []
            functions = [member for member in members if isinstance(member, ast.FunctionDef)]
            yield from (
                found.name
                for found in (node, *functions)
                if not found.name.startswith("_") and not ast.get_docstring(found)
            )


def folders(root: str) -> set[str]:
    """The folders below a root that hold something, relative to it."""
    return {
        str(path.parent.relative_to(ROOT / root))
        for path in (ROOT / root).rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts
    } - {"."}


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


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in modules()
        if str(path).startswith(DOCUMENTED)
        and path.name not in WIRING
        and "management" not in path.parts
    ],
    ids=str,
)
def test_what_others_may_call_says_what_it_does(path: Path) -> None:
    assert list(undocumented(path)) == []


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter(import_graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_every_module_is_used() -> None:
    imported = set[str]().union(*import_graph().values())
    named = "\n".join((ROOT / path).read_text() for path in modules())
    unused = {
        module
        for path in modules()
        if (module := dotted(path)) not in imported
        and module not in named  # a dotted name in a setting or a schedule
        and path.stem not in LOADED_BY_NAME
        and not {"commands", "templatetags"} & set(path.parts)
        and tree(path).body
    }
    assert unused == set()


@pytest.mark.parametrize("root", ["tests/discovery", "templates/discovery"])
def test_tests_and_templates_stand_where_their_package_does(root: str) -> None:
    data = {"runs/exports"}  # the files that tests of exports compare with
    packages = folders("discovery") | folders("discovery/pages")
    assert folders(root) - data <= packages


def test_a_name_is_imported_from_the_module_that_defines_it() -> None:
    only_reexport = {
        str(path.parent)
        for path in modules()
        if path.name == "__init__.py"
        and any(isinstance(node, ast.ImportFrom | ast.Import) for node in tree(path).body)
    }
    assert only_reexport <= FACES
