"""Who is asking Keepa for what right now: whoever is first pays, the others take what was stored.

A lease is a row of ``discovery_lease`` under a key: a niche's, a product's, a code's, a category
number's. It lasts ``settings.LEASE_SECONDS``, less when whoever notices that its holder died
releases it, and longer while its holder lives: it is renewed as long as the call is under way.

Leases are taken, renewed and released in the order of their keys, and nobody waits for another's
while he holds his own: two who want the same products never wait for each other in a circle.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error, connection
from psycopg.types.json import Jsonb

from discovery.keepa.errors import KeepaError, KeepaUnavailable, TokensExhausted

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Expected = TypeVar("Expected", bound=Exception)
# Whose a lease is, and why he has failed.
Held = tuple[uuid.UUID, dict[str, Any] | None]

# The first of the keys that are free, in the order wanted; locked in key order.
TAKE = """
INSERT INTO discovery_lease (cache_key, holder, expires_at, failure)
SELECT free.key, %s, now() + %s, NULL
  FROM (SELECT wanted.key
          FROM unnest(%s::varchar[]) WITH ORDINALITY AS wanted (key, place)
         WHERE NOT EXISTS (
               SELECT FROM discovery_lease AS held
                WHERE held.cache_key = wanted.key AND held.expires_at > now()
                  AND held.failure IS NULL)
         ORDER BY wanted.place
         LIMIT %s) AS free
 ORDER BY free.key
ON CONFLICT (cache_key) DO UPDATE
   SET holder = excluded.holder, expires_at = excluded.expires_at, failure = NULL
 WHERE discovery_lease.expires_at <= now() OR discovery_lease.failure IS NOT NULL
RETURNING cache_key
"""
LOOK = """
SELECT cache_key, holder, failure FROM discovery_lease
 WHERE cache_key = ANY(%s) AND expires_at > now()
"""
RENEW = """
WITH mine AS (SELECT cache_key FROM discovery_lease
               WHERE cache_key = ANY(%s) AND holder = %s AND failure IS NULL
               ORDER BY cache_key FOR UPDATE)
UPDATE discovery_lease AS lease SET expires_at = now() + %s
  FROM mine WHERE lease.cache_key = mine.cache_key
"""
FAIL = """
WITH mine AS (SELECT cache_key FROM discovery_lease
               WHERE cache_key = ANY(%s) AND holder = %s AND failure IS NULL
               ORDER BY cache_key FOR UPDATE)
UPDATE discovery_lease AS lease SET expires_at = now() + %s, failure = %s
  FROM mine WHERE lease.cache_key = mine.cache_key
"""
RELEASE = """
WITH mine AS (SELECT cache_key FROM discovery_lease
               WHERE cache_key = ANY(%s) AND holder = %s AND failure IS NULL
               ORDER BY cache_key FOR UPDATE)
DELETE FROM discovery_lease AS lease USING mine WHERE lease.cache_key = mine.cache_key
"""
RELEASE_ALL = """
WITH mine AS (SELECT cache_key FROM discovery_lease WHERE holder = %s
               ORDER BY cache_key FOR UPDATE)
DELETE FROM discovery_lease AS lease USING mine WHERE lease.cache_key = mine.cache_key
"""

# What a failed winner leaves for those who waited, long enough for the slowest poll.
FAILURE_VISIBLE = timedelta(seconds=5)
POLL_FIRST, POLL_SLOWEST = 0.03, 0.4  # seconds
PATIENCE = 3  # leases' worth of other people's winners
RENEWED = 3  # times in the life of a lease
UNREAD = {"code": "unread"}  # paid for, and of no use: not to be paid by each who waited


class AnotherAskerFailed(Exception):
    """The process that held the lease could not get an answer; ``failure`` says why."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure.get("code", ""))
        self.failure = failure


class StillWaiting(Exception):
    """Another process has been asking the same question for longer than we may wait."""


