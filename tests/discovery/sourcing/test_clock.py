"""Times of day in a time zone, on ordinary days and on the two nights when the clock changes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from discovery.sourcing.clock import midnight_of, moment_of, next_time

PARIS = ZoneInfo("Europe/Paris")
EVERY_DAY = range(7)
SUNDAY = 6


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(
    times: Collection[str],
    *,
    begin: str,
    until: str,
    weekdays: Collection[int] = EVERY_DAY,
    zone: ZoneInfo = PARIS,
) -> list[str]:
    """When it runs between two moments, as UTC."""
    found, moment = [], utc(begin)
    while True:
        following = next_time(times=times, weekdays=weekdays, zone=zone, after=moment)
        if following is None or following > utc(until):
            return found
        found.append(following.strftime("%dT%H:%M"))
        moment = following


def test_half_past_two_comes_once_in_the_night_that_has_it_twice() -> None:
    assert runs(["02:30"], begin="2026-10-24T12:00", until="2026-10-26T12:00") == [
        "25T00:30",  # the first one, still in summer time
        "26T01:30",
    ]


def test_half_past_two_comes_at_half_past_three_in_the_night_that_lacks_it() -> None:
    assert runs(["02:30"], begin="2027-03-27T12:00", until="2027-03-29T12:00") == [
        "28T01:30",
        "29T00:30",
    ]


def test_seven_stays_seven_on_the_clock_of_the_house() -> None:
    assert runs(["07:00"], begin="2026-10-23T12:00", until="2026-10-25T12:00") == [
        "24T05:00",
        "25T06:00",
    ]


@pytest.mark.parametrize(
    ("begin", "until", "expected"),
    [
        ("2026-10-19T00:00", "2026-11-02T00:00", ["25T00:30", "01T01:30"]),
        ("2027-03-22T00:00", "2027-04-05T00:00", ["28T01:30", "04T00:30"]),
    ],
)
def test_once_a_week_keeps_the_same_rules(begin: str, until: str, expected: list[str]) -> None:
    assert runs(["02:30"], begin=begin, until=until, weekdays=[SUNDAY]) == expected


def test_two_times_that_fall_on_the_same_moment_are_one_run() -> None:
    assert runs(["02:30", "03:30"], begin="2027-03-27T12:00", until="2027-03-28T12:00") == [
        "28T01:30"
    ]


def test_a_moment_that_has_come_is_followed_by_the_next() -> None:
    seven = moment_of(utc("2026-11-26T00:00").date(), "07:00", zone=PARIS)
    following = next_time(times=["07:00"], weekdays=EVERY_DAY, zone=PARIS, after=seven)
    assert following == seven + timedelta(days=1)


@pytest.mark.parametrize(("times", "weekdays"), [([], EVERY_DAY), (["07:00"], [])])
def test_without_a_time_or_a_weekday_it_never_runs(
    times: list[str], weekdays: Collection[int]
) -> None:
    assert (
        next_time(times=times, weekdays=weekdays, zone=PARIS, after=utc("2026-11-26T00:00")) is None
    )


def test_a_weekday_is_that_of_the_owners_zone() -> None:
    # Monday 01:00 in Tokyo is still Sunday in London.
    assert runs(
        ["01:00"],
        begin="2026-11-27T00:00",
        until="2026-12-01T00:00",
        weekdays=[0],
        zone=ZoneInfo("Asia/Tokyo"),
    ) == ["29T16:00"]


def test_every_day_of_two_years_has_its_run() -> None:
    days = runs(["02:30"], begin="2026-01-01T00:00", until="2028-01-01T00:00")
    assert len(days) == 365 + 365


def test_the_day_begins_at_the_midnight_of_the_zone() -> None:
    assert midnight_of(utc("2026-11-26T22:59"), zone=PARIS) == utc("2026-11-25T23:00")
    assert midnight_of(utc("2026-11-26T23:00"), zone=PARIS) == utc("2026-11-26T23:00")
    # A day of 25 hours: it is summer time at its beginning and no more at its end.
    assert midnight_of(utc("2026-10-25T22:00"), zone=PARIS) == utc("2026-10-24T22:00")
