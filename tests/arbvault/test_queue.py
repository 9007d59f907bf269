"""The task queue's processes, for real: killed, stuck and asked to stop, the work goes on.

Twenty kills of every kind are ``benchmarks/drills/queue.py``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from django.conf import settings
from django.core.management import get_commands
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ, Success
from django_q.tasks import async_task

from discovery.models import QueueWorker
from discovery.runs import pulse
from discovery.runs.pulse import queue_pulse
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 2
# The queue, which calls a worker stuck after two seconds and stops within one.
QUICK = """
import django
django.setup()
from arbvault import queue_supervisor, queue_worker
from discovery.runs import pulse
queue_worker.MOST_IDLE, queue_worker.PATIENCE, pulse.BEAT = 2.0, 0.5, 0.3
queue_supervisor.YOUNG = 0.0
from django.core.management import call_command
call_command("qcluster")
"""
TASK = "benchmarks.drills.queue.note"


@pytest.fixture
def queue() -> Iterator[psutil.Process]:
    child = environment(QUEUE_WORKERS=str(WORKERS), LOG_LEVEL="CRITICAL")
    command = [sys.executable, "-c", QUICK]
    with subprocess.Popen(
        command, env=child, cwd=settings.BASE_DIR, start_new_session=True
    ) as process:
        try:
            until(lambda: len(QueueWorker.objects.all()) == WORKERS)
            yield psutil.Process(process.pid)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


def until(holds: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "never"
        time.sleep(0.02)


def do(folder: Path, name: str, seconds: float = 0.0) -> Callable[[], bool]:
    """Queue a task; what is returned says whether it is done."""
    async_task(TASK, str(folder), name, seconds)
    return (folder / f"{name}.done").exists


def is_idle() -> bool:
    """Whether every worker that is alive has said so after its last task."""
    alive = QueueWorker.objects.filter(beat_at__gt=timezone.now() - timedelta(seconds=1))
    return len(alive) == WORKERS and not any(worker.task for worker in alive)


def test_our_command_stands_in_the_place_of_django_qs() -> None:
    assert get_commands()["qcluster"] == "arbvault"


def test_whichever_process_dies_or_hangs_the_next_task_is_done(
    queue: psutil.Process, tmp_path: Path
) -> None:
    for number in range(4):  # idle, one of two: which lock it held does not matter
        workers = queue.children()
        assert len(workers) == WORKERS
        victim = workers[number % WORKERS]
        victim.kill()
        until(do(tmp_path, f"after {number}"))
        until(lambda: len(queue.children()) == WORKERS)
    done = do(tmp_path, "busy", 30.0)
    begun = tmp_path / "busy.begun"
    until(lambda: begun.exists() and begun.read_text())
    first = begun.read_text()
    psutil.Process(int(first)).kill()
    until(do(tmp_path, "after the busy one"))
    until(lambda: begun.read_text() not in {"", first})  # it is begun again, at once
    psutil.Process(int(begun.read_text())).kill()
    until(do(tmp_path, "after what kills whoever does it"))
    assert not done()

    until(lambda: len(queue.children()) == WORKERS)
    until(is_idle)  # a task may take fifteen minutes before its worker counts as stuck
    stuck = queue.children()
    for worker in stuck:
        worker.suspend()
    until(do(tmp_path, "after the stuck ones"))
    until(lambda: not any(worker.is_running() for worker in stuck))


def test_asked_to_stop_it_ends_and_a_task_cut_short_is_the_next_ones(
    queue: psutil.Process, tmp_path: Path
) -> None:
    do(tmp_path, "long", 30.0)
    do(tmp_path, "short", 0.3)
    until(lambda: all((tmp_path / f"{name}.begun").exists() for name in ("long", "short")))
    workers = queue.children()
    queue.terminate()
    queue.wait(timeout=6)
    assert not any(worker.is_running() for worker in workers)
    assert Success.objects.get().args[1] == "short"
    assert OrmQ.objects.get().lock <= timezone.now()  # at once, not in twenty minutes


def test_a_supervisor_killed_outright_leaves_no_worker_behind(queue: psutil.Process) -> None:
    workers = queue.children()
    queue.kill()
    _gone, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []


def a_worker(**fields: Any) -> QueueWorker:
    now = timezone.now()
    return QueueWorker.objects.create(
        **{"host": "one", "pid": 1, "started_at": now, "beat_at": now} | fields
    )


class TestPulse:
    def test_a_queue_that_was_never_started_is_no_trouble(self, client: Client) -> None:
        assert client.get("/readyz").content == b"ok\n"

    def test_a_queue_at_work_is_told(self, client: Client) -> None:
        a_worker(task="run 1")
        a_worker(host="two")
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert b"ok\nqueue: 2 workers, 1 busy" in answer.content

    def test_when_nobody_has_worked_on_it_for_a_while_the_site_is_not_ready(
        self, client: Client
    ) -> None:
        a_worker(beat_at=timezone.now() - pulse.SILENCE - timedelta(seconds=1))
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.content.startswith(b"queue stopped\n")
        a_worker(host="another machine")
        assert client.get("/readyz").status_code == 200

    def test_two_statements_tell_it_and_the_oldest_task_that_waits(
        self, django_assert_num_queries: Any
    ) -> None:
        a_worker()
        now = timezone.now()
        OrmQ.objects.create(key="x", lock=now - timedelta(seconds=90))
        OrmQ.objects.create(key="x", lock=now - timedelta(seconds=5))
        OrmQ.objects.create(key="x", lock=now + timedelta(minutes=20))  # somebody is at it
        with django_assert_num_queries(2):
            told = queue_pulse(now=now)
        assert (told.workers, told.waiting, told.is_late) == (1, 2, True)
        assert told.oldest == now - timedelta(seconds=90)

    def test_the_long_dead_are_forgotten_but_never_the_last(self) -> None:
        now = timezone.now()
        long_dead = a_worker(beat_at=now - timedelta(days=3)).pk
        assert queue_pulse(now=now).has_stopped
        pulse.beat(worker=uuid4(), host="one", pid=1, started_at=now, task="", now=now)
        assert not QueueWorker.objects.filter(pk=long_dead).exists()
        assert queue_pulse(now=now + timedelta(days=3)).has_stopped

    def test_a_sign_of_life_from_before_the_clock_was_set_back_hides_no_death(
        self, client: Client
    ) -> None:
        now = timezone.now()
        dead = a_worker(beat_at=now + timedelta(days=2)).pk
        told = queue_pulse(now=now)
        assert (told.workers, told.has_stopped, told.last_beat) == (0, True, now)
        assert client.get("/readyz").status_code == 503
        pulse.beat(worker=uuid4(), host="one", pid=1, started_at=now, task="", now=now)
        assert not QueueWorker.objects.filter(pk=dead).exists()
        assert client.get("/readyz").status_code == 200

    def test_dashboard_and_admin_say_it_in_words(self, client_of: Callable[..., Client]) -> None:
        a_worker(beat_at=timezone.now() - timedelta(hours=1))
        browser = client_of("root", is_staff=True, is_superuser=True)
        for address in ("/", "/admin/discovery/queueworker/"):
            page = browser.get(address).content.decode()
            assert "Plus rien ne traite la file des tâches" in page, address
        a_worker()
        for address in ("/", "/admin/discovery/queueworker/"):
            page = browser.get(address).content.decode()
            assert "1 processus traite la file des tâches. Aucune tâche n’attend." in page, address
