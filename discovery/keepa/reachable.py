"""Whether Keepa answers, as its last calls tell; asked for nothing where there were none lately."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from discovery.keepa.balance import CLOCK_SKEW
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError
from discovery.models import TokenLedgerEntry

Outcome = TokenLedgerEntry.Outcome
ANSWERED = frozenset({Outcome.OK, Outcome.REFUSED, Outcome.EXHAUSTED})
LOOK_EVERY = timedelta(minutes=10)  # where nobody asks Keepa anything


@dataclass(frozen=True, slots=True)
class Reach:
    """The last call's outcome and when it ended; both ``None`` before the first call."""

    at: datetime | None
    outcome: str | None

    @property
    def is_reachable(self) -> bool | None:
        """Whether Keepa answered that call, if only with a refusal; ``None`` before the first."""
        return None if self.outcome is None else self.outcome in ANSWERED


def last_reach(*, now: datetime) -> Reach:
    """What the newest call of the ledger tells; one statement, and no call to Keepa."""
    calls = TokenLedgerEntry.objects.filter(created_at__lte=now + CLOCK_SKEW)
    newest = calls.order_by("-created_at", "-pk").values_list("created_at", "outcome").first()
    return Reach(*newest) if newest else Reach(None, None)


def look(*, now: datetime) -> Reach:
    """Ask Keepa for the balance, for no token, unless a call lately told whether it answers.

    Never raises for Keepa's sake: the ledger holds what went wrong.
    """
    known = last_reach(now=now)
    if known.at is not None and now - known.at < LOOK_EVERY:
        return known
    with suppress(KeepaError):
        get_client().token_status(purpose="background")
    return last_reach(now=now)
