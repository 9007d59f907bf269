"""The dashboard, the history and a row written, with 10 000 000 rows of history beside 100 000.

Run from the checkout: ``.venv/bin/python benchmarks/at_size.py [--rows 10000000] [--shapes]``. Uses
a database of its own, removed afterwards: 10 million rows of history and as many of the ledger take
about 8 GB. A year of searches, a tenth of them the reader's, is written as it happened and added up
as the scheduled task does it; first the small, then the large. Pages are read warm, in one process;
a page's figure is its median, and what counts is the ratio of the large to the small.

``--shapes`` compares ways to keep the history instead: the table as it is, monthly partitions, a
BRIN index on the date.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder, with its http.py

from benchmarks.cache_hit import scratch_database  # noqa: E402
from benchmarks.sizes.filling import INSERT, copied, filled  # noqa: E402
from benchmarks.sizes.shapes import compare_shapes, report_shapes  # noqa: E402

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.site.settings"

SMALL, LARGE = 100_000, 10_000_000
ROUNDS, INSERTS = 9, 1000
COPY = "history_small"  # of the table while it is small
PAGE_TARGET, INSERT_TARGET = 5.0, 1.2


@dataclass(slots=True)
class Measured:
    """Something done on both sites; ``target`` is the most the large may take of the small."""

    name: str
    work: Callable[[], object]
    target: float
    times: dict[str, list[float]] = field(default_factory=dict)

    def run(self, size: str) -> None:
        began = time.perf_counter()
        self.work()
        self.times.setdefault(size, []).append(time.perf_counter() - began)

    def ms(self, size: str) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.times[size]) * 1000


def page(client: Any, address: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    return get


def works(client: Any) -> list[Measured]:
    pages = {
        "an empty signed-in view": "/benchmark/signed-in",
        "dashboard": "/",
        "history, 30 days": "/historique/",
        "history, a year": "/historique/?days=365",
        "history, all, a deep page": "/historique/?days=0&page=900",
        "history, narrowed": "/historique/?days=90&source=api&answer=free",
        "admin: cache health": "/admin/analytics/searchhistory/cache-health/",
    }
    return [Measured(name, page(client, address), PAGE_TARGET) for name, address in pages.items()]


def write(table: str) -> Callable[[], None]:
    """One row of history, as a hit writes it."""

    def insert() -> None:
        from django.db import connection, transaction

        from analytics.receivers import ordered_id

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
            cursor.execute(INSERT.format(table=table), {"id": ordered_id()})

    return insert


def measure(size: str, done: list[Measured], *, rounds: int) -> None:
    """Do everything in turn, warm."""
    for measured in done:
        measured.work()
    for _ in range(rounds):
        for measured in done:
            measured.run(size)


def rows_written() -> Measured:
    """A row written into the large table and into the small copy, in turns."""
    into = {"small": write(COPY), "large": write("search_history")}
    written = Measured("one row of history written", into["large"], INSERT_TARGET)
    for _ in range(INSERTS):
        for size, written.work in into.items():
            written.run(size)
    return written


def report(pages: list[Measured], written: Measured) -> bool:
    """Print all figures. A page's are told in times of the empty view's in the same minutes: the
    small and the large are measured one after the other, and the machine may be busier then.
    """
    empty, *others = pages
    print(f"\n{'':<30} {'small ms':>10} {'large ms':>10} {'ratio':>8} {'target':>8}")
    met = True
    for measured in (empty, *others, written):
        small, large = measured.ms("small"), measured.ms("large")
        ratio = large / small
        if measured is not written:
            ratio /= empty.ms("large") / empty.ms("small")
        met &= ratio <= measured.target
        word = "MET" if ratio <= measured.target else "MISSED"
        shown, target = f"x{ratio:.2f}", f"x{measured.target:.1f}"
        print(f"{measured.name:<30} {small:>10.2f} {large:>10.2f} {shown:>8} {target:>8} {word}")
    return met


def sites(rows: int, *, rounds: int) -> bool:
    """Fill the tables, small and large, measure, and say whether every target was met."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client, override_settings
    from django.utils import timezone

    from discovery.models import TokenBucket

    call_command("migrate", verbosity=0)
    reader = get_user_model().objects.create_superuser("anne")
    TokenBucket.objects.create(
        id=1, account="a", tokens_left=900, refill_rate=20, refill_in_ms=0, flow_reduction=0.0,
        server_ms=0, received_at=timezone.now(), ledger_id=1,
    )  # fmt: skip
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of none
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = settings.STORAGES | {"staticfiles": plain}
    with override_settings(STORAGES=storages, ALLOWED_HOSTS=["*"]):
        client = Client()
        client.force_login(reader, backend="discovery.accounts.backends.RoleBackend")
        pages = works(client)
        for size, count in (("small", min(SMALL, rows)), ("large", rows)):
            began = time.perf_counter()
            filled(count, reader=reader)
            print(f"{size}: {count:,} rows each in {time.perf_counter() - began:.0f} s", flush=True)
            measure(size, pages, rounds=rounds)
            if size == "small":
                copied(COPY)
        written = rows_written()
    return report(pages, written)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=LARGE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--shapes", action="store_true")
    chosen = parser.parse_args()
    if chosen.shapes:
        with scratch_database() as url:
            report_shapes(compare_shapes(url, small=min(SMALL, chosen.rows), large=chosen.rows))
        return 0
    with scratch_database():
        return 0 if sites(chosen.rows, rounds=chosen.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
