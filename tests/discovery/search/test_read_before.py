"""The same bytes are read once, unless what they mean may change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import timezone

from discovery.keepa.errors import InvalidFilters, UnknownCategory
from discovery.models import KeepaCategory
from discovery.search import read_before
from discovery.search.read_before import niche_of_body
from discovery.search.request import NicheRequest, read_niche

pytestmark = pytest.mark.django_db

BOOKS = {"categories": ["Books"], "bsr_range": [10_000, 50_000]}


class Reader:
    """Counts how often the bytes were read."""

    def __init__(self, question: Mapping[str, Any]) -> None:
        self.body = json.dumps(question).encode()
        self.times = 0

    def ask(self, *, scoring: bool = False) -> NicheRequest:
        return niche_of_body(self.body, scoring=scoring, read=self._read)

    def _read(self) -> dict[str, Any]:
        self.times += 1
        data: dict[str, Any] = json.loads(self.body)
        return data


@pytest.fixture(autouse=True)
def _nothing_read_yet() -> None:
    read_before._questions.clear()


def test_the_same_bytes_are_read_once_and_mean_the_same() -> None:
    reader = Reader(BOOKS)
    assert reader.ask() == reader.ask() == read_niche(BOOKS, scoring=False, localize=False)
    assert reader.times == 1


def test_what_is_allowed_with_scoring_is_still_refused_without() -> None:
    reader = Reader(BOOKS | {"detail": False})
    reader.ask(scoring=True)
    with pytest.raises(InvalidFilters):
        reader.ask()


def test_a_refused_question_is_read_anew() -> None:
    reader = Reader({})
    for _ in range(2):
        with pytest.raises(InvalidFilters):
            reader.ask()
    assert reader.times == 2


def test_a_category_that_was_looked_up_may_change_its_name() -> None:
    KeepaCategory.objects.create(
        marketplace="us",
        category_id=4711,
        name="Falconry",
        parent_id=283155,
        is_root=False,
        fetched_at=timezone.now(),
    )
    reader = Reader(BOOKS | {"categories": ["Falconry"]})
    assert reader.ask().filters.categories_include == (4711,)
    KeepaCategory.objects.update(name="Hawking")
    with pytest.raises(UnknownCategory):
        reader.ask()


def test_a_long_question_is_not_kept() -> None:
    reader = Reader(BOOKS | {"brand": ["x" * 190] * 30})
    reader.ask()
    reader.ask()
    assert reader.times == 2


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_before, "MOST", 3)
    for highest in range(20_000, 20_010):
        Reader(BOOKS | {"bsr_range": [1, highest]}).ask()
    assert len(read_before._questions) <= 3
