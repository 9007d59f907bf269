"""`make fleet`: the service's tests on a PostgreSQL of its own, through PgBouncer.

A server is started from the embedded programs and named by ``DATABASE_URL``, as one on another
machine would be; nothing in the site knows that it is at hand. Arguments go to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from arbvault.postgres import Cluster, attach, release
from benchmarks.drills.pgbouncer import program

ROOT = Path(__file__).resolve().parent.parent.parent
SUITE = ("tests/discovery", "tests/analytics", "-m", "not browser")


def main() -> int:
    """Run the tests; returns pytest's exit code, 2 without a PgBouncer."""
    if program() is None:
        sys.stderr.write("There is no PgBouncer on this machine (PATH or PGBOUNCER).\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="arbvault-fleet-") as folder:
        cluster = Cluster(Path(folder) / "postgres", durable=False, max_connections=600)
        attach(cluster)
        try:
            url = cluster.url.split("&", 1)[0]  # without settings of a session
            asked = {"DATABASE_URL": url, "TESTS_THROUGH": "pgbouncer"}
            command = [sys.executable, "-m", "pytest", "-q", *(sys.argv[1:] or SUITE)]
            return subprocess.run(command, cwd=ROOT, env=os.environ | asked, check=False).returncode
        finally:
            release(cluster)


if __name__ == "__main__":
    sys.exit(main())
