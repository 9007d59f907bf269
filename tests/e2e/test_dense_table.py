"""The answer at a glance: how many products a screen shows, measured in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from discovery.models import Run
from tests.discovery.builders import finished_list, finished_run, scored_product
from tests.e2e.conftest import Site, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

# Rows that stand in the window from top to bottom, below the header of their table.
VISIBLE = """() => {
  const header = document.querySelector('.results thead th').getBoundingClientRect();
  return [...document.querySelectorAll('tr.main-row')].filter(row => {
    const box = row.getBoundingClientRect();
    return box.top >= header.bottom - 1 && box.bottom <= innerHeight;
  }).length;
}"""
HEIGHTS = """() => [...new Set([...document.querySelectorAll('tr.main-row')].map(
  row => Math.round(row.getBoundingClientRect().height)))]"""
HEADER = "() => document.querySelector('.results thead th').getBoundingClientRect().top"
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
BAR_LINES = """() => new Set([...document.querySelectorAll('#selection .button')].map(
  button => button.getBoundingClientRect().bottom)).size"""
BOTTOMS = """() => ['.product-title', '.verdict', '.buy-cell .key'].map(part =>
  document.querySelector(`tbody.product ${part}`).getBoundingClientRect().bottom)"""


@pytest.fixture
def answer(site: Site, settings: Any) -> Run:
    """An answer of 50 with all that stands above a table, that of the demonstration included."""
    settings.KEEPA_SANDBOX = True
    long_title = "An introduction to everything that anybody could ever want to know of anything"
    products = [
        scored_product(
            asin=f"B{number:09}",
            title=f"{number}. {long_title}",
            cost=None if number % 3 else "5.00",
        )
        for number in range(50)
    ]
    finished_run(
        owner=site.user, products=products[:1], created_at=timezone.now() - timedelta(days=1)
    )
    counted = {"roi_missed": 30, "hypothetical_cost": 33}
    run = finished_run(owner=site.user, products=products, outcome={"obstacles": counted})
    run.lines.filter(position__lte=5).update(buy_box_known=False)
    for position, verdict in enumerate(("STRONG_BUY", "BUY", "CONSIDER", "SKIP"), start=46):
        run.lines.filter(position=position).update(verdict=verdict, sourcing=False)
    run.lines.filter(position=50).update(verdict="CONSIDER", sourcing=True)
    return run


def at(page: Page, width: int, height: int, url: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(url)
    page.wait_for_load_state()
    assert page.evaluate(FITS)


def test_a_screen_shows_what_a_table_of_resellers_shows(
    page: Page, site: Site, answer: Run
) -> None:
    sign_in(page, site)
    url = f"{site.url}{answer.get_absolute_url()}"

    at(page, 1280, 800, url)
    expect(page.locator("#verdict-counts a")).to_have_count(6)  # as many as there can be
    assert page.evaluate(VISIBLE) >= 12
    assert all(44 <= height <= 52 for height in page.evaluate(HEIGHTS))
    page.mouse.move(800, 600)
    page.mouse.wheel(0, 400)
    page.wait_for_function("() => scrollY >= 300")
    assert page.evaluate(VISIBLE) >= 15
    assert page.evaluate(HEADER) == 0

    page.locator("[data-act=tick]").first.check()
    assert page.evaluate(BAR_LINES) == 2

    lines = finished_list(owner=site.user, products=[scored_product(cost="5.00")], quantity=12)
    at(page, 1280, 800, f"{site.url}{lines.get_absolute_url()}")

    at(page, 1440, 900, url)
    assert page.evaluate(VISIBLE) >= 15

    at(page, 390, 844, url)
    assert all(bottom <= 844 for bottom in page.evaluate(BOTTOMS))

    # Denser or less, and other columns: remembered.
    at(page, 1280, 800, url)
    page.locator(".table-columns > summary").click()
    page.locator("[name=density][value=comfortable]").check()
    page.locator("[name=column][value=new_offers]").uncheck()
    page.locator(".table-columns button.primary").click()
    expect(page.locator("table.comfortable")).to_be_visible()
    expect(page.locator("[data-column=new_offers]")).to_have_count(0)

    # Why: loaded when it is asked for, put away at the second click.
    why = page.locator("[data-act=explain]").first
    expect(page.locator(".reasons")).to_have_count(0)
    why.click()
    expect(page.locator(".why-row .reasons").first).to_be_visible()
    expect(why).to_have_attribute("aria-expanded", "true")
    why.click()
    expect(page.locator(".why-row")).to_have_count(0)
