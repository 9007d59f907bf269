"""What is left to spend, without spending anything to know it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from discovery.api.schemas import REFUSALS, TokenAnswer
from discovery.keepa.balance import token_gauge

router = Router(tags=["tokens"])


@router.get("", response={200: TokenAnswer} | REFUSALS, summary="Keepa tokens left")
def tokens(request: HttpRequest) -> dict[str, Any]:
    """The balance as it must be now: the last one Keepa told, plus the refills since.

    All `null` until Keepa has been asked for the first time.
    """
    gauge = token_gauge(now=timezone.now())
    return {
        "tokens_left": gauge.left if gauge else None,
        "capacity": gauge.capacity if gauge else None,
        "refill_per_minute": gauge.refill_rate if gauge else None,
        "full_at": gauge.full_at if gauge else None,
        "sandbox": settings.KEEPA_SANDBOX,
    }
