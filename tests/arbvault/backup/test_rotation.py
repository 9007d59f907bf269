"""Which backups are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from arbvault.backup.making import NAME
from arbvault.backup.rotation import kept_of, rotate

NIGHT = datetime(2026, 11, 27, 1, tzinfo=UTC)  # a Friday
NIGHTS = [NIGHT - timedelta(days=days) for days in range(60)]


def test_the_last_seven_days_and_the_newest_of_the_last_four_weeks() -> None:
    kept = kept_of(NIGHTS, days=7, weeks=4)
    sundays = [NIGHT - timedelta(days=days) for days in (5, 12, 19)]
    assert kept == {*NIGHTS[:7], *sundays}


def test_days_without_a_backup_do_not_count() -> None:
    made = [NIGHT - timedelta(days=days) for days in (0, 30, 31, 90)]
    assert kept_of(made, days=3, weeks=0) == set(made[:3])


def test_of_a_day_the_newest_stays() -> None:
    made = [NIGHT - timedelta(hours=hours) for hours in (0, 0.5, 30)]
    assert kept_of(made, days=2, weeks=0) == {made[0], made[2]}


@pytest.mark.parametrize("weeks", [0, 4])
def test_the_newest_of_all_is_never_deleted(weeks: int) -> None:
    assert kept_of([NIGHT], days=1, weeks=weeks) == {NIGHT}
    assert kept_of([], days=1, weeks=weeks) == set()


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    for at in NIGHTS[:4]:
        (tmp_path / at.strftime(f"{NAME}.dump")).touch()
        (tmp_path / at.strftime(f"{NAME}.json")).touch()
    for name in ("arbitragevault-mine.dump", "notes.txt"):
        (tmp_path / name).touch()
    gone = rotate(tmp_path, days=2, weeks=0)
    assert [path.name for path in gone] == [
        at.strftime(f"{NAME}.dump") for at in sorted(NIGHTS[2:4])
    ]
    assert len(list(tmp_path.iterdir())) == 6
