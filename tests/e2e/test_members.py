"""An administrator invites a viewer, who reads everything and spends nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from discovery.profiles.service import ensure_shipped_profiles
from tests.e2e.conftest import PASSWORD, PATIENCE_MS, Complaints, Site, have_session, sign_in, visit
from tests.e2e.test_accessibility import assert_no_barrier
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

PHONE: Any = {"width": 390, "height": 844}


@pytest.fixture
def site(live_server: Any, live_keepa: Any, settings: Any) -> Site:
    """The site without its queue: nothing of this story waits for one. Anne administers it."""
    settings.KEEPA_BASE_URL = live_keepa.url
    ensure_shipped_profiles()
    user = User.objects.create_superuser("anne", password=PASSWORD)
    return Site(url=live_server.url, keepa=live_keepa.app, user=user)


def invite(page: Page, site: Site, name: str, role: str) -> str:
    """The link that the page shows for the new user."""
    page.goto(f"{site.url}/membres/")
    page.fill("[name=name]", name)
    page.locator("#id_role").select_option(role)
    page.locator("form[action$='/membres/'] button[type=submit]").click()
    link = page.locator("#fresh-link")
    expect(link).to_be_visible()
    return link.input_value()


def choose_password(page: Page, site: Site, link: str) -> None:
    page.goto(link)
    page.fill("[name=new_password1]", PASSWORD)
    page.fill("[name=new_password2]", PASSWORD)
    page.press("[name=new_password2]", "Enter")
    page.wait_for_url(f"{site.url}/")


def test_an_invited_viewer_reads_and_spends_nothing(
    page: Page, site: Site, chromium_browser: Browser, complaints: Complaints
) -> None:
    have_session(page, site)
    link = invite(page, site, "vera", "viewer")
    page.reload()
    expect(page.locator("#fresh-link")).to_have_count(0)

    vera = visit(chromium_browser, site, complaints, viewport={"width": 1280, "height": 900})
    choose_password(vera, site, link)
    notice = vera.locator(".read-only-strip")
    expect(notice).to_be_visible()
    expect(vera.locator(f"a[href='{site.url}/membres/'], a[href='/membres/']")).to_have_count(0)
    for address in ("/niches/", "/favoris/", "/historique/"):
        vera.goto(f"{site.url}{address}")
        expect(notice).to_be_visible()
        expect(vera.locator(".content form[method=post]:visible")).to_have_count(0)
    token = vera.locator("[name=csrfmiddlewaretoken]").first.input_value()
    refused = vera.context.request.post(
        f"{site.url}/niches/recherche/",
        form={"csrfmiddlewaretoken": token, "action": "run", "category": "Books"},
        timeout=PATIENCE_MS,
    )
    assert refused.status == 403
    assert site.keepa.charged_total == 0
    vera.context.close()


def test_one_changes_ones_own_password(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.locator("a.who").click()
    page.fill("[name=old_password]", PASSWORD)
    page.fill("[name=new_password1]", PASSWORD + " indeed")
    page.fill("[name=new_password2]", PASSWORD + " indeed")
    page.press("[name=new_password2]", "Enter")
    expect(page.locator(".banner.success")).to_be_visible()


def test_these_pages_have_no_barrier_and_fit_a_phone(
    site: Site, chromium_browser: Browser, complaints: Complaints
) -> None:
    phone = visit(chromium_browser, site, complaints, viewport=PHONE, color_scheme="light")
    phone.goto(f"{site.url}/mot-de-passe/oublie/")
    assert_no_barrier(phone, "a password is forgotten", in_the_dark=True)
    assert fits(phone)
    have_session(phone, site)
    link = invite(phone, site, "vera-with-a-very-long-name-indeed@example.org", "viewer")
    assert fits(phone)
    assert_no_barrier(phone, "members", in_the_dark=True)
    assert fits(phone), "with the roles opened"
    phone.goto(f"{site.url}/mon-compte/")
    assert_no_barrier(phone, "one's own account", in_the_dark=True)
    assert fits(phone)
    phone.context.clear_cookies()
    phone.goto(link)
    assert_no_barrier(phone, "an invitation", in_the_dark=True)
    assert fits(phone)
    choose_password(phone, site, link)
    assert_no_barrier(phone, "the first page", in_the_dark=True)
    assert fits(phone)
    phone.context.close()
