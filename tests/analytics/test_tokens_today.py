"""The dashboard tells where today's tokens have gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from analytics.tokens_today import bar
from discovery.keepa.expiry import TokenDay
from tests.discovery.sourcing.jobs import bucket_holds, call_made

NOON = datetime(2026, 11, 26, 11, tzinfo=UTC)  # in Paris
HOUR = timedelta(hours=1)


def figures(page: str) -> dict[str, str]:
    found = re.findall(r'data-figure="tokens-(people|alone|kept|expired)">([^<]*)<', page)
    return {name: re.sub(r"\s", "", value) for name, value in found}


@pytest.mark.django_db
def test_used_kept_back_and_expired_since_midnight(client_of: Callable[..., Any]) -> None:
    bucket_holds(1000, at=NOON - HOUR)
    call_made(at=NOON - 13 * HOUR, tokens=70, left=1200)
    call_made(at=NOON - 2 * HOUR, tokens=150, left=1050)
    call_made(at=NOON - HOUR, tokens=200, left=1000, purpose="autosourcing")
    with time_machine.travel(NOON, tick=False):
        anne = client_of()
        page = anne.get("/").content.decode()
        expired = 10 * 1200 + (1200 - 150) + (1200 - 200)
        assert figures(page) == {
            "people": "150",
            "alone": "200",
            "kept": "1200",
            "expired": str(expired),
        }
        assert "Jetons du jour" in page


@pytest.mark.django_db
def test_before_keepa_was_asked_there_is_nothing_to_tell(client_of: Callable[..., Any]) -> None:
    assert "tokens-today" not in client_of().get("/").content.decode()


def test_the_parts_of_the_bar_fill_it() -> None:
    day = TokenDay(since=NOON, known_from=NOON, by_people=10, by_itself=30, left=-5, expired=40)
    parts = bar(day)
    assert [(part.tone, part.x, part.width) for part in parts] == [
        ("people", "0.00", "12.50"),
        ("alone", "12.50", "37.50"),
        ("expired", "50.00", "50.00"),
    ]
