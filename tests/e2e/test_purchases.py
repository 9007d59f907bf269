"""What was bought, from the product's page to its sale; no page of it has a barrier."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from discovery.lists.purchase_file import give_file
from tests.discovery.products.buying import LAMP, buy, sell
from tests.discovery.products.test_pages import ASIN, stored
from tests.e2e.conftest import Complaints, Site, alive, have_session, sign_in, visit
from tests.e2e.test_accessibility import assert_no_barrier
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]


def test_a_purchase_is_noted_on_the_product_and_sold(page: Page, site: Site) -> None:
    stored()
    sign_in(page, site, f"/produits/us/{ASIN}/?profile=prudent")
    form = page.locator("#decisions form.decision-form")
    form.get_by_label("Votre décision").select_option("bought")
    form.get_by_label("Prix payé").fill("8,40")
    form.get_by_label("Où").fill("Emmaüs")
    form.get_by_role("button").click()
    page.locator("#decisions").get_by_role("link", name="acheté").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The C")
    alive(page)
    sale = page.locator("#sales form.decision-form")
    sale.get_by_label("Prix de vente").fill("30")
    sale.get_by_label("Reçu d’Amazon").fill("20")
    sale.get_by_role("button", name="Ajouter la vente").click()
    expect(page.locator("#sales tbody")).to_contain_text("11,60 $")
    page.locator(".nav").get_by_role("link", name="Mes achats").click()
    expect(page.locator("[data-figure=profit]")).to_contain_text("11,60 $")
    assert site.keepa.charged_total == 0


def test_its_pages_have_no_barrier_and_fit_a_phone(
    site: Site, chromium_browser: Browser, complaints: Complaints
) -> None:
    stored()
    known = buy(site.user, "8.40", 3, market="us", asin=ASIN, place="Vinted")
    sell(known, "30", received="20")
    sell(buy(site.user, "12", 2, note="lot"), "9", received="5")
    lines = f"ASIN;Date;Coût;Vendu le;Quantité vendue;Prix de vente\n{LAMP};05/10/2026;8;2026-11-02;1;20\nx;y;z\n"  # noqa: E501
    give_file(user=site.user, name="achats.csv", source=lines, marketplace="fr")
    parts = ("", f"{known.pk}/", f"{known.pk}/supprimer/", "ajouter/", "importer/")
    for device, size in {"desktop": (1280, 900), "phone": (390, 844)}.items():
        viewport: Any = {"width": size[0], "height": size[1]}
        page = visit(chromium_browser, site, complaints, viewport=viewport, color_scheme="light")
        have_session(page, site)
        for part in parts:
            page.goto(f"{site.url}/achats/{part}")
            assert fits(page), f"{part}, {device}"
            assert_no_barrier(page, f"/achats/{part}, {device}", in_the_dark=device == "desktop")
        page.context.close()
