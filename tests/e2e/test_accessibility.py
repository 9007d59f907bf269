"""axe-core finds no barrier on any page: light and dark, desktop and phone, full and empty."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Complaints, Site, sign_in, visit
from tests.e2e.test_first_search import ask_books

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

# The explanations of an answer are all made alike: two of them stand for all.
OPEN_DETAILS = """
  const all = [...document.querySelectorAll('details:not(.why)')];
  const why = [...document.querySelectorAll('details.why')].slice(0, 2);
  [...all, ...why].forEach(one => { one.open = true });
"""


def barriers(page: Page, rules: list[str] | None = None) -> list[tuple[str, str, Any]]:
    """What axe holds against the page, explanations opened: how grave, which rule, and where."""
    page.evaluate(OPEN_DETAILS)
    options = {"runOnly": rules} if rules else {}
    found = Axe().run(page, options=options).response["violations"]
    return [
        (one["impact"], one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(
    site: Site, chromium_browser: Browser, complaints: Complaints, scheme: Any
) -> None:
    # The dark pages are the light ones in other colours.
    rules = ["color-contrast"] if scheme == "dark" else None
    answer = product = ""
    sizes = {"desktop": SIZES["desktop"]} if scheme == "dark" else SIZES
    for device, (width, height) in sizes.items():
        size: Any = {"width": width, "height": height}
        page = visit(chromium_browser, site, complaints, viewport=size, color_scheme=scheme)
        page.goto(site.url)
        assert barriers(page, rules) == [], "login"
        sign_in(page, site)
        if not answer:
            for empty in ("/", "/niches/", "/favoris/", "/historique/", "/configuration/"):
                page.goto(f"{site.url}{empty}")
                assert barriers(page, rules) == [], f"{empty}, empty"
            page.goto(f"{site.url}/niches/")
            ask_books(page, products=5)
            answer = page.url
            product = page.locator("a.product-title").first.get_attribute("href") or ""
            page.goto(f"{site.url}{product}")
            page.locator(".page-actions button[type=submit]").click()
        phone_too = [f"{site.url}/", answer]
        others = [
            f"{site.url}/niches/",
            f"{site.url}{product}?cost=abc",
            f"{site.url}/favoris/",
            f"{site.url}/historique/",
            f"{site.url}/configuration/",
            f"{site.url}/configuration/profils/prudent/",
            f"{site.url}/niches/categories/arbre/?marketplace=us",
        ]
        # On a phone they are made of the parts of the first two.
        on_desktop = others if device == "desktop" else []
        for address in (*phone_too, *on_desktop):
            page.goto(address)
            expect(page.locator(".htmx-request")).to_have_count(0)
            assert barriers(page, rules) == [], f"{address}, {device}"
        page.context.close()
