"""``pg_dump``, ``pg_restore`` and ``psql`` that suit a server, and how they are told where it is.

A password travels in the environment: arguments are shown to every user of the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from arbvault.postgres_programs import PostgresError, binaries

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = ("pg_dump", "pg_restore", "psql")
# What libpq reads from its environment: https://www.postgresql.org/docs/current/libpq-envars.html
VARIABLES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER",
    "password": "PGPASSWORD",  # nosec B105 # a name
    "options": "PGOPTIONS", "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING", "target_session_attrs": "PGTARGETSESSIONATTRS",
}  # fmt: skip


class BackupError(Exception):
    """A backup cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of the three programs, and the server they are to speak to."""

    folder: Path
    url: str
    server: int  # its major version

    def command(self, program: str, *arguments: str) -> list[str]:
        """The program and its arguments, to be run with ``environment``."""
        return [str(self.folder / program), *arguments]

    def environment(self) -> dict[str, str]:
        """All that the programs are told: nothing of ours but where the server is."""
        told = conninfo_to_dict(self.url)
        known = {VARIABLES[name]: str(value) for name, value in told.items() if name in VARIABLES}
        return {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "PGAPPNAME": "arbitragevault backup",
        } | known

    @property
    def database(self) -> str:
        """The database's name."""
        return str(conninfo_to_dict(self.url)["dbname"])


def programs_for(url: str) -> Programs:
    """The programs that suit the server of this address: of its version or a later one.

    Those of the PostgreSQL wheel come first, then those of the ``PATH``. Raises ``BackupError``.
    """
    with connected(url) as connection:
        server = connection.info.server_version // 10_000
    seen = []
    for folder in _folders():
        if all((folder / name).exists() for name in NEEDED):
            version = _version(folder / "pg_dump")
            if version >= server:
                return Programs(folder, url, server)
            seen.append(f"{version} in {folder}")
    found = f" Found: {', '.join(seen)}." if seen else ""
    raise BackupError(
        f"The server is PostgreSQL {server}, which needs pg_dump, pg_restore and psql of version "
        f"{server} or later.{found} Install the package postgresql-client-{server}."
    )


def connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A session of our own on that database. Raises ``BackupError``."""
    try:
        return psycopg.connect(url, connect_timeout=10, autocommit=True)
    except psycopg.Error as error:
        raise BackupError(f"The database cannot be reached: {error}") from error


def run(programs: Programs, program: str, *arguments: str) -> str:
    """What the program writes; its complaints are the message of a ``BackupError``."""
    done = subprocess.run(
        programs.command(program, *arguments),
        env=programs.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout


def _folders() -> Iterator[Path]:
    with suppress(PostgresError):
        yield binaries()
    if (found := shutil.which("pg_dump")) is not None:
        yield Path(found).resolve().parent
        yield Path(found).parent
    # Where Debian keeps one folder a version, the newest first.
    yield from sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name)
    )


def _version(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\) (\d+)", done.stdout)
    return int(match[1]) if match else 0
