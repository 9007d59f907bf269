"""What a review says has changed, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discovery.models import AlertSettings, Pick, PickClass
from discovery.sourcing.review import (
    Part,
    Visit,
    day_of,
    keep_visit,
    last_visit,
    mark_reviewed,
    pick_of_the_day,
    review_of,
    visit_of,
)
from tests.discovery.builders import NOW, build_pick, build_sighting

pytestmark = pytest.mark.django_db

A, B = "B00000000A", "B00000000B"
VISIT = NOW - timedelta(hours=6)
BEFORE = VISIT - timedelta(hours=6)
PARIS = ZoneInfo("Europe/Paris")


def seen_twice(owner: Any, then: dict[str, Any], **now: Any) -> Pick:
    """A pick that stood so before the last visit, and stands otherwise now."""
    pick = build_pick(owner=owner, asin=A, first_seen_at=BEFORE, **now)
    build_sighting(pick=pick, seen_at=BEFORE, **then)
    return pick


def parts(owner: Any, since: datetime | None = VISIT) -> dict[str, list[str]]:
    found = review_of(owner=owner, since=since)
    return {part.value: [pick.asin for pick in some] for part, some in found.parts.items() if some}


def test_what_was_first_seen_since_is_new(anne: Any) -> None:
    build_pick(owner=anne, asin=A)
    build_pick(owner=anne, asin=B, seen_at=BEFORE)
    assert parts(anne) == {"new": [A]}


def test_at_the_first_visit_all_that_is_there_is_new(anne: Any) -> None:
    build_pick(owner=anne, asin=A, seen_at=BEFORE)
    build_pick(owner=anne, asin=B, gone_at=NOW)
    assert parts(anne, since=None) == {"new": [A]}


@pytest.mark.parametrize(
    ("then", "now", "part"),
    [
        ({"verdict": "CONSIDER"}, {"verdict": "BUY"}, Part.BETTER),
        ({"verdict": "CONSIDER"}, {"verdict": "CONSIDER", "sourcing": True}, Part.BETTER),
        ({"verdict": "SKIP"}, {"verdict": "CONSIDER"}, Part.BETTER),
        ({"verdict": "BUY"}, {"verdict": "SKIP"}, Part.WORSE),
        ({"roi_percent": 31.0}, {"roi_percent": 52.0}, Part.BETTER),
        ({"roi_percent": 52.0}, {"roi_percent": 31.0}, Part.WORSE),
        ({"roi_percent": 50.0}, {"roi_percent": 54.9}, None),
        ({"pick_class": "WATCH"}, {"pick_class": "REVENANT"}, Part.BETTER),
        ({"verdict": "SKIP", "roi_percent": 1.0}, {"verdict": "SKIP", "roi_percent": 9.0}, None),
    ],
)
def test_better_and_worse_are_told_from_the_last_look_before_the_visit(
    anne: Any, then: dict[str, Any], now: dict[str, Any], part: Part | None
) -> None:
    pick = seen_twice(anne, then, **now)
    build_sighting(pick=pick, seen_at=BEFORE - timedelta(days=1), verdict="STRONG_BUY")
    build_sighting(pick=pick, seen_at=VISIT + timedelta(hours=1), verdict="STRONG_BUY")
    assert parts(anne) == ({part.value: [A]} if part else {})


def test_a_look_that_the_last_visit_knew_already_is_no_news(anne: Any) -> None:
    pick = build_pick(owner=anne, asin=A, seen_at=BEFORE, verdict="BUY")
    build_sighting(pick=pick, seen_at=BEFORE - timedelta(days=1), verdict="CONSIDER")
    assert parts(anne) == {}


def test_what_one_had_seen_and_is_no_more_is_gone(anne: Any) -> None:
    build_pick(owner=anne, asin=A, seen_at=BEFORE, gone_at=NOW)
    build_pick(owner=anne, asin=B, gone_at=NOW)  # it came and went meanwhile
    assert parts(anne) == {"gone": [A]}
    assert parts(anne, since=NOW) == {}


def test_what_was_worth_nothing_neither_comes_nor_goes(anne: Any) -> None:
    build_pick(owner=anne, asin=A, verdict="SKIP")
    build_pick(owner=anne, asin=B, pick_class=PickClass.REJECT, seen_at=BEFORE, gone_at=NOW)
    assert parts(anne) == {}


def test_what_is_too_good_is_shown_all_the_same(anne: Any) -> None:
    build_pick(owner=anne, asin=A, pick_class=PickClass.JACKPOT)
    assert parts(anne) == {"new": [A]}
    assert pick_of_the_day(owner=anne, now=NOW) is None


def test_an_ignored_one_comes_back_as_better_once_its_verdict_is(anne: Any) -> None:
    pick = seen_twice(
        anne, {"verdict": "BUY"}, verdict="BUY", decision="ignored", ignored_verdict="BUY"
    )
    assert parts(anne) == {}
    Pick.objects.filter(pk=pick.pk).update(verdict="STRONG_BUY")
    assert parts(anne) == {"better": [A]}


def test_what_is_ignored_and_better_again_between_two_visits_is_news(anne: Any) -> None:
    pick = seen_twice(
        anne, {"verdict": "BUY"}, verdict="BUY", decision="ignored", ignored_verdict="CONSIDER"
    )
    Pick.objects.filter(pk=pick.pk).update(decided_at=NOW)
    assert parts(anne) == {"better": [A]}
    Pick.objects.filter(pk=pick.pk).update(decided_at=BEFORE)
    assert parts(anne) == {}


def test_the_dashboard_counts_as_no_visit(anne: Any) -> None:
    build_pick(owner=anne, asin=A, seen_at=NOW)
    for _look in range(2):
        day = day_of(owner=anne, now=NOW)
        assert [pick.asin for pick in day.top] == [A]
        assert day.counts == {"new": 1, "better": 0, "worse": 0, "gone": 0}
    assert not AlertSettings.objects.exists()


def test_a_review_takes_as_many_statements_for_many_picks_as_for_few(anne: Any) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            review_of(owner=anne, since=VISIT)
        return len(asked)

    for count in (5, 25):
        for number in range(count):
            asin = f"B{count:04}{number:05}"
            pick = build_pick(owner=anne, asin=asin, first_seen_at=BEFORE)
            build_sighting(pick=pick, seen_at=BEFORE, verdict="CONSIDER")
        assert statements() == 2


def test_the_first_look_of_a_day_holds_until_the_next(anne: Any) -> None:
    yesterday = datetime(2026, 11, 19, 20, tzinfo=UTC)
    mark_reviewed(user=anne, now=yesterday)
    visit = last_visit(user=anne, now=NOW)
    assert visit == Visit(yesterday, is_first=True)
    keep_visit(visit, user=anne, now=NOW)
    assert last_visit(user=anne, now=NOW + timedelta(hours=3)) == Visit(yesterday, is_first=False)
    assert last_visit(user=anne, now=NOW + timedelta(days=1)) == Visit(NOW, is_first=True)


def test_the_very_first_visit_holds_too(anne: Any) -> None:
    visit = last_visit(user=anne, now=NOW)
    assert visit == Visit(None, is_first=True)
    keep_visit(visit, user=anne, now=NOW)
    assert last_visit(user=anne, now=NOW + timedelta(hours=1)) == Visit(None, is_first=False)


def test_what_is_seen_is_no_news_on_the_same_day(anne: Any) -> None:
    keep_visit(Visit(VISIT, is_first=True), user=anne, now=NOW)
    mark_reviewed(user=anne, now=NOW)
    assert last_visit(user=anne, now=NOW + timedelta(hours=1)) == Visit(NOW, is_first=False)


def test_a_day_begins_at_midnight_where_the_user_lives() -> None:
    evening = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Paris
    night = evening + timedelta(hours=1)  # the day after, in Paris alone
    for zone, is_first in ((PARIS, True), (ZoneInfo("UTC"), False)):
        visit = visit_of(reviewed_at=evening, compared_with=None, now=night, zone=zone)
        assert visit.is_first is is_first
