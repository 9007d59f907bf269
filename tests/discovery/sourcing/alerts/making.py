"""Picks, jobs and users to be told, as the engine would have stored them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from discovery.models import Alert, AlertDelivery, AlertSettings, Pick, SourcingJob
from discovery.models.sourcing import alert_rule
from discovery.sourcing.alerts.service import note_sighting

NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)  # in Paris


def somebody(name: str = "paul", **chosen: Any) -> User:
    """A user who is told by e-mail, unless ``chosen`` says other."""
    user = User.objects.create_user(name, f"{name}@example.org")
    AlertSettings.objects.create(user=user, **{"by_email": True} | chosen)
    return user


def job_of(user: User, *, name: str = "Livres", source: str = "niche", **rule: Any) -> SourcingJob:
    return SourcingJob.objects.create(
        owner=user, name=name, source=source, marketplace="fr", alert_rule=alert_rule(**rule)
    )


def pick_of(user: User, *, asin: str = "B0FAKE6001", **changes: Any) -> Pick:
    figures: dict[str, Any] = {
        "title": "Un livre",
        "seen_at": NOON,
        "data_at": NOON,
        "first_seen_at": NOON,
        "pick_class": "STABLE",
        "verdict": "BUY",
        "cost_kind": "europe",
        "cost_source": "de",
        "cost": Decimal("12.5"),
        "price": Decimal("24.90"),
        "profit": Decimal("4.25"),
        "roi_percent": 34.0,
        "quantity": 3,
    }
    return Pick.objects.create(owner=user, marketplace="fr", asin=asin, **figures | changes)


def look(pick: Pick, job: SourcingJob | None, *, now: datetime = NOON, **note: Any) -> Alert | None:
    """The engine has saved a look at the pick; what it changes is said in ``note``."""
    events = note.pop("events", ())
    with transaction.atomic():
        stored = Pick.objects.select_for_update().get(pk=pick.pk)
        for name, value in {"seen_at": now, **note}.items():
            setattr(stored, name, value)
        stored.save()
        return note_sighting(pick=stored, job=job, profile=None, now=now, events=events)


def told(user: User, *, now: datetime = NOON, count: int = 1) -> list[AlertDelivery]:
    """So many products told to a user: their messages, oldest first."""
    job = job_of(user)
    for number in range(count):
        look(pick_of(user, asin=f"B0FAKE{number:04d}"), job, now=now)
    return list(AlertDelivery.objects.filter(owner=user).order_by("pk"))
