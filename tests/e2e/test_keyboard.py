"""A search from sign-in to favourite without a mouse; whatever has the focus shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from discovery.scoring import Grade
from tests.discovery.builders import prices
from tests.discovery.products.test_pages import ASIN, stored
from tests.e2e.conftest import PASSWORD, PATIENCE_MS, Site, alive, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_STEPS = 80  # keys to anything on a page
# What is focused, and whether one can see that it is: it lies in the window, and is outlined.
FOCUS = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return {what: one.outerHTML.slice(0, 120), seen: outlined && inside};
}"""


def is_focused(target: Locator) -> bool:
    return bool(target.evaluate("one => one === document.activeElement"))


def walk_to(page: Page, target: Locator, *, key: str = "Tab") -> int:
    """Press the key until the target has the focus; every stop on the way shows its own."""
    target.wait_for(state="attached")
    for steps in range(1, MOST_STEPS + 1):
        page.keyboard.press(key)
        focus = page.evaluate(FOCUS)
        assert focus["seen"], focus["what"]
        if is_focused(target):
            return steps
    raise AssertionError(f"{target} cannot be reached with {key}")


def skip_to_content(page: Page) -> None:
    """The first stop of a page leads past the menu."""
    link = page.locator(".skip-link")
    assert walk_to(page, link) == 1
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def write(page: Page, name: str, text: str) -> None:
    walk_to(page, page.locator(f"[name={name}]"))
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def choose(page: Page, name: str, keys: str, value: str) -> None:
    """Pick an option of a list: the beginning of its words, or Home for the first."""
    field = page.locator(f"[name={name}]")
    walk_to(page, field)
    if keys == "Home":
        page.keyboard.press(keys)
    else:
        page.keyboard.type(keys)
    expect(field).to_have_value(value)


def test_a_search_is_made_read_and_kept_without_a_mouse(page: Page, site: Site) -> None:
    page.goto(site.url)
    username = page.locator("[name=username]")
    if not is_focused(username):
        walk_to(page, username)
    page.keyboard.type("anne")
    walk_to(page, page.locator("[name=password]"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")

    walk_to(page, page.get_by_role("link", name="Mes Niches").first)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/niches/")

    skip_to_content(page)
    offered = page.locator("[name=category] option").count()
    choose(page, "marketplace", "Home", "us")
    # amazon.com has more categories than amazon.fr: they are fetched when it is chosen.
    expect(page.locator("[name=category] option")).not_to_have_count(offered)
    choose(page, "category", "Books", "Books")
    write(page, "bsr_min", "10 000")
    write(page, "bsr_max", "50 000")
    write(page, "max_results", "5")
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_be_visible(timeout=PATIENCE_MS)
    alive(page)

    skip_to_content(page)
    walk_to(page, page.locator("[data-act=explain]").first)
    page.keyboard.press("Enter")
    expect(page.locator(".why-row .reasons").first).to_be_visible()

    title = page.locator("a.product-title").first
    walk_to(page, title, key="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/produits/**")

    skip_to_content(page)
    walk_to(page, page.get_by_role("button", name="Ajouter aux favoris"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Retirer des favoris")).to_be_visible()


@pytest.mark.no_worker
def test_the_grade_of_a_copy_is_asked_where_used_ones_are_sold(phone: Page, site: Site) -> None:
    stored(
        used=prices("5.20"),
        used_like_new=prices("5.20"),
        used_acceptable=prices("7.90"),
        used_buy_box=prices("27.60"),
        used_buy_box_grade=Grade.LIKE_NEW,
    )
    sign_in(phone, site, f"/produits/us/{ASIN}/?cost=2,50&profile=equilibre")
    expect(phone.locator("#grade")).to_have_count(0)
    phone.select_option("#profile", "occasion")
    grade = phone.locator("#grade")
    expect(grade).to_have_value("listing")
    expect(phone.locator("#computed")).to_contain_text("27,60")
    alive(phone)

    most = phone.locator("[data-figure=max-cost]").inner_text()
    grade.focus()
    phone.keyboard.press("End")
    expect(phone.locator("[data-figure=max-cost]")).not_to_have_text(most)
    expect(phone.locator("[data-figure=sold-as]")).to_contain_text("acceptable (supposé)")
    assert phone.locator("[form=check-form][name=grade]").input_value() == "unknown"
    assert is_focused(grade)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
