"""The interactive page of the API: the site serves all of it, and it fits a phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PASSWORD, Complaints, Site, have_session, visit
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def site(live_server: Any) -> Site:
    """The site without its queue and without Keepa: nothing of this story asks for either."""
    user = User.objects.create_user("anne", password=PASSWORD)
    return Site(url=live_server.url, keepa=None, user=user)


def opened(page: Page, site: Site) -> None:
    """The page, with the call that reads the balance of tokens unfolded."""
    have_session(page, site)
    page.goto(f"{site.url}/api/v1/docs")
    call = page.locator("#operations-tokens-tokens_tokens")
    call.locator(".opblock-summary-control").click()
    expect(call.get_by_text("Scope: read")).to_be_visible()
    assert fits(page)


# ``complaints`` fails for a word on the console, or a request to anywhere else.
@pytest.mark.parametrize("width", [1280, 390])
def test_a_call_is_read_and_tried(
    site: Site, chromium_browser: Browser, complaints: Complaints, width: int
) -> None:
    page = visit(chromium_browser, site, complaints, viewport={"width": width, "height": 844})
    opened(page, site)
    call = page.locator("#operations-tokens-tokens_tokens")
    call.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/api/v1/tokens") as answer:
        call.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    assert fits(page)
    page.screenshot(path=f"/tmp/w/r2-api-docs-{width}.png")  # noqa: S108
    page.context.close()
