"""Re-scoring stored products after a profile change: how many a second, and where the time goes.

Run from the checkout: ``.venv/bin/python benchmarks/scoring.py [--products 10000]``. Products come
from the sandbox through the real client into a database of our own, removed afterwards. Scoring
then reads nothing but that table: what depends on history alone was measured when a product was
fetched. Decoding is told as a multiple of ``json.loads`` of the same text, so that the machine does
not matter.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder, with its http.py

from benchmarks.cache_hit import scratch_database  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

TARGET, MOONSHOT = 2_000, 10_000  # products a second
ROUNDS = 5
BATCH = 1_000

# Texts of what is stored, how they are decoded, and the most this may take in json.loads of the
# same text: half of what the hand-written codecs of 0.1.0 took, json.loads included (3.6 and 4.2).
DECODED = (
    ("facts", "SELECT (facts->'facts')::text FROM keepa_product WHERE is_usable LIMIT %s", 1.8),
    ("score", "SELECT (breakdown->'score')::text FROM product_scoring_cache LIMIT %s", 2.1),
)


def stored_products(wanted: int) -> list[str]:
    """Buy ``wanted`` products of the sandbox, without a socket, as a search would."""
    from django.utils import timezone

    from discovery.keepa.client import KeepaClient
    from discovery.products import store
    from discovery.sandbox.server import create_app
    from discovery.sandbox.transport import SandboxTransport

    app = create_app(refill_rate=100_000)
    client = KeepaClient(
        api_key="sandbox", base_url="http://sandbox.test", transport=SandboxTransport(app)
    )
    found = client.find(
        {"perPage": wanted, "current_SALES_gte": 1, "sort": [["current_SALES", "asc"]]},
        marketplace="us",
    )
    for start in range(0, len(found.asins), 100):
        answer = client.products(
            found.asins[start : start + 100], marketplace="us", stats_days=90, buybox=True
        )
        store.store(answer, marketplace="us", buybox=True, tokens_each=4, now=timezone.now())
    return list(found.asins)


@contextmanager
def stopwatch(spent: dict[str, float], watched: list[tuple[Any, str, str]]) -> Iterator[None]:
    """Add up the time spent in each watched function: (module, its name, how to call it)."""
    originals = [(module, name, getattr(module, name)) for module, name, _ in watched]

    def timed(function: Callable[..., Any], label: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[label] += time.perf_counter() - began

        return call

    for (module, name, function), (_, _, label) in zip(originals, watched, strict=True):
        setattr(module, name, timed(function, label))
    try:
        yield
    finally:
        for module, name, function in originals:
            setattr(module, name, function)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    options = parser.parse_args()
    with scratch_database():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return measure(options.products)


def measure(wanted: int) -> int:
    from discovery import cache
    from discovery.products import store
    from discovery.profiles.service import active_profile, ensure_shipped_profiles
    from discovery.search import score_products
    from discovery.search.results import Asker

    ensure_shipped_profiles()
    began = time.perf_counter()
    asins = stored_products(wanted)
    print(f"{len(asins):,} products stored in {time.perf_counter() - began:.1f} s")

    profile = active_profile()
    kept, previewed = [], []
    spent: dict[str, float] = defaultdict(float)
    watched = [
        (store, "known_products", "reading and decoding the stored facts"),
        (score_products, "score", "the engine"),
        (score_products, "to_row", "encoding the breakdown"),
        (cache, "fill_scores", "writing the scores, durably"),
    ]
    verdicts: dict[str, int] = defaultdict(int)
    for number in range(ROUNDS):
        # Another target is another fingerprint: nothing of the former round is in the cache.
        changed = dataclasses.replace(
            profile,
            settings=dataclasses.replace(
                profile.settings,
                roi_target_percent=profile.settings.roi_target_percent + Decimal(number + 1) / 10,
            ),
        )
        previewed.append(preview_rate(asins, changed.settings))
        began = time.perf_counter()
        with stopwatch(spent, watched):
            for start in range(0, len(asins), BATCH):
                work = score_products.Funnel(
                    marketplace="us", profile=changed, asker=Asker(source="manual")
                )
                score_products.run_funnel(work, asins=asins[start : start + BATCH], detail=False)
                assert work.tokens_spent == 0
                for product in work.products.values():
                    verdicts[product.score.verdict.value] += 1
        elapsed = time.perf_counter() - began
        spent["all"] += elapsed
        kept.append(len(asins) / elapsed)
    return max(report(previewed, kept, spent, verdicts), report_decoding())


def preview_rate(asins: list[str], settings: Any) -> float:
    """Products a second from the table to their new scores, which are not stored: what a preview
    of a profile change does.
    """
    from discovery.products import store
    from discovery.scoring import score

    now = datetime.now(UTC)
    began = time.perf_counter()
    for start in range(0, len(asins), BATCH):
        known = store.known_products(
            marketplace="us", asins=asins[start : start + BATCH], newer_than=now - timedelta(days=1)
        )
        for product in known.products:
            score(product.facts, settings, now=now)
    return len(asins) / (time.perf_counter() - began)


def report(
    previewed: list[float], kept: list[float], spent: dict[str, float], verdicts: dict[str, int]
) -> int:
    preview, whole = statistics.median(previewed), statistics.median(kept)
    total = spent.pop("all")
    counted = ", ".join(f"{count // ROUNDS:,} {name}" for name, count in sorted(verdicts.items()))
    print(f"verdicts: {counted}")
    print(f"\nre-scored            {preview:>8,.0f} products/s (median of {ROUNDS} rounds)")
    print(f"re-scored and stored {whole:>8,.0f} products/s  x{whole / preview:.2f}")
    print("\nwhere the time of the second goes:")
    for label, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {seconds / total:>5.0%}  {label}")
    print(f"  {1 - sum(spent.values()) / total:>5.0%}  the rest")
    met = preview >= TARGET
    share = preview / MOONSHOT
    print(f"\n{'MET ' if met else 'MISSED'} {TARGET:,} re-scored/s; {share:.0%} of {MOONSHOT:,}/s")
    return 0 if met else 1


def report_decoding() -> int:
    from django.db import connection
    from pydantic import TypeAdapter

    from discovery.scoring import ProductFacts, Score

    decoders = {
        "facts": TypeAdapter(ProductFacts).validate_json,
        "score": TypeAdapter(Score).validate_json,
    }
    code = 0
    print()
    for name, sql, most in DECODED:
        with connection.cursor() as cursor:
            cursor.execute(sql, [BATCH])
            texts = [text for (text,) in cursor.fetchall()]
        parsed, decoded = fastest(texts, json.loads, decoders[name])
        times = decoded / parsed
        met = times <= most
        code = code if met else 1
        print(
            f"{'MET ' if met else 'MISSED'} {name} decoded in {decoded * 1e6:.1f} us, "
            f"{times:.2f} of json.loads (at most {most})"
        )
    return code


def fastest(texts: list[str], *decoders: Callable[[str], Any]) -> list[float]:
    """Seconds a text for each decoder, its best of several rounds, taken in turns."""
    best = [math.inf] * len(decoders)
    for _ in range(ROUNDS * 2):
        for place, decode in enumerate(decoders):
            began = time.perf_counter()
            for text in texts:
                decode(text)
            best[place] = min(best[place], (time.perf_counter() - began) / len(texts))
    return best


if __name__ == "__main__":
    sys.exit(main())
