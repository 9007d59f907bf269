"""The API under load: a cached ``discover`` by Bearer token beside an empty view of the server.

Run from the checkout: ``.venv/bin/python benchmarks/http.py [--seconds 0.5] [--restart]``. The web
server is the real one (granian, one process of ``WEB_THREADS`` threads, its pool, its memo of
tokens, its gathered history), the client a process of its own. ``--restart`` restarts a PostgreSQL
of this benchmark's own under the load. Loopback only; about a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # not this folder: its http.py is not the library's

from benchmarks.cache_hit import (  # noqa: E402
    _request,
    fill_entry,
    question,
    scratch_database,
    verdict,
    web_server,
)
from benchmarks.drills.restarts import own_server, restart  # noqa: E402
from benchmarks.http_load import Counted, Load, run_load  # noqa: E402

CONNECTIONS = (1, 10, 50)
TARGET = 0.35  # of the empty view's throughput, at 10 and 50 connections
ROUNDS = 15  # the two take turns: a noisy neighbour disturbs both alike
SIZE = 1000  # ASINs in the entry: one page of the Product Finder
# The restarts: how PostgreSQL is stopped, when and for how long, how long the load lasts.
STOPS = {"restarted": signal.SIGINT, "killed": signal.SIGKILL}
RESTART_AFTER, AWAY, UNDER_LOAD = 2.0, 1.0, 14.0
BACK_WITHIN = 10.0  # seconds from the first failure to the first good answer after it


@dataclass(slots=True)
class Measured:
    """One thing asked at one number of connections, round after round."""

    rates: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)  # seconds of the web server's processor a call
    good: int = 0
    failed: int = 0

    def add(self, counted: Counted, processor: float) -> None:
        """Take in a round."""
        self.rates.append(len(counted.waited) / counted.seconds)
        self.waited += counted.waited
        self.spent.append(processor / max(1, len(counted.waited)))
        self.good += counted.good
        self.failed += counted.failed

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the calls was answered."""
        return sorted(self.waited)[int(share * (len(self.waited) - 1))] * 1000

    def __str__(self) -> str:
        return (
            f"{statistics.median(self.rates):>7,.0f}/s  p50 {self.quantile(0.5):>6.1f} ms  "
            f"p99 {self.quantile(0.99):>6.1f} ms  errors {self.failed}  "
            f"server {1e6 * statistics.median(self.spent):>6,.0f} us of processor a call"
        )


def under_load(port: int, *, hit: str, empty: str, expected: str, seconds: float) -> list[Measured]:
    """Both at 1, 10 and 50 connections; prints them, and returns those of the hit."""
    hits = []
    for connections in CONNECTIONS:
        both = {"empty view": Measured(), "cached discover": Measured()}
        asked = (
            ("empty view", Load(port, empty, connections, seconds, "{}")),
            ("cached discover", Load(port, hit, connections, seconds, expected)),
        )
        for _ in range(ROUNDS):
            for name, load in asked:
                before = _processor()
                both[name].add(run_load(load), _processor() - before)
        print(f"\n{connections} connections")
        for name, measured in both.items():
            print(f"  {name:<16} {measured}")
        view, hit_ = both.values()
        ratio = statistics.median(
            mine / theirs for mine, theirs in zip(hit_.rates, view.rates, strict=True)
        )
        work = statistics.median(view.spent) / statistics.median(hit_.spent)
        print(f"  throughput x{ratio:.2f}, processor x{work:.2f}")
        hits.append(hit_)
        hits[-1].rates = [ratio]
    return hits


def _processor() -> float:
    """Seconds of processor that the web server's processes have taken."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if "granian" in " ".join(process.cmdline()):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests, whole, and what a right answer to the first begins with."""

    hit: str
    empty: str
    expected: str


