"""Every page on a site that has seen a lot, beside a page that does nothing.

Run from the checkout: ``.venv/bin/python benchmarks/pages.py [--rounds 15]``. Uses a database of
its own, removed afterwards: a year of 1 000 000 searches, of which the reader made half, 100 000
cached scores, 200 niches, an answer of 10 000 products. Products come from the sandbox and are
scored by the engine; the server then multiplies them. A cost is typed in a row of an answer of
1 000 as well. Pages take turns with an empty signed-in
view, in one process, warm; a page's figure is its median, and what counts is its ratio to the
empty view's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder, with its http.py

from benchmarks.cache_hit import scratch_database  # noqa: E402
from benchmarks.scoring import stored_products  # noqa: E402

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.site.settings"

EMPTY = "/benchmark/signed-in"
SEEDS = 200  # products bought from the sandbox, of which the rest are copies
SCORES, SEARCHES, CALLS = 100_000, 1_000_000, 300_000
NICHES, RUNS_A_NICHE, BIG_RUN, ANSWER = 200, 5, 10_000, 1_000
OTHERS = 4  # users who made the other half of the searches
ROUNDS = 15

# --- a site that has seen a lot -------------------------------------------------------------------

COPY_SCORES = """
INSERT INTO product_scoring_cache
       (cache_key, asin, roi_percent, velocity_score, recommendation, title, price, bsr,
        created_at, expires_at, hit_count, marketplace, breakdown, tokens_spent)
SELECT seed.cache_key || '_' || n, 'C' || lpad(n::text, 9, '0'), seed.roi_percent,
       seed.velocity_score, seed.recommendation, seed.title, seed.price, seed.bsr,
       now() - random() * interval '6 hours', now() + (random() * 7 - 1) * interval '1 hour',
       (random() * 6)::int, seed.marketplace, seed.breakdown, seed.tokens_spent
  FROM generate_series(1, %(wanted)s) AS n
  JOIN (SELECT *, row_number() OVER (ORDER BY cache_key) AS place FROM product_scoring_cache)
       AS seed ON seed.place = 1 + n %% %(seeds)s
"""

NICHES_MADE = """
INSERT INTO niche (owner_id, name, marketplace, filters, profile_id, max_results, created_at,
                   updated_at)
SELECT %(owner)s, 'Niche ' || n, 'us',
       jsonb_build_object('marketplace', 'us', 'root_categories',
                          jsonb_build_array((ARRAY[283155, 165793011, 1055398])[1 + n %% 3]),
                          'bsr_min', 1000 * n, 'bsr_max', 1000 * n + 50000),
       %(profile)s, 50, now() - n * interval '1 day', now()
  FROM generate_series(1, %(wanted)s) AS n
"""

RUNS_MADE = """
INSERT INTO run (id, kind, owner_id, name, niche_id, marketplace, profile_id, filters, columns,
                 profile_revision, profile_settings, max_results, state, found, fetched, done,
                 total, bad, merged, done_before, tokens_spent, tokens_saved, told_spent,
                 told_saved, worked_ms, attempts, cancel_requested, outcome, created_at,
                 started_at, finished_at)
SELECT gen_random_uuid(), 'search', niche.owner_id, '', niche.id, niche.marketplace,
       niche.profile_id, niche.filters, '{}', 1, '{}', 50, 'done', 1000, 50, 50, 50, 0, 0, 0,
       61, 0, 61, 0, 900, 0, false, '{"cache": "miss", "discovery_cache": "miss"}',
       now() - n * interval '1 day', now(), now()
  FROM niche, generate_series(1, %(wanted)s) AS n
"""

RESULTS = """
INSERT INTO run_line (run_id, position, number, also, text, code, restored, state, reason, value,
                      asin, title, verdict, price, max_cost, profit, roi_percent, velocity_score,
                      bsr, breakdown, candidates, is_chosen, parts)
SELECT %(run)s, n, 0, '[]', '', '', false, 'scored', '', '',
       CASE WHEN n <= %(seeds)s THEN seed.asin ELSE 'R' || lpad(n::text, 9, '0') END,
       seed.title, seed.recommendation, round(seed.price::numeric, 2),
       round((seed.price / 2)::numeric, 2), round((seed.price / 4)::numeric, 2),
       CASE WHEN random() < 0.9 THEN seed.roi_percent + random() * 20 END,
       seed.velocity_score, seed.bsr, seed.breakdown, '[]', false, '[]'
  FROM generate_series(1, %(wanted)s) AS n
  JOIN (SELECT *, row_number() OVER (ORDER BY cache_key) AS place FROM product_scoring_cache
         WHERE asin NOT LIKE 'C%%') AS seed ON seed.place = 1 + n %% %(seeds)s
