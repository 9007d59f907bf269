"""What agents are told of the tokens, added to the tools of discovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from analytics.cache_health import cache_health
from analytics.figures import Period
from analytics.tokens_today import tokens_today
from discovery.keepa.balance import token_balance
from discovery.mcp.answers import moment
from discovery.mcp.registry import Answer, Call, Tool, register
from discovery.mcp.views import endpoint
from discovery.runs.pulse import queue_pulse

_WHOLE = {"type": ["integer", "null"]}


def token_status(call: Call, _arguments: Mapping[str, Any]) -> Answer:
    """The balance, today's account, and how many searches the caches answered."""
    balance = token_balance(now=call.now)
    today = tokens_today(user=call.user, now=call.now)
    pulse = queue_pulse(now=call.now)
    day = today.day if today else None
    return Answer(
        {
            "left": balance.left if balance else None,
            "capacity": balance.capacity if balance else None,
            "refill_per_minute": balance.refill_rate if balance else None,
            "full_at": moment(balance.full_at) if balance else None,
            "sandbox": settings.KEEPA_SANDBOX,
            "today": {
                "since": moment(day.since),
                "by_people": day.by_people,
                "by_itself": day.by_itself,
                "expired": day.expired,
            }
            if day
            else None,
            "caches": [_period(period) for period in cache_health(now=call.now).periods],
            "worker": {"stopped": pulse.has_stopped, "busy": pulse.busy, "waiting": pulse.waiting},
        }
    )


def _period(period: Period) -> dict[str, Any]:
    return {
        "hours": period.hours,
        "searches": period.searches,
        "hit_percent": period.percent,
        "tokens_spent": period.tokens_spent,
        "tokens_saved": period.tokens_saved,
    }


register(
    Tool(
        name="token_status",
        title="Keepa tokens",
        description="Tokens left, how fast they refill and when the bucket is full (what does "
        "not fit expires), where today's have gone, how many searches the caches answered, and "
        "whether the worker that does the runs is alive. Look here before you spend. Free.",
        arguments={},
        answer={
            "left": _WHOLE | {"description": "Null until Keepa was asked once."},
            "capacity": _WHOLE,
            "refill_per_minute": _WHOLE,
            "full_at": {"type": ["string", "null"]},
            "sandbox": {"type": "boolean", "description": "Demonstration data, not Keepa's."},
            "today": {"type": ["object", "null"]},
            "caches": {"type": "array", "items": {"type": "object"}},
            "worker": {"type": "object"},
        },
        run=token_status,
    )
)

__all__ = ["endpoint"]
