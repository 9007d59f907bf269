"""All seen: of what stood on the page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from discovery.pages.sourcing.seen import seen_until

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("2026-11-20T11:30:00+00:00", datetime(2026, 11, 20, 11, 30, tzinfo=UTC)),
        ("2026-11-20T12:30:00+01:00", datetime(2026, 11, 20, 11, 30, tzinfo=UTC)),
        ("2036-11-20T11:30:00+00:00", NOW),
        ("2026-11-20T11:30:00", NOW),
        ("2026-11-40T11:30:00+00:00", NOW),
        ("yesterday", NOW),
        ("", NOW),
    ],
)
def test_it_is_when_the_page_was_made_and_never_later_than_now(said: str, until: datetime) -> None:
    assert seen_until(RequestFactory().post("/", {"until": said}), now=NOW) == until
