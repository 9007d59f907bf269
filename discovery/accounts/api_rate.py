"""How often the API may be called: counted in the database, for every process and host alike.

Counting is one statement that is folded into the look-up of the token, so that a call takes as many
statements as before. An address has two counts: one of what it asked with credentials, one of what
was refused, so that strangers behind a shared address never use up what its owner has left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q

from discovery.models import ApiRate
from discovery.prepared import prepared_rows

KEPT = timedelta(hours=1)  # counts are deleted after that, however long a window is, and a window

# A window begins with its first request. One that began in the future is no window: the clock was
# put back. The seconds of grace are for requests that waited for each other's row.
COUNT = """
INSERT INTO api_rate AS rate (key, started_at, requests)
SELECT asking.key, statement_timestamp(), 1 FROM asking ORDER BY asking.key
ON CONFLICT (key) DO UPDATE
   SET requests = CASE WHEN rate.started_at > excluded.started_at - %(window)s
                        AND rate.started_at < excluded.started_at + interval '10 seconds'
                       THEN rate.requests + 1 ELSE 1 END,
       started_at = CASE WHEN rate.started_at > excluded.started_at - %(window)s
                          AND rate.started_at < excluded.started_at + interval '10 seconds'
                         THEN rate.started_at ELSE excluded.started_at END
RETURNING key, requests,
          ceil(extract(epoch FROM started_at + %(window)s - statement_timestamp()))::int AS seconds
"""
COUNT_KEYS = "WITH asking (key) AS (SELECT unnest(%(keys)s::text[]))" + COUNT
# `asked`: what the look-up of a token finds, one row or none; its first column is the token's id.
COUNT_AND_LOOK_UP = """
WITH asked (token_id, {columns}) AS ({look_up}),
     asking (key) AS (
        SELECT 'token:' || token_id FROM asked
        UNION ALL
        SELECT CASE WHEN EXISTS (SELECT FROM asked) THEN 'address:' ELSE 'refused:' END
               || %(network)s::text),
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

    def look_up(
        self, statement: str, parameters: dict[str, Any], columns: int
    ) -> list[tuple[Any, ...]]:
        """The rows of a token's look-up, one or none, counted in the same statement.

        ``statement`` selects the token's id and ``columns`` more. Raises ``RateLimited``.
        """
        counted = prepared_rows(
            _counting(statement, columns),
            parameters | {"network": self.address, "window": settings.API_RATE_WINDOW},
        )
        self._note(row[:3] for row in counted)
        return [row[3:] for row in counted[:1] if row[3] is not None]

    def count_user(self, user_id: int) -> None:
        """Count a request of a signed-in user. Raises ``RateLimited``."""
        self._count(f"user:{user_id}", f"address:{self.address}")

    def count_refused(self) -> None:
        """Count a request without credentials, or with wrong ones. Raises ``RateLimited``."""
        self._count(f"refused:{self.address}")

    def _count(self, *keys: str) -> None:
        window = settings.API_RATE_WINDOW
        self._note(prepared_rows(COUNT_KEYS, {"keys": list(keys), "window": window}))

    def _note(self, counted: Iterable[tuple[Any, ...]]) -> None:
        limits = {
            "token": settings.API_RATE_PER_TOKEN,
            "user": settings.API_RATE_PER_TOKEN,
            "address": settings.API_RATE_PER_ADDRESS,
            "refused": settings.API_RATE_REFUSED,
        }
        for key, requests, seconds in counted:
            policy = key.partition(":")[0]
            if limit := limits[policy]:
                left = max(0, limit - requests)
                self.allowances.append(
                    Allowance(policy, limit, left, max(1, seconds), requests > limit)
                )
        self.allowances.sort(key=lambda allowance: allowance.policy, reverse=True)
        if exceeded := [allowance for allowance in self.allowances if allowance.is_exceeded]:
            raise RateLimited(exceeded)


@cache
def _counting(look_up: str, columns: int) -> str:
    names = ", ".join(f"found_{number}" for number in range(columns))
    return COUNT_AND_LOOK_UP.format(look_up=look_up, columns=names, count=COUNT)


def forget_rates(*, now: datetime) -> int:
    """Delete counts whose window is long over, or begins in the future; returns how many."""
    over = Q(started_at__lt=now - KEPT - settings.API_RATE_WINDOW)
    return ApiRate.objects.filter(over | Q(started_at__gt=now + KEPT)).delete()[0]
