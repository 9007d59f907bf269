"""axe-core finds no barrier on any page: light and dark, desktop and phone, full and empty."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.discovery.accounts.oidc_provider import CLIENT, SECRET, Provider
from tests.discovery.accounts.test_second_factor import code_of
from tests.e2e.conftest import PASSWORD, Complaints, Site, have_session, visit
from tests.e2e.sourcing_pages import furnish
from tests.e2e.test_first_search import ask_books

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

# The explanations of an answer are all made alike: two of them stand for all.
OPEN_DETAILS = """() => {
  document.querySelectorAll('details').forEach(one => { one.open = true });
  const why = [...document.querySelectorAll('[data-act=explain]')].slice(0, 2);
  why.filter(one => one.ariaExpanded === 'false').forEach(one => one.click());
  return why.length;
}"""


# Only what is held against the page is looked up and brought here, not what axe is content with.
ASK_AXE = """
  options => axe.run(document, {...options, resultTypes: ['violations']})
    .then(found => found.violations)
"""


def barriers(page: Page, rules: list[str] | None = None) -> list[tuple[str, str, Any]]:
    """What axe holds against the page, explanations opened: how grave, which rule, and where."""
    page.wait_for_load_state()  # whoever opens a row on a click listens by then
    opened = page.evaluate(OPEN_DETAILS)
    expect(page.locator(".why-row")).to_have_count(opened)
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(ASK_AXE, {"runOnly": rules} if rules else {})
    return [
        (one["impact"], one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found
    ]


def assert_no_barrier(page: Page, what: str, *, in_the_dark: bool) -> None:
    """Neither in the light nor, where that is asked, in the dark: the same page, other colours."""
    assert barriers(page) == [], what
    if in_the_dark:
        page.emulate_media(color_scheme="dark")
        assert barriers(page, ["color-contrast"]) == [], f"{what}, dark"
        page.emulate_media(color_scheme="light")


def test_no_page_has_a_barrier(
    site: Site, chromium_browser: Browser, complaints: Complaints
) -> None:
    answer = product = ""
    for device, (width, height) in SIZES.items():
        dark = device == "desktop"
        size: Any = {"width": width, "height": height}
        page = visit(chromium_browser, site, complaints, viewport=size, color_scheme="light")
        page.goto(site.url)
        assert_no_barrier(page, f"login, {device}", in_the_dark=dark)
        have_session(page, site)
        if not answer:
            # What stands for nothing is one part of all of them: in the dark it is seen in two.
            for empty in ("/", "/niches/", "/favoris/", "/historique/"):
                page.goto(f"{site.url}{empty}")
                in_the_dark = empty in {"/", "/favoris/"}
                assert_no_barrier(page, f"{empty}, empty", in_the_dark=in_the_dark)
            page.goto(f"{site.url}/niches/")
            ask_books(page, products=5)
            answer = page.url
            product = page.locator("a.product-title").first.get_attribute("href") or ""
            page.goto(f"{site.url}{product}")
            page.locator(".page-actions button[type=submit]").click()
        phone_too = [f"{site.url}/", answer]
        others = [
            f"{site.url}/niches/",
            f"{site.url}{product}?cost=abc",
            f"{site.url}/favoris/",
            f"{site.url}/historique/",
            f"{site.url}/recherche-rapide/?q=livre",
            f"{site.url}/lexique/",
            f"{site.url}/bienvenue/",
            f"{site.url}/configuration/",
            f"{site.url}/configuration/liens/",
            f"{site.url}/configuration/profils/prudent/",
            f"{site.url}/niches/categories/arbre/?marketplace=us",
        ]
        # On a phone they are made of the parts of the first two.
        on_desktop = others if device == "desktop" else []
        for address in (*phone_too, *on_desktop):
            page.goto(address)
            expect(page.locator(".htmx-request")).to_have_count(0)
            assert_no_barrier(page, f"{address}, {device}", in_the_dark=dark)
        page.context.close()


@pytest.mark.no_worker
def test_no_page_of_autosourcing_has_a_barrier(
    site: Site, chromium_browser: Browser, complaints: Complaints
) -> None:
    """In the light at a desk; the review, made of what all of them are, in the dark and small."""
    desk: Any = {"width": 1280, "height": 900}
    page = visit(chromium_browser, site, complaints, viewport=desk, color_scheme="light")
    have_session(page, site)
    for empty in ("", "trouvailles/", "veilles/", "alertes/"):
        page.goto(f"{site.url}/autosourcing/{empty}")
        assert_no_barrier(page, f"{empty}, empty", in_the_dark=False)
    for what, address in furnish(site.user).items():
        page.goto(f"{site.url}{address}")
        expect(page.locator(".htmx-request")).to_have_count(0)
        assert_no_barrier(page, what, in_the_dark=what == "review")
    width, height = SIZES["phone"]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{site.url}/autosourcing/")
    assert_no_barrier(page, "review, phone", in_the_dark=False)
    page.context.close()


@pytest.mark.no_worker
def test_no_way_in_has_a_barrier(site: Site, chromium_browser: Browser, settings: Any) -> None:
    """All a sign-in can show, at a desk in both lights: each page is one narrow panel."""
    desk: Any = {"width": 1280, "height": 900}
    # What is refused is answered with a status that the browser complains of.
    page = visit(chromium_browser, site, Complaints(), viewport=desk, color_scheme="light")
    with Provider() as provider:
        settings.OIDC_DISCOVERY_URL = f"{provider.url}/.well-known/openid-configuration"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
        settings.OIDC_NAME, settings.MFA = "Keycloak", "required"
        page.goto(f"{site.url}/connexion/oidc/")
        expect(page.get_by_role("alert")).to_be_visible()  # nobody was invited with that address
        assert_no_barrier(page, "not signed in", in_the_dark=True)
    page.goto(f"{site.url}/login/")
    expect(page.locator("form[data-passkey]")).to_be_visible()
    assert_no_barrier(page, "login with everything", in_the_dark=True)

    give_password(page)
    page.fill("[name=code]", "no code")
    page.press("[name=code]", "Enter")
    expect(page.locator(".errors:visible")).to_have_count(1)
    expect(page.locator("[name=code]")).to_have_value("")
    assert_no_barrier(page, "setting an app up", in_the_dark=True)
    secret = page.locator(".new-app code").inner_text().replace(" ", "")
    page.fill("[name=code]", code_of(secret))
    page.press("[name=code]", "Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    assert_no_barrier(page, "recovery codes", in_the_dark=True)
    for address in ("/mon-compte/", "/mon-compte/securite/"):
        page.goto(f"{site.url}{address}")
        assert_no_barrier(page, address, in_the_dark=False)

    page.context.clear_cookies()
    page.goto(f"{site.url}/login/")
    give_password(page)
    expect(page.locator("#id_code")).to_be_focused()
    assert_no_barrier(page, "second step", in_the_dark=True)
    page.context.close()


def give_password(page: Page) -> None:
    page.fill("#id_username", "anne")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/connexion/deuxieme-etape/")
