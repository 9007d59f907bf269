"""Filters are added to a question one by one, and taken away again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from discovery.models import Niche
from tests.e2e.conftest import Site, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.no_worker, pytest.mark.django_db(transaction=True)]


def test_a_filter_is_added_kept_changed_and_taken_away(page: Page, site: Site) -> None:
    sign_in(page, site, "/niches/?template=jouets-hors-saison")
    used = page.locator(".filter:visible")
    expect(page.locator("#add-filter")).to_be_visible()
    expect(used).to_have_count(1)
    expect(page.locator("[name=amazon_out_of_stock90_min]")).to_have_value("50")

    page.get_by_label("Ajouter un filtre").select_option("drops90")
    expect(page.locator("[name=drops90_min]")).to_be_focused()
    page.keyboard.type("30")
    page.get_by_label("Ajouter un filtre").select_option("exclude_hazmat")
    expect(page.locator("[name=exclude_hazmat]")).to_be_checked()
    page.get_by_role("button", name="Retirer le filtre Amazon en rupture").click()
    expect(used).to_have_count(2)
    page.locator("details.keep").get_by_role("button", name="Garder").click()
    page.wait_for_url(f"{site.url}/niches/")

    kept = Niche.objects.get().filters
    assert kept["drops90_min"] == 30
    assert kept["exclude_hazmat"] is True
    assert "amazon_out_of_stock90_min" not in kept
