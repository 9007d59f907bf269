"""The queue's worker, for real: another process that purges, searches and writes history."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django_q.models import Schedule
from django_q.scheduler import scheduler

from analytics.models import SearchHistory
from discovery.models import DiscoveryCacheEntry, Run, TokenLedgerEntry
from discovery.profiles.service import active_profile
from discovery.runs.service import start_search
from discovery.search.request import read_filters
from tests.processes import queue_worker

PATIENCE = 60  # seconds


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture
def worker(live_keepa: Any, transactional_db: None) -> Iterator[subprocess.Popen[bytes]]:
    with queue_worker(live_keepa.url) as process:
        yield process


@pytest.mark.django_db(transaction=True)
def test_the_worker_purges_what_is_old_and_runs_what_is_asked(
    worker: subprocess.Popen[bytes], live_keepa: Any, django_user_model: Any
) -> None:
    DiscoveryCacheEntry.objects.create(
        pk="long gone", asins=[], expires_at=Now() - timedelta(days=30)
    )
    DiscoveryCacheEntry.objects.create(pk="live", asins=[], expires_at=Now() + timedelta(hours=1))
    Schedule.objects.filter(name="purge-caches").update(next_run=Now())
    scheduler()  # what the worker itself does, but only twice a minute
    run = start_search(
        owner=django_user_model.objects.create_user("anne"),
        filters=read_filters(
            {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
        ),
        profile=active_profile(),
        max_results=10,
    )
    assert run.state == Run.State.QUEUED

    assert eventually(lambda: Run.objects.get(pk=run.pk).is_finished)
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert run.lines.count() == 10
    history = SearchHistory.objects.get()
    assert (history.source, history.tokens_spent) == ("frontend", run.tokens_spent)
    spent = sum(TokenLedgerEntry.objects.values_list("tokens_consumed", flat=True))
    assert run.tokens_spent == spent == live_keepa.app.charged_total

    gone = DiscoveryCacheEntry.objects.filter(pk="long gone")
    assert eventually(lambda: not gone.exists())
    assert DiscoveryCacheEntry.objects.filter(pk="live").exists()
