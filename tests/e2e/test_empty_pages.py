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
# What is empty until a job runs, and where a first one is made.
EMPTY_OF_JOBS = {
    "/autosourcing/": "Pas encore de veille",
    "/autosourcing/trouvailles/": "Ce que vos veilles trouvent arrive ici",
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


def test_what_jobs_find_is_empty_at_first_and_leads_to_a_first_job(page: Page, site: Site) -> None:
    have_session(page, site)
    for address, words in EMPTY_OF_JOBS.items():
        page.goto(f"{site.url}{address}")
        empty = page.locator(".empty")
        expect(empty).to_contain_text(words)
        empty.get_by_role("link").first.click()
        expect(page.locator(".empty")).to_contain_text("un des modèles ci-dessous")
        assert urlsplit(page.url).path == "/autosourcing/veilles/"
    page.locator(".templates a").first.click()
    expect(page.locator("#forecast b")).to_contain_text("jetons")
    alive(page)
    page.get_by_role("button", name="Garder cette veille").click()
    expect(page.get_by_role("button", name="Lancer maintenant")).to_be_visible()
    page.goto(f"{site.url}/autosourcing/alertes/")
    expect(page.locator(".empty")).to_contain_text("Pas encore d’alerte")
    assert site.keepa.charged_total == 0


def test_an_empty_page_fits_a_phone(phone: Page, site: Site) -> None:
    have_session(phone, site)
    for address in (*EMPTY, *EMPTY_OF_JOBS):
        phone.goto(f"{site.url}{address}")
        assert fits(phone)
        expect(phone.locator(".empty").get_by_role("link").first).to_be_visible()
