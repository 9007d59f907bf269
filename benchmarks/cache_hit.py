"""What a cache hit costs: our path, bare psycopg, Django's database cache; then over HTTP.

Run from the checkout: ``.venv/bin/python benchmarks/cache_hit.py [--seconds 2]``. Uses a database
of its own, removed afterwards, on the embedded PostgreSQL or on the server of DATABASE_URL.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # not this folder: its http.py is not the library's

from arbvault.postgres import Cluster, attach  # noqa: E402

if TYPE_CHECKING:
    from discovery.keepa.finder import NicheFilters

ROUNDS = 7  # each measures everything in turn, so that a noisy neighbour disturbs all alike
SIZES = (50, 1000)  # ASINs in the entry: one screen, and one page of the Product Finder
CONNECTIONS = 4  # HTTP
SERVICE_TARGET, HTTP_TARGET = 0.5, 0.35


# --- a database of our own ------------------------------------------------------------------------


@contextmanager
def scratch_database() -> Iterator[str]:
    """The URL of an empty database; also in DATABASE_URL while it lasts."""
    server = os.environ.get("DATABASE_URL") or _embedded()
    name = f"bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    os.environ["DATABASE_URL"] = url
    try:
        yield url
    finally:
        from django.db import connections

        connections.close_all()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


def _embedded() -> str:
    var = Path(os.environ.get("ARBVAULT_VAR", ROOT / "var")).resolve()
    cluster = Cluster(var / "postgres")
    attach(cluster)
    return cluster.url


# --- measuring ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Contender:
    name: str
    call: Callable[[], object]
    rates: list[float]

    @property
    def rate(self) -> float:
        """Calls a second: the median round."""
        return statistics.median(self.rates)


def measure(contenders: list[Contender], *, seconds: float) -> None:
    for contender in contenders:
        for _ in range(50):  # plans prepared, caches warm
            contender.call()
    for _ in range(ROUNDS):
        for contender in contenders:
            contender.rates.append(_rate(contender.call, seconds / ROUNDS))


def _rate(call: Callable[[], object], seconds: float) -> float:
    calls = 0
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(10):
            call()
        calls += 10
    return calls / elapsed


def show(contenders: list[Contender], base: Contender) -> None:
    for contender in contenders:
        print(
            f"  {contender.name:<52} {contender.rate:>9,.0f}/s "
            f"{1e6 / contender.rate:>8,.0f} us   x{contender.rate / base.rate:.2f}"
        )


def verdict(what: str, ratio: float, target: float) -> bool:
    met = ratio >= target
    print(f"  {'MET ' if met else 'MISSED'} {what}: {ratio:.2f} (target {target:.2f})")
    return met


# --- in one process, one thread -------------------------------------------------------------------


def in_process(url: str, *, seconds: float) -> bool:
    from django.core.cache.backends.db import DatabaseCache
    from django.core.management import call_command

    from discovery import cache
    from discovery.search import discover
    from discovery.search.find_asins import find_asins
    from discovery.search.results import Asker

    call_command("createcachetable", "benchmark_cache", verbosity=0)
    met = True
    for size in SIZES:
        filters, asins = fill_entry(size)
        key = filters.cache_key
        rival = DatabaseCache("benchmark_cache", {})
        rival.set(key, asins, timeout=3600)
        rival.set(f"{key}_hits", 0, timeout=3600)
        asker = Asker(source="api", user_id="1")
        with psycopg.connect(url, autocommit=True) as bare:

            def bare_hit(bare: psycopg.Connection = bare, key: str = key) -> object:
                return bare.execute(cache.HIT_DISCOVERY, [key]).fetchone()

            def counted_get(rival: DatabaseCache = rival, key: str = key) -> object:
                rival.incr(f"{key}_hits")
                return rival.get(key)

            contenders = [
                Contender("the same UPDATE … RETURNING, bare psycopg", bare_hit, []),
                Contender(
                    "ours: find_asins(filters), hit counted",
                    partial(find_asins, filters=filters, purpose="interactive"),
                    [],
                ),
                Contender(
                    "ours: discover(), hit counted, history row written",
                    partial(discover.discover, filters=filters, max_results=50, asker=asker),
                    [],
                ),
                Contender(
                    "Django's database cache: get, nothing counted",
                    partial(rival.get, key),
                    [],
                ),
                Contender("Django's database cache: get + incr", counted_get, []),
            ]
            measure(contenders, seconds=seconds)
        bare_one, ours, _, plain_get, _ = contenders
        print(f"\nOne process, one thread, an entry of {size} ASINs (x: against bare psycopg)")
        show(contenders, bare_one)
        met &= verdict("hit / bare psycopg", ours.rate / bare_one.rate, SERVICE_TARGET)
        met &= verdict("hit / Django's database cache", ours.rate / plain_get.rate, 1.0)
    return met


def question(size: int) -> dict[str, object]:
    """A niche of its own for each size."""
    return {"categories": ["Books"], "bsr_range": [10_000, 50_000 + size]}


def fill_entry(size: int) -> tuple[NicheFilters, list[str]]:
    """A live entry of ``size`` ASINs, and the filters that find it."""
    from discovery import cache
    from discovery.search.request import read_filters

    asins = [f"B{number:09d}" for number in range(size)]
    filters = read_filters(question(size))
    cache.fill_discovery(
        cache_key=filters.cache_key,
        marketplace=filters.marketplace,
        filters=filters.canonical(),
        asins=asins,
        total_results=size,
        tokens_spent=11,
    )
    return filters, asins


# --- over HTTP ------------------------------------------------------------------------------------


def over_http(*, seconds: float) -> bool:
    from django.contrib.auth import get_user_model

    from discovery.accounts.api_tokens import create_api_token

    user = get_user_model().objects.create_user("benchmark")
    _, token = create_api_token(user=user)
    hit = _request(
        "POST",
        "/api/v1/products/discover",
        json.dumps(question(SIZES[-1])).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    empty = _request("GET", "/benchmark/empty", b"", {})
    with web_server() as port:
        answer = _exchange(port, hit)
        assert b'"cache_hit": true' in answer or b'"cache_hit":true' in answer, answer[:400]
        rates: dict[str, list[float]] = {"empty": [], "hit": []}
        for _ in range(ROUNDS):
            for name, request in (("empty", empty), ("hit", hit)):
                rates[name].append(_throughput(port, request, seconds / ROUNDS))
    contenders = [
        Contender("an empty Django view, same server and middleware", lambda: None, rates["empty"]),
        Contender("POST /products/discover, a hit, by Bearer", lambda: None, rates["hit"]),
    ]
    print(f"\nOver HTTP: granian, 1 worker, {CONNECTIONS} connections (x: against the empty view)")
    show(contenders, contenders[0])
    return verdict("API hit / empty view", contenders[1].rate / contenders[0].rate, HTTP_TARGET)


@contextmanager
def web_server(*, threads: int = CONNECTIONS, **environment: str) -> Iterator[int]:
    """The site on a real web server with one process; yields its port."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--blocking-threads", str(threads),
        "--log-level", "warning", "--no-ws", "--workers-kill-timeout", "5",
        "arbvault.wsgi:application",
    ]  # fmt: skip
    child = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.site.settings"} | environment
    with subprocess.Popen(command, cwd=ROOT, env=child) as server:
        try:
            _await(port)
            yield port
        finally:
            server.terminate()
            server.wait(10)


