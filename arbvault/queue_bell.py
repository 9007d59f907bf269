"""How a task that comes wakes a worker that waits: a list in Redis, in which nothing is kept."""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

WAIT = 2.0  # seconds an idle worker waits for a call before it looks by itself
AWAY = 10.0  # seconds a Redis that does not answer is left alone
CONNECT_SECONDS = 0.5
MOST_CALLS = 64  # kept for workers that are busy; each finds the next task by itself anyway


class Bell:
    """A list in Redis with an element for each call; whoever waits takes one.

    Nothing here raises: with Redis away, workers look for tasks by themselves.
    """

    def __init__(self, url: str) -> None:
        # It connects when first used, and again in a process that was forked from this one.
        self._redis: Any = redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=WAIT + 1,
            retry=Retry(NoBackoff(), 0),
        )
        self._away_until = 0.0  # of the monotonic clock

    def ring(self, queue: str) -> None:
        """Call one waiting worker, or the next that comes to wait."""
        if self._is_away():
            return
        try:
            with self._redis.pipeline() as calls:
                calls.lpush(_name(queue), "task").ltrim(_name(queue), 0, MOST_CALLS - 1).execute()
        except RedisError as error:
            self._leave_alone(error)

    def listen(self, queue: str) -> bool:
        """Wait for a call, ``WAIT`` seconds at most; ``False``, at once, when Redis is away."""
        if self._is_away():
            return False
        try:
            self._redis.blpop(_name(queue), timeout=WAIT)
        except RedisError as error:
            self._leave_alone(error)
            return False
        return True

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _leave_alone(self, error: RedisError) -> None:
        self._away_until = time.monotonic() + AWAY
        # The kind alone: a message may hold the address, and that a password.
        logger.warning("Redis does not answer (%s); tasks are looked for", type(error).__name__)


def _name(queue: str) -> str:
    return f"{queue}:calls"
