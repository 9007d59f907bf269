"""Runs to work on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.models import (
    Run,
)
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.runs.service import start_search
from discovery.search.discover import discover
from tests.discovery.runs.working import (
    ASKER,
    BATCH,
    Begin,
    Kind,
    forget,
    niche,
)


@pytest.fixture
def profile() -> ActiveProfile:
    return active_profile()


@pytest.fixture
def anne(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("anne")
    return user


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 20 tell the same story as Keepa's 100, sooner."""
    for module in ("lists.service", "runs.worker", "search.score_products"):
        monkeypatch.setattr(f"discovery.{module}.BATCH", BATCH)


@pytest.fixture
def begin(small_batches: None, anne: User, keepa: Any, profile: ActiveProfile) -> Begin:
    """``begin(kind, 24)`` is a queued run of so many books, of which nothing is known yet.

    A list's books cost 3 each, or ``cost``.
    """

    def start(kind: Run.Kind, count: int, *, cost: int = 3) -> Run:
        if kind == Kind.SEARCH:
            return start_search(owner=anne, filters=niche(), profile=profile, max_results=count)
        found = discover(filters=niche(), max_results=count, asker=ASKER).asins
        assert len(found) == count
        forget(keepa)
        read = read_list("\n".join(f"{asin};{cost}" for asin in found), currency="USD")
        listed = create_list(owner=anne, name="A list", read=read, marketplace="us")
        return start_list(run=listed, profile=profile, marketplace="us")

    return start
