"""Quiet hours, days and the digest's hour, over midnight and on both nights of the clock change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.sourcing.alerts.hours import day_around, end_of_quiet, last_time

PARIS = ZoneInfo("Europe/Paris")
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 # the strategy gives them their zone
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TIMES = st.times().map(lambda read: read.replace(second=0, microsecond=0))


def quiet(moment: datetime, start: time, end: time) -> datetime | None:
    return end_of_quiet(moment, quiet_from=start, quiet_until=end, zone=PARIS)


@pytest.mark.parametrize(
    ("hour", "end"),
    [(20, None), (21, 6), (22, 6), (3, 6), (6, None)],
    ids=["before", "from then on", "evening", "after midnight", "until then"],
)
def test_quiet_hours_go_over_midnight(hour: int, end: int | None) -> None:
    now = datetime(2026, 11, 20, hour, tzinfo=UTC)
    ends = quiet(now, time(22), time(7))
    assert (ends and ends.astimezone(UTC).hour) == end
    assert ends is None or now < ends <= now + timedelta(days=1)


def test_a_nap_within_a_day() -> None:
    assert quiet(datetime(2026, 11, 20, 12, tzinfo=UTC), time(12), time(14)) == datetime(
        2026, 11, 20, 13, tzinfo=UTC
    )
    assert quiet(datetime(2026, 11, 20, 14, tzinfo=UTC), time(12), time(14)) is None


def test_without_both_ends_there_are_none() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert end_of_quiet(now, quiet_from=None, quiet_until=time(7), zone=PARIS) is None
    assert quiet(now, time(13), time(13)) is None


def test_the_night_that_has_an_hour_more_or_less_ends_by_the_clock() -> None:
    autumn = quiet(datetime(2026, 10, 24, 21, tzinfo=UTC), time(22), time(7))
    assert autumn == datetime(2026, 10, 25, 6, tzinfo=UTC)  # ten hours later
    spring = quiet(datetime(2026, 3, 28, 22, tzinfo=UTC), time(22), time(7))
    assert spring == datetime(2026, 3, 29, 5, tzinfo=UTC)


@given(MOMENTS, TIMES, TIMES)
def test_the_end_of_quiet_hours_is_not_quiet(now: datetime, start: time, end: time) -> None:
    ends = quiet(now, start, end)
    if ends is not None:
        assert now < ends <= now + timedelta(hours=25)
        assert quiet(ends, start, end) is None


@given(MOMENTS)
def test_a_day_holds_its_moment(now: datetime) -> None:
    begins, ends = day_around(now, zone=PARIS)
    assert begins <= now < ends
    assert ends - begins in {timedelta(hours=hours) for hours in (23, 24, 25)}


@given(MOMENTS, TIMES)
def test_the_last_time_is_less_than_a_long_day_ago(now: datetime, at: time) -> None:
    last = last_time(at, now=now, zone=PARIS)
    assert last <= now < last + timedelta(hours=26)
