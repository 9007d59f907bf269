"""PostgreSQL from its wheel, for a checkout that has no DATABASE_URL.

Every process that needs the database *attaches*; the first one starts the server, the last one to
leave stops it. Attachment is a shared `flock`, which the kernel drops when its holder dies, so a
killed process never keeps the server running for ever and a leftover server is simply joined.

Nothing here runs on import, and nothing here imports Django.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import hashlib
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import psycopg
from psycopg import pq, sql

from arbvault.disk import spoken_as
from arbvault.locks import locked, open_lock, signals_deferred, try_lock
from arbvault.logs import LARGEST, make_room
from arbvault.postgres_programs import (
    PostgresError,
    make_folder,
    open_the_way,
    run_program,
    server_user,
)

if TYPE_CHECKING:
    import pwd
    from collections.abc import Callable, Sequence

SUPERUSER = "postgres"
# sockaddr_un.sun_path holds 104 bytes on the BSDs and 108 on Linux, terminator included.
LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = 60
MAX_CONNECTIONS = 300
LOG_NAME = "server.log"
# Into a file that can be renamed while the server runs; `keep_short` does it. Not the text of
# statements, nor the details of errors, which show rows: both hold what users have stored.
LOG_SETTINGS = (
    "logging_collector=on",
    "log_destination=stderr",
    "log_directory=.",
    f"log_filename={LOG_NAME}",
    "log_file_mode=0640",
    "log_rotation_age=0",
    "log_rotation_size=0",
    "log_statement=none",
    "log_min_duration_statement=-1",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
)
# The one line that is left of an error may quote a value too. Sessions report errors to us, so
# they need not be logged; those of the server's own processes are.
QUIET_SESSIONS = "-c log_min_messages=log"
FAST_AND_LOOSE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server: where its data are, and whether they must survive a power cut."""

    data: Path
    database: str = "arbvault"
    durable: bool = True
    max_connections: int = MAX_CONNECTIONS

    @property
    def socket_dir(self) -> Path:
        """The folder of the Unix socket: the data folder, unless its path is too long for one."""
        if len(os.fsencode(self.data / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"arbvault-{digest}"

    @property
    def log(self) -> Path:
        """What the server writes to."""
        return self.data / LOG_NAME

    @property
    def first_log(self) -> Path:
        """What it says until it has opened its log, at its last start."""
        return self.data / "start.log"

    @property
    def url(self) -> str:
        """A DATABASE_URL for this server; known before the server runs."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """A URL for another database of this server."""
        host, options = quote(str(self.socket_dir)), quote(QUIET_SESSIONS)
        return f"postgresql://{SUPERUSER}@/{database}?host={host}&options={options}"

    def _sibling(self, suffix: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{suffix}")


def attach(cluster: Cluster, *, on_first: Callable[[Cluster], None] | None = None) -> None:
    """Make sure the server runs and keep it running until this process ends.

    Safe to call from many processes at once, and again from the same one. `on_first` is called
    when nobody else is attached, before anybody else can be.

    Raises PostgresError.
    """
    if (held := _attached.get(cluster.data)) is not None and held.pid == os.getpid():
        return
    with spoken_as(PostgresError, every=True):
        _attach(cluster, on_first)


def _attach(cluster: Cluster, on_first: Callable[[Cluster], None] | None) -> None:
    make_folder(cluster.data.parent)
    users = open_lock(cluster._sibling("users"))
    with signals_deferred(), locked(cluster._sibling("lock")):
        alone = try_lock(users, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _ensure_running(cluster)
            _ensure_database(cluster)
            if alone and on_first is not None:
                on_first(cluster)
        except BaseException:
            os.close(users)
            raise
        _attached[cluster.data] = _Attachment(cluster, users, os.getpid())


def release(cluster: Cluster) -> None:
    """Give the attachment up; the last process to do so stops the server. Safe to repeat."""
    held = _attached.pop(cluster.data, None)
    if held is None or held.pid != os.getpid():
        return
    try:
        with signals_deferred(), locked(cluster._sibling("lock")):
            if try_lock(held.users, fcntl.LOCK_EX):
                _stop(cluster)
    except OSError as error:  # a disk that has become read-only
        sys.stderr.write(f"PostgreSQL is not stopped: {error}\n")
    os.close(held.users)


def stop_when_unused(cluster: Cluster, *, patience: float) -> bool:
    """Stop the server once nobody is attached; returns whether it did in ``patience`` seconds."""
    until = time.monotonic() + patience
    users = open_lock(cluster._sibling("users"))
    try:
        while time.monotonic() < until:
            with locked(cluster._sibling("lock")):
                if try_lock(users, fcntl.LOCK_EX):
                    _stop(cluster)
                    return True
            time.sleep(0.1)
    finally:
        os.close(users)
    return False


def revive(cluster: Cluster) -> None:
    """Start the server again should it have died under those attached to it.

    Raises PostgresError.
    """
    with spoken_as(PostgresError), locked(cluster._sibling("lock")):
        if not is_alive(cluster):
            _start(cluster)


def is_alive(cluster: Cluster) -> bool:
    """Whether there is a server, be it one that recovers and answers nobody yet."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return False
    return _is_postgres(pid)


@dataclass(frozen=True, slots=True)
class _Attachment:
    cluster: Cluster
    users: int  # the file descriptor that carries the shared lock
    pid: int  # a forked child inherits this table, but is not attached


_attached: dict[Path, _Attachment] = {}


@atexit.register
def _release_all() -> None:
    for held in list(_attached.values()):
        release(held.cluster)


# --- the server ---------------------------------------------------------------------------------


def _start(cluster: Cluster) -> None:
    owner = server_user()
    if owner is not None:
        open_the_way(cluster.data, owner)
    make_folder(cluster.data, owner, private=True)
    make_folder(cluster.socket_dir, owner, private=True)
    if not (cluster.data / "PG_VERSION").exists():
        _create(cluster, owner)
    _clear_stale_locks(cluster)
    cluster.first_log.unlink(missing_ok=True)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={cluster.socket_dir}",
        f"max_connections={cluster.max_connections}",
        "timezone=UTC",
        "log_timezone=UTC",
        *LOG_SETTINGS,
        *(() if cluster.durable else FAST_AND_LOOSE),
    ]
    options = shlex.join(part for setting in settings for part in ("-c", setting))
    arguments = ["-D", str(cluster.data), "-l", str(cluster.first_log), "-o", options]
    _run("pg_ctl", ["start", "-w", "-t", str(START_SECONDS), *arguments], owner, cluster)


def _create(cluster: Cluster, owner: pwd.struct_passwd | None) -> None:
    for leftover in cluster.data.iterdir():  # an initdb that was killed half-way
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    arguments = ["-D", str(cluster.data), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if not cluster.durable:
        arguments.append("--no-sync")
    try:
        _run("initdb", arguments, owner, cluster)
    except PostgresError:
        (cluster.data / "PG_VERSION").unlink(missing_ok=True)
        raise


def _stop(cluster: Cluster) -> None:
    if not (cluster.data / "postmaster.pid").exists():
        return
    try:
        _run(
            "pg_ctl", ["stop", "-m", "fast", "-w", "-D", str(cluster.data)], server_user(), cluster
        )
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")


def _ensure_running(cluster: Cluster) -> None:
    """Start the server, or wait for one that is on its way up, recovering perhaps."""
    patient_until = time.monotonic() + START_SECONDS
    while is_alive(cluster) and time.monotonic() < patient_until:
        if _answers(cluster):
            return
        time.sleep(0.1)
    _start(cluster)


def _answers(cluster: Cluster) -> bool:
    """Whether it accepts connections, be all of them taken."""
    url = f"{cluster.url_of('postgres')}&connect_timeout=5"
    return pq.PGconn.ping(url.encode()) == pq.Ping.OK


def _ensure_database(cluster: Cluster) -> None:
    try:
        with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [cluster.database]
            ).fetchone()
            if known is None:
                name = sql.Identifier(cluster.database)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    except psycopg.OperationalError as error:
        raise PostgresError(f"PostgreSQL runs but refuses us: {error}") from error


def _clear_stale_locks(cluster: Cluster) -> None:
    """Remove lock files whose process is gone or is, after a reboot, somebody else's.

    PostgreSQL heals the first case itself but not the second, which containers meet at every
    restart: process numbers there are small and used again.
    """
    for lock in (cluster.data / "postmaster.pid", cluster.socket_dir / f"{SOCKET_NAME}.lock"):
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            lock.unlink(missing_ok=True)
            continue
        if _is_postgres(pid):
            _await_end(pid)
        else:
            lock.unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    """Whether that process is a live server; a zombie is not."""
    try:
        return "bin/postgres " in " ".join(psutil.Process(pid).cmdline())
    except (psutil.Error, ValueError):  # gone, somebody else's, or no number of a process
        return False


def _await_end(pid: int) -> None:
    """Wait for a server that does not answer to end: it is on its way down, or it hangs."""
    patient_until = time.monotonic() + 10
    while _is_postgres(pid):
        if time.monotonic() > patient_until:
            os.kill(pid, signal.SIGQUIT)  # "immediate shutdown"; recovered from the log at start
            patient_until += 10
        time.sleep(0.1)


def _run(
    program: str, arguments: Sequence[str], owner: pwd.struct_passwd | None, cluster: Cluster
) -> None:
    try:
        run_program(program, arguments, owner)
    except PostgresError as error:
        raise PostgresError(_explain(program, str(error), cluster)) from error


def _explain(program: str, output: str, cluster: Cluster) -> str:
    logs = [
        log.read_text(errors="replace") for log in (cluster.first_log, cluster.log) if log.exists()
    ]
    log = "\n".join(line for text in logs for line in text.splitlines()[-10:])
    advice = "Set DATABASE_URL to use another server."
    if os.strerror(errno.ENOSPC) in f"{output}\n{log}":
        advice = f"The disk is full: make room for {cluster.data}."
    return (
        f"The embedded PostgreSQL in {cluster.data} does not start ({program} failed).\n"
        f"{output.strip()}\n{log}\n{advice}"
    )


def keep_short(cluster: Cluster) -> None:
    """Begin a new log while the server runs, once the old one is large; no line is lost.

    Raises ``OSError`` and ``PostgresError``.
    """
    if cluster.log.exists() and cluster.log.stat().st_size > LARGEST:
        make_room(cluster.log)
        run_program("pg_ctl", ["logrotate", "-D", str(cluster.data)], server_user())
