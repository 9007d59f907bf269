"""An answer worked through with one key each, and no pointer; menus that close as menus do."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from discovery.models import Favourite, ProductDecision
from discovery.niches.service import create_niche
from discovery.products.product_costs import costs_of
from discovery.search.request import read_filters
from tests.e2e.conftest import PATIENCE_MS, Site, sign_in
from tests.e2e.test_accessibility import barriers
from tests.e2e.test_first_search import ask_books
from tests.e2e.test_keyboard import choose, is_focused, skip_to_content, walk_to, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# Of the focused row: is it outlined, and how many pixels of it cannot be seen, and why.
SHOWN = """one => {
  const head = one.closest('table').tHead.getBoundingClientRect();
  const box = one.getBoundingClientRect();
  const lost = (least, most) => Math.max(0, Math.floor(most - least));
  return {
    outlined: parseFloat(getComputedStyle(one).outlineWidth) >= 2,
    covered: head.bottom > 0 && head.top < box.bottom ? lost(box.top, head.bottom) : 0,
    above: lost(box.top, 0),
    below: lost(innerHeight, box.bottom),
  };
}"""


def search_books(page: Page, site: Site, *, products: int) -> None:
    """Books on amazon.com, from the form of Mes Niches, without a mouse."""
    page.goto(f"{site.url}/niches/")
    page.wait_for_load_state()
    skip_to_content(page)
    offered = page.locator("[name=category] option").count()
    choose(page, "marketplace", "Home", "us")
    expect(page.locator("[name=category] option")).not_to_have_count(offered)
    choose(page, "category", "Books", "Books")
    write(page, "bsr_min", "10 000")
    write(page, "bsr_max", "50 000")
    write(page, "max_results", str(products))
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("tbody.product")).to_have_count(products, timeout=PATIENCE_MS)
    page.wait_for_load_state()


def row(page: Page, place: int) -> Locator:
    return page.locator("tbody.product").nth(place)


def asin_of(page: Page, place: int) -> str:
    return row(page, place).get_attribute("data-asin") or ""


def expect_current(page: Page, place: int) -> None:
    """The row has the focus, shows it, and lies clear of what sticks to the window's edges."""
    line = row(page, place).locator(".main-row")
    expect(line).to_be_focused()
    expect(line).to_have_attribute("aria-current", "true")
    expect(page.locator(".main-row[tabindex='0']")).to_have_count(1)
    assert line.evaluate(SHOWN) == {"outlined": True, "covered": 0, "above": 0, "below": 0}


def type_cost(page: Page, place: int, cost: str) -> None:
    """``c`` goes to the cost of the row, Enter keeps it and comes back to the row made anew."""
    page.keyboard.press("c")
    field = row(page, place).locator("input[data-act=cost]")
    expect(field).to_be_focused()
    page.keyboard.type("x9")
    page.keyboard.press("Escape")
    expect_current(page, place)
    expect(field).to_have_value("")
    page.keyboard.press("c")
    page.keyboard.type(cost)
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Coût enregistré")
    expect_current(page, place)


def test_ten_products_are_triaged_and_exported_without_a_pointer(page: Page, site: Site) -> None:
    sign_in(page, site)
    search_books(page, site, products=12)
    told, asins = page.locator("#toast"), [asin_of(page, place) for place in range(12)]
    favourites, ignored, costly, mistyped = (0, 3, 6), (1, 4), 5, 7
    for place in range(10):
        page.keyboard.press("j")
        expect_current(page, place)
        if place in favourites:
            page.keyboard.press("f")
            expect(told).to_contain_text("Favori ajouté")
            expect(row(page, place)).to_contain_class("is-favourite")
        elif place in ignored:
            page.keyboard.press("i")
            expect(told).to_contain_text("Produit ignoré")
            expect(row(page, place)).to_contain_class("is-ignored")
        elif place == costly:
            type_cost(page, place, "3,20")
        elif place == mistyped:
            type_cost(page, place, "320")
            page.keyboard.press("u")
            expect(told).to_contain_text("Annulé")
            expect(row(page, place).locator("input[data-act=cost]")).to_have_value("")
            expect_current(page, place)

    # The tenth was ignored by mistake: one undo, and what was done before stays.
    page.keyboard.press("i")
    expect(row(page, 9)).to_contain_class("is-ignored")
    expect(told).to_contain_text("Produit ignoré")
    page.keyboard.press("u")
    expect(told).to_contain_text("Annulé")
    expect(row(page, 9)).not_to_contain_class("is-ignored")
    expect_current(page, 9)

    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("#selection .ticked")).to_have_text("2 produits cochés")
    expect(page.locator("#selection")).to_be_in_viewport(ratio=1)
    page.keyboard.press("s")
    with page.expect_download() as download:
        walk_to(page, page.locator("#selection [value=export]"))
        page.keyboard.press("Enter")
    heading, *lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert "ASIN" in heading
    assert len(lines) == 2
    assert asins[8] in "".join(lines)
    assert asins[9] in "".join(lines)
    page.keyboard.press("?")
    expect(page.locator("dialog#shortcuts")).to_be_visible()
    assert barriers(page) == []

    kept = Favourite.objects.filter(user=site.user).values_list("asin", flat=True)
    assert set(kept) == {asins[place] for place in favourites}
    dropped = ProductDecision.objects.filter(user=site.user, kind="ignored")
    assert set(dropped.values_list("asin", flat=True)) == {asins[place] for place in ignored}
    stated = costs_of(user_id=site.user.pk, marketplace="us", asins=asins)
    assert set(stated) == {asins[costly]}


