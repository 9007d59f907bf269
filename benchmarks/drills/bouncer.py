"""The site behind PgBouncer in transaction mode, and exports whose database session is killed.

The real web server, its connections going through a real PgBouncer that shares three database
sessions among them: pages, searches of the API and CSV exports, ten at a time. A page is survived
when it answers 200, an export when it is to the byte what it is without PgBouncer. Then exports of
a long answer, with and without PgBouncer, whose database session is ended while it is read: they
are survived when the client can tell, by the status or by a broken transfer.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import httpx
import psycopg

from benchmarks.cache_hit import fill_entry, question, web_server
from benchmarks.drills.mortal_queue import Queue
from benchmarks.drills.pgbouncer import pgbouncer, program
from benchmarks.drills.report import Row

CONNECTIONS, THREADS = 10, 8
REQUESTS, EXPORTS = 550, 400
SITE = {"DJANGO_SETTINGS_MODULE": "arbvault.settings", "LOG_LEVEL": "CRITICAL"}
PRODUCTS = 50  # bought from the sandbox; the answers repeat them
SHORT, LONG = 120, 4_000  # lines of the answers
# The session that reads an export, whether through a cursor or in one go.
KILL_READER = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND (query LIKE '%run_line%breakdown%' OR query LIKE '%_django_curs_%')
   AND (state <> 'idle' OR query LIKE '%_django_curs_%')
"""


@dataclass(frozen=True, slots=True)
class Site:
    """What is asked of the site, by whom."""

    cookies: dict[str, str]
    token: str
    pages: tuple[str, ...]
    short: str
    long: str


