"""The story of the first evening: sign in, ask a niche, read the answer, ask again for nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE_MS, Site, alive, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST_SENTENCE = re.compile("1 recherche sur 2 n.a coûté aucun jeton")


def ask_books(page: Page, *, products: int = 15) -> None:
    """Books on amazon.com, BSR 10 000 to 50 000, from the form of Mes Niches."""
    page.locator("#search-form [name=category]").wait_for()
    alive(page)
    page.select_option("[name=marketplace]", "us")
    page.locator("[name=category] option[value=Books]").wait_for(state="attached")
    page.select_option("[name=category]", "Books")
    page.fill("[name=bsr_min]", "10 000")
    page.fill("[name=bsr_max]", "50 000")
    page.fill("[name=max_results]", str(products))
    expect(page.locator("#quote b").first).to_be_visible()
    page.click("button[name=action][value=run]")
    expect(page.locator("#results")).to_be_visible(timeout=PATIENCE_MS)
    alive(page)


def asins_on(page: Page) -> list[str]:
    rows = page.locator("tbody.product")
    found: list[str] = rows.evaluate_all("rows => rows.map(row => row.dataset.asin)")
    return found


def tokens(page: Page, kind: str) -> int:
    return int(page.locator(f"[data-{kind}]").get_attribute(f"data-{kind}") or "-1")


def fits(page: Page) -> bool:
    """Whether the page can be read without scrolling sideways."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def test_a_niche_is_answered_and_the_second_time_costs_nothing(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.get_by_role("link", name="Mes Niches").first.click()
    ask_books(page)

    expect(page.locator("tbody.product")).to_have_count(15)
    assert len(set(found := asins_on(page))) == 15
    assert page.evaluate(
        "(f => f.scrollWidth <= f.clientWidth)(document.querySelector('.table-frame'))"
    )
    spent = tokens(page, "spent")
    assert spent == site.keepa.charged_total > 0
    page.locator("[data-act=explain]").first.click()
    expect(page.locator(".why-row .reasons").first).to_be_visible()

    first = page.url
    page.get_by_role("button", name="Relancer").click()
    page.wait_for_url(lambda url: url != first)
    expect(page.locator("#results")).to_be_visible()
    alive(page)
    assert asins_on(page) == found
    assert (tokens(page, "spent"), tokens(page, "saved")) == (0, spent)
    assert site.keepa.charged_total == spent

    page.goto(site.url)
    expect(page.get_by_text(FIRST_SENTENCE)).to_be_visible()


def test_the_same_story_fits_a_phone(phone: Page, site: Site) -> None:
    sign_in(phone, site)
    assert fits(phone)
    phone.goto(f"{site.url}/niches/")
    assert fits(phone)
    ask_books(phone)
    assert fits(phone)
    expect(phone.locator("tbody.product .verdict").first).to_be_visible()


@pytest.mark.no_worker
def test_the_language_is_changed_with_one_click(page: Page, site: Site) -> None:
    sign_in(page, site)
    expect(page.locator("h1")).to_have_text("Tableau de bord")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Dashboard")
    page.get_by_role("button", name="Français").click()
    expect(page.locator("h1")).to_have_text("Tableau de bord")


@pytest.mark.no_worker
def test_a_question_that_makes_no_sense_is_explained_and_costs_nothing(
    page: Page, site: Site
) -> None:
    sign_in(page, site, "/niches/")
    page.select_option("[name=category]", "Livres")
    page.fill("[name=bsr_min]", "50 000")
    page.fill("[name=bsr_max]", "10 000")
    with page.expect_response(lambda response: response.status == 422):
        page.click("button[name=action][value=run]")
    expect(page.get_by_role("alert")).to_contain_text("Rien n’a été cherché ni dépensé")
    assert page.input_value("[name=bsr_min]") == "50 000"
    assert site.keepa.charged_total == 0


def test_from_the_answer_to_a_favourite_and_a_cost_tried_out(page: Page, site: Site) -> None:
    sign_in(page, site, "/niches/")
    ask_books(page)
    spent = site.keepa.charged_total
    with page.expect_download() as download:
        page.get_by_role("link", name="Exporter (CSV)").click()
    assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")

    page.locator("a.product-title").first.click()
    page.wait_for_url("**/produits/**")  # loaded, scripts included, before anything is typed
    title = page.locator("h1").inner_text()
    assert page.evaluate(
        "(b => b.getBoundingClientRect().right <= b.closest('.card').getBoundingClientRect().right)"
        "(document.querySelector('.verdict-line .verdict'))"
    )
    before = page.locator("[data-figure=roi]").inner_text()
    page.fill("#cost", "3,20")
    expect(page.locator("[data-figure=roi]")).not_to_have_text(before)
    expect(page.locator("#computed")).to_contain_text("votre coût")
    page.get_by_role("button", name="Ajouter aux favoris").click()
    expect(page.get_by_role("button", name="Retirer des favoris")).to_be_visible()

    page.get_by_role("link", name="Favoris").first.click()
    expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
    page.get_by_role("link", name="Historique").first.click()
    expect(page.get_by_role("heading", name="1 recherche")).to_be_visible()
    assert site.keepa.charged_total == spent