def single_flight(
    *,
    cache_key: str,
    read: Callable[[], Answer | None],
    produce: Callable[[], Answer],
    expected: type[Expected],
    describe: Callable[[Expected], dict[str, Any]],
    sleep: Callable[[float], None] = time.sleep,
    holder: uuid.UUID | None = None,
) -> Answer:
    """Return ``read()``, or let exactly one process ``produce()`` while the others wait.

    Waiters give their database connection back between looks. ``holder`` names the asker to
    whoever notices that he died (``release_leases``).

    Raises whatever ``produce`` raises in the winner; ``AnotherAskerFailed`` in those who waited
    for a winner that failed with an ``expected`` error, which ``describe`` puts into the lease;
    ``StillWaiting`` after ``PATIENCE``.
    """
    holder = holder or uuid.uuid4()
    give_up = time.monotonic() + PATIENCE * settings.LEASE_SECONDS
    pause = POLL_FIRST
    watched: uuid.UUID | None = None
    while time.monotonic() < give_up:
        seen = _look([cache_key]).get(cache_key) if watched else None
        if seen is not None and seen[0] == watched and seen[1] is not None:
            raise AnotherAskerFailed(seen[1])
        if _take([cache_key], most=1, holder=holder):
            with _holding([cache_key], holder) as ending:
                try:
                    # Somebody may have answered between our miss and our lease.
                    found = read()
                    return produce() if found is None else found
                except expected as error:
                    ending.failed = {cache_key: describe(error)}
                    raise
        if (holding := _look([cache_key]).get(cache_key)) is not None:
            watched = holding[0]
        _give_way(sleep, pause)
        pause = min(pause * 1.5, POLL_SLOWEST)
        if (answer := read()) is not None:
            return answer
    raise StillWaiting(cache_key)


