"""The whole site for a browser: pages, queue worker and Keepa sandbox, on a database of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from discovery.keepa.client import KeepaClient, using_client
from discovery.profiles.service import ensure_shipped_profiles
from tests.processes import forked_worker, worker_nursery

PASSWORD = "correct horse battery staple"
PATIENCE_MS = 60_000  # a bound on a broken site, not a measure of a sound one
# What htmx marks while it asks, and while it puts the answer in its place.
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@dataclass(slots=True)
class Site:
    """``url`` is the site's, ``keepa`` the sandbox behind it, ``user`` may sign in."""

    url: str
    keepa: Any
    user: User


@dataclass(slots=True)
class Complaints:
    """What the browser held against the pages, and the addresses it asked elsewhere."""

    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def watch(self, page: Page, *, home: str) -> None:
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self._see(request.url, home))

    def _note(self, kind: str, text: str) -> None:
        # A refused form is answered with 422, which Chromium reports as if it were a fault.
        if kind in {"error", "warning"} and "status of 422" not in text:
            self.console.append(text)

    def _see(self, url: str, home: str) -> None:
        if not url.startswith((home, "data:", "blob:")):
            self.elsewhere.append(url)


@pytest.fixture(scope="session")
def chromium_browser(chromium_path: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)  # five seconds are little on a slow machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def worker_of() -> Iterator[Callable[..., AbstractContextManager[None]]]:
    """``worker_of(keepa_url)`` is a worker of the queue; the first one to be asked for is slow.

    ``hours_ahead``: so much later it is for the worker.
    """
    with ExitStack() as stack:
        nurseries: list[subprocess.Popen[str]] = []

        def make(keepa_url: str, *, hours_ahead: int = 0) -> AbstractContextManager[None]:
            if not nurseries:
                nurseries.append(stack.enter_context(worker_nursery(keepa_url)))
            return forked_worker(nurseries[0], keepa_url, hours_ahead=hours_ahead)

        yield make


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    live_server: Any,
    live_keepa: Any,
    settings: Any,
    worker_of: Callable[..., AbstractContextManager[None]],
) -> Iterator[Site]:
    settings.KEEPA_BASE_URL = live_keepa.url
    ensure_shipped_profiles()
    user = User.objects.create_user("anne", password=PASSWORD)
    needs_worker = request.node.get_closest_marker("no_worker") is None
    # What the pages themselves buy goes through a client that is closed with the site.
    client = KeepaClient(api_key="sandbox", base_url=live_keepa.url)
    worker = worker_of(live_keepa.url) if needs_worker else nullcontext()
    with using_client(client), closing(client), worker:
        yield Site(url=live_server.url, keepa=live_keepa.app, user=user)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Every test ends with a browser that has nothing to complain of."""
    complaints = Complaints()
    yield complaints
    assert complaints.console == []
    assert complaints.elsewhere == []


def visit(browser: Browser, site: Site, complaints: Complaints, **options: Any) -> Page:
    """A page of a new browser that prefers French."""
    context: BrowserContext = browser.new_context(locale="fr-FR", **options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints.watch(page, home=site.url)
    return page


@pytest.fixture
def page(site: Site, chromium_browser: Browser, complaints: Complaints) -> Iterator[Page]:
    page = visit(chromium_browser, site, complaints, viewport={"width": 1280, "height": 900})
    yield page
    page.context.close()


@pytest.fixture
def phone(site: Site, chromium_browser: Browser, complaints: Complaints) -> Iterator[Page]:
    page = visit(
        chromium_browser,
        site,
        complaints,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    yield page
    page.context.close()


def alive(page: Page) -> None:
    """Whatever is on the page answers from now on: its scripts ran, and htmx is done with it.

    To be called once something of the page is seen that the former page did not have: what is
    seen is not yet alive, and what is used before does nothing, or something else.
    """
    page.wait_for_load_state()
    expect(page.locator(BUSY)).to_have_count(0, timeout=PATIENCE_MS)


def have_session(page: Page, site: Site) -> None:
    """The browser is Anne's from now on; the form itself is filled in where it is the story."""
    client = Client()
    client.force_login(site.user)
    cookie = client.cookies[site_settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])


def sign_in(page: Page, site: Site, path: str = "/") -> None:
    """Anne, signed in, looks at ``path``."""
    have_session(page, site)
    page.goto(f"{site.url}{path}")
    alive(page)