def prepare() -> Asked:
    """A migrated database with an entry, a user and their token."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from pydantic_core import to_json

    from discovery.accounts.api_tokens import create_api_token
    from discovery.search.as_json import UNSCORED
    from discovery.search.request_fields import DEFAULT_RESULTS

    call_command("migrate", verbosity=0)
    _, asins = fill_entry(SIZE)
    user = get_user_model().objects.create_user("benchmark")
    _, token = create_api_token(user=user)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(question(SIZE)).encode()
    products = [{"asin": asin, **UNSCORED} for asin in asins[:DEFAULT_RESULTS]]
    listed = to_json({"products": products, "total_count": SIZE, "cache_hit": True}).decode()
    return Asked(
        hit=_request("POST", "/api/v1/products/discover", body, headers).decode(),
        empty=_request("GET", "/benchmark/empty", b"", {}).decode(),
        expected=listed[:-1],
    )


def compare(url: str, *, seconds: float) -> bool:
    """Hit against empty view; whether every target is met."""
    from django.conf import settings

    asked = prepare()
    threads = settings.WEB_THREADS
    with web_server(threads=threads) as port:
        print(f"granian, 1 process, {threads} threads, an entry of {SIZE} ASINs, 50 of them asked")
        warm = run_load(Load(port, asked.hit, 4, 1.0, asked.expected))
        hits = under_load(
            port, hit=asked.hit, empty=asked.empty, expected=asked.expected, seconds=seconds
        )
    answered = warm.good + sum(measured.good for measured in hits)
    with psycopg.connect(url) as connection:
        (noted,) = connection.execute("SELECT count(*) FROM search_history").fetchone() or (0,)
        (counted,) = connection.execute(
            "SELECT hit_count FROM product_discovery_cache"
        ).fetchone() or (0,)
    print(f"\nanswered {answered}, in the history after the server's stop {noted}, hits {counted}")
    met = answered == noted == counted
    met &= not sum(measured.failed for measured in hits) + warm.failed
    print(f"  {'MET ' if met else 'MISSED'} no error, no search lost")
    for connections, measured in zip(CONNECTIONS, hits, strict=True):
        if connections > 1:
            met &= verdict(f"at {connections} connections", measured.rates[0], TARGET)
    return met


def restarts() -> bool:
    """PostgreSQL stopped and started again under 10 connections; whether the service came back."""
    asked = prepare()
    met = True
    with web_server(threads=8) as port:
        for name, signum in STOPS.items():
            load = Load(port, asked.hit, 10, UNDER_LOAD, asked.expected)
            with _meanwhile(lambda signum=signum: restart(signum, away=AWAY)):  # type: ignore[misc]
                counted = run_load(load)
            met &= _told(name, counted)
    return met


@contextmanager
def _meanwhile(act: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(RESTART_AFTER, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def _told(name: str, counted: Counted) -> bool:
    """Print what a restart did; whether nothing was wrong and the service is back."""
    gaps = [
        (later - earlier, earlier)
        for earlier, later in zip(counted.at, counted.at[1:], strict=False)
    ]
    gap, at = max(gaps, default=(counted.seconds, 0.0))
    refused = {status: n for status, n in counted.statuses.items() if status != "200"}
    print(
        f"\nPostgreSQL {name} under 10 connections, away for {AWAY:.0f} s and its start: "
        f"{counted.good} right, {counted.wrong} wrong, refused {refused}, "
        f"{counted.rude} of them without Retry-After, {counted.cut} cut; "
        f"no good answer for {gap:.1f} s from second {at:.1f}"
    )
    is_sound = not counted.wrong and not counted.rude and not refused.keys() - {"503"}
    is_back = bool(counted.at) and counted.at[-1] > counted.seconds - 1 and gap < BACK_WITHIN
    print(f"  {'MET ' if is_sound else 'MISSED'} every 200 right, all else 503 with Retry-After")
    print(f"  {'MET ' if is_back else 'MISSED'} back by itself within {BACK_WITHIN:.0f} s")
    return is_sound and is_back


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each of the 90 rounds")
    parser.add_argument("--restart", action="store_true", help="restart PostgreSQL under the load")
    given = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.site.settings"
    began = time.monotonic()
    if given.restart:
        with own_server():
            _set_up()
            met = restarts()
    else:
        with scratch_database() as url:
            _set_up()
            met = compare(url, seconds=given.seconds)
    print(f"\n{time.monotonic() - began:.0f} s in all")
    return 0 if met else 1


def _set_up() -> None:
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())
