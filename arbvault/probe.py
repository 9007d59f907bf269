"""``python -m arbvault.probe [path]``: does the web server of this container or unit answer?

Exits 0 when ``/healthz``, or the path given, answers with 200, else 1. Needs neither curl nor the
site's settings, so that asking every few seconds costs next to nothing.
"""

from __future__ import annotations

import http.client
import os
import sys

SECONDS = 5.0


def is_well(path: str = "/healthz") -> bool:
    """Whether the server on ``PORT`` of this machine answers ``path`` with 200."""
    asked = http.client.HTTPConnection(
        "127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=SECONDS
    )
    try:
        asked.request("GET", path)
        return asked.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


if __name__ == "__main__":
    sys.exit(0 if is_well(*sys.argv[1:2]) else 1)
