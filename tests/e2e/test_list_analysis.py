"""A supplier's file: bad lines seen by number, the price first, then the answer and its export."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from discovery.keepa.client import KeepaClient, using_client
from discovery.sandbox.transport import SandboxTransport
from discovery.search.discover import discover
from discovery.search.request import read_filters
from discovery.search.results import Asker
from tests.e2e.conftest import PATIENCE_MS, Site, alive, sign_in
from tests.e2e.test_accessibility import barriers
from tests.e2e.test_first_search import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def books_of(site: Site, marketplace: str, category: str) -> tuple[str, ...]:
    """Six books of the sandbox."""
    filters = read_filters({"marketplace": marketplace, "categories": [category]})
    client = KeepaClient(
        api_key="sandbox",
        base_url="http://sandbox.test",
        transport=SandboxTransport(site.keepa),
    )
    with using_client(client):
        asins = discover(filters=filters, max_results=6, asker=Asker(source="manual")).asins
    client.close()
    return asins


@pytest.fixture
def supplier_file(site: Site, tmp_path: Path) -> Path:
    """Six books with their costs, a duplicate, and two lines nobody can read."""
    asins = books_of(site, "us", "Books")
    rows = [f"{asin};2,50;{place % 3 + 1}" for place, asin in enumerate(asins)]
    rows.insert(2, "hello;1,00;1")
    rows.insert(5, f"{asins[0]};zut;1")
    rows.append(f"{asins[1]};3,50;2")
    path = tmp_path / "fournisseur.csv"
    path.write_text("\n".join(["ASIN;Coût;Qté", *rows]), encoding="cp1252")
    return path


def give(page: Page, site: Site, path: Path) -> None:
    page.goto(f"{site.url}/listes/")
    page.set_input_files("[name=file]", path)
    page.locator("#list-form button[type=submit]").click()
    page.locator("#start").wait_for()
    sell_in_the_us(page)


def sell_in_the_us(page: Page) -> None:
    """The list is read again for the marketplace, and shown anew."""
    alive(page)
    with page.expect_response("**/relire/"):
        page.select_option("[name=marketplace]", "us")
    expect(page.locator("[name=marketplace]")).to_have_value("us")
    expect(page.locator("[name=cost_vat]")).to_have_count(0)
    alive(page)


def test_from_the_suppliers_file_to_what_to_buy(
    page: Page, site: Site, supplier_file: Path
) -> None:
    sign_in(page, site)
    before = site.keepa.charged_total
    page.locator("#sidebar a[href='/listes/']").click()
    expect(page.locator(".empty")).to_be_visible()
    assert barriers(page) == []
    give(page, site, supplier_file)

    bad = page.locator("#bad-lines tbody tr")
    expect(bad).to_have_count(2)
    expect(bad.nth(0)).to_contain_text("4")
    expect(bad.nth(0)).to_contain_text("hello")
    expect(bad.nth(1)).to_contain_text("7")
    expect(bad.nth(1)).to_contain_text("zut")
    expect(page.locator("[data-products]")).to_have_text("6")
    expect(page.locator("[data-quoted]")).to_have_attribute("data-quoted", "6")
    assert site.keepa.charged_total == before
    assert barriers(page) == []

    page.click("#start")
    expect(page.locator("[data-spent]")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#progress")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("tbody.product")).to_have_count(6)
    spent = int(page.locator("[data-spent]").get_attribute("data-spent") or -1)
    assert spent == site.keepa.charged_total - before >= 6
    expect(page.locator("#bad-lines tbody tr")).to_have_count(2)
    assert page.evaluate(
        "(f => f.scrollWidth <= f.clientWidth)(document.querySelector('.table-frame'))"
    )
    assert barriers(page) == []

    with page.expect_download() as download:
        page.click("#export")
    exported = download.value.path().read_bytes().decode("utf-8-sig").splitlines()
    assert len(exported) == 1 + 6 + 2
    assert any(";2,5;" in line for line in exported)

    # The same file again: everything is known, and it is answered at once.
    give(page, site, supplier_file)
    expect(page.locator("#quote [data-quoted]")).to_have_count(0)
    page.click("#start")
    expect(page.locator("tbody.product")).to_have_count(6)
    assert site.keepa.charged_total == before + spent


def test_the_whole_story_fits_a_phone(phone: Page, site: Site, supplier_file: Path) -> None:
    sign_in(phone, site, "/listes/")
    assert fits(phone)
    give(phone, site, supplier_file)
    assert fits(phone)
    phone.click("#start")
    expect(phone.locator("tbody.product")).to_have_count(6, timeout=PATIENCE_MS)
    assert fits(phone)
    # What lies left of the page is not scrolled to: the boxes to tick stay within their card.
    assert phone.evaluate(
        "[...document.querySelectorAll('.pick')].every(pick => pick.getBoundingClientRect().left >="
        " pick.closest('.product').getBoundingClientRect().left)"
    )
    assert barriers(phone) == []
    phone.goto(f"{site.url}/listes/")
    assert fits(phone)


def test_what_was_read_wrong_is_corrected_before_anything_is_spent(
    page: Page, site: Site, tmp_path: Path
) -> None:
    asins = books_of(site, "fr", "Livres")
    rows = [f"{asin};Livre {place};36,00;12,90;12" for place, asin in enumerate(asins)]
    path = tmp_path / "tarif.csv"
    headings = ("Tarif revendeurs;;;;", "ASIN;Titre;Prix du colis HT;PVC TTC;Colisage")
    path.write_text("\n".join([*headings, *rows]), encoding="cp1252")
    sign_in(page, site, "/listes/")
    before = site.keepa.charged_total
    page.set_input_files("[name=file]", path)
    page.locator("#list-form button[type=submit]").click()
    first = page.locator(".understood tbody tr").first
    expect(first).to_contain_text("36,00 / 12")
    expect(first).to_contain_text("3,00 € HT")
    assert barriers(page) == []

    page.select_option("[name=cost]", label="PVC TTC")
    expect(first).to_contain_text("12,90 € TTC")
    alive(page)
    page.select_option("[name=cost]", "")
    expect(first).to_contain_text("3,00 € HT")
    alive(page)
    page.select_option("[name=cost_vat]", "incl")
    expect(first).to_contain_text("3,00 € TTC")
    alive(page)
    page.select_option("[name=currency]", "USD")
    expect(page.locator("#start")).to_have_count(0)
    expect(page.locator("[role=alert]")).to_contain_text("USD")
    alive(page)
    page.fill("[name=rate]", "0,5")
    page.press("[name=rate]", "Enter")
    expect(first).to_contain_text("1,50 € TTC")
    alive(page)
    assert site.keepa.charged_total == before

    page.click("#start")
    expect(page.locator("tbody.product")).to_have_count(6, timeout=PATIENCE_MS)
    expect(page.locator(".asked")).to_contain_text("1 USD = 0,5 EUR")
    page.locator("a.product-title").first.click()
    expect(page.locator("#cost")).to_have_value("1,5")
    alive(page)
    expect(page.locator("[data-figure=cost]")).to_have_text("1,50 € TTC")
    assert barriers(page) == []