def buy_once(
    names: Sequence[str],
    *,
    kind: str,
    stored: Callable[[Sequence[str]], Collection[str]],
    buy: Callable[[Sequence[str]], Collection[str]],
    most: Callable[[int], int] = lambda left: left,
    unread: Callable[[str], None] = lambda _name: None,
    on_wait: Callable[[], None] = lambda: None,
    holder: uuid.UUID | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Have each of ``names``, all of one ``kind``, bought once, by whoever is first.

    ``buy`` buys and stores a batch, and returns those of it whose answer could not be read;
    ``most`` tells how many of so many it may hold. ``stored`` takes over those of some names that
    are stored by now, and returns them: it is asked again about whatever is about to be bought.
    Names another is buying are waited for; ``unread`` hears of those he paid for in vain.
    ``on_wait`` is called before each batch and each look, with no lease held.

    Raises ``KeepaError``: that of ``buy`` or ``most``; that of whoever bought what we waited for,
    ``tokens_spent`` 0; ``KeepaUnavailable`` when nothing has come of waiting for ``PATIENCE``.
    What a dead holder leaves is bought here, and so is what another lacked the tokens for.
    """
    holder = holder or uuid.uuid4()
    left = {f"{kind}_{name}": name for name in names}
    watched: dict[str, uuid.UUID] = {}
    pause, give_up = POLL_FIRST, _patience_ends()
    while left:
        on_wait()
        held = _look(list(left)) if watched else {}
        for key in _bought_in_vain(held, watched):
            unread(left.pop(key))
        free = [key for key in left if key not in held or held[key][1] is not None]
        won = _take(free, most=most(len(free)), holder=holder) if free else []
        settled = set()
        with _holding(won, holder) as ending:
            taken = set(stored([left[key] for key in free])) if free else set()
            to_buy = [key for key in won if left[key] not in taken]
            if to_buy:
                try:
                    lost = set(buy([left[key] for key in to_buy]))
                except TokensExhausted:
                    raise  # whoever waits may have more, or be told that he has not
                except KeepaError as error:
                    ending.failed = dict.fromkeys(won, error.to_stored())
                    raise
                ending.failed = {key: UNREAD for key in to_buy if left[key] in lost}
            settled = {key for key in free if left[key] in taken}.union(to_buy)
        left = {key: name for key, name in left.items() if key not in settled}
        if settled:
            pause, give_up = POLL_FIRST, _patience_ends()
        elif left:
            if time.monotonic() > give_up:
                raise KeepaUnavailable(retry_after=settings.LEASE_SECONDS)
            held = _look(list(left)) if free else held
            watched = {key: who for key, (who, failure) in held.items() if failure is None}
            _give_way(sleep, pause)
            pause = min(pause * 1.5, POLL_SLOWEST)


@contextmanager
def alone(key: str) -> Iterator[bool]:
    """Whether nobody else is at work under this key; while the block lasts, nobody else may be.

    Unlike a lock of the database it needs no transaction, so that Keepa may be asked meanwhile.
    """
    holder = uuid.uuid4()
    won = _take([key], most=1, holder=holder)
    with _holding(won, holder):
        yield bool(won)


def release_leases(*, holder: uuid.UUID) -> None:
    """Give back the leases of an asker that is known to be dead."""
    _rows(RELEASE_ALL, [holder])


def _bought_in_vain(held: Mapping[str, Held], watched: Mapping[str, uuid.UUID]) -> list[str]:
    """The keys of what those watched could not read; raises the ``KeepaError`` they met."""
    in_vain = []
    for key, (holding, failure) in held.items():
        if failure is None or watched.get(key) != holding:
            continue
        if failure != UNREAD:
            error = KeepaError.from_stored(failure)
            error.tokens_spent = 0  # whoever asked has paid
            raise error
        in_vain.append(key)
    return in_vain


def _patience_ends() -> float:
    return time.monotonic() + PATIENCE * settings.LEASE_SECONDS


def _give_way(sleep: Callable[[float], None], pause: float) -> None:
    if not connection.in_atomic_block:
        connection.close()
    sleep(pause)


# --- the rows -------------------------------------------------------------------------------------


def _take(keys: Sequence[str], *, most: int, holder: uuid.UUID) -> list[str]:
    """The keys won, at most so many, in the order given."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    won = {row[0] for row in _rows(TAKE, [holder, lease, list(keys), most])}
    return [key for key in keys if key in won]


def _look(keys: Sequence[str]) -> dict[str, Held]:
    """Holder and failure of the leases there are."""
    return {key: (who, _as_json(failure)) for key, who, failure in _rows(LOOK, [list(keys)])}


@dataclass(slots=True)
class _Ending:
    """What is left in leases for those who wait for them: why there is no answer, by key."""

    failed: dict[str, dict[str, Any]] = field(default_factory=dict)


@contextmanager
def _holding(keys: Sequence[str], holder: uuid.UUID) -> Iterator[_Ending]:
    """Keep the leases alive, and give them back at the end or leave their failures in them."""
    ending = _Ending()
    if not keys:
        yield ending
        return
    over = threading.Event()
    renewal = threading.Thread(target=_renew, args=(list(keys), holder, over), daemon=True)
    renewal.start()
    try:
        yield ending
    finally:
        over.set()
        renewal.join()
        failures = {json.dumps(failure): failure for failure in ending.failed.values()}
        for failure in failures.values():
            left = [key for key in keys if ending.failed.get(key) == failure]
            _rows(FAIL, [left, holder, FAILURE_VISIBLE, Jsonb(failure)])
        if len(ending.failed) < len(keys):
            _rows(RELEASE, [list(keys), holder])


def _renew(keys: list[str], holder: uuid.UUID, over: threading.Event) -> None:
    """Renew the leases until it is ``over``, on a connection that most calls are too quick for.

    No lease is long enough for the slowest call: a time-out is that of one attempt, and only of
    the pause between two pieces of its answer.
    """
    try:
        while not over.wait(settings.LEASE_SECONDS / RENEWED):
            try:
                _rows(RENEW, [keys, holder, timedelta(seconds=settings.LEASE_SECONDS)])
            except Error as error:
                # A database that restarts is back before the lease has run out.
                logger.warning("leases of %s could not be renewed: %s", holder, error)
                connection.close()
    finally:
        connection.close()


def _rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def _as_json(value: Any) -> Any:
    # Django's psycopg connections hand jsonb over as text, for JSONField to decode.
    return json.loads(value) if isinstance(value, str) else value
