"""From any page, a pasted EAN to its verdict in two interactions; several lines make a list."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site, alive, sign_in, visit
from tests.e2e.test_accessibility import assert_no_barrier
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

FRANCE = 4
IN_SIDEBAR = ".sidebar [data-one-box] textarea"
IN_SHEET = "#one-box-sheet textarea"


def eans(site: Site, count: int) -> list[str]:
    """EANs of one product each on amazon.fr, none of them a book's."""
    by_code = site.keepa.catalogue.store(FRANCE).by_code
    found: list[str] = []
    for code in sorted(by_code):
        if len(code) == 13 and not code.startswith(("978", "0")) and len(by_code[code]) == 1:
            found.append(code)
        if len(found) == count:
            break
    return found


def paste(page: Page, text: str) -> None:
    """What pasting does: the text appears at once, where the focus is."""
    page.keyboard.insert_text(text)


def test_from_any_page_a_pasted_ean_to_its_verdict_in_two_interactions(
    page: Page, site: Site
) -> None:
    ean = eans(site, 1)[0]
    sign_in(page, site, "/historique/")
    page.keyboard.press("/")
    expect(page.locator(IN_SIDEBAR)).to_be_focused()

    paste(page, ean)
    page.keyboard.press("Enter")  # the first interaction
    see = page.get_by_role("button", name="Voir le verdict")
    expect(see).to_be_focused()
    expect(see).to_contain_text("de 1 à 6 jetons")
    assert site.keepa.charged_total == 0
    assert_no_barrier(page, "the price of a verdict", in_the_dark=True)

    page.keyboard.press("Enter")  # the second one
    answer = page.locator("[data-answer] .verdict")
    expect(answer).to_be_visible()
    paid = site.keepa.charged_total
    assert 1 <= paid <= 6
    assert_no_barrier(page, "a verdict", in_the_dark=True)

    page.goto(f"{site.url}/")
    alive(page)  # "/" is a script's
    page.keyboard.press("/")
    paste(page, ean)
    page.keyboard.press("Enter")  # known now: the only one
    expect(answer).to_be_visible()
    assert site.keepa.charged_total == paid
    alive(page)

    what = page.locator("[data-answer] .term").first
    what.get_by_role("button").press("Enter")
    expect(what.locator("[popover]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(what.locator("[popover]")).to_be_hidden()
    page.get_by_role("link", name="Ouvrir la fiche produit").click()
    page.wait_for_url("**/produits/fr/**?profile=equilibre")


def test_several_lines_become_a_list_and_a_slash_in_a_field_is_a_slash(
    page: Page, site: Site
) -> None:
    first, second = eans(site, 2)
    sign_in(page, site, "/listes/")
    page.locator("#id_text").focus()
    page.keyboard.press("/")
    expect(page.locator("#id_text")).to_have_value("/")
    page.locator(IN_SIDEBAR).focus()
    paste(page, f"{first};3,20\n{second};4")
    page.keyboard.press("Enter")
    page.locator("#start").wait_for()
    expect(page.locator("main")).to_contain_text(first)
    assert site.keepa.charged_total == 0


def test_the_box_fits_a_phone_and_the_first_pages_have_no_barrier(phone: Page, site: Site) -> None:
    ean = eans(site, 1)[0]
    sign_in(phone, site)
    phone.locator(".box-button").click()
    expect(phone.locator(IN_SHEET)).to_be_focused()
    assert_no_barrier(phone, "the box, open", in_the_dark=False)
    paste(phone, ean)
    phone.locator("#one-box-sheet button").click()
    expect(phone.get_by_role("button", name="Voir le verdict")).to_be_visible()
    assert fits(phone)
    for address in ("/bienvenue/", "/lexique/", "/recherche-rapide/?q=lampe+de+bureau"):
        phone.goto(f"{site.url}{address}")
        assert fits(phone), address
        assert_no_barrier(phone, address, in_the_dark=True)


def test_without_a_script_the_box_works_as_well(
    site: Site, chromium_browser: Any, complaints: Any
) -> None:
    page = visit(
        chromium_browser,
        site,
        complaints,
        viewport={"width": 1280, "height": 900},
        java_script_enabled=False,
    )
    sign_in(page, site)
    first, second = eans(site, 2)
    page.fill(IN_SIDEBAR, first)
    page.locator(".sidebar [data-one-box] button").click()
    expect(page.get_by_role("button", name="Voir le verdict")).to_be_visible()
    page.fill(IN_SIDEBAR, f"{first};3,20\n{second};4")
    page.locator(".sidebar [data-one-box] button").click()
    page.get_by_role("button", name="En faire une liste").click()
    page.locator("#start").wait_for()
    page.context.close()