def fill() -> Site:
    """A user with two answers, one of them long, and a search whose answer is cached."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    from benchmarks.pages import RESULTS, score_seeds
    from discovery.accounts.api_tokens import create_api_token
    from discovery.models import Run
    from discovery.profiles.service import ensure_shipped_profiles

    ensure_shipped_profiles()
    anne = get_user_model().objects.create_user("anne")
    asins = score_seeds(PRODUCTS)
    runs = []
    for lines in (SHORT, LONG):
        run = Run.objects.create(
            kind=Run.Kind.SEARCH,
            owner=anne,
            marketplace="us",
            filters={"marketplace": "us", "root_categories": [283155]},
            max_results=lines,
            state=Run.State.DONE,
            done=lines,
            total=lines,
            outcome={"cache": "hit", "discovery_cache": "hit"},
        )
        with connection.cursor() as cursor:
            cursor.execute(RESULTS, {"run": run.pk, "wanted": lines, "seeds": len(asins)})
        runs.append(run.get_absolute_url())
    fill_entry(1000)
    client = Client()
    client.force_login(anne)
    _, token = create_api_token(user=anne)
    return Site(
        cookies={settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value},
        token=token,
        pages=("/", "/niches/", "/favoris/", "/historique/", "/listes/", "/configuration/",
               f"{runs[0]}?sort=roi", f"/produits/us/{asins[0]}/", "/readyz"),
        short=f"{runs[0]}export.csv",
        long=f"{runs[1]}export.csv",
    )  # fmt: skip


# --- ten clients ----------------------------------------------------------------------------------


def ten_at_a_time(asks: Sequence[Callable[[httpx.Client], str]], site: Site) -> Counter[str]:
    """What came of each, ten asking at once: "whole", or what went wrong."""
    own = threading.local()

    def ask(one: Callable[[httpx.Client], str]) -> str:
        if not hasattr(own, "client"):
            own.client = httpx.Client(cookies=site.cookies, timeout=120, trust_env=False)
        try:
            return one(own.client)
        except httpx.HTTPError as error:
            return type(error).__name__

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return Counter(pool.map(ask, asks))


def page(client: httpx.Client, *, address: str) -> str:
    status = client.get(address).status_code
    return "whole" if status == 200 else str(status)


def search(client: httpx.Client, *, address: str, token: str) -> str:
    answer = client.post(
        f"{address}/api/v1/products/discover",
        json=question(1000),
        headers={"Authorization": f"Bearer {token}"},
    )
    if answer.status_code != 200:
        return str(answer.status_code)
    return "whole" if answer.json()["cache_hit"] else "no hit"


def export(client: httpx.Client, *, address: str, expected: str) -> str:
    answer = client.get(address)
    if answer.status_code != 200:
        return str(answer.status_code)
    if digest(answer.content) == expected:
        return "whole"
    return "looks complete, but is empty" if not answer.content else "looks complete, but is not"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def everything(site: Site, base: str) -> list[Callable[[httpx.Client], str]]:
    """Pages and searches in turn."""
    pages = cycle([partial(page, address=base + path) for path in site.pages])
    cached = partial(search, address=base, token=site.token)
    return [cached if n % 2 else next(pages) for n in range(REQUESTS)]


# --- exports cut ----------------------------------------------------------------------------------


def cut(url: str, address: str, site: Site, *, tries: int, dice: random.Random) -> Counter[str]:
    """Exports whose session is ended while it is read; those that were not hit do not count."""
    with httpx.Client(cookies=site.cookies, timeout=120, trust_env=False) as client:
        began = time.monotonic()
        expected = digest(client.get(address).content)
        usual = time.monotonic() - began
    ask = partial(export, address=address, expected=expected)
    seen: Counter[str] = Counter()
    with psycopg.connect(url, autocommit=True) as killer, ThreadPoolExecutor(1) as pool:
        while seen.total() < tries:
            asked = pool.submit(ten_at_a_time, [ask], site)
            time.sleep(dice.uniform(0, usual))
            hits = 0
            while not hits and not asked.done():
                (hits,) = killer.execute(KILL_READER).fetchone() or (0,)
            outcome = asked.result()
            if hits and not outcome["whole"]:
                seen += outcome
    return seen


def told(seen: Counter[str]) -> str:
    return ", ".join(f"{times} {what}" for what, times in seen.most_common())


# --- a search in the background -------------------------------------------------------------------


def searched(url: str) -> str:
    """How a search ends that the task queue works on through this address."""
    from django.contrib.auth import get_user_model

    from discovery.profiles.service import active_profile
    from discovery.runs.service import start_search
    from discovery.sandbox.serve import SandboxServer
    from discovery.sandbox.server import create_app
    from discovery.search.request import read_filters

    with SandboxServer(create_app(refill_rate=300, tokens=6000)) as server:
        queue = Queue(server.url, env=os.environ | {"DATABASE_URL": url})
        try:
            run = start_search(
                owner=get_user_model().objects.get(username="anne"),
                filters=read_filters({"categories": ["Toys & Games"], "bsr_range": [10, 90_000]}),
                profile=active_profile(),
                max_results=100,
            )
            deadline = time.monotonic() + 60
            while not run.is_finished and time.monotonic() < deadline:
                time.sleep(0.1)
                run.refresh_from_db()
        finally:
            queue.kill_all()
    return f"{run.state}, {run.lines.count()} lines"


def drill(*, tries: int, seed: int) -> list[Row]:
    """Pages, searches, exports and a background search, then ``tries`` exports cut, twice."""
    from django.core.management import call_command

    if program() is None:
        return [Row(fault="PgBouncer", tries=1, survived=0, note="the program is not installed")]
    direct = os.environ["DATABASE_URL"]
    dice = random.Random(seed)
    call_command("collectstatic", interactive=False, verbosity=0)
    site = fill()
    with web_server(threads=THREADS, **SITE) as port:
        with httpx.Client(cookies=site.cookies, timeout=120, trust_env=False) as client:
            expected = digest(client.get(f"http://127.0.0.1:{port}{site.short}").content)
        alone = cut(direct, f"http://127.0.0.1:{port}{site.long}", site, tries=tries, dice=dice)
    print(f"cut without PgBouncer: {told(alone)}", flush=True)
    with (
        pgbouncer(direct) as bounced,
        web_server(threads=THREADS, DATABASE_URL=bounced, **SITE) as port,
    ):
        base = f"http://127.0.0.1:{port}"
        pages = ten_at_a_time(everything(site, base), site)
        print(f"pages and searches: {told(pages)}", flush=True)
        files = ten_at_a_time(
            [partial(export, address=base + site.short, expected=expected)] * EXPORTS, site
        )
        print(f"exports: {told(files)}", flush=True)
        through = cut(direct, base + site.long, site, tries=tries, dice=dice)
        print(f"cut through PgBouncer: {told(through)}", flush=True)
        background = searched(bounced)
        print(f"search in the background: {background}", flush=True)
    complete = ("looks complete, but is empty", "looks complete, but is not")
    rows = [
        Row(
            fault=f"{what} through PgBouncer in transaction mode, {CONNECTIONS} at a time",
            tries=seen.total(),
            survived=seen["whole"],
            note=told(seen),
        )
        for what, seen in (("pages and searches", pages), ("CSV exports", files))
    ]
    rows += [
        Row(
            fault=f"an export whose database session is killed{how}",
            tries=seen.total(),
            survived=seen.total() - sum(seen[name] for name in complete),
            note=told(seen),
        )
        for how, seen in (("", alone), (", through PgBouncer", through))
    ]
    rows.append(
        Row(
            fault="a search in the background through PgBouncer",
            tries=1,
            survived=int(background.startswith("done, 100")),
            note=background,
        )
    )
    return rows
