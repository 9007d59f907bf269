"""Full pages of AutoSourcing take as many statements as nearly empty ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.models import Alert, AlertChannel, AlertDelivery, Run
from discovery.profiles.service import ensure_shipped_profiles
from discovery.sourcing.alerts.secrets import Secret, seal
from tests.discovery.builders import (
    build_job,
    build_pick,
    build_sighting,
    finished_run,
    scored_product,
)

pytestmark = pytest.mark.django_db

ADDRESS = Secret(address="ntfys://somewhere", shown="ntfys://…")


def statements(visitor: Any, address: str) -> int:
    visitor.get(address)  # what is asked once a process is asked
    with CaptureQueriesContext(connection) as asked:
        assert visitor.get(address).status_code == 200
    return len(asked)


def test_alerts_and_their_settings(client_of: Callable[..., Any]) -> None:
    anne, now = client_of("anne"), timezone.now()
    job = build_job(owner=anne.user)
    found = []
    for count in (2, 8):
        for number in range(count):
            pick = build_pick(owner=anne.user, asin=f"B{count:04}{number:05}", job=job)
            channel = AlertChannel.objects.create(
                owner=anne.user, name=f"{count}-{number}", scheme="ntfys", address=seal(ADDRESS)
            )
            values = {"verdict": "BUY", "roi": 40.0, "cost": "8", "cost_kind": "europe"}
            alert = Alert.objects.create(
                owner=anne.user, pick=pick, job=job, reason="first", created_at=now,
                values=values | {"cost_source": "de"},
            )  # fmt: skip
            sent = AlertDelivery.objects.create(owner=anne.user, channel=channel, due_at=now)
            sent.alerts.add(alert)
            digest = AlertDelivery.objects.create(owner=anne.user, is_digest=True, due_at=now)
            digest.alerts.add(alert)
        centre = statements(anne, "/autosourcing/alertes/")
        found.append((centre, statements(anne, "/autosourcing/alertes/reglages/")))
    assert found[0] == found[1]


def test_a_pick_and_its_looks(client_of: Callable[..., Any]) -> None:
    anne, now = client_of("anne"), timezone.now()
    pick = build_pick(owner=anne.user, job=build_job(owner=anne.user))
    found = []
    for count in (2, 9):
        for number in range(count):
            job = build_job(owner=anne.user, name=f"Job {count} {number}")
            build_sighting(pick=pick, job=job, seen_at=now - timedelta(hours=count * 10 + number))
            Alert.objects.create(
                owner=anne.user, pick=pick, job=job, reason="better", created_at=now,
                values={"verdict": "BUY"},
            )  # fmt: skip
        found.append(statements(anne, f"/autosourcing/trouvailles/{pick.pk}/"))
    assert found[0] == found[1]


def test_a_run_and_a_job_with_its_runs(client_of: Callable[..., Any]) -> None:
    anne = client_of("anne")
    ensure_shipped_profiles()
    job = build_job(owner=anne.user)
    found = []
    for count in (2, 12):
        run = finished_run(
            owner=anne.user,
            products=[scored_product(asin=f"B{count:04}{number:05}") for number in range(count)],
            kind=Run.Kind.SOURCING,
            job=job,
        )
        cost = {"kind": "europe", "source": "de", "price": "3.99", "identity": "proved"}
        run.lines.update(evidence={"source": {}, "cost": cost})
        page = statements(anne, f"/autosourcing/passages/{run.pk}/")
        found.append((page, statements(anne, f"/autosourcing/veilles/{job.pk}/")))
    assert found[0] == found[1]
