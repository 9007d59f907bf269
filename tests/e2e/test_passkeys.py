"""Anne adds a passkey, shows it after her password, and then in place of name and password.

Where her browser has none, the page says so.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Site, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def site(live_server: Any, settings: Any) -> Site:
    settings.MFA = "optional"
    user = User.objects.create_user("anne", password=PASSWORD)
    return Site(url=live_server.url, keepa=None, user=user)


def press(page: Page) -> None:
    page.locator("form[data-passkey] button[type=submit]").click()


def test_a_passkey_signs_in(page: Page, site: Site) -> None:
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    sign_in(page, site, "/mon-compte/securite/")
    assert page.locator("img.qr").evaluate("picture => picture.naturalWidth > 0")
    page.fill("#passkey-name", "Laptop")
    press(page)
    expect(page.locator(".codes li")).to_have_count(10)
    expect(page.locator(".factors")).to_contain_text("Laptop")

    page.context.clear_cookies()
    page.goto(f"{site.url}/login/?next=/mon-compte/")
    page.fill("#id_username", "anne")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/connexion/deuxieme-etape/")
    press(page)
    page.wait_for_url("**/mon-compte/")

    page.context.clear_cookies()
    page.goto(f"{site.url}/login/?next=/mon-compte/")
    press(page)
    page.wait_for_url("**/mon-compte/")
    expect(page.locator(".identity")).to_contain_text("anne")

    page.add_init_script("delete window.PublicKeyCredential")  # as at an address without https
    page.goto(f"{site.url}/mon-compte/securite/")
    expect(page.locator("[data-no-passkeys]")).to_be_visible()
    expect(page.locator("#passkey-name")).to_be_hidden()
