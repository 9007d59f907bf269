"""What is decided on a pick: ignored, wanted again, bought."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from discovery.models import Pick, ProductDecision
from discovery.products.decisions import record_decision


def ignore_pick(*, pick: Pick, now: datetime) -> None:
    """Keep it away until its verdict is better than now."""
    pick.ignored_verdict = pick.shown_verdict.value
    _decide(pick, Pick.Decision.IGNORED, now)


def restore_pick(*, pick: Pick, now: datetime) -> None:
    """Nothing is decided on it any more."""
    pick.ignored_verdict = ""
    _decide(pick, Pick.Decision.NONE, now)


@transaction.atomic
def mark_bought(*, pick: Pick, now: datetime, price: Decimal, quantity: int) -> None:
    """Note the purchase; it leaves the list."""
    record_decision(
        user=pick.owner,
        marketplace=pick.marketplace,
        asin=pick.asin,
        kind=ProductDecision.Kind.BOUGHT,
        price=price,
        quantity=quantity,
    )
    _decide(pick, Pick.Decision.BOUGHT, now)


def _decide(pick: Pick, decision: Pick.Decision, now: datetime) -> None:
    pick.decision, pick.decided_at = decision, now
    pick.save(update_fields=["decision", "decided_at", "ignored_verdict"])
