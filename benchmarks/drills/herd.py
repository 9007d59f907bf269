"""Twenty who want the same at the same moment, of the real web server: what do they pay together?

Three kinds of herd, each on products that nobody has bought: the same niche twenty times; twenty
niches that overlap; a niche asked of the API by several while the queue works on a list of its
products. Each question is first asked alone, from empty caches; then by all at once. Missed when
they pay together more than 1.05 times what is paid alone (overlapping niches: one after another),
when an answer is not complete or not that of the one who asked alone, when a product is bought
twice, or when the ledger is not what the sandbox has charged.
"""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.drills.mortal_queue import Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import forget_answers, sandbox, settle_the_ledger

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from discovery.sandbox.server import SandboxApp

ROOT = Path(__file__).resolve().parent.parent.parent
ASKERS = 20
ANSWER_SECONDS = 0.3  # how late the sandbox answers
CATEGORIES = ("Books", "Toys & Games", "Home & Kitchen", "Electronics")
PRODUCTS = 100  # of a niche, the most
FEWEST = 50  # products a niche must have for its herd to tell anything
STEP = 2_500  # ranks by which each of the overlapping niches is further on than the one before
MOST = 1.05  # of what is paid alone
COLUMNS = ("asin", "recommendation", "price", "max_cost", "profit", "bsr", "buy_box_known")
ADDRESS = "/api/v1/products/discover-with-scoring"


@dataclass(slots=True)
class Try:
    """One herd: what its questions cost alone and together, and what went wrong."""

    kind: str
    name: str
    alone: int = 0
    together: int = 0
    twice: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def question(category: str, first: int, last: int) -> dict[str, Any]:
    """A niche of the API."""
    return {
        "marketplace": "us",
        "categories": [category],
        "bsr_range": [first, last],
        "max_results": PRODUCTS,
    }


