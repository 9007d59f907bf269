"""A restore: all of a backup in one transaction, or nothing of it."""

from __future__ import annotations

import subprocess
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from arbvault.backup.making import count_rows
from arbvault.backup.manifest import digest_of, manifest_of, secret_mark, unknown_migrations
from arbvault.backup.programs import BackupError, Programs, connected, programs_for, run

BLOCK = 1 << 20  # bytes
SCRATCH = "arbitragevault_restore_test_"  # databases made to try a restore in
# What a database of ours holds: tables, most of which take their sequences along, and functions of
# triggers. What belongs to an extension stays: it cannot be dropped, and no dump makes it.
EMPTY = """
SELECT format('DROP %s IF EXISTS public.%I CASCADE',
              CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                           WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname)
  FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
   AND NOT relispartition
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
 ORDER BY relkind = 'S', relname
"""
FUNCTIONS = """
SELECT format('DROP ROUTINE IF EXISTS public.%I(%s) CASCADE',
              proname, pg_get_function_identity_arguments(oid))
  FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# Settings that programs of PostgreSQL 17 and later write first, and earlier servers do not know.
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"


def inspect(dump: Path) -> list[str]:
    """What one should know before this backup is restored: sentences, none of them fatal.

    Raises ``BackupError`` for a file that is damaged, or of a later version of the site.
    """
    if not dump.is_file():
        raise BackupError(f"There is no file {dump}.")
    noted = manifest_of(dump)
    if noted is None:
        return ["Nothing is noted beside this backup: whether it is whole cannot be told."]
    if digest_of(dump) != noted.sha256:
        raise BackupError(f"{dump} is damaged: it is not the file that was made.")
    if later := unknown_migrations(noted.migrations):
        raise BackupError(
            f"The backup is of a later version of the site (it has {later[0]}): update first."
        )
    if noted.secret != secret_mark():
        return [
            "This site has another SECRET_KEY than the one the backup was made with: the addresses "
            "of alert channels and second factors in it cannot be read."
        ]
    return []


def restore_backup(*, dump: Path, url: str, ends_others: bool = False) -> None:
    """Replace all that the database of ``url`` holds by the backup, in one transaction.

    ``ends_others`` ends the sessions of others first; else they are a reason to refuse. Raises
    ``BackupError``, and then the database is as it was.
    """
    inspect(dump)
    programs = programs_for(url)
    run(programs, "pg_restore", "--list", str(dump))
    with connected(url) as connection:
        others = connection.execute(OTHERS).fetchone()
        if others and others[0]:
            if not ends_others:
                raise BackupError(
                    f"{others[0]} other sessions use this database. Stop the site and the task "
                    "queue first, or say --force: it ends them."
                )
            connection.execute(OTHERS.replace("count(*)", "pg_terminate_backend(pid)"))
        dropped = [
            str(statement)
            for query in (EMPTY, FUNCTIONS)
            for (statement,) in connection.execute(query).fetchall()
        ]
    _replace(programs, dump, dropped)


def verify_backup(*, dump: Path, url: str) -> dict[str, tuple[int, int]]:
    """Restore the backup into a database made for it, and drop that again.

    Returns the tables whose number of rows is another than noted: ``{table: (noted, restored)}``.
    Raises ``BackupError``; the user must be allowed to create databases.
    """
    noted = manifest_of(dump)
    if noted is None:
        raise BackupError(f"Nothing is noted beside {dump}: there is nothing to compare with.")
    name = f"{SCRATCH}{uuid.uuid4().hex[:12]}"
    with connected(url) as server:
        _create(server, name)
        try:
            scratch = make_conninfo(url, dbname=name)
            restore_backup(dump=dump, url=scratch)
            with connected(scratch) as connection:
                restored = count_rows(connection)
        finally:
            server.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
    tables = noted.rows.keys() | restored.keys()
    return {
        table: (noted.rows.get(table, -1), restored.get(table, -1))
        for table in sorted(tables)
        if noted.rows.get(table) != restored.get(table)
    }


def _create(server: psycopg.Connection[Any], name: str) -> None:
    try:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        )
    except psycopg.Error as error:
        raise BackupError(f"No database could be made to try the restore in: {error}") from error


def _replace(programs: Programs, dump: Path, dropped: list[str]) -> None:
    """Feed psql one transaction; unless all of the dump came, its end never comes either."""
    reading = programs.command("pg_restore", "--no-owner", "--no-privileges", "--file=-", str(dump))
    writing = programs.command(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
        f"--dbname={programs.database}", "--file=-", "--output=/dev/null",
    )  # fmt: skip
    environment = programs.environment()
    quiet = "SET LOCAL client_min_messages = warning;\n"
    begin = f"BEGIN;\n{quiet}" + "".join(f"{statement};\n" for statement in dropped)
    with (
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader,
        subprocess.Popen(
            writing, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        ) as writer,
    ):
        came = False
        with suppress(BrokenPipeError), cast("IO[bytes]", writer.stdin) as target:
            target.write(begin.encode())
            _copy(cast("IO[bytes]", reader.stdout), target, knows_all=programs.server >= 17)
            came = reader.wait() == 0
            if came:
                target.write(b"\nCOMMIT;\n")
        if not came:
            reader.kill()
        said = b" ".join(cast("IO[bytes]", it.stderr).read() for it in (reader, writer))
        if writer.wait() or not came:
            words = said.decode(errors="replace").strip()
            raise BackupError(f"The restore failed, nothing was changed. {words}")


def _copy(source: IO[bytes], target: IO[bytes], *, knows_all: bool) -> None:
    first = True
    while block := source.read(BLOCK):
        if first and not knows_all:
            block = block.replace(UNKNOWN_BEFORE_17, b"", 1)
        first = False
        target.write(block)
