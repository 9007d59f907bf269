"""A viewer changes nothing and spends nothing: tests/arbvault/matrix asks at every address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import override

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import change_role
from discovery.accounts.roles import READ_ONLY, Role, ensure_viewers
from discovery.models import Niche
from tests.arbvault.matrix.addresses import ADDRESSES, PATHS
from tests.arbvault.matrix.rules import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

# Open to all, a second factor of their own, and what the matrix says viewers may post.
FREE = {Rule.OPEN, Rule.CONFIGURED, Rule.VIEWERS_TOO}
ALLOWED = sorted(
    {address.sample for address in ADDRESSES if RULES.get(address.name) in FREE}
    - {"/admin/login/", "/api/v1/", "/healthz", "/readyz", "/mot-de-passe/oublie/envoye/"}
    - {"/connexion/oidc/", "/connexion/oidc/retour/"}  # these are asked for, and take no form
    | {"/mon-compte/securite/"}
)


@pytest.fixture
def vera() -> User:
    user = User.objects.create_user("vera", password="hers")
    change_role(member=user, role=Role.VIEWER)
    return user


@pytest.fixture
def browser(vera: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(vera)
    return browser


def test_a_viewers_second_factor_is_their_own(browser: Client, settings: Any) -> None:
    settings.MFA = "optional"
    assert browser.post("/mon-compte/securite/", {"action": "codes"}).status_code == 302


def test_what_concerns_only_themselves_is_not_refused(browser: Client) -> None:
    assert "/niches/devis/" in ALLOWED
    for address in ALLOWED:
        assert browser.post(address).status_code != 403, address
        if address == "/logout/":
            browser.force_login(User.objects.get(username="vera"))


def test_the_walk_met_the_calls_that_spend(browser: Client) -> None:
    for address in ("/api/v1/products/discover", "/api/v1/products/x/favorite"):
        assert address in PATHS
        assert browser.post(address).status_code == 403


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_api_names_the_reason_in_the_callers_language(vera: User, language: str) -> None:
    program = Client(headers={"authorization": f"Bearer {create_api_token(user=vera)[1]}"})
    refused = program.post("/api/v1/products/discover", headers={"accept-language": language})
    assert refused["Content-Type"] == "application/problem+json"
    with override(language):
        assert refused.json()["detail"] == str(READ_ONLY)


def test_members_are_not_concerned(client_of: Callable[..., Any]) -> None:
    anne = client_of("anne")
    assert anne.post("/niches/recherche/", {}).status_code == 422
    assert anne.post("/api/v1/products/discover", "{}", "application/json").status_code == 422


def test_a_viewer_opens_every_page_and_is_told_so_on_each(browser: Client, vera: User) -> None:
    Niche.objects.create(owner=vera, name="Old books", marketplace="us", filters={})
    for address in ("/", "/niches/", "/favoris/", "/historique/", "/mon-compte/"):
        response = browser.get(address)
        assert response.status_code == 200
        text = response.content.decode()
        assert "Read-only account" in text
        assert 'class="read-only"' in text
    niches = browser.get("/niches/").content.decode()
    assert "Old books" in niches
    assert "/lancer/" not in niches
    assert "search-form" not in niches


def test_a_viewer_reads_the_api(vera: User, browser: Client) -> None:
    assert browser.get("/api/v1/tokens").status_code == 200


def test_a_role_counts_from_the_next_request_on(browser: Client, vera: User) -> None:
    assert browser.post("/niches/recherche/").status_code == 403
    change_role(member=vera, role=Role.MEMBER)
    assert browser.post("/niches/recherche/").status_code == 422


def test_an_administrator_in_the_viewers_group_is_not_locked_out(client: Client) -> None:
    boss = User.objects.create_superuser("boss", password="x")
    boss.groups.add(ensure_viewers())
    client.force_login(boss)
    assert client.post("/niches/recherche/").status_code == 422


def test_knowing_the_role_costs_no_statement(
    client_of: Callable[..., Any], django_assert_num_queries: Any
) -> None:
    anne = client_of("anne")
    with django_assert_num_queries(2):  # the session, the user
        assert anne.post("/favoris/").status_code == 405
