"""Somebody's first minutes: every page is empty, says why, and leads to the first search."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site, alive, have_session
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

EMPTY = {
    "/": "ce que le cache a économisé",
    "/niches/": "Remplissez le formulaire",
    "/favoris/": "Ouvrez un produit depuis la réponse",
    "/historique/": "Aucune recherche sur cette période",
}


def test_an_empty_page_says_what_will_stand_there_and_leads_to_the_first_search(
    page: Page, site: Site
) -> None:
    have_session(page, site)
    for address, words in EMPTY.items():
        page.goto(f"{site.url}{address}")
        empty = page.locator(".empty")
        expect(empty).to_have_count(1)
        expect(empty).to_contain_text(words)

        empty.get_by_role("link").click()
        expect(page.locator("#search-form [name=category]")).to_be_in_viewport()
        alive(page)
        assert urlsplit(page.url).path == "/niches/"
    assert site.keepa.charged_total == 0


def test_an_empty_page_fits_a_phone(phone: Page, site: Site) -> None:
    have_session(phone, site)
    for address in EMPTY:
        phone.goto(f"{site.url}{address}")
        assert fits(phone)
        expect(phone.locator(".empty").get_by_role("link")).to_be_visible()