def test_every_key_and_its_button_on_an_answer(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.goto(f"{site.url}/niches/")
    ask_books(page, products=5)
    page.wait_for_load_state()
    told = page.locator("#toast")

    # Neither in a field, nor with Ctrl: the browser's own keys stay the browser's.
    page.locator("details:has(#narrow-q) > summary").click()
    page.locator("#narrow-q").press_sequentially("jfx?")
    expect(page.locator("#narrow-q")).to_have_value("jfx?")
    page.locator("details:has(#narrow-q) > summary").click()
    page.keyboard.press("Control+j")
    expect(page.locator("[aria-current=true].main-row")).to_have_count(0)

    # The card of shortcuts takes the focus, and gives it back.
    page.keyboard.press("j")
    page.keyboard.press("?")
    card = page.locator("dialog#shortcuts")
    expect(card).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect_current(page, 0)
    page.keyboard.press("ArrowDown")
    expect_current(page, 1)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    expect_current(page, 0)

    # Explanation, Amazon, and the product's page.
    page.keyboard.press("e")
    expect(row(page, 0).locator(".reasons").first).to_be_visible()
    page.keyboard.press("e")
    expect(row(page, 0).locator(".reasons").first).to_be_hidden()
    # Nobody is asked: a new tab of the same address is all there is to see.
    page.context.route("https://www.amazon.*/**", lambda route: route.abort())
    with page.context.expect_page() as tab:
        page.keyboard.press("o")
    tab.value.close()

    # Several steps back, one of them a button's, one of many products.
    row(page, 1).locator("[data-act=favourite]").click()
    expect(told).to_contain_text("Favori ajouté")
    page.locator("thead [data-act=tick-page]").check()
    expect(page.locator("#selection .ticked")).to_have_text("5 produits cochés")
    page.locator("#selection [value=favourite]").click()
    expect(page.locator(".banner")).to_contain_text("4 produits ajoutés aux favoris.")
    expect(page.locator("tbody.product.is-favourite")).to_have_count(5)
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.locator(".banner")).to_contain_text("Annulé")
    expect(page.locator("tbody.product.is-favourite")).to_have_count(1)
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(told).to_contain_text("Annulé")
    expect(page.locator("tbody.product.is-favourite")).to_have_count(0)
    page.keyboard.press("u")
    expect(told).to_contain_text("rien à annuler")

    # What was done with a pointer is undone with one.
    row(page, 2).locator("[data-act=ignore]").click()
    told.get_by_role("button", name="Annuler").click()
    expect(told).to_contain_text("Annulé")
    assert not ProductDecision.objects.exists()

    # htmx puts another table in the place of this one: the current row is still known.
    page.keyboard.press("j")
    expect_current(page, 3)
    # Until it has settled, htmx gives rows of the same number their former classes.
    page.evaluate(
        "() => new Promise((done) => {"
        " document.body.addEventListener('htmx:afterSettle', () => done(), {once: true});"
        " htmx.ajax('GET', location.href,"
        " {target: '#results', select: '#results', swap: 'outerHTML'}); })"
    )
    page.wait_for_function("document.activeElement.matches('.main-row[aria-current]')")
    page.keyboard.press("f")
    expect(row(page, 3)).to_contain_class("is-favourite")
    expect(told).to_contain_text("Favori ajouté")

    # Turned off, letters do nothing; the arrows of a row still do.
    page.get_by_role("button", name="Raccourcis clavier").click()
    page.locator("#shortcuts-on").uncheck()
    page.keyboard.press("Escape")
    row(page, 3).locator("[data-act=favourite]").focus()
    page.keyboard.press("f")
    expect(row(page, 3)).to_contain_class("is-favourite")
    row(page, 3).locator(".main-row").focus()
    page.keyboard.press("ArrowUp")
    expect_current(page, 2)
    page.keyboard.press("b")
    expect_current(page, 2)
    page.keyboard.press("Enter")
    page.wait_for_url("**/produits/**")

    # Turned on again: bought, at the cost that was typed.
    page.evaluate("localStorage.clear()")
    page.go_back()
    page.wait_for_load_state()
    bought = asin_of(page, 0)
    page.keyboard.press("j")
    # One that cannot be read is not kept, and Esc leaves what was there.
    page.keyboard.press("c")
    page.keyboard.type("3,2O")
    page.keyboard.press("Enter")
    field = row(page, 0).locator("input[data-act=cost]")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(told).not_to_contain_text("Coût enregistré")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    page.keyboard.press("c")
    page.keyboard.type("3,20")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Coût enregistré")
    page.keyboard.press("b")
    page.wait_for_url("**/achats/ajouter/**")
    expect(page.locator("[name=asin]")).to_have_value(bought)
    expect(page.locator("[name=cost]")).to_have_value("3,2")


@pytest.mark.no_worker
def test_a_menu_lies_above_the_page_and_closes_on_esc_and_outside(page: Page, site: Site) -> None:
    asked = {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
    for name in ("Livres", "Manuels"):
        create_niche(owner=site.user, name=name, filters=read_filters(asked))
    sign_in(page, site)
    page.goto(f"{site.url}/niches/")
    page.wait_for_load_state()
    menus = page.locator(".niche-card details[data-menu]")
    first, second = menus.nth(0), menus.nth(1)
    height = page.evaluate("document.documentElement.scrollHeight")
    first.locator("summary").click()
    button = first.get_by_role("button", name="Dupliquer")
    expect(button).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight") == height
    button.focus()
    page.keyboard.press("Escape")
    expect(button).to_be_hidden()
    assert is_focused(first.locator("summary"))

    first.locator("summary").click()
    second.locator("summary").click()
    expect(button).to_be_hidden()
    expect(second.get_by_role("button", name="Dupliquer")).to_be_visible()
    page.locator("h1").click()
    expect(second.get_by_role("button", name="Dupliquer")).to_be_hidden()
