"""The web server's command line; ``python -m arbvault.web`` becomes that server.

For containers, units and platforms, which start one process and ask it to stop with SIGTERM:
granian takes no further connection then, and lets the requests under way end.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PYTHON = sys.executable
# glibc stops returning large blocks to the system once it has freed one: a dozen lists of 5 MB cost
# the web server 370 MB, and with a fixed threshold (bytes) 120 MB. Other systems ignore it.
GIVES_MEMORY_BACK = {"MALLOC_MMAP_THRESHOLD_": "262144"}
# Seconds that a worker asked to stop may still take for the requests under way: as many as a worker
# of the queue, for a request may wait for an answer of Keepa that is paid for.
LAST_REQUESTS = 12


def web_command(workers: int) -> list[str]:
    """The program and its arguments, for so many processes on ``HOST`` and ``PORT``."""
    options = {
        "--interface": "wsgi",
        "--host": settings.HOST,
        "--port": str(settings.PORT),
        "--workers": str(workers),
        "--blocking-threads": str(settings.WEB_THREADS),
        "--workers-kill-timeout": str(LAST_REQUESTS),
        "--log-level": "warning",
    }
    flags = [part for option in options.items() for part in option]
    if workers > 1:
        flags.append("--respawn-failed-workers")
    return [PYTHON, "-m", "granian", *flags, "--no-ws", "arbvault.wsgi:application"]


def main() -> NoReturn:
    """Become the web server with ``WEB_WORKERS`` processes; exits 2 when a setting is wrong."""
    try:
        command = web_command(settings.WEB_WORKERS)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"A setting is wrong. {error}\n")
        sys.exit(2)
    # A list, and no shell.
    os.execve(command[0], command, GIVES_MEMORY_BACK | os.environ)  # noqa: S606 # nosec B606


if __name__ == "__main__":
    main()
