"""A backup: one file that ``pg_restore`` reads, of one moment, whole or not there at all."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from arbvault.backup.manifest import SUFFIX, Manifest, digest_of, path_beside, secret_mark
from arbvault.backup.programs import BackupError, connected, programs_for, run
from arbvault.disk import LEAST_ROOM, MEGABYTE, room_at
from arbvault.postgres_programs import make_folder

if TYPE_CHECKING:
    import psycopg

NAME = "arbitragevault-%Y%m%dT%H%M%SZ"
TABLES = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY c.relname
"""


def make_backup(*, url: str, folder: Path, now: datetime) -> Path:
    """Dump the database of ``url`` into a new file of ``folder``; returns its path.

    The rows noted beside it are counted in the snapshot that is dumped. A file that is not whole
    never has its final name. Raises ``BackupError``.
    """
    programs = programs_for(url)
    try:
        make_folder(folder)
        folder.chmod(0o700)
        _require_room(folder, url=url)
    except OSError as error:
        raise BackupError(f"{folder} cannot be used: {error.strerror}.") from error
    target = folder / f"{now.strftime(NAME)}{SUFFIX}"
    draft = target.with_suffix(".part")
    # PostgreSQL's programs make their files with the umask: this one is there first, and private.
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with connected(url) as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = str(_one(connection, "SELECT pg_export_snapshot()"))
            rows = count_rows(connection)
            applied = connection.execute(
                "SELECT app || '.' || name FROM django_migrations ORDER BY 1"
            ).fetchall()
            run(
                programs, "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                f"--snapshot={snapshot}", f"--file={draft}", f"--dbname={programs.database}",
            )  # fmt: skip
        run(programs, "pg_restore", "--list", str(draft))
        _sync(draft)
        Manifest(
            made_at=now,
            server=programs.server,
            size=draft.stat().st_size,
            sha256=digest_of(draft),
            secret=secret_mark(),
            rows=rows,
            migrations=tuple(str(name) for (name,) in applied),
        ).write(target)
        draft.replace(target)
        _sync(folder)
    except (BackupError, OSError) as error:
        for path in (draft, path_beside(target)):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise error if isinstance(error, BackupError) else BackupError(str(error)) from error
    return target


def backups_in(folder: Path) -> list[Path]:
    """The backups of a folder, the newest first."""
    return sorted(folder.glob(f"arbitragevault-*{SUFFIX}"), reverse=True)


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table has, in the connection's transaction."""
    counts = {}
    for (name,) in connection.execute(TABLES).fetchall():
        query = sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(name))
        counts[name] = int(_one(connection, query))
    return counts


def _require_room(folder: Path, *, url: str) -> None:
    """Compressed, a dump takes a fraction of the database; the last one tells best."""
    last = next(iter(backups_in(folder)), None)
    needed = LEAST_ROOM * 2 + (last.stat().st_size * 3 // 2 if last else 0)
    room = room_at(folder)
    if room.total and room.free < needed:
        raise BackupError(
            f"{room} on the disk of {folder}: a backup needs about {needed // MEGABYTE} MB."
        )


def _one(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 # nosec B101 # an aggregate has a row
    return row[0]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
