"""Where tasks wait: rows of PostgreSQL, always. With ``REDIS_URL``, Redis wakes who waits for them.

A broker that keeps tasks in Redis hands each out at most once: what a killed worker had taken is
gone, and a task is there before the transaction that asked for it is committed. Ours stay rows, put
in by the transaction that wants them, and each taken by one worker of any host. What Redis adds is
that a task is begun at once, and that idle workers ask the database four times less often. A call
that is lost, and a Redis that is away, cost a wait and nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from discovery.runs.stopping import pause

if TYPE_CHECKING:
    from arbvault.queue_bell import Bell

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
    if not url:
        return None
    # Only now: every process starts with this module, and few have a Redis.
    from arbvault.queue_bell import Bell

    return Bell(url)
