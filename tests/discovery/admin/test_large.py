"""Lists of tables that only grow: narrowed by month, counted up to a limit, never read whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.admin import large
from discovery.admin.large import LargeAdmin
from tests.analytics.factories import a_call, a_search

pytestmark = pytest.mark.django_db
HISTORY = "/admin/analytics/searchhistory/"
LEDGER = "/admin/discovery/tokenledgerentry/"


def shown(client: Any, address: str) -> list[Any]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_a_month_shows_its_rows(admin_client: Any) -> None:
    for at in (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)):
        a_search(at=at, hit=True)
        a_call(at=at, tokens=1)
    for address in (HISTORY, LEDGER):
        [row] = shown(admin_client, f"{address}?month=2026-01")
        assert row.created_at.month == 1
        assert "?month=2026-02" in admin_client.get(address).content.decode()
        assert len(shown(admin_client, address)) == 2
        assert shown(admin_client, f"{address}?month=nonsense") == []


def test_december_ends_with_the_year(admin_client: Any) -> None:
    a_search(at=datetime(2025, 12, 31, 23, tzinfo=UTC), hit=True)
    a_search(at=datetime(2026, 1, 1, tzinfo=UTC), hit=True)
    assert len(shown(admin_client, f"{HISTORY}?month=2025-12")) == 1


def test_rows_are_counted_up_to_a_limit(admin_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        a_search(at=timezone.now(), hit=True)
    monkeypatch.setattr(large, "MOST_COUNTED", 2)
    assert admin_client.get(HISTORY).context["cl"].result_count == 2


def test_no_statement_reads_the_whole_table(
    admin_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is counted, sorted out or made distinct without a limit."""
    monkeypatch.setattr(LargeAdmin, "list_per_page", 1)
    for _ in range(2):
        a_search(at=timezone.now(), hit=True, source=None)
        a_call(at=timezone.now(), tokens=1)
    for address, table in ((HISTORY, "search_history"), (LEDGER, "keepa_token_ledger")):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            shown(admin_client, address)
        of_it = [query["sql"] for query in asked if f'FROM "{table}"' in query["sql"]]
        assert of_it
        assert all("LIMIT" in sql or "MIN(" in sql for sql in of_it), of_it
        assert not any("DISTINCT" in sql for sql in of_it)
