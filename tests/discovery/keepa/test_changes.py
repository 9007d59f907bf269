"""The Product Finder asked for what has changed only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from discovery.keepa.changes import changed_selection, keepa_minute
from discovery.keepa.finder import NicheFilters
from discovery.keepa.selection import check_selection

BOOKS = NicheFilters(marketplace="fr", root_categories=(301061,), bsr_max=50_000)


def test_a_keepa_minute_is_the_one_that_has_begun() -> None:
    assert keepa_minute(datetime(2026, 3, 18, 13, 20, 59, tzinfo=UTC)) == 8_000_000
    assert keepa_minute(datetime(2011, 1, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("prices_only", "field"), [(False, "lastUpdate_gte"), (True, "lastPriceChange_gte")]
)
def test_the_same_question_is_asked_of_what_has_changed(prices_only: bool, field: str) -> None:
    selection = changed_selection(BOOKS, since=8_000_000, prices_only=prices_only)
    check_selection(selection)  # Keepa has fields of these names
    assert selection.pop(field) == 8_000_000
    assert selection == BOOKS.to_selection()
