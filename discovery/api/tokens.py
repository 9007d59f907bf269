"""What is left to spend, without spending anything to know it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from discovery.api.schemas import ANY_REFUSALS, TokenAnswer
from discovery.keepa.balance import token_balance

router = Router(tags=["tokens"])


@router.get("", response={200: TokenAnswer} | ANY_REFUSALS, summary="Keepa tokens left")
def tokens(request: HttpRequest) -> dict[str, Any]:
    """The balance as it must be now: the last one Keepa sent, plus the refills since.

    All `null` until Keepa has been asked for the first time.
    """
    balance = token_balance(now=timezone.now())
    return {
        "tokens_left": balance.left if balance else None,
        "capacity": balance.capacity if balance else None,
        "refill_per_minute": balance.refill_rate if balance else None,
        "full_at": balance.full_at if balance else None,
        "sandbox": settings.KEEPA_SANDBOX,
    }
