"""Where tasks wait: rows of PostgreSQL, always. With ``REDIS_URL``, Redis wakes who waits for them.

A broker that keeps tasks in Redis hands each out at most once: what a killed worker had taken is
gone, and a task is there before the transaction that asked for it is committed. Ours stay rows, put
in by the transaction that wants them, and each taken by one worker of any host. What Redis adds is
that a task is begun at once, and that idle workers ask the database four times less often. A call
that is lost, and a Redis that is away, cost a wait and nothing else.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from discovery.runs.stopping import pause

logger = logging.getLogger(__name__)

WAIT = 2.0  # seconds an idle worker waits for a call before it looks by itself
AWAY = 10.0  # seconds a Redis that does not answer is left alone
CONNECT_SECONDS = 0.5
MOST_CALLS = 64  # kept for workers that are busy; each finds the next task by itself anyway
# One statement, which a pooler may run in any session. A row that another worker is just taking is
# passed over, not waited for.
TAKE = """
    UPDATE django_q_ormq SET lock = %(until)s
    WHERE id = (
        SELECT id FROM django_q_ormq WHERE key = %(key)s AND lock < %(now)s
        ORDER BY lock, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, payload
"""


class QueueBroker(ORM):
    """django-q's broker on the site's own database (``Q_CLUSTER["broker_class"]``)."""

    def enqueue(self, task: str) -> int:
        """Put a signed task in; waiting workers are called once the transaction is committed."""
        key: int = super().enqueue(task)
        if (bell := bell_at(settings.REDIS_URL)) is not None:
            transaction.on_commit(lambda: bell.ring(self.list_key), using=Conf.ORM, robust=True)
        return key

    def dequeue(self) -> list[tuple[int, str]] | None:
        """The key and the text of the task that is due longest, taken for this worker alone.

        ``None`` when there is none, after a wait that a new task shortens.
        """
        self.get_connection()  # lets go of a database session that has ended
        now = timezone.now()
        asked = {"key": self.list_key, "now": now, "until": now + timedelta(seconds=Conf.RETRY)}
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(TAKE, asked)
            found: list[tuple[int, str]] = cursor.fetchall()
        if found:
            return found
        if (bell := bell_at(settings.REDIS_URL)) is None or not bell.listen(self.list_key):
            pause(Conf.POLL)
        return None


@cache
def bell_at(url: str) -> Bell | None:
    """The bell of this process at that Redis; ``None`` without an address."""
    return Bell(url) if url else None


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
