"""Other processes on a test's own database, for what only real processes can show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def environment(**extra: str) -> dict[str, str]:
    """The environment in which a child process meets this test's database and settings."""
    config = connection.settings_dict
    user = quote(str(config["USER"]), safe="")
    password = f":{quote(str(config['PASSWORD']), safe='')}" if config["PASSWORD"] else ""
    host, port = config["HOST"], f":{config['PORT']}" if config["PORT"] else ""
    # The folder of a socket is an option here, not a host.
    folder = config["OPTIONS"].get("host", "")
    query = f"?host={quote(str(folder), safe='')}" if folder else ""
    url = f"postgresql://{user}{password}@{host}{port}/{config['NAME']}{query}"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KEEPA_")},
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "arbvault.settings",
        "ARBVAULT_VAR": str(settings.ARBVAULT_VAR),
        "SECRET_KEY": settings.SECRET_KEY,
        **extra,
    }


@contextmanager
def queue_worker(keepa_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """The task queue's worker, on this test's database and the Keepa sandbox at ``keepa_url``."""
    manage = Path(settings.BASE_DIR) / "manage.py"
    child = environment(KEEPA_BASE_URL=keepa_url, QUEUE_WORKERS="1", LOG_LEVEL="WARNING")
    with subprocess.Popen([sys.executable, str(manage), "qcluster"], env=child) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)
