"""How often the API may be called: counted in the database, for every process and host alike.

Counting is one statement that is folded into the look-up of the token, so that a call takes as many
statements as before; calls of a busy token may be counted ahead in it (``rate_leases``). An address
has two counts: one of what it asked with credentials, one of what was refused, so that strangers
behind a shared address never use up what its owner has left.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q

from discovery.accounts.rate_leases import leases
from discovery.models import ApiRate
from discovery.prepared import prepared_rows

KEPT = timedelta(hours=1)  # counts are deleted after that, however long a window is, and a window

# A window begins with its first request. One that began in the future is no window: the clock was
# put back. The seconds of grace are for requests that waited for each other's row.
COUNT = """
INSERT INTO api_rate AS rate (key, started_at, requests)
SELECT asking.key, statement_timestamp(), asking.calls FROM asking ORDER BY asking.key
ON CONFLICT (key) DO UPDATE
   SET requests = CASE WHEN rate.started_at > excluded.started_at - %(window)s
                        AND rate.started_at < excluded.started_at + interval '10 seconds'
                       THEN rate.requests + excluded.requests ELSE excluded.requests END,
       started_at = CASE WHEN rate.started_at > excluded.started_at - %(window)s
                          AND rate.started_at < excluded.started_at + interval '10 seconds'
                         THEN rate.started_at ELSE excluded.started_at END
RETURNING key, requests,
          extract(epoch FROM started_at + %(window)s - statement_timestamp())::float8 AS seconds
"""
COUNT_KEYS = "WITH asking (key, calls) AS (SELECT unnest(%(keys)s::text[]), 1)" + COUNT
# `asked`: what the look-up of a token finds, one row or none; its first column is the token's id.
COUNT_AND_LOOK_UP = """
WITH asked (token_id, {columns}) AS ({look_up}),
     asking (key, calls) AS (
        SELECT 'token:' || token_id, 1 + %(token_ahead)s::int FROM asked
        UNION ALL
        SELECT 'address:' || %(network)s::text, 1 + %(address_ahead)s::int
         WHERE EXISTS (SELECT FROM asked)
        UNION ALL
        SELECT 'refused:' || %(network)s::text, 1 WHERE NOT EXISTS (SELECT FROM asked)),
     counted AS ({count})
SELECT counted.key, counted.requests, counted.seconds, asked.* FROM counted LEFT JOIN asked ON true
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left under one policy: ``token``, ``user``, ``address`` or ``refused``.

    ``limit`` requests in a window; ``left`` of them for ``seconds`` more.
    """

    policy: str
    limit: int
    left: int
    seconds: int
    is_exceeded: bool


class RateLimited(Exception):
    """More requests than ``exceeded`` allow; nothing was done."""

    def __init__(self, exceeded: list[Allowance]) -> None:
        super().__init__(exceeded)
        self.exceeded = exceeded
        self.limit = min(allowance.limit for allowance in exceeded)
        self.retry_after = max(allowance.seconds for allowance in exceeded)  # seconds


@dataclass(slots=True)
class Tally:
    """What one request from an address has used up, for its answer to tell.

    ``address``: a network of IPv6 is one caller (``addresses.counted_address``).
    """

    address: str
    allowances: list[Allowance] = field(default_factory=list)

    def is_covered(self, token_id: int) -> bool:
        """Whether a call by the token was counted ahead; it then is this one, at no statement."""
        limits = _limits()
        keys = [key for key in self._keys(token_id) if limits[_policy(key)]]
        now = time.monotonic()
        taken = leases.take(keys, at=now)
        if taken is None:
            return False
        for key, left, ends in taken:
            policy = _policy(key)
            self._allow(policy, limits[policy], used=limits[policy] - left, seconds=ends - now)
        return True

    def look_up(
        self,
        statement: str,
        parameters: dict[str, Any],
        columns: int,
        *,
        token_id: int | None = None,
    ) -> list[tuple[Any, ...]]:
        """The rows of a token's look-up, one or none, counted in the same statement.

        ``statement`` selects the token's id and ``columns`` more. ``token_id`` says whose token it
        was a moment ago, where calls may be counted ahead. Raises ``RateLimited``.
        """
        began = time.monotonic()
        keys = () if token_id is None else self._keys(token_id)
        ahead = {key: leases.begin(key, at=began) for key in keys}
        given = {
            "network": self.address,
            "window": settings.API_RATE_WINDOW,
            "token_ahead": ahead.get(f"token:{token_id}", 0),
            "address_ahead": ahead.get(f"address:{self.address}", 0),
        }
        try:
            counted = prepared_rows(_counting(statement, columns), parameters | given)
            told = (row[:3] for row in counted)
            self._note(told, None if token_id is None else ahead, at=began)
        finally:
            leases.end(key for key in keys if ahead[key])
        return [row[3:] for row in counted[:1] if row[3] is not None]

    def _keys(self, token_id: int) -> tuple[str, str]:
        return f"token:{token_id}", f"address:{self.address}"

    def count_user(self, user_id: int) -> None:
        """Count a request of a signed-in user. Raises ``RateLimited``."""
        self._count(f"user:{user_id}", f"address:{self.address}")

    def count_refused(self) -> None:
        """Count a request without credentials, or with wrong ones. Raises ``RateLimited``."""
        self._count(f"refused:{self.address}")

    def _count(self, *keys: str) -> None:
        window = settings.API_RATE_WINDOW
        began = time.monotonic()
        self._note(prepared_rows(COUNT_KEYS, {"keys": list(keys), "window": window}), at=began)

    def _note(
        self,
        counted: Iterable[tuple[Any, ...]],
        ahead: Mapping[str, int] | None = None,
        *,
        at: float,
    ) -> None:
        """Note rows of ``COUNT``, in which ``ahead`` calls of each key are not made yet.

        ``at``: before the statement was sent, so that no window is believed to last longer here.
        """
        limits = _limits()
        for key, requests, seconds in counted:
            limit = limits[_policy(key)]
            used = requests - (ahead or {}).get(key, 0)
            if not limit:
                continue
            self._allow(_policy(key), limit, used=used, seconds=seconds)
            if ahead is not None:
                usable = max(0, min(limit, requests) - used)
                left = max(0, limit - requests)
                leases.settle(key, left=left, ahead=usable, ends=at + seconds, at=at)
        self.allowances.sort(key=lambda allowance: allowance.policy, reverse=True)
        if exceeded := [allowance for allowance in self.allowances if allowance.is_exceeded]:
            raise RateLimited(exceeded)

    def _allow(self, policy: str, limit: int, *, used: int, seconds: float) -> None:
        left = max(0, limit - used)
        self.allowances.append(
            Allowance(policy, limit, left, max(1, math.ceil(seconds)), used > limit)
        )


def _policy(key: str) -> str:
    return key.partition(":")[0]


def _limits() -> dict[str, int]:
    return {
        "token": settings.API_RATE_PER_TOKEN,
        "user": settings.API_RATE_PER_TOKEN,
        "address": settings.API_RATE_PER_ADDRESS,
        "refused": settings.API_RATE_REFUSED,
    }


@cache
def _counting(look_up: str, columns: int) -> str:
    names = ", ".join(f"found_{number}" for number in range(columns))
    return COUNT_AND_LOOK_UP.format(look_up=look_up, columns=names, count=COUNT)


def forget_rates(*, now: datetime) -> int:
    """Delete counts whose window is long over, or begins in the future; returns how many."""
    over = Q(started_at__lt=now - KEPT - settings.API_RATE_WINDOW)
    return ApiRate.objects.filter(over | Q(started_at__gt=now + KEPT)).delete()[0]
