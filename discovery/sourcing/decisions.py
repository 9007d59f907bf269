"""What a user decides about picks: ignored, bought, or neither; one truth with the product's marks.

A product is ignored, or bought, wherever it is said: the log of decisions and the purchases say it
for the whole site. The pick only remembers when, and how good it was: whoever shows an ignored one
shows it again once its verdict is better than ``ignored_verdict``.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from discovery.models import Pick, ProductDecision, Purchase
from discovery.products.decisions import record_decision
from discovery.products.marks import Mark, mark_products
from discovery.scoring import ShownVerdict

Decision = Pick.Decision
Kind = ProductDecision.Kind
# The verdict of a pick as it is shown.
SHOWN = Case(When(sourcing=True, then=Value(ShownVerdict.SOURCING.value)), default=F("verdict"))


@transaction.atomic
def ignore_pick(*, pick: Pick, now: datetime) -> None:
    """It stays away until its verdict is better than now; its product is marked as ignored."""
    _lock(pick)
    _mark_ignored(pick, is_given=True)
    pick.ignored_verdict = pick.shown_verdict.value
    _decide(pick, Decision.IGNORED, now)


@transaction.atomic
def restore_pick(*, pick: Pick, now: datetime) -> None:
    """It is neither ignored nor taken for bought any more; a purchase recorded stays."""
    _lock(pick)
    _mark_ignored(pick, is_given=False)
    pick.ignored_verdict = ""
    _decide(pick, Decision.NONE, now)


@transaction.atomic
def mark_bought(
    *,
    pick: Pick,
    now: datetime,
    price: Decimal | None,
    quantity: int = 1,
    **told: Any,
) -> ProductDecision:
    """It leaves the list; its purchase is recorded as from the page of the product.

    ``price`` is that of one unit, ``None`` where only the log is to say that it was bought;
    ``told`` (``cost_vat``, ``bought_on``, ``place``, ``note``, ``profile``) and what is raised are
    as of ``record_decision``.
    """
    _lock(pick)
    decision = record_decision(
        user=pick.owner,
        marketplace=pick.marketplace,
        asin=pick.asin,
        kind=Kind.BOUGHT,
        price=price,
        quantity=quantity,
        **told,
    )
    _decide(pick, Decision.BOUGHT, now)
    return decision


def follow_marks(*, owner_id: Any, now: datetime, asins: Collection[str] | None = None) -> int:
    """Put on the owner's picks what was decided about their products elsewhere since.

    In four statements, however many picks there are; of ``asins`` only, where they are given.
    Returns how many picks changed.
    """
    mine = Pick.objects.filter(owner=owner_id)
    mine = mine if asins is None else mine.filter(asin__in=asins)
    return sum(
        (
            # Bought counts more than ignored: it comes last of what is given.
            _no_longer_ignored(mine).update(
                decision=Decision.NONE, ignored_verdict="", decided_at=now
            ),
            _no_longer_bought(mine).update(decision=Decision.NONE, decided_at=now),
            _ignored_elsewhere(mine).update(
                decision=Decision.IGNORED, ignored_verdict=SHOWN, decided_at=now
            ),
            _bought_elsewhere(mine).update(decision=Decision.BOUGHT, decided_at=now),
        )
    )


def _lock(pick: Pick) -> None:
    """A look that is being written waits, or has been written: neither overwrites the other."""
    Pick.objects.select_for_update().get(pk=pick.pk)


def _mark_ignored(pick: Pick, *, is_given: bool) -> None:
    products = [(pick.marketplace, pick.asin)]
    mark_products(user=pick.owner, products=products, mark=Mark.IGNORED, is_given=is_given)


def _decide(pick: Pick, decision: str, now: datetime) -> None:
    pick.decision, pick.decided_at = decision, now
    pick.save(update_fields=["decision", "decided_at", "ignored_verdict"])


def _log(kind: str) -> QuerySet[ProductDecision]:
    return ProductDecision.objects.filter(
        user=OuterRef("owner"),
        marketplace=OuterRef("marketplace"),
        asin=OuterRef("asin"),
        kind=kind,
    )


def _purchases() -> QuerySet[Purchase]:
    return Purchase.objects.filter(
        user=OuterRef("owner"), marketplace=OuterRef("marketplace"), asin=OuterRef("asin")
    )


def _no_longer_ignored(mine: QuerySet[Pick]) -> QuerySet[Pick]:
    return mine.filter(~Exists(_log(Kind.IGNORED)), decision=Decision.IGNORED)


def _no_longer_bought(mine: QuerySet[Pick]) -> QuerySet[Pick]:
    since = {"created_at__gte": OuterRef("first_seen_at")}
    bought = Q(Exists(_log(Kind.BOUGHT).filter(**since))) | Q(Exists(_purchases().filter(**since)))
    return mine.filter(~bought, decision=Decision.BOUGHT)


def _ignored_elsewhere(mine: QuerySet[Pick]) -> QuerySet[Pick]:
    return mine.filter(Exists(_log(Kind.IGNORED)), decision=Decision.NONE)


def _bought_elsewhere(mine: QuerySet[Pick]) -> QuerySet[Pick]:
    since = {"created_at__gt": Coalesce(OuterRef("decided_at"), OuterRef("first_seen_at"))}
    bought = Q(Exists(_log(Kind.BOUGHT).filter(**since))) | Q(Exists(_purchases().filter(**since)))
    return mine.exclude(decision=Decision.BOUGHT).filter(bought)
