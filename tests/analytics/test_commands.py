from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from discovery.models import DiscoveryCacheEntry, ScoringCacheEntry
from tests.analytics.factories import a_discovery, a_score, searches

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=30)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def test_purging_removes_what_is_past_its_grace_and_says_how_much(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = timezone.now()
    a_discovery(expires_at=now - LONG_AGO)
    a_score(expires_at=now - LONG_AGO)
    live = a_discovery(expires_at=now + timedelta(hours=1))
    in_grace = a_discovery(expires_at=now - timedelta(hours=1))

    call_command("purge_cache")

    out = capsys.readouterr().out
    assert "2 rows removed." in out
    left = set(DiscoveryCacheEntry.objects.values_list("cache_key", flat=True))
    assert left == {live.cache_key, in_grace.cache_key}
    assert not ScoringCacheEntry.objects.exists()


def test_a_dry_run_only_counts(capsys: pytest.CaptureFixture[str]) -> None:
    a_discovery(expires_at=timezone.now() - LONG_AGO)

    call_command("purge_cache", "--dry-run")

    assert "1 row would be removed; nothing was." in capsys.readouterr().out
    assert DiscoveryCacheEntry.objects.count() == 1


def test_cache_health_prints_readable_tables(capsys: pytest.CaptureFixture[str]) -> None:
    a_discovery(expires_at=timezone.now() + timedelta(hours=1), hit_count=1234)
    searches(at=timezone.now(), hits=10, misses=90)

    call_command("cache_health")

    out = capsys.readouterr().out
    assert "1,234" in out
    assert "Excellent" in out
    assert "10.0%" in out
    assert "only 10 % of 100 searches" in out
    assert "\x1b" not in out  # no colour codes in a pipe


def test_cache_health_speaks_french_to_a_french_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    searches(at=timezone.now(), hits=1, misses=0)

    call_command("cache_health")

    assert "100,0\N{NO-BREAK SPACE}%" in capsys.readouterr().out


def test_cache_health_as_json_is_what_the_api_answers(capsys: pytest.CaptureFixture[str]) -> None:
    searches(at=timezone.now() - timedelta(minutes=1), hits=3, misses=1)

    call_command("cache_health", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["periods"][0]["hit_ratio"] == 0.75
    assert set(told) == {"measured_at", "caches", "periods", "next_purge_at", "alert"}
