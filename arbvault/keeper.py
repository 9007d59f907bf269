"""Stops the embedded PostgreSQL after a run that was killed.

Whoever leaves last stops the server; but a killed run's last process may be one that is given no
time to (a web worker, say). The keeper outlives them all, and has nothing else to do. A server
stopped sooner would be started again by whoever of the run was only just beginning.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
from django.conf import settings

from arbvault.postgres import Cluster, stop_when_unused
from arbvault.processes import MARK, others_of

PATIENCE = 60.0  # seconds, for the others to end, and then for whoever else uses the server


def main() -> int:
    """Wait for SIGTERM, which the kernel sends when the supervisor dies."""
    supervisor = os.getppid()
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    sys.stdout.write("The keeper waits.\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    if os.getppid() != supervisor and settings.EMBEDDED_POSTGRES is not None:
        _stop_after_the_last(settings.EMBEDDED_POSTGRES, mark=os.environ[MARK])
    return 0


def _stop_after_the_last(cluster: Cluster, *, mark: str) -> None:
    until = time.monotonic() + PATIENCE
    while (others := others_of(mark)) and time.monotonic() < until:
        psutil.wait_procs(others, timeout=0.5)
    stop_when_unused(cluster, patience=PATIENCE)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")
    sys.exit(main())
