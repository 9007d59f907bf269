"""Leases under load: one asker for all, nobody blocked by the dead, no circle of waiting."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from discovery import cache, leases
from discovery.keepa.errors import GarbledAnswer, KeepaUnavailable, TokensExhausted
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
        self, doomed_winner: subprocess.Popen[bytes], settings: Any
    ) -> None:
        settings.LEASE_SECONDS = 2  # as his: who waits is patient for three of them
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


class Shop:
    """Sells names, slowly, and remembers what was sold and to whom it was refused."""

    def __init__(self, *, seconds: float = 0.05, error: Exception | None = None) -> None:
        self.stored: set[str] = set()
        self.sold: list[str] = []
        self.calls = 0
        self._seconds, self._error = seconds, error

    def visit(self, names: Sequence[str], **options: Any) -> list[str]:
        """Have the names; returns those bought by this visit."""
        mine: list[str] = []

        def buy(batch: Sequence[str]) -> Sequence[str]:
            self.calls += 1
            time.sleep(self._seconds)
            if self._error is not None:
                raise self._error
            self.sold += batch
            mine.extend(batch)
            self.stored.update(batch)
            return ()

        arguments: dict[str, Any] = {
            "kind": "thing",
            "stored": self.stored.intersection,
            "buy": buy,
        }
        leases.buy_once(names, **arguments | options)
        return mine


def strangers(*names: str, seconds: float) -> uuid.UUID:
    """Somebody who bought these and will not be heard of any more."""
    holder = uuid.uuid4()
    for name in names:
        DiscoveryLease.objects.create(
            pk=f"thing_{name}", holder=holder, expires_at=Now() + timedelta(seconds=seconds)
        )
    return holder


@pytest.mark.django_db(transaction=True)
class TestBuyOnce:
    def test_each_thing_is_bought_once_by_crowds_that_ask_in_crossing_orders(self) -> None:
        names = [f"{number:02}" for number in range(30)]
        for round_ in range(5):
            shop = Shop(seconds=0.005)

            def ask(number: int, shop: Shop = shop, round_: int = round_) -> list[str]:
                dice = random.Random(10 * round_ + number)
                wanted = dice.sample(names, 20)
                mine = shop.visit(wanted, most=lambda left: min(left, 7))
                assert shop.stored.issuperset(wanted)
                return mine

            bought = in_threads(8, ask)
            assert sorted(shop.sold) == sorted(set(shop.sold))
            assert sum(map(len, bought)) == len(shop.sold)
        assert not DiscoveryLease.objects.exists()

    def test_the_first_that_are_free_are_bought_while_the_others_are_waited_for(self) -> None:
        shop = Shop(seconds=0)
        holder = strangers("a", "c", seconds=30)
        seen: list[list[str]] = []

        def look(_pause: float) -> None:
            seen.append(list(shop.sold))
            shop.stored.update(("a", "c"))
            leases.release_leases(holder=holder)

        shop.visit(["c", "d", "b", "a", "e"], most=lambda left: min(left, 2), sleep=look)
        assert seen == [["d", "b", "e"]]
        assert shop.sold == ["d", "b", "e"]

    def test_what_a_dead_holder_leaves_is_bought_when_its_lease_has_run_out(self) -> None:
        strangers("a", "b", seconds=0.3)
        assert Shop(seconds=0).visit(["a", "b", "c"]) == ["c", "a", "b"]

    def test_those_who_wait_hold_no_connection_and_are_told_of_each_look(self) -> None:
        shop, holder = Shop(seconds=0), strangers("a", seconds=30)
        is_open: list[bool] = []
        looks: list[int] = []

        def look(_pause: float) -> None:
            is_open.append(connection.connection is not None)
            if len(is_open) == 2:
                leases.release_leases(holder=holder)

        shop.visit(["a"], sleep=look, on_wait=lambda: looks.append(1))
        assert is_open == [False, False]
        assert len(looks) == 3

    def test_a_lease_does_not_lapse_while_its_call_is_under_way(self, settings: Any) -> None:
        settings.LEASE_SECONDS = 3  # renewed at a third of it: a machine may stand still for two
        shop = Shop(seconds=4.8)
        assert sorted(in_threads(2, lambda _n: shop.visit(["a", "b"]))) == [[], ["a", "b"]]

    def test_the_failure_of_who_bought_reaches_who_waited_without_another_call(self) -> None:
        error = GarbledAnswer(tokens_spent=7, retry_after=3.0)
        error.in_vain = 1
        shop = Shop(seconds=2, error=error)  # all meet, however busy the machine

        def ask(_number: int) -> tuple[int, float | None]:
            with pytest.raises(GarbledAnswer) as caught:
                shop.visit(["a", "b"])
            assert caught.value.in_vain == 1  # who waited must not pay for it twice more
            return caught.value.tokens_spent, caught.value.retry_after

        assert sorted(in_threads(4, ask)) == [(0, 3.0), (0, 3.0), (0, 3.0), (7, 3.0)]
        assert shop.calls == 1
        with pytest.raises(GarbledAnswer):  # whoever comes later tries for himself, at once
            shop.visit(["a"])
        assert shop.calls == 2

    def test_whoever_has_no_tokens_speaks_for_himself_alone(self) -> None:
        poor, rich = Shop(seconds=1, error=TokensExhausted(needed=3)), Shop(seconds=0)

        def ask(number: int) -> list[str]:
            if number == 0:
                with pytest.raises(TokensExhausted):
                    poor.visit(["a"])
                return []
            while not poor.calls:
                time.sleep(0.01)
            return rich.visit(["a"])

        assert in_threads(2, ask) == [[], ["a"]]

    def test_what_was_bought_and_could_not_be_read_is_not_bought_by_each_who_waited(self) -> None:
        calls: list[Sequence[str]] = []

        def ask(_number: int) -> list[str]:
            unread: list[str] = []

            def buy(batch: Sequence[str]) -> Sequence[str]:
                calls.append(batch)
                time.sleep(2)
                return batch

            leases.buy_once(
                ["a"], kind="thing", stored=lambda _names: (), buy=buy, unread=unread.append
            )
            return unread

        assert sorted(in_threads(4, ask)) == [[], ["a"], ["a"], ["a"]]
        assert len(calls) == 1

    def test_a_blunder_leaves_no_lease_behind(self) -> None:
        with pytest.raises(ZeroDivisionError):
            Shop(seconds=0, error=ZeroDivisionError()).visit(["a", "b"])
        assert not DiscoveryLease.objects.exists()

    def test_one_who_never_answers_is_waited_for_only_so_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(leases, "PATIENCE", 0.005)
        strangers("a", seconds=30)
        with pytest.raises(KeepaUnavailable):
            Shop().visit(["a"])


@pytest.mark.django_db
class TestAlone:
    def test_one_is_at_work_under_a_key_and_the_next_may_follow(self) -> None:
        with (
            leases.alone("work") as first,
            leases.alone("work") as second,
            leases.alone("other") as another,
        ):
            assert (first, second, another) == (True, False, True)
        with leases.alone("work") as third:
            assert third

    def test_a_failure_leaves_it_free(self) -> None:
        with pytest.raises(ZeroDivisionError), leases.alone("work"):
            raise ZeroDivisionError
        with leases.alone("work") as is_ours:
            assert is_ours
