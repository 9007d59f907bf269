"""Leases under load: one asker for all, nobody blocked by the dead, no circle of waiting."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from discovery import cache, leases
from discovery.models import DiscoveryLease
from tests.discovery.test_cache import fill, in_threads
from tests.processes import environment


class KeepaIsDown(Exception):
    pass


def flight(key: str, produce: Callable[[], str], **changes: Any) -> str:
    def read() -> str | None:
        entry = cache.hit_discovery(cache_key=key)
        return None if entry is None else entry.asins[0]

    arguments: dict[str, Any] = {
        "cache_key": key,
        "read": read,
        "produce": produce,
        "expected": KeepaIsDown,
        "describe": lambda _error: {"code": "down"},
    }
    answer: str = leases.single_flight(**arguments | changes)
    return answer


@pytest.mark.django_db(transaction=True)
class TestSingleFlight:
    @pytest.fixture(autouse=True)
    def short_lease(self, settings: Any) -> None:
        settings.LEASE_SECONDS = 2

    def test_one_asks_and_all_are_answered(self) -> None:
        asked: list[int] = []

        def ask(number: int) -> str:
            def produce() -> str:
                asked.append(number)
                time.sleep(0.3)
                fill("q", ("ANSWER",))
                return "ANSWER"

            return flight("q", produce)

        assert in_threads(20, ask) == ["ANSWER"] * 20
        assert len(asked) == 1
        assert not DiscoveryLease.objects.exists()

    def test_those_who_wait_hold_no_connection(self) -> None:
        DiscoveryLease.objects.create(
            pk="q", holder=uuid.uuid4(), expires_at=Now() + timedelta(seconds=30)
        )
        open_while_waiting: list[bool] = []

        def look(_pause: float) -> None:
            open_while_waiting.append(connection.connection is not None)
            fill("q", ("ANSWER",))

        assert flight("q", lambda: "never", sleep=look) == "ANSWER"
        assert open_while_waiting == [False]

    def test_the_failure_of_the_one_who_asked_reaches_all_without_a_second_call(self) -> None:
        asked: list[int] = []
        waiting: set[int] = set()

        def ask(number: int) -> str:
            def produce() -> str:
                asked.append(number)
                while len(waiting) < 7:
                    time.sleep(0.01)
                raise KeepaIsDown

            def wait(pause: float) -> None:
                waiting.add(number)
                time.sleep(pause)

            try:
                return flight("q", produce, sleep=wait)
            except KeepaIsDown:
                return "asked and failed"
            except leases.AnotherAskerFailed as waited:
                return str(waited.failure["code"])

        answers = in_threads(8, ask)
        assert sorted(answers) == ["asked and failed", *["down"] * 7]
        assert len(asked) == 1

    def test_after_a_failure_the_next_question_is_asked_at_once(self) -> None:
        def fail() -> str:
            raise KeepaIsDown

        with pytest.raises(KeepaIsDown):
            flight("q", fail)
        assert flight("q", lambda: "better now") == "better now"

    def test_an_unexpected_error_leaves_no_lease_behind(self) -> None:
        def blunder() -> str:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            flight("q", blunder)
        assert not DiscoveryLease.objects.exists()

    def test_a_live_stranger_is_waited_for_only_so_long(self, settings: Any) -> None:
        settings.LEASE_SECONDS = 1
        stranger = uuid.uuid4()

        def keep_alive(pause: float) -> None:
            DiscoveryLease.objects.update_or_create(
                pk="q", defaults={"holder": stranger, "expires_at": Now() + timedelta(minutes=1)}
            )
            time.sleep(pause)

        keep_alive(0)
        with pytest.raises(leases.StillWaiting):
            flight("q", lambda: "never", sleep=keep_alive)

    def test_a_winner_killed_in_mid_call_blocks_nobody_beyond_the_lease(
        self, doomed_winner: subprocess.Popen[bytes]
    ) -> None:
        doomed_winner.send_signal(signal.SIGKILL)
        doomed_winner.wait(timeout=10)
        assert DiscoveryLease.objects.filter(pk="q").exists()
        assert flight("q", lambda: "next in line") == "next in line"

    @pytest.fixture
    def doomed_winner(self) -> Iterator[subprocess.Popen[bytes]]:
        """Another process that holds the lease and is in the middle of its call."""
        code = (
            "import django, time; django.setup()\n"
            "from discovery import leases\n"
            "leases.single_flight(cache_key='q', read=lambda: None,\n"
            "    produce=lambda: (print('asking', flush=True), time.sleep(60)),\n"
            "    expected=KeyError, describe=lambda error: {})\n"
        )
        command = [sys.executable, "-c", code]
        child = environment(LEASE_SECONDS="2")
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=child) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"asking\n"
                yield process
            finally:
                process.kill()
