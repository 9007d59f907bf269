"""The interactive page of the API: the site serves all of it, and it fits a phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ViewportSize, expect

from tests.e2e.conftest import PASSWORD, Complaints, Site, have_session, visit
from tests.e2e.test_first_search import fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.no_worker,
    pytest.mark.django_db(transaction=True),
]

SIZES: tuple[ViewportSize, ...] = (
    {"width": 1280, "height": 844},
    {"width": 390, "height": 844},
)


@pytest.fixture
def site(live_server: Any) -> Site:
    """The site without its queue and without Keepa: nothing of this story asks for either."""
    user = User.objects.create_user("anne", password=PASSWORD)
    return Site(url=live_server.url, keepa=None, user=user)


# ``complaints`` fails for a word on the console, or a request to anywhere else.
def test_a_call_is_read_and_tried(
    site: Site, chromium_browser: Browser, complaints: Complaints
) -> None:
    """At a desk and, the window made narrow, on a phone: to draw 150 calls again takes seconds."""
    page = visit(chromium_browser, site, complaints, viewport=SIZES[0])
    have_session(page, site)
    page.goto(f"{site.url}/api/v1/docs")
    call = page.locator("#operations-tokens-tokens_tokens")
    call.locator(".opblock-summary-control").click()
    expect(call.get_by_text("Scope: read")).to_be_visible()
    for size in SIZES:
        page.set_viewport_size(size)
        assert fits(page), size
    call.get_by_role("button", name="Try it out").click()
    for size in SIZES:
        page.set_viewport_size(size)
        with page.expect_response("**/api/v1/tokens") as answer:
            call.get_by_role("button", name="Execute").click()
        assert answer.value.status == 200
        expect(call.locator(".live-responses-table")).to_be_visible()
        assert fits(page), size
    page.context.close()
