"""What a first visit to each page weighs, and that a second one fetches the page alone.

Asked of the site as it is run for real: the web server, static files under hashed names. The
admin, whose theme brings its fonts, is not one of the pages a reseller works with.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from django.conf import settings

from discovery.models import Favourite
from discovery.pages.products.chart_data import CHARTED
from discovery.profiles.service import ensure_shipped_profiles
from tests.discovery.builders import finished_run, scored_product
from tests.discovery.products.buying import buy, sell
from tests.discovery.products.test_chart import wild
from tests.discovery.products.test_pages import ASIN, stored
from tests.e2e.sourcing_pages import furnish
from tests.processes import environment, web_server

pytestmark = pytest.mark.django_db(transaction=True)

MOST_BYTES = 250_000
A_YEAR = 365 * 24 * 3600
# What a browser fetches on sight of a tag: the attribute that holds its address.
FETCHED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}
FETCHED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}
IN_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""")
IN_JS = re.compile(r"""(?:from|import)\s*["'](\.{1,2}/[^"']+)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


class Assets(HTMLParser):
    """The addresses a page makes the browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get(FETCHED.get(tag, ""))
        kinds = set((values.get("rel") or "").split())
        if address and (tag != "link" or kinds & FETCHED_LINKS):
            self.found.append(address)


@dataclass(slots=True)
class Visit:
    """Looks at pages with an empty cache each; ``weights`` are the bytes of bodies on the wire.

    A file is the same for every page that names it, under the same name: it is asked for once.
    """

    http: httpx.Client
    home: str
    weights: dict[str, int] = field(default_factory=dict)
    pages: dict[str, httpx.Response] = field(default_factory=dict)
    assets: dict[str, httpx.Response] = field(default_factory=dict)
    needs: dict[str, list[str]] = field(default_factory=dict)

    def open(self, path: str) -> dict[str, int]:
        """What a first visit to the page fetches, and how heavy each of it is."""
        url = f"{self.home}{path}"
        parser = Assets()
        parser.feed(self._fetch(url))
        fetched = {url: self.weights[url]}
        waiting = [urljoin(url, address) for address in parser.found]
        while waiting:
            asset = waiting.pop()
            if asset not in fetched and asset.startswith(self.home):
                waiting += self._needs_of(asset)
                fetched[asset] = self.weights[asset]
        return fetched

    def _needs_of(self, url: str) -> list[str]:
        """What a file names in turn."""
        if url not in self.needs:
            text, found = self._fetch(url), []
            if urlsplit(url).path.endswith(".js"):
                found = IN_JS.findall(text)
            if urlsplit(url).path.endswith(".css"):
                found = [one for one in IN_CSS.findall(text) if not one.startswith(("data:", "#"))]
            self.needs[url] = [urljoin(url, address) for address in found]
        return self.needs[url]

    def _fetch(self, url: str) -> str:
        with self.http.stream("GET", url) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.status_code == 200, (url, answer.status_code)
        self.weights[url] = len(raw)
        if url.startswith(f"{self.home}/static/"):
            self.assets[url] = answer
        else:
            self.pages[url] = answer
        decoded = httpx.Response(200, headers=answer.headers, content=raw)
        return decoded.text


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """A folder with the static files as they are served: under hashed names, compressed."""
    var = tmp_path / "var"
    manage = Path(settings.BASE_DIR) / "manage.py"
    # No database is asked; this address only keeps the embedded one from being started.
    child = {"DATABASE_URL": "postgresql://nobody@127.0.0.1/nothing", "ARBVAULT_VAR": str(var)}
    # The administration's own files take longest to compress, and no page here needs them.
    spared = [f"--ignore={name}" for name in ("admin", "unfold", "ninja")]
    subprocess.run(
        [sys.executable, str(manage), "collectstatic", "--no-input", "--verbosity=0", *spared],
        env=environment(**child),
        check=True,
        timeout=300,
    )
    return var


@pytest.fixture
def home(collected: Path, transactional_db: None) -> Iterator[str]:
    ensure_shipped_profiles()
    with web_server(var=collected) as url:
        yield url


@pytest.fixture
def browser(home: str, client_of: Any) -> Iterator[httpx.Client]:
    """Signed in as Anne; takes what a browser takes."""
    cookies = {"sessionid": client_of("anne").cookies["sessionid"].value}
    headers = {"Accept-Encoding": "gzip, br"}
    with httpx.Client(cookies=cookies, headers=headers, timeout=60) as http:
        yield http


@pytest.fixture
def addresses(client_of: Any) -> list[str]:
    """Every page, as full as it gets: two answers of the same question, favourites."""
    anne = client_of("anne").user
    products = [
        scored_product(asin=f"B{number:09}", title=f"Book {number}", cost="5.00")
        for number in range(25)
    ]
    eventful = stored()
    eventful.history = {series.name: wild(6_000, seed=at) for at, series in enumerate(CHARTED)}
    eventful.save()
    finished_run(owner=anne, products=products[5:])
    run = finished_run(owner=anne, products=products)
    for product in products:
        Favourite.objects.create(user=anne, marketplace="us", asin=product.asin)
    for number in range(50):
        bought = buy(anne, "8.40", 2, asin=f"B{number:09}", place="Vinted", note="a note")
        sell(bought, "20", received="15")
    return [
        "/",
        "/niches/",
        "/favoris/",
        "/achats/",
        "/achats/importer/",
        f"/recherche-rapide/?q={ASIN}&marketplace=us",
        "/recherche-rapide/?q=book",
        "/lexique/",
        "/bienvenue/",
        "/historique/",
        f"/niches/recherche/{run.pk}/",
        f"/niches/recherche/{run.pk}/comparer/",
        f"/produits/us/{ASIN}/?window=all",
        "/listes/",
        "/niches/categories/arbre/?marketplace=us",
        "/configuration/",
        "/configuration/liens/",
        "/configuration/profils/equilibre/",
        "/mon-compte/",
        *furnish(anne).values(),
    ]


def test_a_visit_is_light_compressed_and_fetches_once_and_for_ever(
    home: str, browser: httpx.Client, addresses: list[str]
) -> None:
    """Every page is asked for once: each is a first visit, as files weigh what they weighed."""
    visit = Visit(browser, home)
    for address in addresses:
        weights = visit.open(address)
        assert len(weights) > 6, address  # the page's and its files'
        heaviest = sorted(weights.items(), key=lambda item: -item[1])[:5]
        assert sum(weights.values()) <= MOST_BYTES, (address, heaviest)
    for url, answer in visit.assets.items():
        assert_kept_for_ever(url, answer)
    for url, answer in (visit.assets | visit.pages).items():
        # A file that compression would not make smaller is sent as it is.
        small = visit.weights[url] < 1_000
        assert small or answer.headers.get("Content-Encoding") in {"br", "gzip"}, url

    with httpx.Client(headers={"Accept-Encoding": "gzip, br"}, timeout=60) as stranger:
        assert sum(Visit(stranger, home).open("/login/").values()) <= MOST_BYTES


def assert_kept_for_ever(url: str, answer: httpx.Response) -> None:
    assert HASHED.search(urlsplit(url).path), f"{url} does not change with its content"
    kept = answer.headers["Cache-Control"]
    assert "immutable" in kept, url
    assert "public" in kept, url
    age = re.search(r"max-age=(\d+)", kept)
    assert age is not None, url
    assert int(age[1]) >= A_YEAR, url
