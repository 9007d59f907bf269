"""What died is started again: by itself, at once at first, later each time it dies again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_PAUSE = 1.0  # seconds before the start that follows the first death
LONGEST_PAUSE = 60.0
SETTLED = 30.0  # seconds of life after which earlier deaths are forgotten


@dataclass(slots=True)
class BackOff:
    """1, 2, 4 ... 60 seconds: how long to wait before the next start. Times are monotonic."""

    deaths: int = 0  # in a row
    _started: float | None = None  # None: it does not live

    def started(self, now: float) -> None:
        """It lives since ``now``."""
        self._started = now

    def died(self, now: float) -> float:
        """It has died; returns the seconds to wait before it is started again."""
        if self._started is not None and now - self._started >= SETTLED:
            self.deaths = 0
        self._started = None
        self.deaths += 1
        return min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** min(self.deaths - 1, 10)))


@dataclass(slots=True)
class Watched:
    """Something that has been started and must stay up.

    ``ended`` tells in words how it ended (``None`` while it lives), ``start`` starts it again and
    may raise one of ``failures``.
    """

    name: str
    ended: Callable[[], str | None]
    start: Callable[[], None]
    say: Callable[[str], None]
    failures: tuple[type[Exception], ...] = (OSError,)
    advice: str = ""
    _back_off: BackOff = field(default_factory=BackOff)
    _due: float = 0.0  # when to start it
    _is_down: bool = False

    def look(self, now: float) -> None:
        """Notice a death, or start again what has been down for long enough; never raises."""
        if self._is_down:
            if now >= self._due:
                self._start(now)
        elif (how := self.ended()) is not None:
            self._wait(how, now)

    def _start(self, now: float) -> None:
        try:
            self.start()
        except self.failures as error:
            self._wait(f"cannot be started: {error}", now)
        else:
            self._is_down = False
            self._back_off.started(now)

    def _wait(self, why: str, now: float) -> None:
        pause = self._back_off.died(now)
        self._is_down = True
        self._due = now + pause
        deaths = self._back_off.deaths
        again = f", {deaths} times in a row" if deaths > 1 else ""
        when = f"It is started again in {pause:.0f} s."
        self.say(f"{self.name} {why}{again}. {when} {self.advice}".rstrip())