"""

HISTORY = """
INSERT INTO search_history (user_id, search_type, filters, results_count, source, created_at,
                            marketplace, cache_hit, duration_ms, tokens_spent, tokens_saved,
                            average_roi, strong_buys)
SELECT (%(users)s::text[])[1 + CASE WHEN n %% 2 = 0 THEN 0 ELSE 1 + n / 2 %% %(others)s END],
       (ARRAY['discovery', 'discovery', 'scoring', 'autosourcing'])[1 + n %% 4],
       niche.filters, 50, (ARRAY['frontend', 'api', 'schedule'])[1 + n %% 3],
       now() - interval '365 days' * (1 - n::float8 / %(wanted)s), 'us', n %% 10 < 7,
       (random() * 2000)::int,
       CASE WHEN n %% 10 < 7 THEN 0 ELSE 61 END, CASE WHEN n %% 10 < 7 THEN 61 ELSE 0 END,
       CASE WHEN n %% 4 = 2 THEN random() * 60 END, (random() * 3)::int
  FROM generate_series(1, %(wanted)s) AS n  -- written as they happened: the oldest first
  JOIN (SELECT filters, row_number() OVER (ORDER BY id) AS place FROM niche) AS niche
       ON niche.place = 1 + n / 20 %% %(niches)s
 ORDER BY n
"""

LEDGER = """
INSERT INTO keepa_token_ledger (call_id, account, endpoint, marketplace, purpose, items,
                                tokens_consumed, tokens_left, duration_ms, outcome, created_at)
SELECT 1000000 + n, 'a', (ARRAY['query', 'product', 'product', 'category'])[1 + n %% 4], 'us',
       (ARRAY['interactive', 'background'])[1 + n %% 2], 50, 50, 1000, 400, 'ok',
       now() - interval '365 days' * (1 - n::float8 / %(wanted)s)
  FROM generate_series(1, %(wanted)s) AS n
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Who reads the pages, and the addresses that depend on the data."""

    reader: Any
    run: str
    last_page: int
    product: str
    cost: str
    typed: dict[str, Any]


def fill() -> Site:
    """A year of use; the reader may see the admin too."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    from discovery.models import Favourite, Run
    from discovery.paging import PAGE_SIZE
    from discovery.profiles.service import active_profile, ensure_shipped_profiles

    ensure_shipped_profiles()
    reader = get_user_model().objects.create_superuser("anne")
    users = [reader, *(get_user_model().objects.create_user(f"user{n}") for n in range(OTHERS))]
    asins = score_seeds()
    Favourite.objects.bulk_create(
        Favourite(user=reader, marketplace="us", asin=asin) for asin in asins
    )
    earlier, big = (
        Run.objects.create(
            kind=Run.Kind.SEARCH,
            owner=reader,
            marketplace="us",
            filters={"marketplace": "us", "root_categories": [283155]},
            max_results=BIG_RUN,
            state=Run.State.DONE,
            done=BIG_RUN,
            total=BIG_RUN,
            outcome={"cache": "hit", "discovery_cache": "hit"},
        )
        for _ in range(2)
    )
    answer = Run.objects.create(
        kind=Run.Kind.SEARCH,
        owner=reader,
        marketplace="us",
        filters={"marketplace": "us", "root_categories": [165793011]},
        max_results=ANSWER,
        state=Run.State.DONE,
        done=ANSWER,
        total=ANSWER,
        outcome={"cache": "hit", "discovery_cache": "hit"},
    )
    profile = active_profile().pk
    names = {"users": [str(user.pk) for user in users], "others": OTHERS, "niches": NICHES}
    with connection.cursor() as cursor:
        for run in (earlier, big):
            cursor.execute(RESULTS, {"run": run.pk, "wanted": BIG_RUN, "seeds": len(asins)})
        cursor.execute(RESULTS, {"run": answer.pk, "wanted": ANSWER, "seeds": len(asins)})
        cursor.execute(COPY_SCORES, {"wanted": SCORES - len(asins), "seeds": len(asins)})
        cursor.execute(NICHES_MADE, {"owner": reader.pk, "profile": profile, "wanted": NICHES})
        cursor.execute(RUNS_MADE, {"wanted": RUNS_A_NICHE})
        cursor.execute(HISTORY, {"wanted": SEARCHES, **names})
        cursor.execute(LEDGER, {"wanted": CALLS})
        cursor.execute("VACUUM ANALYZE")  # as autovacuum does after a while
    line = answer.lines.get(asin=asins[0])
    return Site(
        reader=reader,
        cost=f"/produits/us/{asins[0]}/cout/",
        typed={"cost": "5", "line": line.pk, "key": line.pk, "query": "sort=roi&dir=desc"},
        run=f"/niches/recherche/{big.pk}/",
        last_page=-(-BIG_RUN // PAGE_SIZE),
        product=f"/produits/us/{asins[0]}/",
    )


def score_seeds(wanted: int = SEEDS) -> list[str]:
    """Buy products of the sandbox and score them: their ASINs, whose scores are in the cache."""
    from discovery.models import ScoringCacheEntry
    from discovery.profiles.service import active_profile
    from discovery.search import score_products
    from discovery.search.results import Asker

    asins = stored_products(wanted)
    work = score_products.Funnel(
        marketplace="us", profile=active_profile(), asker=Asker(source="manual")
    )
    score_products.run_funnel(work, asins=asins, detail=False)
    return list(ScoringCacheEntry.objects.order_by("cache_key").values_list("asin", flat=True))


# --- measuring ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Page:
    """``target`` is how many times the empty view's time the page may take.

    ``posted`` is what htmx sends, where the page is the answer to that.
    """

    name: str
    address: str
    target: float
    posted: dict[str, Any] | None = None
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.times) * 1000


