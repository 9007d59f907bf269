"""Writing scored lines back: ``write_back`` beside Django's ``bulk_update``, at a batch and a list.

Run from the checkout: ``.venv/bin/python benchmarks/write_back.py``. The two take turns on the same
rows, in the columns that a score settles. About a minute, most of it Django's.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder, with its http.py

from benchmarks.cache_hit import scratch_database, verdict  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

TARGET = 4.0  # times as fast
ROUNDS = 5
SIZES = (10, 100, 1_000)  # lines: of a wave, a batch of Keepa's, a list scored anew at once
BREAKDOWN = {"score": {f"figure_{number}": number / 7 for number in range(60)}}


def lines_of(number: int) -> list[Any]:
    """So many stored lines, with what a score puts on each of them."""
    from django.contrib.auth.models import User

    from discovery.models import Run, RunLine

    owner, _ = User.objects.get_or_create(username="bench")
    run = Run.objects.create(owner=owner, kind=Run.Kind.LIST, marketplace="fr")
    rows = [RunLine(run=run, position=position) for position in range(number)]
    lines = RunLine.objects.bulk_create(rows)
    for line in lines:
        line.asin, line.title = f"B{line.position:09d}", "Lampe de bureau à pince, noire " * 4
        line.state, line.verdict = RunLine.State.SCORED, "consider"
        line.price, line.max_cost = Decimal("34.90"), Decimal("18.2150")
        line.roi_percent, line.rank_score = 12.5, 61.25
        line.breakdown = BREAKDOWN
    return lines


def main() -> int:
    with scratch_database():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from discovery.models import RunLine
        from discovery.runs.lines import SCORED_FIELDS
        from discovery.write_back import write_back

        def django_does(lines: list[Any]) -> None:
            RunLine.objects.bulk_update(lines, SCORED_FIELDS)

        def we_do(lines: list[Any]) -> None:
            write_back(lines, SCORED_FIELDS)

        is_met = True
        for size in SIZES:
            lines = lines_of(size)
            ratios, took = [], []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                django_does(lines)
                middle = time.perf_counter()
                we_do(lines)
                ended = time.perf_counter()
                ratios.append((middle - began) / (ended - middle))
                took.append(ended - middle)
            each = statistics.median(took) / size * 1e6
            print(f"{size} lines, {each:,.0f} us each")
            is_met &= verdict("beside bulk_update", statistics.median(ratios), TARGET)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
