"""Stops the embedded PostgreSQL after a run that was killed.

Whoever leaves last stops the server; but a killed run's last process may be one that is given no
time to (a web worker, say). The keeper outlives them all, and has nothing else to do.
"""

from __future__ import annotations

import os
import signal
import sys

from django.conf import settings

from arbvault.postgres import stop_when_unused

PATIENCE = 60.0  # seconds


def main() -> int:
    """Wait for SIGTERM, which the kernel sends when the supervisor dies."""
    supervisor = os.getppid()
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    signal.sigwait(signals)
    if os.getppid() != supervisor and settings.EMBEDDED_POSTGRES is not None:
        stop_when_unused(settings.EMBEDDED_POSTGRES, patience=PATIENCE)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")
    sys.exit(main())
