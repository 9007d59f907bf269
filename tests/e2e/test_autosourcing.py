"""The story of a job: made from a niche, run, worked through, and what it brings the next days."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_q.tasks import async_task
from playwright.sync_api import Locator, Page, expect

from benchmarks.drills.receiving import Receiver, receiver
from discovery.models import (
    Alert,
    Favourite,
    Pick,
    Purchase,
    Run,
    ScoringCacheEntry,
)
from discovery.niches.service import create_niche
from discovery.search.request import read_filters
from tests.e2e.conftest import PATIENCE_MS, Site, alive, have_session
from tests.e2e.sourcing_pages import furnish
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

Workers = Callable[..., AbstractContextManager[None]]

# Electronics of amazon.fr among which many can be bought elsewhere for less.
QUESTION = {"marketplace": "fr", "categories": ["High-Tech"], "bsr_range": [1_500, 3_500]}
MOST = "80"
DAY = 26  # hours: more than any pick must be away to count as one that came back
REVIEW = "/autosourcing/"
CLIPPED = """() => [...document.querySelectorAll("main .button, main .chip, main dd")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .filter((one) => getComputedStyle(one).display !== "inline")
  .map((one) => one.textContent.trim())"""


@dataclass
class Market:
    """What the Product Finder does not list, for a test that needs goods to come and go."""

    is_hidden: Callable[[str], bool] = lambda _asin: False
    listed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, sandbox: Any) -> Market:
        market, query = cls(), sandbox.answers.endpoints["query"]

        def listing(request: Any) -> Any:
            answer = query(request)
            asins = [asin for asin in answer.fields["asinList"] if not market.is_hidden(asin)]
            market.listed.update(asins)
            told = {"asinList": asins, "totalResults": len(asins)}
            return replace(answer, fields=answer.fields | told)

        sandbox.answers.endpoints["query"] = listing
        return market


@pytest.fixture
def received(settings: Any) -> Iterator[Receiver]:
    """A server of ours that alerts are sent to."""
    settings.ALERTS_ALLOW_PRIVATE_ADDRESSES = True
    with receiver() as got:
        yield got


@contextmanager
def days_later(days: int) -> Iterator[int]:
    """It is so many days later here; the hours a worker's clock must be ahead."""
    ScoringCacheEntry.objects.all().delete()  # PostgreSQL's clock, which dates them, stays
    hours = days * DAY
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        yield hours


def cards(page: Page, part: str = "") -> Locator:
    return page.locator(f"{f'#{part} ' if part else ''}.pick-card")


def asins_of(found: Locator) -> list[str]:
    asins: list[str] = found.evaluate_all("all => all.map(one => one.dataset.asin)")
    return asins


def expect_shown(one: Locator) -> None:
    """The card's line has the focus and is outlined within the window."""
    line = one.locator(".main-row")
    expect(line).to_be_focused()
    expect(line).to_be_in_viewport()
    assert line.evaluate("one => parseFloat(getComputedStyle(one).outlineWidth) >= 2")


def add_channel(page: Page, site: Site, received: Receiver) -> None:
    page.goto(f"{site.url}{REVIEW}alertes/reglages/")
    page.fill("[name=name]", "Atelier")
    page.fill("[name=address]", received.address)
    page.get_by_role("button", name="Ajouter le canal").click()
    page.get_by_role("button", name="Envoyer un essai").click()
    expect(page.get_by_text("le serveur l’a accepté")).to_be_visible()
    assert len(received.messages) == 1
    assert received.address.removeprefix("json://") not in page.content()


def make_job(page: Page, site: Site) -> None:
    """From the niche's card: its forecast is seen before the job is kept."""
    page.goto(f"{site.url}/niches/")
    page.locator(".niche-card details.more > summary").click()
    page.get_by_role("link", name="Surveiller cette niche").click()
    page.wait_for_url("**/veilles/nouvelle/**")
    alive(page)
    expect(page.locator("#forecast b")).to_contain_text(
        re.compile(r"passage\s+par\s+jour\s≈\s\d+\sjetons")
    )
    before = page.locator("#forecast b").inner_text()
    page.fill("[name=max_results]", MOST)
    expect(page.locator("#forecast b")).not_to_have_text(before)
    page.fill("[name=alert_roi]", "10")
    page.get_by_role("button", name="Garder cette veille").click()
    page.wait_for_url(re.compile(r"/veilles/(\d+/)?$"))
    assert site.keepa.charged_total == 0


def watch(page: Page) -> None:
    """From the press of the button to the answer, on the page of the run."""
    page.get_by_role("button", name="Lancer maintenant").first.click()
    page.wait_for_url("**/autosourcing/passages/**")
    expect(page.locator("#results")).to_be_visible(timeout=PATIENCE_MS)
    alive(page)
    expect(page.locator("#progress")).to_have_count(0)
    assert page.locator("tbody.product").count() > 5


def look_through(page: Page, site: Site) -> None:
    """The daily review, ready for keys."""
    page.goto(f"{site.url}{REVIEW}")
    expect(page.locator("h1")).to_have_text("Revue du jour")
    alive(page)


def triage(page: Page, site: Site) -> None:
    """One favourite, one ignored, one bought; no pointer."""
    look_through(page, site)
    told, found = page.locator("#toast"), cards(page)
    total = found.count()
    assert total >= 4
    page.keyboard.press("j")
    expect_shown(found.nth(0))
    page.keyboard.press("f")
    expect(told).to_contain_text("Favori ajouté")
    page.keyboard.press("j")
    expect_shown(found.nth(1))
    page.keyboard.press("i")
    expect(told).to_contain_text("Produit ignoré")
    page.keyboard.press("u")
    expect(told).to_contain_text("Annulé")
    expect(found.nth(1)).not_to_contain_class("is-ignored")
    page.keyboard.press("i")
    expect(told).to_contain_text("Produit ignoré")
    page.keyboard.press("j")
    expect_shown(found.nth(2))
    favourite, ignored, bought = asins_of(found)[:3]

    page.keyboard.press("b")
    price = found.nth(2).locator("[name=price]")
    expect(price).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(cards(page).and_(page.locator(f"[data-asin={bought}]"))).to_have_count(0)
    alive(page)
    assert ignored not in asins_of(cards(page))
    assert Favourite.objects.get().asin == favourite
    assert (Purchase.objects.get().asin, Purchase.objects.get().quantity) == (bought, 3)


def deliver(received: Receiver) -> None:
    """The queue sends what is due, as it does every minute."""
    async_task("discovery.tasks.deliver_alerts")
    due = Alert.objects.filter(way=Alert.Way.NOW).count()
    await_true(lambda: len(received.messages) == 1 + due)  # the test message too


def await_true(is_so: Callable[[], bool]) -> None:
    """Until the other processes have done their part."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def look_by_itself() -> None:
    """The planner finds the job due, and the worker works on its run to the end."""
    before = Run.objects.filter(state=Run.State.DONE).count()
    async_task("discovery.tasks.plan_sourcing")
    await_true(lambda: Run.objects.filter(state=Run.State.DONE).count() == before + 1)


def test_a_job_finds_tells_and_comes_back_the_next_days(
    page: Page, site: Site, live_keepa: Any, worker_of: Workers, received: Receiver
) -> None:
    market = Market.of(site.keepa)
    market.is_hidden = lambda asin: sum(asin.encode()) % 3 == 0
    create_niche(owner=site.user, name="High-tech qui part", filters=read_filters(QUESTION))
    have_session(page, site)
    add_channel(page, site, received)
    with worker_of(live_keepa.url):
        make_job(page, site)
        watch(page)
        triage(page, site)
        deliver(received)
    told = {alert.pick.asin for alert in Alert.objects.select_related("pick")}
    assert len(told) == Alert.objects.count() > 0
    page.goto(f"{site.url}{REVIEW}alertes/")
    expect(page.locator(".alert-list > .unread")).to_have_count(len(told))
    look_through(page, site)
    leaving, listed = asins_of(cards(page))[-1], set(market.listed)
    market.is_hidden = lambda asin: asin == leaving
    with days_later(1) as hours, worker_of(live_keepa.url, hours_ahead=hours):
        look_by_itself()
        look_through(page, site)
        expect(page.locator("#gone h2")).to_contain_text("Disparu")
        assert leaving in asins_of(cards(page, "gone"))
        fresh = {asins_of(cards(page))[0], *asins_of(cards(page, "new"))}
        assert fresh - listed
        deliver(received)
    assert told < {alert.pick.asin for alert in Alert.objects.select_related("pick")}
    assert len(received.messages) == 1 + len(set(Alert.objects.values_list("pick", flat=True)))

    market.is_hidden = lambda _asin: False
    with days_later(2) as hours, worker_of(live_keepa.url, hours_ahead=hours):
        look_by_itself()
        look_through(page, site)
        expect(page.locator("#better h2")).to_contain_text("Mieux")
        back = cards(page, "better").and_(page.locator(f"[data-asin={leaving}]"))
        expect(back).to_contain_text("De retour")
    assert Pick.objects.get(asin=leaving).sightings_count == 2


def test_every_page_fits_a_phone_in_both_languages(phone: Page, site: Site, settings: Any) -> None:
    have_session(phone, site)
    pages = furnish(site.user)
    for language in ("fr", "en"):
        chosen = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site.url}
        phone.context.add_cookies([chosen])  # type: ignore[list-item]
        for what, address in pages.items():
            phone.goto(f"{site.url}{address}")
            expect(phone.locator("html")).to_have_attribute("lang", language)
            assert fits(phone), (what, language)
            assert not clipped(phone), (what, language)
    assert site.keepa.charged_total == 0


def clipped(page: Page) -> list[str]:
    """The words of buttons and chips that are wider than what holds them."""
    found: list[str] = page.evaluate(CLIPPED)
    return found
