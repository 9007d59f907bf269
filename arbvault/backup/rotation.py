"""Which backups are kept: the newest of the last days, and of the last weeks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from arbvault.backup.making import NAME, backups_in
from arbvault.backup.manifest import SUFFIX, path_beside


def kept_of(made: Iterable[datetime], *, days: int, weeks: int) -> set[datetime]:
    """Of these moments those kept: the newest of each of the last ``days`` days that have one, and
    of each of the last ``weeks`` ISO weeks. The newest of all is always kept.
    """
    newest_first = sorted(made, reverse=True)
    kept = set(newest_first[:1])
    kept |= _first_of_each([(at.date(), at) for at in newest_first], wanted=days)
    kept |= _first_of_each([(at.isocalendar()[:2], at) for at in newest_first], wanted=weeks)
    return kept


def _first_of_each(moments: Sequence[tuple[object, datetime]], *, wanted: int) -> set[datetime]:
    first: dict[object, datetime] = {}
    for period, at in moments:
        if len(first) < wanted:
            first.setdefault(period, at)
    return set(first.values())


def rotate(folder: Path, *, days: int, weeks: int) -> list[Path]:
    """Delete the backups that are not kept, and what an interrupted one has left; returns them.

    Files of other names stay.
    """
    made = {moment: path for path in backups_in(folder) if (moment := _moment(path)) is not None}
    kept = kept_of(made, days=days, weeks=weeks)
    gone = [path for moment, path in made.items() if moment not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
        path_beside(path).unlink(missing_ok=True)
    return sorted(gone)


def _moment(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.name, f"{NAME}{SUFFIX}").replace(tzinfo=UTC)
    except ValueError:
        return None
