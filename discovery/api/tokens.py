"""Keepa's tokens over the API: what is left, where today's went, what each call has cost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from discovery.accounts.preferences import zone_of
from discovery.api.auth import caller_of
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import example
from discovery.api.product_schemas import SPENDING_REFUSALS
from discovery.api.schemas import ANY_REFUSALS, WRITING_REFUSALS, TokenAnswer
from discovery.api.scopes import needs
from discovery.keepa.balance import Balance, token_balance
from discovery.keepa.client import get_client
from discovery.keepa.expiry import token_day
from discovery.models import Scope, TokenLedgerEntry
from discovery.sourcing.clock import midnight_of

router = Router(tags=["tokens"])
ENTRY: dict[str, Any] = {
    "id": 812, "endpoint": "product", "marketplace": "fr", "purpose": "interactive", "items": 10,
    "tokens": 30, "tokens_left": 270, "refill_per_minute": 5, "duration_ms": 640, "outcome": "ok",
    "http_status": 200, "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip


class TokenDayAnswer(Schema):
    """Where the tokens of today went; all null before Keepa was first asked."""

    model_config = example(
        since="2026-11-19T23:00:00Z", known_from="2026-11-19T23:00:00Z", by_people=120,
        by_itself=340, kept=300, expired=40, total=800,
    )  # fmt: skip
    since: datetime
    known_from: datetime | None
    by_people: int | None = Field(description="Spent for people.")
    by_itself: int | None = Field(description="Spent by what runs by itself.")
    kept: int | None = Field(description="Kept back for whoever asks next.")
    expired: int | None = Field(description="Brought by refills beyond what the plan holds.")
    total: int | None


class EntryAnswer(Schema):
    """One attempt at a call of Keepa, and what it cost."""

    id: int
    endpoint: str
    marketplace: str
    purpose: str
    items: int
    tokens: int
    tokens_left: int | None
    refill_per_minute: int | None
    duration_ms: int
    outcome: str
    http_status: int | None
    created_at: datetime


class LedgerAnswer(PageAnswer):
    """A page of the ledger, the newest first."""

    model_config = example(entries=[ENTRY], next=None)
    entries: list[EntryAnswer]


@router.get("", response={200: TokenAnswer} | ANY_REFUSALS, summary="Keepa tokens left")
def tokens(request: HttpRequest) -> dict[str, Any]:
    """The balance as it must be now: the last one Keepa sent, plus the refills since.

    All `null` until Keepa has been asked for the first time.
    """
    return _balance(token_balance(now=timezone.now()))


@router.post(
    "/check", response={200: TokenAnswer} | SPENDING_REFUSALS, summary="Ask Keepa for the balance"
)
def check_tokens(request: HttpRequest) -> dict[str, Any]:
    """Ask Keepa itself, for no token: the key works, or the refusal says why not."""
    return _balance(get_client().token_status())


@router.get("/today", response={200: TokenDayAnswer} | ANY_REFUSALS, summary="Today's tokens")
def tokens_today(request: HttpRequest) -> dict[str, Any]:
    """What was spent, kept back and lost since midnight where the caller lives."""
    now = timezone.now()
    since = midnight_of(now, zone=zone_of(user=caller_of(request)))
    day = token_day(since=since, now=now)
    names = ("known_from", "by_people", "by_itself", "kept", "expired", "total")
    return {"since": since} | {name: getattr(day, name, None) for name in names}


@router.get("/ledger", response={200: LedgerAnswer} | WRITING_REFUSALS, summary="The ledger")
@needs(Scope.ADMIN)
def list_ledger(request: HttpRequest, cursor: Cursor = None, limit: Limit = PAGE) -> dict[str, Any]:
    """A page of every call made to Keepa and what it cost, the newest first."""
    page = page_of(
        TokenLedgerEntry.objects.all(), order=("-created_at", "-pk"), cursor=cursor, limit=limit
    )
    same = (
        "endpoint", "marketplace", "purpose", "items", "tokens_left", "duration_ms", "outcome",
        "http_status", "created_at",
    )  # fmt: skip
    return {
        "entries": [
            {name: getattr(entry, name) for name in same}
            | {
                "id": entry.pk,
                "tokens": entry.tokens_consumed,
                "refill_per_minute": entry.refill_rate,
            }
            for entry in page.rows
        ],
        "next": page.next,
    }


def _balance(balance: Balance | None) -> dict[str, Any]:
    return {
        "tokens_left": balance.left if balance else None,
        "capacity": balance.capacity if balance else None,
        "refill_per_minute": balance.refill_rate if balance else None,
        "full_at": balance.full_at if balance else None,
        "sandbox": settings.KEEPA_SANDBOX,
    }
