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
from tests.e2e.conftest import PATIENCE_MS, Site, sign_in
from tests.e2e.test_accessibility import barriers
from tests.e2e.test_first_search import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def supplier_file(site: Site, tmp_path: Path) -> Path:
    """Six books with their costs, a duplicate, and two lines nobody can read."""
    filters = read_filters({"marketplace": "us", "categories": ["Books"]})
    client = KeepaClient(
        api_key="sandbox",
        base_url="http://sandbox.test",
        transport=SandboxTransport(site.keepa),
    )
    with using_client(client):
        asins = discover(filters=filters, max_results=6, asker=Asker(source="manual")).asins
    client.close()
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
    page.select_option("[name=marketplace]", "us")


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
    sign_in(phone, site)
    phone.goto(f"{site.url}/listes/")
    assert fits(phone)
    give(phone, site, supplier_file)
    assert fits(phone)
    phone.click("#start")
    expect(phone.locator("tbody.product")).to_have_count(6, timeout=PATIENCE_MS)
    assert fits(phone)
    assert barriers(phone) == []
    phone.goto(f"{site.url}/listes/")
    assert fits(phone)
