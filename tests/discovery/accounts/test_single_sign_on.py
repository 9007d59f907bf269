"""Single sign-on: whom a provider's answer signs in, and whom none does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import deactivate, invite, is_waiting
from discovery.accounts.password_links import LinkKind, mail_link
from discovery.accounts.roles import Role, role_of
from tests.discovery.accounts.oidc_provider import CLIENT, SECRET, Provider

pytestmark = pytest.mark.django_db

RIGHT = "correct horse battery"


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with Provider() as provider:
        settings.OIDC_DISCOVERY_URL = f"{provider.url}/.well-known/openid-configuration"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
        settings.OIDC_NAME = "Keycloak"
        yield provider


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def anne() -> User:
    return invite(name="anne", email="anne@example.org", role=Role.MEMBER)


def back_from_provider(browser: Client, next: str = "/favoris/", **asked: Any) -> str:
    """Begin, visit the provider, and return the address it sends the browser back to."""
    leaves = browser.get("/connexion/oidc/", {"next": next, **asked})
    assert leaves.status_code == 302, leaves.content.decode()
    parts = urlsplit(leaves["Location"])
    connection = HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().getheader("Location") or ""
    connection.close()
    return location.removeprefix("http://testserver")


def sign_in(browser: Client, next: str = "/favoris/") -> Any:
    return browser.get(back_from_provider(browser, next))


def is_signed_in(browser: Client) -> bool:
    return browser.get("/mon-compte/").status_code == 200


class TestWhoComesIn:
    @pytest.mark.usefixtures("anne")
    def test_who_was_invited_and_where_they_wanted_to_go(
        self, provider: Provider, browser: Client
    ) -> None:
        assert "Sign in with Keycloak" in browser.get("/login/").content.decode()
        answer = sign_in(browser)
        assert (answer.status_code, answer["Location"]) == (302, "/favoris/")
        assert is_signed_in(browser)

    def test_who_came_in_waits_no_more_and_keeps_their_role(
        self, provider: Provider, browser: Client, anne: User
    ) -> None:
        sign_in(browser)
        anne.refresh_from_db()
        assert not is_waiting(anne)
        assert role_of(anne) is Role.MEMBER

    def test_by_their_number_even_after_their_address_has_changed(
        self, provider: Provider, browser: Client, anne: User
    ) -> None:
        sign_in(browser)
        provider.person |= {"email": "new@example.org", "email_verified": False}
        other = Client()
        sign_in(other)
        assert other.get("/mon-compte/").wsgi_request.user == anne

    @pytest.mark.usefixtures("anne")
    def test_by_an_address_that_only_the_user_information_has(
        self, provider: Provider, browser: Client
    ) -> None:
        provider.in_token = False
        assert sign_in(browser).status_code == 302

    @pytest.mark.usefixtures("anne")
    def test_never_leaves_for_another_site(self, provider: Provider, browser: Client) -> None:
        assert sign_in(browser, next="https://evil.example/")["Location"] == "/"

    def test_is_made_where_the_settings_say_so_as_a_viewer(
        self, provider: Provider, browser: Client, settings: Any
    ) -> None:
        settings.OIDC_CREATE_USERS = True
        sign_in(browser)
        made = User.objects.get(email="anne@example.org")
        assert (made.username, role_of(made)) == ("anne@example.org", Role.VIEWER)

    def test_is_made_with_the_role_of_the_settings(
        self, provider: Provider, browser: Client, settings: Any
    ) -> None:
        settings.OIDC_CREATE_USERS, settings.OIDC_DEFAULT_ROLE = True, "member"
        sign_in(browser)
        assert role_of(User.objects.get(email="anne@example.org")) is Role.MEMBER


class TestWhoStaysOut:
    @pytest.mark.parametrize(
        ("told", "status", "sentence"),
        [
            ({"email_verified": False}, 403, "does not confirm your e-mail address"),
            ({"email": "eve@example.org"}, 403, "Nobody here has your e-mail address"),
        ],
    )
    def test_by_address(
        self, provider: Provider, browser: Client, anne: User, told: Any, status: int, sentence: str
    ) -> None:
        provider.person |= told
        answer = sign_in(browser)
        assert answer.status_code == status
        assert sentence in answer.content.decode()
        assert not is_signed_in(browser)
        assert not SocialAccount.objects.exists()

    @pytest.mark.usefixtures("anne")
    def test_of_another_domain(self, provider: Provider, browser: Client, settings: Any) -> None:
        settings.OIDC_EMAIL_DOMAINS = ["example.com"]
        assert sign_in(browser).status_code == 403

    def test_who_is_deactivated(self, provider: Provider, browser: Client, anne: User) -> None:
        sign_in(Client())
        deactivate(member=anne)
        answer = sign_in(browser)
        assert answer.status_code == 403
        assert "Your account is deactivated" in answer.content.decode()

    def test_another_person_with_the_address_of_a_member_who_came_in(
        self, provider: Provider, browser: Client, anne: User
    ) -> None:
        sign_in(Client())
        provider.person["sub"] = "43"
        assert "another identity" in sign_in(browser).content.decode()
        call_command("reset_sign_in", "anne", "--identity")
        assert sign_in(browser).status_code == 302

    def test_where_two_members_have_the_address(
        self, provider: Provider, browser: Client, anne: User
    ) -> None:
        User.objects.create_user("anna", email="ANNE@example.org")
        assert sign_in(browser).status_code == 403


@pytest.mark.usefixtures("anne")
class TestWhatIsNotBelieved:
    def test_a_refusal(self, provider: Provider, browser: Client) -> None:
        provider.denies = "access_denied"
        answer = sign_in(browser)
        assert answer.status_code == 403
        assert "Keycloak did not let you in" in answer.content.decode()

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"},
            {"aud": "another"},
            {"iss": "https://another.example"},
            {"exp": 1},
            {"aud": [CLIENT, "another"]},
        ],
        ids=lambda claims: next(iter(claims)),
    )
    def test_a_token_of_something_else(
        self, provider: Provider, browser: Client, claims: Any
    ) -> None:
        provider.claims = claims
        assert sign_in(browser).status_code == 502
        assert not is_signed_in(browser)

    def test_a_token_somebody_else_has_signed(self, provider: Provider, browser: Client) -> None:
        provider.key = 1
        assert sign_in(browser).status_code == 502

    def test_a_state_of_another_browser(self, provider: Provider, browser: Client) -> None:
        answer = browser.get(back_from_provider(Client()))
        assert answer.status_code == 400
        assert "begun in another browser" in answer.content.decode()

    def test_the_same_answer_twice(self, provider: Provider, browser: Client) -> None:
        address = back_from_provider(browser)
        assert browser.get(address).status_code == 302
        browser.post("/logout/")
        assert browser.get(address).status_code == 400

    def test_a_provider_that_is_out_of_order(self, provider: Provider, browser: Client) -> None:
        provider.status = 503
        answer = browser.get("/connexion/oidc/")
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "Keycloak does not answer" in answer.content.decode()

    def test_a_provider_nobody_can_reach(self, browser: Client, settings: Any) -> None:
        with Provider() as gone:
            settings.OIDC_DISCOVERY_URL = gone.url
        assert browser.get("/connexion/oidc/").status_code == 503

    def test_a_provider_that_asks_for_secrets_in_the_clear(
        self, provider: Provider, browser: Client
    ) -> None:
        provider.description = {"token_endpoint": "http://elsewhere.example/token"}
        assert browser.get("/connexion/oidc/").status_code == 502

    def test_a_link_on_another_site(self, provider: Provider, browser: Client) -> None:
        answer = browser.get("/connexion/oidc/", headers={"sec-fetch-site": "cross-site"})
        assert answer["Location"] == "/login/"

    def test_guesses_without_end(self, provider: Provider, browser: Client, settings: Any) -> None:
        settings.SIGN_IN_FAILURES_ADDRESS = 2
        answers = [browser.get("/connexion/oidc/retour/?state=x").status_code for _ in range(3)]
        assert answers == [400, 400, 429]


class TestSigningOut:
    @pytest.mark.usefixtures("anne")
    def test_leads_on_to_the_provider(self, provider: Provider, browser: Client) -> None:
        sign_in(browser)
        answer = browser.post("/logout/")
        told = parse_qs(urlsplit(answer.context["address"]).query)
        assert answer.context["address"].startswith(f"{provider.url}/end?")
        assert told["post_logout_redirect_uri"] == ["http://testserver/login/"]
        assert not is_signed_in(browser)

    @pytest.mark.usefixtures("anne")
    def test_leads_where_the_settings_say(
        self, provider: Provider, browser: Client, settings: Any
    ) -> None:
        provider.description = {"end_session_endpoint": None}
        settings.OIDC_LOGOUT_URL = "https://id.example/bye"
        sign_in(browser)
        assert browser.post("/logout/").context["address"] == "https://id.example/bye"

    def test_of_a_session_with_a_password_stays_here(
        self, provider: Provider, browser: Client
    ) -> None:
        browser.force_login(User.objects.create_user("bob"))
        assert browser.post("/logout/")["Location"] == "/login/"


class TestWithoutPasswords:
    @pytest.fixture(autouse=True)
    def _off(self, provider: Provider, settings: Any) -> None:
        settings.LOCAL_LOGIN = False

    @pytest.fixture
    def boss(self) -> User:
        return User.objects.create_superuser("boss", "boss@example.org", RIGHT)

    def test_the_page_has_no_password_and_takes_none(self, browser: Client, boss: User) -> None:
        assert 'name="password"' not in browser.get("/login/").content.decode()
        answer = browser.post("/login/", {"username": "boss", "password": RIGHT})
        assert answer.status_code == 403
        assert "Nobody signs in with a password here." in answer.content.decode()
        assert not is_signed_in(browser)

    def test_nor_does_the_administration(self, browser: Client, boss: User) -> None:
        answer = browser.post("/admin/login/?next=/admin/", {"username": "boss", "password": RIGHT})
        assert answer["Location"] == "/login/?next=/admin/"
        assert not is_signed_in(browser)

    def test_password_links_lead_to_the_sign_in_page(self, browser: Client) -> None:
        for address in ("/mot-de-passe/oublie/", "/mot-de-passe/choisir/x/x/"):
            assert browser.get(address)["Location"] == "/login/"

    def test_no_password_is_changed(self, browser: Client, boss: User) -> None:
        browser.force_login(boss)
        assert "password-title" not in browser.get("/mon-compte/").content.decode()
        assert browser.post("/mon-compte/", {}).status_code == 403

    def test_the_account_says_where_it_is_changed(self, browser: Client, boss: User) -> None:
        browser.force_login(boss)
        assert "You sign in with Keycloak" in browser.get("/mon-compte/").content.decode()

    def test_an_invitation_needs_an_address_and_makes_no_password_link(
        self, browser: Client, boss: User
    ) -> None:
        browser.force_login(boss)
        assert browser.post("/membres/", {"name": "carl", "role": "member"}).status_code == 422
        asked = {"name": "carl", "email": "carl@example.org", "role": "member"}
        page = browser.post("/membres/", asked, follow=True).content.decode()
        assert "carl is invited, and signs in with Keycloak." in page
        assert "/mot-de-passe/choisir/" not in page

    def test_an_invitation_that_is_mailed_says_how_one_comes_in(
        self, browser: Client, boss: User, anne: User
    ) -> None:
        moment = datetime(2026, 5, 4, tzinfo=UTC)
        mail_link(
            user_id=anne.pk, kind=LinkKind.INVITATION, site="https://vault.example",
            language="en", now=moment,
        )  # fmt: skip
        (sent,) = mail.outbox
        assert "Sign in here with Keycloak" in sent.body
        assert "https://vault.example/login/" in sent.body
        assert "password" not in sent.body

    def test_nobody_is_given_a_password_link(self, browser: Client, boss: User, anne: User) -> None:
        browser.force_login(boss)
        assert browser.post(f"/membres/{boss.pk}/lien/").status_code == 404
        page = browser.post(f"/membres/{anne.pk}/lien/", follow=True).content.decode()
        assert "anne is invited, and signs in with Keycloak." in page

    def test_api_tokens_go_on(self, browser: Client, anne: User) -> None:
        _token, text = create_api_token(user=anne)
        headers = {"authorization": f"Bearer {text}"}
        assert browser.get("/api/v1/tokens", headers=headers).status_code == 200

    def test_an_administrator_comes_in_by_a_link_of_the_command_once(
        self, browser: Client, boss: User, capsys: Any
    ) -> None:
        call_command("sign_in_link", "boss")
        path = urlsplit(capsys.readouterr().out.splitlines()[0]).path
        assert browser.get(path).status_code == 200
        assert not is_signed_in(browser)
        assert browser.post(path).status_code == 302
        assert is_signed_in(browser)
        assert Client().post(path).status_code == 410

    def test_the_link_is_for_administrators(self, anne: User) -> None:
        with pytest.raises(CommandError, match="No administrator is called anne"):
            call_command("sign_in_link", "anne")


def test_the_link_of_the_command_is_for_sites_without_passwords() -> None:
    with pytest.raises(CommandError, match="LOCAL_LOGIN is on"):
        call_command("sign_in_link", "boss")