@contextmanager
def web_server() -> Iterator[str]:
    """The site as it is run for real, with a thread for each asker."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "2", "--blocking-threads", str(ASKERS),
        "--log-level", "warning", "--no-ws", "arbvault.wsgi:application",
    ]  # fmt: skip
    env = os.environ | {"LOG_LEVEL": "CRITICAL"}
    with subprocess.Popen(command, cwd=ROOT, env=env) as process:
        try:
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def ask(http: httpx.Client, asked: dict[str, Any]) -> list[Any]:
    """The rows of the answer, less what differs with the asker; one that tells why it is none."""
    response = http.post(ADDRESS, json=asked)
    if response.status_code != 200:
        return [[response.status_code, response.text[:200]]]
    answer = response.json()
    if answer["metadata"]["problem"]:
        return [[answer["metadata"]["problem"]]]
    return sorted([product[name] for name in COLUMNS] for product in answer["products"])


def bought_twice(app: SandboxApp, since: int) -> int:
    """The tokens of what was asked for more often than once: niches, products, their Buy Box."""
    wanted: Counter[tuple[str, str, bool]] = Counter()
    for call in list(app.calls)[since:]:
        if call.tokens and call.endpoint == "query":
            wanted["query", call.params["selection"], False] += 1
        elif call.tokens and call.endpoint == "product":
            detail = "buybox" in call.params
            wanted.update(("product", asin, detail) for asin in call.params["asin"].split(","))
    prices = {("query", False): 11, ("product", False): 1, ("product", True): 3}
    return sum(
        prices[kind, detail] * (times - 1) for (kind, _name, detail), times in wanted.items()
    )


def difference(answer: Sequence[Any], expected: Sequence[Any]) -> str | None:
    """What is another answer; not an amount that the clock has moved by a little in between."""
    if len(answer) != len(expected):
        return f"{len(answer)} products instead of {len(expected)}: {str(answer[:1])[:200]}"
    for row, wanted in zip(answer, expected, strict=True):
        is_same = all(
            value == other
            or (isinstance(value, float) and isinstance(other, float) and is_close(value, other))
            for value, other in zip(row, wanted, strict=True)
        )
        if not is_same:
            return f"{row} instead of {wanted}"
    return None


def is_close(amount: float, other: float) -> bool:
    """Scores count days: at some minute of the day one of a thousand moves by a few cents."""
    return math.isclose(amount, other, rel_tol=0.01, abs_tol=0.02)


class Herd:
    """Questions asked alone, one after another, and then by all at once."""

    def __init__(self, http: httpx.Client, app: SandboxApp) -> None:
        self._http, self._app = http, app

    def run(
        self,
        case: Try,
        asked: Sequence[dict[str, Any]],
        *,
        owner: AbstractBaseUser | None = None,
    ) -> None:
        """``owner`` has a list of the products of the first question worked on meanwhile."""
        distinct = {str(each): each for each in asked}
        forget_answers()
        self._app.faults.clear()
        before = self._app.charged_total
        expected = {name: ask(self._http, each) for name, each in distinct.items()}
        case.alone = self._app.charged_total - before
        if poor := [name for name, rows in expected.items() if len(rows) < FEWEST]:
            raise RuntimeError(f"hardly an answer for {poor[0]}: {str(expected[poor[0]])[:200]}")
        forget_answers()
        self._app.faults.push("slow", times=10_000, seconds=ANSWER_SECONDS)
        before, calls = self._app.charged_total, len(self._app.calls)
        run = owner and a_list(owner, [row[0] for row in expected[str(asked[0])]])
        began = time.monotonic()
        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(lambda each: ask(self._http, each), asked))
        if run:
            self._await(run, case)
        case.seconds = time.monotonic() - began
        case.together = self._app.charged_total - before
        case.twice = bought_twice(self._app, calls)
        for each, answer in zip(asked, answers, strict=True):
            if (fault := difference(answer, expected[str(each)])) is not None:
                case.faults.append(f"{each['bsr_range']}: {fault}")
        if case.together > MOST * case.alone:
            case.faults.append(f"paid {case.together} for {case.alone}")

    @staticmethod
    def _await(run: Any, case: Try) -> None:
        deadline = time.monotonic() + 120
        while not run.is_finished and time.monotonic() < deadline:
            time.sleep(0.05)
            run.refresh_from_db()
        left = run.lines.exclude(state="scored").count()
        if run.state != run.State.DONE or left:
            case.faults.append(f"the list is {run.state}, {left} lines without a score")


def a_list(owner: AbstractBaseUser, asins: Sequence[str]) -> Any:
    """A list of these products, in the queue."""
    from discovery.lists.reading.reader import read_list
    from discovery.lists.service import create_list, start_list
    from discovery.profiles.service import active_profile

    read = read_list("\n".join(asins), currency="USD")
    listed = create_list(owner=owner, name="The herd's", read=read, marketplace="us")
    return start_list(run=listed, profile=active_profile(), marketplace="us")


def show(case: Try) -> None:
    print(
        f"{case.kind:<14}{case.name:<34}alone {case.alone:>5}  together {case.together:>5}  "
        f"bought twice {case.twice:>5}  {case.seconds:4.1f} s",
        flush=True,
    )
    for fault in case.faults[:3]:
        print(f"  MISSED {fault}", flush=True)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Each kind of herd on ``tries`` / 4 niches, at least one."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from discovery.accounts.api_tokens import create_api_token

    cases: list[Try] = []
    books: dict[str, tuple[int, int]] = {}
    with sandbox() as server, web_server() as url:
        settings.KEEPA_BASE_URL = server.url
        server.app.bucket.set(1_000_000)
        owner = get_user_model().objects.create_user("drill")
        _row, token = create_api_token(user=owner)
        limits = httpx.Limits(max_connections=2 * ASKERS)
        headers = {"Authorization": f"Bearer {token}"}
        queue = Queue(server.url)
        try:
            with httpx.Client(
                base_url=url, headers=headers, timeout=300, limits=limits, trust_env=False
            ) as http:
                herd = Herd(http, server.app)
                for kind in ("the same", "overlapping", "with a list"):
                    settled = settle_the_ledger(server.app), server.app.charged_total
                    for number in range(max(tries // 4, 1)):
                        category = CATEGORIES[(seed + number) % len(CATEGORIES)]
                        first = 10_000 + 5_000 * (seed % 5) + 3_000 * number
                        asked = [
                            question(category, first + step, first + 50_000 + step)
                            for step in range(0, ASKERS * STEP, STEP)
                        ]
                        if kind != "overlapping":
                            asked = asked[:1] * (ASKERS if kind == "the same" else ASKERS // 2)
                        case = Try(kind, f"{category} {asked[0]['bsr_range']}")
                        cases.append(case)
                        herd.run(case, asked, owner=owner if kind == "with a list" else None)
                        show(case)
                    ledger, charged = settle_the_ledger(server.app), server.app.charged_total
                    books[kind] = ledger - settled[0], charged - settled[1]
        finally:
            queue.kill_all()
    return [_row_of(kind, [case for case in cases if case.kind == kind], books) for kind in books]


def _row_of(kind: str, cases: Sequence[Try], books: dict[str, tuple[int, int]]) -> Row:
    names = {
        "the same": f"{ASKERS} ask for the same niche at once",
        "overlapping": f"{ASKERS} ask for overlapping niches at once",
        "with a list": f"{ASKERS // 2} ask for a niche while a list of its products is worked on",
    }
    worst = max(case.together / case.alone for case in cases)
    return Row(
        fault=names[kind],
        tries=len(cases),
        survived=sum(not case.faults for case in cases),
        paid_twice=sum(case.twice for case in cases),
        ledger=books[kind][0],
        charged=books[kind][1],
        note=f"{worst:.2f} times the price of one caller, at worst",
    )
