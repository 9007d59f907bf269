"""A real PgBouncer in front of a database, pooling by transaction unless told otherwise."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

START_SECONDS = 20.0
# Without DISCARD ALL between transactions, which is PgBouncer's default for this mode: what one
# client leaves on a session, the next one finds.
CONFIGURATION = """\
[databases]
{database} = {server} dbname={database} pool_size={pool_size}
* = {server}

[pgbouncer]
pool_mode = {mode}
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
max_client_conn = 500
query_wait_timeout = {patience}
server_login_retry = 1
logfile = {folder}/pgbouncer.log
log_connections = 0
log_disconnections = 0
"""


def program() -> str | None:
    """PgBouncer's path; the variable PGBOUNCER overrides the search, ``None`` when it is absent."""
    # Debian keeps it in a folder that is not on everybody's path.
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    return shutil.which(os.environ.get("PGBOUNCER") or "pgbouncer", path=path)


@contextmanager
def pgbouncer(
    url: str, *, pool_size: int = 3, mode: str = "transaction", patience: int = 60
) -> Iterator[str]:
    """The address of the database at ``url`` through a PgBouncer with so many sessions on it.

    A statement waits ``patience`` seconds for one of them, and for a database that is away.

    Raises ``FileNotFoundError`` without the program, ``TimeoutError`` when it does not start.
    """
    if (path := program()) is None:
        raise FileNotFoundError("pgbouncer")
    server = conninfo_to_dict(url)
    database = str(server["dbname"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    uid, gid = _owner(str(server.get("host") or ""))
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    try:
        known = ("host", "port", "user", "password")
        (folder / "pgbouncer.ini").write_text(
            CONFIGURATION.format(
                database=database,
                server=" ".join(f"{name}={server[name]}" for name in known if server.get(name)),
                pool_size=pool_size,
                mode=mode,
                patience=patience,
                port=port,
                folder=folder,
            )
        )
        os.chown(folder, uid, gid)
        folder.chmod(0o755)
        command = [path, "--quiet", str(folder / "pgbouncer.ini")]
        with subprocess.Popen(command, user=uid, group=gid, extra_groups=[]) as process:
            try:
                bounced = f"postgresql://{quote(str(server['user']))}@127.0.0.1:{port}/{database}"
                _await(bounced, process, folder / "pgbouncer.log")
                yield bounced
            finally:
                process.kill()
    finally:
        shutil.rmtree(folder)


def _owner(host: str) -> tuple[int, int]:
    """Whom it runs as: never root, which it refuses, and somebody who may open the socket."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if host.startswith("/"):
        state = Path(host).stat()
        return state.st_uid, state.st_gid
    return 65534, 65534


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=5).close()
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(log.read_text() if log.exists() else "pgbouncer did not start")
        time.sleep(0.02)
