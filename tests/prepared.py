"""The migrated database of a session, copied from one that is migrated once for all of them.

The template stays in the tests' own server under a name that tells the code it was migrated with:
every module of every installed application, Django, and what is changed below. Other code means
another template.
"""

from __future__ import annotations

import fcntl
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.apps import apps
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

# Packing the histories is a third of what storing a product costs PostgreSQL, and what a test has
# stored is soon deleted.
UNCOMPRESSED = """
ALTER TABLE keepa_product
    ALTER COLUMN history SET STORAGE EXTERNAL,
    ALTER COLUMN facts SET STORAGE EXTERNAL,
    ALTER COLUMN finder_values SET STORAGE EXTERNAL
"""


@cache
def template_name() -> str:
    """The name of the template for the code as it is."""
    digest = hashlib.sha256(f"{django.__version__} {UNCOMPRESSED}".encode())
    for config in apps.get_app_configs():
        folder = Path(config.path)
        for module in sorted(folder.rglob("*.py")):
            digest.update(f"{config.name} {module.relative_to(folder)} ".encode())
            digest.update(module.read_bytes())
    return f"prepared_{digest.hexdigest()[:20]}"


def copied(create: Callable[..., str]) -> Callable[..., str]:
    """Django's ``create_test_db``, which migrates, made into one that copies the template."""

    def create_test_db(self: Any, *_args: Any, **_options: Any) -> str:
        name: str = self._get_test_db_name()
        with Path(settings.ARBVAULT_VAR, "prepared.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the first to come migrates, the others wait
            _prepare(self, create)
        self.connection.close()
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template_name()}")
        settings.DATABASES[self.connection.alias]["NAME"] = name
        self.connection.settings_dict["NAME"] = name
        return name

    return create_test_db


def dropped(self: Any, name: str, _verbosity: int) -> None:
    """Django's ``_destroy_test_db``, which ends sessions that are still open.

    The server needs a moment to notice that a process of a test was killed.
    """
    with self._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _prepare(creation: Any, create: Callable[..., str]) -> None:
    """Make the template unless it is there; half a one is never taken for a whole one."""
    connection, template = creation.connection, template_name()
    with creation._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if cursor.fetchone():
            return
    before, half = connection.settings_dict["NAME"], f"{template}_half"
    tests = connection.settings_dict["TEST"]
    wanted, tests["NAME"] = tests["NAME"], half
    try:
        create(creation, verbosity=0, autoclobber=True, serialize=False)
        with connection.cursor() as cursor:
            cursor.execute(UNCOMPRESSED)
    finally:
        connection.close()
        tests["NAME"] = wanted
        connection.settings_dict["NAME"] = before
    with creation._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {half} RENAME TO {template}")
