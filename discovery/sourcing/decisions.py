"""What a user decides about picks: ignored, bought, or neither; one truth with the product's marks.

A product is ignored, or bought, wherever it is said: the log of decisions and the purchases say it
for the whole site. The pick only remembers when, and how good it was: whoever shows an ignored one
shows it again once its verdict is better than ``ignored_verdict``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from discovery.models import Pick, ProductDecision, Purchase
from discovery.products.decisions import record_decision
from discovery.products.marks import Mark, mark_products
from discovery.profiles.service import ActiveProfile
from discovery.rows import write_back
from discovery.runs.own_costs import score_lines_anew
from discovery.scoring import ShownVerdict, VatBasis

Decision = Pick.Decision
Kind = ProductDecision.Kind
# The verdict of a pick as it is shown.
SHOWN = Case(When(sourcing=True, then=Value(ShownVerdict.SOURCING.value)), default=F("verdict"))


@dataclass(frozen=True, slots=True)
class BoughtPick:
    """What a user says of the purchase of a pick; ``price`` is that of one unit."""

    price: Decimal
    cost_vat: VatBasis = VatBasis.INCLUDED
    quantity: int = 1
    bought_on: date | None = None  # None: today
    place: str = ""
    note: str = ""


@transaction.atomic
def ignore_pick(*, user: AbstractBaseUser, pick_id: int, now: datetime) -> Pick:
    """The pick stays away until its verdict is better than now; the product is marked as ignored.

    Raises ``Pick.DoesNotExist`` for anybody else's.
    """
    pick = _mine(user, pick_id)
    mark_products(
        user=user, products=[(pick.marketplace, pick.asin)], mark=Mark.IGNORED, is_given=True
    )
    pick.ignored_verdict = pick.shown_verdict.value
    return _decided(pick, Decision.IGNORED, now)


@transaction.atomic
def restore_pick(*, user: AbstractBaseUser, pick_id: int, now: datetime) -> Pick:
    """The pick is neither ignored nor taken for bought any more; what was bought stays bought.

    Raises ``Pick.DoesNotExist`` for anybody else's.
    """
    pick = _mine(user, pick_id)
    mark_products(
        user=user, products=[(pick.marketplace, pick.asin)], mark=Mark.IGNORED, is_given=False
    )
    pick.ignored_verdict = ""
    return _decided(pick, Decision.NONE, now)


@transaction.atomic
def decide_on_several(
    *, user: AbstractBaseUser, pick_ids: Collection[int], is_ignored: bool, now: datetime
) -> list[Pick]:
    """Ignore these picks, or take it back, as one by one; in as many statements as for one.

    Raises ``Pick.DoesNotExist``, and changes none, where one is not the user's.
    """
    wanted = set(pick_ids)
    mine = Pick.objects.select_for_update().filter(pk__in=wanted, owner=user.pk)
    picks = list(mine.defer("breakdown").order_by("pk"))
    if len(picks) != len(wanted):
        raise Pick.DoesNotExist
    products = [(pick.marketplace, pick.asin) for pick in picks]
    mark_products(user=user, products=products, mark=Mark.IGNORED, is_given=is_ignored)
    for pick in picks:
        pick.ignored_verdict = pick.shown_verdict.value if is_ignored else ""
        pick.decision = Decision.IGNORED if is_ignored else Decision.NONE
        pick.decided_at = now
    write_back(picks, ["decision", "decided_at", "ignored_verdict"])
    return picks


@transaction.atomic
def mark_bought(
    *,
    user: AbstractBaseUser,
    pick_id: int,
    bought: BoughtPick | None,
    now: datetime,
    profile: ActiveProfile | None = None,
) -> Pick:
    """The pick leaves the list; its purchase is recorded as from the product's page.

    What was paid is what the product costs from now on, wherever its owner has it in an answer.
    Without a price (``bought`` None) only the log says that it was bought. Raises
    ``Pick.DoesNotExist``, and as ``record_decision``.
    """
    pick = _mine(user, pick_id)
    told: dict[str, Any] = {}
    if bought is not None:
        told = {
            "price": bought.price,
            "cost_vat": bought.cost_vat,
            "quantity": bought.quantity,
            "bought_on": bought.bought_on,
            "place": bought.place,
            "note": bought.note,
        }
    record_decision(
        user=user,
        marketplace=pick.marketplace,
        asin=pick.asin,
        kind=Kind.BOUGHT,
        profile=profile,
        **told,
    )
    if bought is not None:
        score_lines_anew(user=user, marketplace=pick.marketplace, asin=pick.asin, now=now)
    return _decided(pick, Decision.BOUGHT, now)


def follow_marks(*, owner_id: Any, now: datetime, asins: Collection[str] | None = None) -> int:
    """Put on the owner's picks what was decided about their products elsewhere since.

    In four statements, however many picks there are; of ``asins`` only, where they are given.
    Returns how many picks changed.
    """
    mine = Pick.objects.filter(owner=owner_id)
    mine = mine if asins is None else mine.filter(asin__in=asins)
    is_ignored = Exists(_log(Kind.IGNORED))
    return sum(
        (
            # Bought counts more than ignored: it comes last of what is given.
            mine.filter(~is_ignored, decision=Decision.IGNORED).update(
                decision=Decision.NONE, ignored_verdict="", decided_at=now
            ),
            mine.filter(~_is_still_bought(), decision=Decision.BOUGHT).update(
                decision=Decision.NONE, decided_at=now
            ),
            mine.filter(is_ignored, decision=Decision.NONE).update(
                decision=Decision.IGNORED, ignored_verdict=SHOWN, decided_at=now
            ),
            mine.filter(_is_newly_bought(), ~Q(decision=Decision.BOUGHT)).update(
                decision=Decision.BOUGHT, decided_at=now
            ),
        )
    )


def decision_now() -> Case:
    """What is decided on a pick as its product's own marks say it now; to annotate picks with.

    It is what ``follow_marks`` will put on the pick at its next look.
    """
    was_bought = Q(decision=Decision.BOUGHT)
    return Case(
        When(was_bought & _is_still_bought(), then=Value(Decision.BOUGHT.value)),
        When(~was_bought & _is_newly_bought(), then=Value(Decision.BOUGHT.value)),
        When(Exists(_log(Kind.IGNORED)), then=Value(Decision.IGNORED.value)),
        default=Value(Decision.NONE.value),
    )


def _mine(user: AbstractBaseUser, pick_id: int) -> Pick:
    return Pick.objects.select_for_update().get(pk=pick_id, owner=user.pk)


def _decided(pick: Pick, decision: str, now: datetime) -> Pick:
    pick.decision, pick.decided_at = decision, now
    pick.save(update_fields=["decision", "decided_at", "ignored_verdict"])
    return pick


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


def _is_still_bought() -> Q:
    return _is_bought(created_at__gte=OuterRef("first_seen_at"))


def _is_newly_bought() -> Q:
    return _is_bought(created_at__gt=Coalesce(OuterRef("decided_at"), OuterRef("first_seen_at")))


def _is_bought(**since: Any) -> Q:
    return Q(Exists(_log(Kind.BOUGHT).filter(**since))) | Q(Exists(_purchases().filter(**since)))
