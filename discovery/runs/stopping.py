"""This process was asked to stop: work under way ends at its next good moment.

Set by the signal handler of a queue worker (``arbvault.queue_worker``); elsewhere never.
"""

from __future__ import annotations

import threading

_wanted = threading.Event()


class StopNow(KeyboardInterrupt):
    """The time for an orderly end is over; raised by a signal handler, wherever the work is.

    A ``KeyboardInterrupt``: psycopg cancels the statement of one, and leaves the connection usable.
    """


def want_stop() -> None:
    """Ask the work of this process to end."""
    _wanted.set()


def stop_is_wanted() -> bool:
    """Whether this process was asked to stop."""
    return _wanted.is_set()


def take_it_back() -> None:
    """As if nobody had asked: for tests."""
    _wanted.clear()


def pause(seconds: float) -> None:
    """Sleep; at most until this process is asked to stop."""
    _wanted.wait(seconds)
