"""The chart of a product's page in a browser: it is read, zoomed and its series are switched."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from discovery.models import KeepaProduct
from discovery.pages.products.axes import rank_marks
from tests.discovery.products.test_pages import ASIN, stored
from tests.e2e.conftest import PATIENCE_MS, Complaints, Site, alive, have_session, visit
from tests.e2e.test_accessibility import assert_no_barrier

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

DAY = 86_400
MONTHS = r"janv\.|févr\.|mars|avr\.|mai|juin|juil\.|août|sept\.|oct\.|nov\.|déc\."
FRENCH_DATE = re.compile(rf"^\d+ ({MONTHS}) 20\d\d$")
RELOAD = """
  htmx.ajax("GET", location.href, {
    target: ".content-inner", select: ".content-inner", swap: "outerHTML",
  })
"""
RANK_MARKS = """
  async rank => {
    const chart = document.querySelector("script[src$='/js/chart.js']").src;
    const scales = await import(chart.replace("chart.js", "chart/scales.js"));
    return scales.rankMarks(rank, rank);
  }
"""
SERIES = "[data-series='{}']"


@pytest.fixture
def product(site: Site) -> KeepaProduct:
    """One with a price that rose by a dollar each day, sold out since ten days."""
    row = stored(monthly_sold=120)
    start = int((timezone.now() - timedelta(days=200)).timestamp())
    days = [start + DAY * day for day in range(190)]
    row.history = {
        "NEW": {"times": days, "values": [2000 + 100 * (day // 10) for day in range(189)] + [None]},
        "AMAZON": {"times": [start], "values": [3000]},
        "SALES": {"times": days, "values": [50_000 - 200 * day for day in range(190)]},
        "COUNT_NEW": {"times": [start], "values": [7]},
        "MONTHLY_SOLD": {"times": [start], "values": [100]},
    }
    row.save()
    return row


def open_chart(page: Page, site: Site, query: str = "") -> None:
    page.goto(f"{site.url}/produits/us/{ASIN}/{query}")
    expect(page.locator("[data-chart][data-ready]")).to_be_visible()
    alive(page)


def point(page: Page, share: float) -> tuple[float, float]:
    """A place in the drawing, by the share of its width."""
    page.locator(".plot").scroll_into_view_if_needed()
    box = page.locator(".plot").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 3


def span(page: Page) -> int:
    """Minutes between the first and the last moment that are seen."""
    plot = page.locator(".plot")
    return int(plot.get_attribute("data-to") or 0) - int(plot.get_attribute("data-from") or 0)


def test_the_chart_is_seen_on_landing_read_zoomed_and_switched(
    site: Site, page: Page, product: KeepaProduct
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    have_session(page, site)
    open_chart(page, site, "?cost=8&window=180")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    plot, tip = page.locator(".plot"), page.locator(".chart-tip")
    expect(page.locator(".chart-fallback")).to_be_hidden()
    expect(plot.locator(".mark.money").first).to_have_text(re.compile(r"^\d+\s\$$"))
    for seen in (
        "[data-figure='max-cost']",
        "#cost",
        "#keep-cost",
        "[data-figure='unit-profit']",
        ".plot svg",
    ):
        box = page.locator(seen).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800, f"{seen} is not above the fold"

    page.mouse.move(*point(page, 0.5))
    expect(tip).to_be_visible()
    expect(tip).to_contain_text(
        re.compile(
            r"\d+ (janv\.|févr\.|mars|avr\.|mai|juin|juil\.|août|sept\.|oct\.|nov\.|déc\.) 20\d\d"
        )
    )
    for words in ("Neuf", "Amazon", "30,00", "Classement", "Offres neuves", "7", "Vendus/mois"):
        expect(tip).to_contain_text(words)

    whole, first_dates = span(page), plot.locator(".date").all_text_contents()
    page.mouse.down()
    page.mouse.move(*point(page, 0.75), steps=4)
    page.mouse.up()
    assert span(page) < whole / 2
    assert plot.locator(".date").all_text_contents() != first_dates
    back = page.get_by_role("button", name="Toute la période")
    expect(back).to_be_visible()
    plot.dblclick()
    assert span(page) == whole
    expect(back).to_be_hidden()

    page.locator("[data-window='30']").click()
    assert span(page) == 30 * 24 * 60
    expect(page.locator("[data-window='30']")).to_have_attribute("aria-current", "true")
    # Nobody has offered it new for ten days: the line ends before the edge.
    assert "window=30" in page.url
    path = plot.locator("[data-line='NEW']").get_attribute("d") or ""
    line = plot.locator("[data-line='AMAZON']").get_attribute("d") or ""
    ends = [max(map(float, re.findall(r"H([\d.]+)", each))) for each in (path, line)]
    assert ends[0] < ends[1]

    switch = page.locator(SERIES.format("AMAZON"))
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(plot.locator("[data-line='AMAZON']")).to_have_count(0)
    assert not {"document", "xhr", "fetch"} & set(asked)

    # A rank that never moved has an axis too, as the server draws it.
    for rank in (1, 500, 20_000):
        assert page.evaluate(RANK_MARKS, rank) == rank_marks(rank, rank)

    open_chart(page, site)
    expect(page.locator(SERIES.format("AMAZON"))).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".plot [data-line='AMAZON']")).to_have_count(0)


def test_the_keyboard_reads_and_zooms_and_nothing_bars_the_way(
    site: Site, page: Page, product: KeepaProduct
) -> None:
    have_session(page, site)
    open_chart(page, site, "?window=180&cost=8&quantity=900&by=fbm&shipping=3")
    plot = page.get_by_role("slider", name="Date lue sur le graphique")
    plot.focus()
    said = plot.get_attribute("aria-valuetext") or ""
    plot.press("PageDown")
    plot.press("ArrowLeft")
    now_said = plot.get_attribute("aria-valuetext") or ""
    assert now_said != said
    assert "Amazon 30,00" in now_said
    expect(page.locator(".chart-tip")).to_be_visible()
    whole = span(page)
    plot.press("+")
    assert span(page) < whole
    plot.press("Escape")
    assert span(page) == whole
    expect(page.locator("[data-warning='quantity']")).to_be_visible()
    assert_no_barrier(page, "product", in_the_dark=True)
    # Where htmx puts the page anew, as after a look at the live offers, the chart lives again.
    plot.evaluate("plot => { plot.dataset.former = 'true' }")
    page.evaluate(RELOAD)
    expect(page.locator(".plot[data-former]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-chart][data-ready] .plot")).to_be_visible()
    alive(page)
    plot.focus()
    plot.press("Home")
    expect(page.locator(".chart-tip")).to_contain_text("Amazon")
    page.goto(f"{site.url}/configuration/liens/")
    assert_no_barrier(page, "sourcing links", in_the_dark=True)


def test_a_finger_reads_the_chart_and_without_scripts_a_picture_stays(
    site: Site, phone: Page, chromium_browser: Browser, complaints: Complaints,
    product: KeepaProduct,
) -> None:  # fmt: skip
    have_session(phone, site)
    open_chart(phone, site)
    phone.touchscreen.tap(*point(phone, 0.6))
    expect(phone.locator(".chart-tip")).to_contain_text("Amazon")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    cookies: Any = phone.context.cookies()
    plain = visit(chromium_browser, site, complaints, java_script_enabled=False)
    plain.context.add_cookies(cookies)
    plain.goto(f"{site.url}/produits/us/{ASIN}/?cost=8&by=fbm&shipping=2")
    expect(plain.locator("svg.history-chart")).to_have_count(2)
    expect(plain.locator(".chart-live")).to_be_hidden()
    expect(plain.locator("[data-figure='unit-profit']")).to_be_visible()
    plain.context.close()
