"""The story of a bolder profile: copied, previewed on what is known, saved, taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site, alive, sign_in
from tests.e2e.test_first_search import asins_on, ask_books, fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_profile_is_changed_with_a_preview_and_restored_for_no_token(
    page: Page, site: Site
) -> None:
    sign_in(page, site, "/niches/")
    ask_books(page)
    found, spent = asins_on(page), site.keepa.charged_total

    page.get_by_role("link", name="Configuration").first.click()
    page.get_by_role("button", name="Copier pour moi Équilibré").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Équilibré, ma version")
    alive(page)

    for setting, value in (("roi_percent", "2"), ("margin_percent", "1"), ("profit", "0,5")):
        page.fill(f"[name=consider_{setting}]", value)
    page.get_by_role("button", name="Voir ce que cela change").last.click()
    panel = page.locator("#preview")
    expect(panel.locator("[data-figure=changed]")).to_contain_text("15 produits connus")
    alive(page)
    changed = panel.locator("tbody tr").count()
    assert changed > 0
    page.get_by_role("button", name="Enregistrer ces réglages").click()
    expect(page.locator(".revisions > li")).to_have_count(2)

    page.goto(f"{site.url}/niches/")
    page.select_option("[name=profile]", label="Équilibré, ma version")
    ask_books(page)
    assert page.locator(".verdict-cell .verdict.consider").count() in range(1, changed + 1)
    assert set(asins_on(page)) == set(found)
    # Only what now deserves a closer look was bought: 3 tokens each for the Buy Box.
    assert site.keepa.charged_total - spent <= 3 * changed

    page.goto(f"{site.url}/configuration/profils/equilibre-ma-version/")
    page.get_by_role("button", name="Rétablir 1").click()
    expect(page.locator(".revisions > li")).to_have_count(3)
    expect(page.locator("[name=consider_roi_percent]")).to_have_value("15")


@pytest.mark.no_worker
def test_the_configuration_fits_a_phone_and_shows_a_token_once(phone: Page, site: Site) -> None:
    sign_in(phone, site, "/configuration/profils/equilibre/")
    assert fits(phone)
    phone.goto(f"{site.url}/configuration/")
    assert fits(phone)
    phone.fill("#token-name", "tableur")
    phone.get_by_role("button", name="Créer un jeton").click()
    token = phone.locator("#new-token").input_value()
    assert token.startswith("arb_")
    phone.goto(f"{site.url}/configuration/")
    expect(phone.locator("#new-token")).to_have_count(0)
    assert token not in phone.content()