def _await(port: int) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            _exchange(port, _request("GET", "/benchmark/empty", b"", {}))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _request(method: str, path: str, content: bytes, headers: dict[str, str]) -> bytes:
    fields = {"Host": "localhost", "Content-Length": str(len(content))} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def _exchange(port: int, request: bytes) -> bytes:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(request)
        return _answer(connection)


def _answer(connection: socket.socket) -> bytes:
    # The cheapest client there is: it shares the processor with what it measures.
    received = connection.recv(1 << 18)
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head = received[:end].lower()
    at = head.index(b"content-length:") + 15
    length = int(head[at:].split(b"\r\n", 1)[0])
    while len(received) < end + 4 + length:
        received += _more(connection)
    return received


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(1 << 18)
    if not part:
        raise ConnectionError("the server hung up")
    return part


def _throughput(port: int, request: bytes, seconds: float) -> float:
    counts = [0] * CONNECTIONS
    until = time.perf_counter() + seconds

    def ask(place: int) -> None:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
            while time.perf_counter() < until:
                connection.sendall(request)
                if not _answer(connection).startswith(b"HTTP/1.1 200"):
                    raise ConnectionError("the server did not answer 200")
                counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


# --------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each thing measured")
    seconds = parser.parse_args().seconds
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.site.settings"
    with scratch_database() as url:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        met = in_process(url, seconds=seconds)
        met &= over_http(seconds=seconds)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
