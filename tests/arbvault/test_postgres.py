"""The embedded server, for real: each test makes its own."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings

from arbvault.postgres import (
    LONGEST_SOCKET_PATH,
    Cluster,
    attach,
    is_alive,
    keep_short,
    release,
    revive,
)
from arbvault.postgres_programs import PostgresError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ATTACH_AND_WAIT = """
import sys, pathlib
from arbvault.postgres import Cluster, attach
attach(Cluster(pathlib.Path(sys.argv[1]), durable=False))
print("attached", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "postgres", durable=False, max_connections=20)
    yield cluster
    release(cluster)


def another_process(cluster: Cluster) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ATTACH_AND_WAIT, str(cluster.data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=settings.BASE_DIR,
    )


def said(process: subprocess.Popen[str]) -> str:
    if process.stdout is None:
        pytest.fail("started without a pipe")
    return process.stdout.readline().strip()


def answers(cluster: Cluster) -> bool:
    try:
        with psycopg.connect(cluster.url) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def process_of(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def test_the_data_outlive_the_server(cluster: Cluster) -> None:
    attach(cluster)
    with psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    release(cluster)
    assert not answers(cluster)
    attach(cluster)
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)


def test_processes_that_start_at_once_share_one_server_and_the_last_stops_it(
    cluster: Cluster,
) -> None:
    processes = [another_process(cluster) for _ in range(4)]
    assert [said(process) for process in processes] == ["attached"] * 4
    for process in processes[:-1]:
        process.communicate()
    assert answers(cluster)
    processes[-1].communicate()
    assert not answers(cluster)


def test_a_killed_holder_neither_stops_the_server_nor_keeps_it_for_ever(cluster: Cluster) -> None:
    victim = another_process(cluster)
    said(victim)
    victim.kill()
    victim.communicate()
    assert answers(cluster)
    attach(cluster)
    release(cluster)
    assert not answers(cluster)


def test_a_killed_server_starts_again(cluster: Cluster) -> None:
    attach(cluster)
    server = process_of(cluster)
    os.kill(server, signal.SIGKILL)
    while answers(cluster):
        time.sleep(0.01)
    release(cluster)
    attach(cluster)
    assert answers(cluster)
    assert process_of(cluster) != server


def test_a_server_that_recovers_is_waited_for_not_shot(cluster: Cluster) -> None:
    attach(cluster)
    server = process_of(cluster)
    os.kill(server, signal.SIGSTOP)  # alive, and answers nobody
    try:
        newcomer = another_process(cluster)
        time.sleep(0.5)
    finally:
        os.kill(server, signal.SIGCONT)
    assert said(newcomer) == "attached"
    newcomer.communicate()
    assert process_of(cluster) == server


def test_a_dead_server_is_revived_and_a_living_one_left_alone(cluster: Cluster) -> None:
    attach(cluster)
    server = process_of(cluster)
    revive(cluster)
    assert process_of(cluster) == server
    assert is_alive(cluster)
    os.kill(server, signal.SIGKILL)
    while is_alive(cluster):
        time.sleep(0.01)
    revive(cluster)
    assert answers(cluster)
    assert process_of(cluster) != server


def test_the_log_holds_no_value_and_is_rotated_while_the_server_runs(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-of-anne"
    attach(cluster)
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE accounts (name text UNIQUE CHECK (name <> 'nobody'))")
        connection.execute("INSERT INTO accounts VALUES (%s)", [secret])
        for statement in (
            f"INSERT INTO accounts VALUES ('{secret}')",
            f"SELECT '{secret}'::integer",
            f"SELECT * FROM missing WHERE name = '{secret}'",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO accounts VALUES (%s)", [secret])
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        backend = connection.info.backend_pid
        crash = f"COPY (SELECT '{secret}') TO PROGRAM 'kill -9 {backend}; sleep 5'"
        with pytest.raises(psycopg.OperationalError):
            connection.execute(crash)
    # The client hears of the death before the server does, which answers until then.
    while f"(PID {backend}) was terminated by signal 9" not in cluster.log.read_text():
        time.sleep(0.05)
    while not answers(cluster):
        time.sleep(0.05)
    first = cluster.log.read_text()
    assert secret not in first
    assert stat.S_IMODE(cluster.log.stat().st_mode) == 0o640
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700

    keep_short(cluster)
    assert not cluster.log.with_name("server.log.1").exists()  # not large enough
    monkeypatch.setattr("arbvault.postgres.LARGEST", 100)
    keep_short(cluster)
    while not cluster.log.exists():
        time.sleep(0.01)
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    while "checkpoint complete" not in cluster.log.read_text():
        time.sleep(0.01)
    assert cluster.log.with_name("server.log.1").read_text().startswith(first)


def test_a_lock_that_names_an_innocent_process_is_removed(cluster: Cluster) -> None:
    """After a restart the number in the lock belongs to somebody else."""
    attach(cluster)
    lock = cluster.data / "postmaster.pid"
    content = lock.read_text()
    release(cluster)
    lock.write_text(content.replace(content.split("\n", 1)[0], str(os.getpid()), 1))
    attach(cluster)
    assert answers(cluster)


def test_an_interrupted_first_start_is_begun_again(cluster: Cluster) -> None:
    (cluster.data / "base").mkdir(parents=True)
    (cluster.data / "postgresql.conf").write_text("half written")
    attach(cluster)
    assert answers(cluster)


def test_a_deep_folder_does_not_exceed_the_length_of_a_socket(tmp_path: Path) -> None:
    deep = Cluster(tmp_path.joinpath(*["a-rather-long-name"] * 8) / "postgres", durable=False)
    assert len(str(deep.data)) > LONGEST_SOCKET_PATH
    attach(deep)
    try:
        assert answers(deep)
    finally:
        release(deep)


def test_a_start_that_fails_says_why_and_what_to_do(cluster: Cluster) -> None:
    attach(cluster)
    release(cluster)
    (cluster.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PostgresError, match=r"(?s)no_such_setting.*DATABASE_URL"):
        attach(cluster)
