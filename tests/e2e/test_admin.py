"""The administration works under its policy, which lets no inline script run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User

from discovery.accounts.api_tokens import create_api_token
from tests.e2e.conftest import have_session

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.no_worker, pytest.mark.django_db(transaction=True)]

PAGES = (
    "discovery/apitoken/",
    "discovery/businessprofile/",
    "discovery/run/",
    "auth/user/add/",
    "django_q/schedule/add/",
    "analytics/searchhistory/cache-health/",
)


def test_the_administration_works_without_inline_scripts(page: Page, site: Site) -> None:
    User.objects.filter(pk=site.user.pk).update(is_staff=True, is_superuser=True)
    create_api_token(user=site.user, name="spreadsheet")
    have_session(page, site)
    for address in PAGES:
        answer = page.goto(f"{site.url}/admin/{address}")
        assert answer is not None
        assert answer.status == 200, address
        assert "'unsafe-inline'" not in script_policy(answer.headers["content-security-policy"])
    page.goto(f"{site.url}/admin/auth/user/{site.user.pk}/change/")
    page.fill("[name=first_name]", "Anne")
    page.click("[name=_save]")
    page.wait_for_url(f"{site.url}/admin/auth/user/")
    assert User.objects.get(pk=site.user.pk).first_name == "Anne"
    # Its menus are Alpine's: shut until somebody opens them.
    menu = page.locator("[x-data*=openUserLinks]").first
    links = menu.locator("[x-show=openUserLinks]")
    assert not links.is_visible()
    menu.locator("[x-on\\:click*=openUserLinks]").click()
    links.wait_for(state="visible")


def script_policy(policy: str) -> str:
    return next(part for part in policy.split(";") if part.strip().startswith("script-src "))
