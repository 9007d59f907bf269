"""Jobs and a bucket of tokens, made in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from discovery.models import Run, SourcingJob, TokenBucket, TokenLedgerEntry
from discovery.profiles.service import ensure_shipped_profiles

NOW = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)  # half past seven in Paris
ACCOUNT = "sandbox"


def job_of(owner: User, **changes: Any) -> SourcingJob:
    """A job that watches its owner's favourites, due now."""
    ensure_shipped_profiles()
    fields: dict[str, Any] = {
        "name": "Favourites",
        "source": SourcingJob.Source.FAVOURITES,
        "marketplace": "fr",
        "criteria": {"favourites": True, "purchases": False},
        "times": ["07:30"],
        "next_run_at": NOW,
    }
    return SourcingJob.objects.create(owner=owner, **fields | changes)


def ended_run(job: SourcingJob, *, tokens: int, ago: timedelta = timedelta(hours=1)) -> Run:
    """A run of the job that is done and has cost so much."""
    run = Run.objects.create(
        kind=Run.Kind.SOURCING,
        owner_id=job.owner_id,
        job=job,
        marketplace=job.marketplace,
        state=Run.State.DONE,
        tokens_spent=tokens,
    )
    Run.objects.filter(pk=run.pk).update(created_at=NOW - ago)
    return run


def bucket_holds(left: int, *, rate: int = 20, at: datetime = NOW) -> None:
    """Keepa has told this balance, with the next refill a minute away."""
    TokenBucket.objects.update_or_create(
        pk=1,
        defaults={
            "account": ACCOUNT,
            "tokens_left": left,
            "refill_rate": rate,
            "refill_in_ms": 60_000,
            "server_ms": int(at.timestamp() * 1000),
            "received_at": at,
            "ledger_id": 0,
        },
    )


def call_made(
    *, at: datetime, tokens: int, left: int | None, purpose: str = "interactive", rate: int = 20
) -> None:
    """A call in the ledger, with the balance it told, the next refill a minute away."""
    is_told = left is not None
    TokenLedgerEntry.objects.create(
        call_id=TokenLedgerEntry.objects.count() + 1,
        account=ACCOUNT,
        endpoint="product",
        purpose=purpose,
        tokens_consumed=tokens,
        tokens_left=left,
        refill_rate=rate if is_told else None,
        refill_in_ms=60_000 if is_told else None,
        server_ms=int(at.timestamp() * 1000) if is_told else None,
        duration_ms=10,
        outcome=TokenLedgerEntry.Outcome.OK,
        created_at=at,
    )