def pages_of(site: Site) -> list[Page]:
    last = f"{site.run}?sort=roi&dir=desc&page={site.last_page}"
    return [
        Page("dashboard", "/", 60),
        Page("niches", "/niches/", 100),
        Page("favourites", "/favoris/", 40),
        Page("history, 30 days", "/historique/", 80),
        Page("history, 30 days, a deep page", "/historique/?page=1500", 80),
        Page("history, a year", "/historique/?days=365", 100),
        Page("history, everything, its last page", "/historique/?days=0&page=99999", 100),
        Page("product", site.product, 40),
        Page("10 000 results by ROI, page 1", f"{site.run}?sort=roi&dir=desc", 40),
        Page("10 000 results by ROI, the last page", last, 40),
        Page("two answers of 10 000 compared", f"{site.run}comparer/", 120),
        Page("a cost typed in an answer of 1 000", site.cost, 40, site.typed),
        Page("lists", "/listes/", 40),
        Page("configuration", "/configuration/", 40),
        Page("a profile", "/configuration/profils/equilibre/", 120),
        Page("categories", "/niches/categories/arbre/?marketplace=us", 40),
        Page("admin: cache health", "/admin/analytics/searchhistory/cache-health/", 60),
    ]


def measure(client: Any, pages: list[Page], *, rounds: int) -> Page:
    """Time every page in turn, each beside the empty view; returns the empty view's times."""
    empty = Page("an empty signed-in view", EMPTY, 1)
    for page in (empty, *pages):
        timed(client, page)
        timed(client, page)
        page.times.clear()
    for _ in range(rounds):
        for page in pages:
            timed(client, empty)
            timed(client, page)
    return empty


def timed(client: Any, page: Page) -> None:
    began = time.perf_counter()
    if page.posted is None:
        answer = client.get(page.address)
    else:
        answer = client.post(page.address, page.posted, headers={"hx-request": "true"})
    page.times.append(time.perf_counter() - began)
    assert answer.status_code == 200, (page.address, answer.status_code)


def report(empty: Page, pages: list[Page]) -> bool:
    print(f"\n{'page':<42} {'median ms':>10} {'ratio':>8} {'target':>8}")
    print(f"{empty.name:<42} {empty.median:>10.2f} {'x1.0':>8}")
    met = True
    for page in pages:
        ratio = page.median / empty.median
        met &= ratio <= page.target
        word = "MET" if ratio <= page.target else "MISSED"
        shown = f"x{ratio:.1f}"
        print(f"{page.name:<42} {page.median:>10.1f} {shown:>8} {f'x{page.target:.0f}':>8} {word}")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with scratch_database():
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.test import Client, override_settings

        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        site = fill()
        print(f"filled in {time.perf_counter() - began:.0f} s")
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of none
        # The names of static files need no build: looking them up costs a page the same.
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        storages = settings.STORAGES | {"staticfiles": plain}
        with override_settings(STORAGES=storages, ALLOWED_HOSTS=["*"]):
            client = Client()
            client.force_login(site.reader, backend="discovery.accounts.backends.RoleBackend")
            pages = pages_of(site)
            empty = measure(client, pages, rounds=rounds)
    return 0 if report(empty, pages) else 1


if __name__ == "__main__":
    sys.exit(main())
