"""The product killed, starved, flooded and attacked, with real processes: what does it stand?

Run from the checkout: ``.venv/bin/python benchmarks/drill.py [--only searches,...] [--tries 20]
[--seed 1]``. Every drill runs in a process and on a database of its own, removed afterwards. Prints
one table, and exits non-zero when a row of it is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # not this folder: its http.py is not the library's

from benchmarks.cache_hit import scratch_database  # noqa: E402
from benchmarks.drills.report import Row, as_table, from_json, to_json  # noqa: E402

# Modules of benchmarks/drills with a function ``drill(*, tries, seed) -> list[Row]``, called with
# Django set up on an empty, migrated database; of a server of its own where there is a context
# manager ``own_server``.
DRILLS = (
    "searches", "looks", "troubles", "restarts", "due", "herd", "cuts", "queue", "stops", "alerts",
    "site", "bouncer", "login", "uploads",
)  # fmt: skip


def _here(name: str, *, tries: int, seed: int) -> list[Row]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.site.settings"
    module = import_module(f"benchmarks.drills.{name}")
    with getattr(module, "own_server", nullcontext)(), scratch_database():
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        rows: list[Row] = module.drill(tries=tries, seed=seed)
        return rows


def _elsewhere(name: str, *, tries: int, seed: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "rows.json"
        command = [sys.executable, __file__, "--only", name, "--rows", str(told)]
        command += ["--tries", str(tries), "--seed", str(seed)]
        ended = subprocess.run(command, check=False)
        if told.exists():
            return from_json(told.read_text())
    return [Row(fault=name, tries=1, survived=0, note=f"the drill ended with {ended.returncode}")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(DRILLS), help=f"of {', '.join(DRILLS)}")
    parser.add_argument("--tries", type=int, default=20, help="faults of a kind, at least")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1000))
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(DRILLS):
        parser.error(f"no such drill: {', '.join(sorted(unknown))}")
    if options.rows:
        rows = _here(names[0], tries=options.tries, seed=options.seed)
        options.rows.write_text(to_json(rows))
        return 0
    print(f"seed {options.seed}", flush=True)
    rows = []
    for name in names:
        print(f"== {name}", flush=True)
        rows += _elsewhere(name, tries=options.tries, seed=options.seed)
    print(f"\n{as_table(rows)}")
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
