"""Where tasks wait: in PostgreSQL, each for one worker; Redis only says that one has come."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from threading import Barrier
from typing import Any

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler
from django_q.tasks import async_task

from arbvault import queue_bell
from arbvault.cache_config import cache_config
from arbvault.env import Environment
from arbvault.queue_broker import QueueBroker, bell_at
from arbvault.redis_cache import RedisCache
from tests.redis_server import needs_redis, redis_server

pytestmark = pytest.mark.django_db(transaction=True)

HOSTS = 4
CALLS = "arbitragevault:calls"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a task that does not come."""
    monkeypatch.setattr(queue_bell, "WAIT", 0.05)
    monkeypatch.setattr("django_q.conf.Conf.POLL", 0.01)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[tuple[str, Popen[bytes]]]:
    """A Redis that the site is told of; its address and its process."""
    with redis_server(tmp_path) as (address, process):
        settings.REDIS_URL = address
        yield address, process


def put_in(count: int) -> set[int]:
    for number in range(count):
        async_task("math.sqrt", number)
    return set(OrmQ.objects.values_list("pk", flat=True))


# --- each task is one worker's --------------------------------------------------------------------


def test_the_site_uses_this_broker() -> None:
    assert isinstance(get_broker(), QueueBroker)


def test_hosts_that_look_at_once_take_each_task_once() -> None:
    tasks = put_in(24)
    start = Barrier(HOSTS)

    def work(_host: int) -> list[int]:
        broker = get_broker()
        start.wait()
        taken = []
        while found := broker.dequeue():
            taken += [key for key, _text in found]
        connection.close()
        return taken

    with ThreadPoolExecutor(HOSTS) as pool:
        taken = [key for keys in pool.map(work, range(HOSTS)) for key in keys]
    assert sorted(taken) == sorted(tasks)


def test_a_task_that_another_is_just_taking_is_passed_over() -> None:
    first, second = sorted(put_in(2))

    def take() -> int:
        found = get_broker().dequeue()
        connection.close()
        assert found is not None
        return int(found[0][0])

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        OrmQ.objects.select_for_update().get(pk=first)
        assert pool.submit(take).result() == second


def test_the_task_that_is_due_longest_comes_first_and_one_that_is_not_due_stays() -> None:
    keys = sorted(put_in(3))
    OrmQ.objects.filter(pk=keys[2]).update(lock=F("lock") - timedelta(hours=1))
    OrmQ.objects.filter(pk=keys[0]).update(lock=F("lock") + timedelta(hours=1))
    broker = get_broker()
    assert [broker.dequeue()[0][0], broker.dequeue()[0][0]] == [keys[2], keys[1]]
    assert broker.dequeue() is None


def test_looking_for_a_task_is_one_statement(django_assert_num_queries: Any) -> None:
    put_in(1)
    broker = get_broker()
    with django_assert_num_queries(1):
        assert broker.dequeue()
    with django_assert_num_queries(1):
        assert broker.dequeue() is None


def test_a_schedule_that_two_hosts_see_due_becomes_one_task() -> None:
    Schedule.objects.exclude(name="wake-runs").delete()
    due = Schedule.objects.update(next_run=Now() - timedelta(minutes=1))
    assert due == 1
    start = Barrier(HOSTS)

    def look(_host: int) -> None:
        start.wait()
        scheduler(broker=get_broker())
        connection.close()

    with ThreadPoolExecutor(HOSTS) as pool:
        list(pool.map(look, range(HOSTS)))
    assert OrmQ.objects.count() == 1


# --- Redis ----------------------------------------------------------------------------------------


@needs_redis
def test_workers_are_called_once_the_transaction_is_committed(
    server: tuple[str, Popen[bytes]],
) -> None:
    with redis.Redis.from_url(server[0]) as client:
        with transaction.atomic():
            async_task("math.sqrt", 4)
            assert client.llen(CALLS) == 0
        assert client.llen(CALLS) == 1
        with transaction.atomic():
            async_task("math.sqrt", 9)
            transaction.set_rollback(True)
        assert client.llen(CALLS) == 1
    assert OrmQ.objects.count() == 1


@needs_redis
def test_who_waits_is_woken_by_a_call(
    server: tuple[str, Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_bell, "WAIT", 60.0)  # a bound on a bell that does not ring
    bell = bell_at(server[0])
    assert bell is not None
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bell.listen, "arbitragevault")
        put_in(1)
        assert waiting.result(timeout=30) is True
    with redis.Redis.from_url(server[0]) as client:
        assert client.llen(CALLS) == 0


@needs_redis
def test_calls_that_nobody_hears_do_not_pile_up(server: tuple[str, Popen[bytes]]) -> None:
    tasks = put_in(queue_bell.MOST_CALLS + 6)
    with redis.Redis.from_url(server[0]) as client:
        assert client.llen(CALLS) == queue_bell.MOST_CALLS
    broker = get_broker()
    assert {broker.dequeue()[0][0] for _ in tasks} == tasks


@needs_redis
def test_with_redis_gone_tasks_are_put_in_and_found_all_the_same(
    server: tuple[str, Popen[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    server[1].kill()
    server[1].wait()
    tasks = put_in(3)
    broker = get_broker()
    assert {broker.dequeue()[0][0] for _ in tasks} == tasks
    assert broker.dequeue() is None
    told = [line for line in caplog.messages if "Redis does not answer" in line]
    assert len(told) == 1
    assert server[0] not in told[0]


# --- the cache ------------------------------------------------------------------------------------


def test_the_cache_is_what_cache_url_says_else_redis_else_files(tmp_path: Path) -> None:
    def backend(cache_url: str, redis_url: str) -> str:
        it = cache_config(cache_url=cache_url, redis_url=redis_url, folder=tmp_path)
        return str(it["BACKEND"])

    assert backend("dbcache://table", "redis://r/0").endswith("DatabaseCache")
    assert backend("", "redis://r/0") == "arbvault.redis_cache.RedisCache"
    assert backend("", "") == "arbvault.file_cache.FileCache"


@needs_redis
def test_a_cache_on_redis_is_shared_and_empty_while_redis_is_away(tmp_path: Path) -> None:
    with redis_server(tmp_path) as (address, process):
        config = cache_config(cache_url="", redis_url=address, folder=tmp_path)
        params = {name: it for name, it in config.items() if name not in {"BACKEND", "LOCATION"}}
        here, there = (RedisCache(config["LOCATION"], params) for _ in range(2))
        assert here.add("mailed", True, 60)
        assert not there.add("mailed", True, 60)
        assert there.get("mailed") is True
        process.kill()
        process.wait()
        assert here.get("mailed", "unknown") == "unknown"
        assert not here.has_key("mailed")
        assert not here.touch("mailed")
        with pytest.raises(redis.RedisError):
            here.add("mailed", True, 60)


def test_an_address_that_is_none_is_named_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REDIS_URL", "http://:hunter2@cache")
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL: expected redis://") as refused:
        Environment().redis_address("REDIS_URL")
    assert "hunter2" not in str(refused.value)
