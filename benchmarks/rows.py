"""Scored lines written back beside ``bulk_update``, products stored beside ``bulk_create``.

Run from the checkout: ``.venv/bin/python benchmarks/rows.py``. The two take turns on the same rows:
lines in the columns that a score settles, products of the sandbox as Keepa answers them. About a
minute, most of it Django's.
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

# Times as fast as Django.
LINES_TARGET, PRODUCTS_TARGET = 4.0, 1.2
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


def bought(number: int) -> list[Any]:
    """So many products as they are about to be stored."""
    from unittest.mock import patch

    from benchmarks.scoring import stored_products
    from discovery.models import KeepaProduct
    from discovery.products import store

    rows: list[Any] = []

    def written(given: list[Any]) -> list[Any]:
        rows.extend(given)
        return given

    with patch.object(store, "_written", written):
        stored_products(number)
    assert not KeepaProduct.objects.exists()
    return rows


def compare(what: str, rows: list[Any], django: Any, ours: Any, target: float) -> bool:
    """Whether ``ours`` is ``target`` times as fast on the rows; prints it."""
    ratios, took = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        django(rows)
        middle = time.perf_counter()
        ours(rows)
        ended = time.perf_counter()
        ratios.append((middle - began) / (ended - middle))
        took.append(ended - middle)
    print(f"{len(rows)} {what}, {statistics.median(took) / len(rows) * 1e6:,.0f} us each")
    return verdict("beside Django's", statistics.median(ratios), target)


def main() -> int:
    with scratch_database():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from discovery.models import KeepaProduct, RunLine
        from discovery.rows import upsert, write_back
        from discovery.runs.lines import SCORED_FIELDS

        def update(lines: list[Any]) -> None:
            RunLine.objects.bulk_update(lines, SCORED_FIELDS)

        def ours(lines: list[Any]) -> None:
            write_back(lines, SCORED_FIELDS)

        identity = ("marketplace", "asin")
        columns = {field.name for field in KeepaProduct._meta.concrete_fields} - {"id", *identity}

        def create(products: list[Any]) -> None:
            KeepaProduct.objects.bulk_create(
                products, update_conflicts=True, unique_fields=identity,
                update_fields=sorted(columns),
            )  # fmt: skip

        def put(products: list[Any]) -> None:
            upsert(products, identity=identity)

        met = [compare("lines", lines_of(size), update, ours, LINES_TARGET) for size in SIZES]
        met.append(compare("products", bought(100), create, put, PRODUCTS_TARGET))
        return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
