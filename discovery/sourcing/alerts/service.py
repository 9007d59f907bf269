"""A look at a pick becomes an alert and what is to be sent of it, in the look's own transaction.

Nothing is sent here: the rows are an outbox that ``delivery`` empties. Whatever is killed when,
an alert is stored with the look that caused it, or neither is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max

from discovery.accounts.preferences import zone_of
from discovery.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    AlertSettings,
    Pick,
    SourcingJob,
)
from discovery.models.sourcing import alert_rule
from discovery.profiles.service import ActiveProfile
from discovery.scoring import ShownVerdict, Verdict
from discovery.sourcing.alerts.hours import day_around, end_of_quiet
from discovery.sourcing.alerts.rules import (
    EVENTS,
    Before,
    Figures,
    Reason,
    Rule,
    crossing,
    event,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How an alert is told: ``due_at`` is ``None`` for the digest.

    ``held_back`` is how many alerts since the last such message were told by none.
    """

    way: Alert.Way
    due_at: datetime | None
    held_back: int = 0


def note_sighting(
    *,
    pick: Pick,
    job: SourcingJob | None,
    profile: ActiveProfile | None = None,
    now: datetime,
    events: Collection[str] = (),
) -> Alert | None:
    """The alert this look gives, stored with what is to be sent; ``None`` when it gives none.

    To be called in the transaction that has just saved the pick's new figures, its row locked.
    ``events`` are what a source has seen besides (``amazon_back``, ``price_fell``). ``profile``
    is in whose figures the pick is told. Updates ``is_above``, ``alerted`` and ``alerted_at``.
    Without a job nobody has asked to be told.
    """
    if job is None:
        return None
    rule, figures = Rule.read(alert_rule(**job.alert_rule)), figures_of(pick)
    before = _before(pick)
    reason = _event(pick, before, events, rule, now) or crossing(before, figures, rule, now)
    is_above = figures.meets(rule) if rule.is_on else pick.is_above  # off, it says nothing
    changed = {"is_above"} if is_above is not pick.is_above else set()
    pick.is_above, alert = is_above, None
    if reason is not None:
        values = values_of(pick) | ({"profile": profile.name} if profile else {})
        alert = _store(pick, job, reason, values, now=now)
        if reason not in EVENTS:
            pick.alerted, pick.alerted_at = alert.values | {"reason": reason.value}, now
            changed |= {"alerted", "alerted_at"}
    if changed:  # most looks change nothing, and a run has hundreds
        pick.save(update_fields=changed)
    return alert


def figures_of(pick: Pick) -> Figures:
    """What a rule looks at, of the pick as it is."""
    return Figures(
        Verdict(pick.verdict),
        None if pick.roi_percent is None else float(pick.roi_percent),
        pick.profit,
    )


def _before(pick: Pick) -> Before:
    told = pick.alerted
    return Before(
        was_above=pick.is_above,
        told_at=pick.alerted_at,
        told=Figures(Verdict(told["verdict"]), told["roi"]) if told else None,
        is_ignored=_is_ignored(pick),
        is_bought=pick.decision == Pick.Decision.BOUGHT,
    )


def _is_ignored(pick: Pick) -> bool:
    if pick.decision != Pick.Decision.IGNORED:
        return False
    # It comes back when its verdict is better than the one it was set aside with.
    order, then = tuple(ShownVerdict), pick.ignored_verdict
    return not then or order.index(pick.shown_verdict) >= order.index(ShownVerdict(then))


def _event(
    pick: Pick, before: Before, events: Collection[str], rule: Rule, now: datetime
) -> Reason | None:
    if not events:
        return None
    told = pick.alerts.filter(reason__in=[*EVENTS]).order_by()
    last = dict(told.values_list("reason").annotate(last=Max("created_at")))
    return event(before, events, rule, told_before=last, now=now)


def _store(
    pick: Pick, job: SourcingJob, reason: Reason, values: dict[str, Any], *, now: datetime
) -> Alert:
    # The row is locked until the transaction ends: two workers count the day's alerts in turn.
    locked = AlertSettings.objects.select_for_update(of=("self",)).select_related("user")
    chosen = locked.filter(user=pick.owner_id).first()
    ways = ways_of(chosen) if chosen else []
    plan = _plan(chosen, now) if chosen and ways else Plan(Alert.Way.NOW, None)
    if plan.held_back:
        values |= {"held_back": plan.held_back}
    alert = Alert.objects.create(
        owner_id=pick.owner_id,
        pick=pick,
        job=job,
        reason=reason.value,
        values=values,
        way=plan.way,
        created_at=now,
    )
    if plan.due_at is not None:
        send_over(ways, owner_id=pick.owner_id, alerts=[alert], due_at=plan.due_at)
    return alert


def ways_of(chosen: AlertSettings) -> list[AlertChannel | None]:
    """Over what the user is told: their channels, and ``None`` for e-mail."""
    channels: list[AlertChannel | None] = [
        *AlertChannel.objects.filter(owner=chosen.user_id, is_active=True)
    ]
    return [*channels, None] if chosen.by_email else channels


def send_over(
    ways: Collection[AlertChannel | None],
    *,
    owner_id: int,
    alerts: Collection[Alert],
    due_at: datetime,
    is_digest: bool = False,
) -> None:
    """Put one message for each way into the outbox."""
    for channel in ways:
        delivery = AlertDelivery.objects.create(
            owner_id=owner_id, channel=channel, due_at=due_at, is_digest=is_digest
        )
        delivery.alerts.set(alerts)


def _plan(chosen: AlertSettings, now: datetime) -> Plan:
    zone = zone_of(user=chosen.user)
    ends = end_of_quiet(
        now, quiet_from=chosen.quiet_from, quiet_until=chosen.quiet_until, zone=zone
    )
    due_at = ends or now
    begins, next_day = day_around(due_at, zone=zone)
    told = (
        Alert.objects.filter(
            owner=chosen.user_id,
            way__in=(Alert.Way.NOW, Alert.Way.LATER),
            deliveries__is_digest=False,
            deliveries__due_at__gte=begins,
            deliveries__due_at__lt=next_day,
        )
        .distinct()
        .count()
    )
    if told >= chosen.daily_cap:
        return Plan(Alert.Way.DIGEST, None)
    held_back = 0
    if chosen.digest_at is None and told == 0:
        held_back = _held_back(chosen, now)
    return Plan(Alert.Way.LATER if ends else Alert.Way.NOW, due_at, held_back)


def _held_back(chosen: AlertSettings, now: datetime) -> int:
    held = Alert.objects.filter(owner=chosen.user_id, way=Alert.Way.DIGEST)
    if chosen.digested_at:
        held = held.filter(created_at__gt=chosen.digested_at)
    count = held.count()
    if count:
        chosen.digested_at = now
        chosen.save(update_fields=["digested_at"])
    return count


def values_of(pick: Pick) -> dict[str, Any]:
    """The pick's figures as an alert keeps them: money as text, in the marketplace's currency."""
    return {
        "verdict": pick.verdict,
        "sourcing": pick.sourcing,
        "pick_class": pick.pick_class,
        "roi": None if pick.roi_percent is None else float(pick.roi_percent),
        "profit": _text(pick.profit),
        "cost": _text(pick.cost),
        "price": _text(pick.price),
        "cost_kind": pick.cost_kind,
        "cost_source": pick.cost_source,
        "quantity": pick.quantity,
        "seen_at": pick.seen_at.isoformat(),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
