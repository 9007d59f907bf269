"""Calls of the API that a process may let through without asking the database for each of them.

A busy caller's next calls are counted ahead, in the statement that counts one of them anyway; they
then cost nothing. What is counted ahead is never more than a sixteenth of what is left, nor than
twice what the caller asked lately: the limit is never exceeded, near it each call is counted by
itself, and a process that stops in the middle of a window wastes the little it had counted ahead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST = 100  # calls counted ahead at once
SHARE = 16  # of what is left, so many processes could count ahead before one is refused
RECENT = 0.5  # seconds; a caller whose last statement is older is not busy
NEXT_WINDOW = 1.0  # seconds; a window that ends so much later than the one known is another
MOST = 10_000  # keys known; beyond, all are forgotten with what was counted ahead for them


@dataclass(slots=True)
class Lease:
    """What this process knows of one key of ``api_rate``, whose window ends at ``ends``.

    ``left`` and ``unused`` are calls; those counted ahead are in ``unused`` alone. Times are of
    ``time.monotonic``.
    """

    left: int
    ends: float
    asked_at: float
    unused: int = 0
    made: int = 1  # calls since ``asked_at``
    is_asking: bool = False


class Leases:
    """The leases of one process, for all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: dict[str, Lease] = {}

    def take(self, keys: Sequence[str], *, at: float) -> list[tuple[str, int, float]] | None:
        """Take a call counted ahead from each of the keys: all, or ``None`` where one has none.

        Returns each key with what is left of its limit afterwards, and when its window ends.
        """
        with self._lock:
            found = [self._leases.get(key) for key in keys]
            usable = [lease for lease in found if lease and lease.unused and at < lease.ends]
            if len(usable) < len(keys):
                return None
            taken = []
            for key, lease in zip(keys, usable, strict=True):
                lease.unused -= 1
                lease.made += 1
                taken.append((key, lease.left + lease.unused, lease.ends))
            return taken

    def begin(self, key: str, *, at: float) -> int:
        """How many calls to count ahead in the statement about to be run; ``end`` must follow."""
        with self._lock:
            lease = self._leases.get(key)
            if lease is None or lease.is_asking or at >= lease.ends or at - lease.asked_at > RECENT:
                return 0
            ahead = min(LONGEST, lease.left // SHARE, 2 * lease.made) - lease.unused
            lease.is_asking = ahead > 0
            return max(0, ahead)

    def settle(self, key: str, *, left: int, ahead: int, ends: float, at: float) -> None:
        """Note what the statement found: ``ahead`` calls are counted, and beyond them and the one
        that asked ``left`` are.
        """
        with self._lock:
            lease = self._leases.get(key)
            # What was counted ahead in a window that is over is not counted in the next one.
            if lease is None or at >= lease.ends or ends > lease.ends + NEXT_WINDOW:
                if lease is None and len(self._leases) >= MOST:
                    self._leases.clear()
                lease = self._leases[key] = Lease(left=left, ends=ends, asked_at=at)
            lease.left, lease.ends, lease.asked_at, lease.made = left, ends, at, 1
            lease.unused += ahead

    def end(self, keys: Iterable[str]) -> None:
        """The statement that was to count ahead has run, or failed: another may do so."""
        with self._lock:
            for key in keys:
                if lease := self._leases.get(key):
                    lease.is_asking = False

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._leases.clear()


leases = Leases()
