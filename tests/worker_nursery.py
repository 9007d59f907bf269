"""A process that has loaded the site once, and forks a queue worker for each test that asks.

Run as ``python -m tests.worker_nursery`` it takes the address of a Keepa sandbox a line, with the
hours by which the worker's clock is ahead, and answers each with the number of the new process,
which leads a group of its own.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from datetime import timedelta


def main() -> None:
    """Fork a worker for every line of the standard input, until it ends."""
    import django

    django.setup()
    # What each worker would load otherwise, for its first task at the latest.
    import httpcore  # noqa: F401
    import rapidfuzz.fuzz  # noqa: F401

    import arbvault.queue_supervisor  # noqa: F401
    import discovery.sourcing.worker
    import discovery.tasks  # noqa: F401
    from arbvault.processes import die_with_parent

    gc.freeze()
    # A test session that is killed leaves no worker behind: its end is ours, and ours is theirs.
    never_outlive_us = die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how one died
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            never_outlive_us()
            keepa_url, hours = line.split()
            _work(keepa_url, hours_ahead=int(hours))
        os.setpgid(child, child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _work(keepa_url: str, *, hours_ahead: int) -> None:
    import time_machine
    from django.conf import settings
    from django.utils import timezone

    from arbvault.queue_supervisor import QueueSupervisor

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # its own workers it does wait for
    os.setpgid(0, 0)
    os.dup2(2, 1)  # what it says is no answer of ours
    settings.KEEPA_BASE_URL = keepa_url
    if hours_ahead:
        time_machine.travel(timezone.now() + timedelta(hours=hours_ahead)).start()
    QueueSupervisor(workers=1).run()
    os._exit(0)


if __name__ == "__main__":
    main()
