"""Mon compte, the forgotten password, and the page that a link opens."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import change_role
from discovery.accounts.password_links import LinkKind, password_link
from discovery.accounts.roles import Role
from discovery.tasks import mail_forgotten

pytestmark = pytest.mark.django_db

OLD, NEW = "correct horse battery", "staple of another kind"
CHANGE = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
CHOICE = {"new_password1": NEW, "new_password2": NEW}
FORGOTTEN = "/mot-de-passe/oublie/"


@pytest.fixture(autouse=True)
def forget() -> None:
    cache.clear()


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne", "anne@example.org", OLD)


@pytest.fixture
def browser(anne: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(anne)
    return browser


@pytest.fixture
def stranger() -> Client:
    return Client(headers={"accept-language": "en"})


def link_of(user: User) -> str:
    return password_link(user=user, kind=LinkKind.FORGOTTEN, now=timezone.now()).path


class TestMonCompte:
    def test_is_reached_from_ones_name(self, browser: Client) -> None:
        assert 'class="who" href="/mon-compte/"' in browser.get("/").content.decode()
        page = browser.get("/mon-compte/")
        assert page.status_code == 200
        assert "anne@example.org" in page.content.decode()

    def test_changes_the_password_and_ends_the_other_sessions(
        self, anne: User, browser: Client
    ) -> None:
        elsewhere = Client()
        elsewhere.force_login(anne)
        done = browser.post("/mon-compte/", CHANGE, follow=True)
        assert "Your password is changed" in done.content.decode()
        anne.refresh_from_db()
        assert anne.check_password(NEW)
        assert browser.get("/").status_code == 200
        assert elsewhere.get("/").status_code == 302

    def test_says_before_and_after_that_tokens_are_revoked(
        self, anne: User, browser: Client
    ) -> None:
        create_api_token(user=anne)
        before = browser.get("/mon-compte/").content.decode()
        assert "revokes your API tokens for good. 1 token is in use" in before
        done = browser.post("/mon-compte/", CHANGE, follow=True).content.decode()
        assert "your API tokens revoked" in done
        assert "in use" not in done

    def test_counts_guesses_at_the_present_password(self, anne: User, browser: Client) -> None:
        for _ in range(5):
            assert (
                browser.post("/mon-compte/", CHANGE | {"old_password": "a guess"}).status_code
                == 422
            )
        refused = browser.post("/mon-compte/", CHANGE)
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 15 * 60
        assert "Too many failed attempts. Try again in 15 minutes." in refused.content.decode()
        anne.refresh_from_db()
        assert anne.check_password(OLD)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"old_password": "a guess"},
            {"new_password2": "something else"},
            {"new_password1": "eleven char", "new_password2": "eleven char"},
            {"new_password1": "Anne20262026!", "new_password2": "Anne20262026!"},
            {"new_password1": "", "new_password2": ""},
        ],
    )
    def test_refuses_what_is_wrong_and_changes_nothing(
        self, anne: User, browser: Client, wrong: dict[str, str]
    ) -> None:
        refused = browser.post("/mon-compte/", CHANGE | wrong)
        assert refused.status_code == 422
        assert "errors" in refused.content.decode()
        assert NEW not in refused.content.decode()
        anne.refresh_from_db()
        assert anne.check_password(OLD)

    def test_is_open_to_viewers_too(self, anne: User, browser: Client) -> None:
        change_role(member=anne, role=Role.VIEWER)
        page = browser.get("/mon-compte/").content.decode()
        assert "open-to-viewers" in page
        assert browser.post("/mon-compte/", CHANGE).status_code == 302

    def test_says_that_mail_could_not_help_without_an_address(self, browser: Client) -> None:
        User.objects.update(email="")
        assert "no e-mail address" in browser.get("/mon-compte/").content.decode()


class TestAForgottenPassword:
    def test_is_offered_where_one_signs_in(self, stranger: Client) -> None:
        assert FORGOTTEN in stranger.get("/login/").content.decode()
        assert stranger.get(FORGOTTEN).status_code == 200

    def test_is_answered_alike_whether_the_address_is_known(
        self, anne: User, stranger: Client
    ) -> None:
        answers = []
        for email in (anne.email, "nobody@example.org"):
            answer = stranger.post(FORGOTTEN, {"email": email}, follow=True)
            answers.append((answer.redirect_chain, answer.content.split(b"<form")[0]))
        assert answers[0] == answers[1]
        # Who has the address is looked up by the queue: both answers took the same work.
        assert OrmQ.objects.count() == 2

    def test_is_mailed_and_the_link_signs_in(self, anne: User, stranger: Client) -> None:
        stranger.post(FORGOTTEN, {"email": anne.email})
        mail_forgotten(*OrmQ.objects.get().task["args"])
        (address,) = (
            line for line in mail.outbox[0].body.splitlines() if "://" in line and " " not in line
        )
        form = stranger.get(address, follow=True)
        home = stranger.post(form.redirect_chain[-1][0], CHOICE, follow=True)
        assert home.context["user"] == anne
        assert "you are signed in" in home.content.decode()

    def test_is_not_asked_for_without_end(self, stranger: Client) -> None:
        for number in range(20):
            stranger.post(FORGOTTEN, {"email": f"{number}@example.org"})
        refused = stranger.post(FORGOTTEN, {"email": "anne@example.org"})
        assert refused.status_code == 429
        assert "Retry-After" in refused
        assert "Too many failed attempts" in refused.content.decode()
        assert OrmQ.objects.count() == 20

    def test_needs_an_address(self, stranger: Client) -> None:
        for email in ("", "anne"):
            assert stranger.post(FORGOTTEN, {"email": email}).status_code == 422

    def test_without_a_mail_server_says_whom_to_ask(
        self, anne: User, stranger: Client, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        page = stranger.get(FORGOTTEN)
        assert "No mail server is set: ask your administrator." in page.content.decode()
        assert "id_email" not in page.content.decode()
        assert stranger.post(FORGOTTEN, {"email": anne.email}).status_code == 503
        assert not OrmQ.objects.exists()


class TestALink:
    def test_hides_its_secret_from_the_page_it_opens(self, anne: User, stranger: Client) -> None:
        link = link_of(anne)
        form = stranger.get(link, follow=True)
        assert link.split("/")[-2] not in form.redirect_chain[-1][0]
        assert "anne" in form.content.decode()

    @pytest.mark.parametrize("spoil", ["x", "MQ", "zzzz"])
    def test_of_nobody_is_gone(self, anne: User, stranger: Client, spoil: str) -> None:
        parts = link_of(anne).split("/")
        parts[-3] = spoil if spoil != "MQ" else "OTk5OTk5"
        gone = stranger.get("/".join(parts))
        assert gone.status_code == 410
        assert "no longer works" in gone.content.decode()

    def test_is_not_guessed_for_long(self, anne: User, stranger: Client) -> None:
        wrong = link_of(anne)[:-4] + "xxx/"
        assert {stranger.get(wrong).status_code for _ in range(20)} == {410}
        refused = stranger.get(wrong)
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0
        assert "Too many failed attempts" in refused.content.decode()
        assert stranger.get(link_of(anne)).status_code == 302

    def test_works_once(self, anne: User, stranger: Client) -> None:
        link = link_of(anne)
        stranger.post(stranger.get(link)["Location"], CHOICE)
        assert Client().get(link).status_code == 410
        anne.refresh_from_db()
        assert anne.check_password(NEW)

    def test_opens_the_account_that_wrong_passwords_had_locked(
        self, anne: User, stranger: Client
    ) -> None:
        guess = {"username": "anne", "password": "a guess"}
        for _ in range(5):
            stranger.post("/login/", guess)
        assert stranger.post("/login/", guess).status_code == 429
        stranger.post(stranger.get(link_of(anne))["Location"], CHOICE)
        assert stranger.get("/").status_code == 200
        stranger.post("/logout/")
        again = stranger.post("/login/", {"username": "anne", "password": NEW})
        assert again.status_code == 302

    def test_of_somebody_else_takes_over_the_browser(self, anne: User, browser: Client) -> None:
        vera = User.objects.create_user("vera", password=OLD)
        browser.post(browser.get(link_of(vera))["Location"], CHOICE)
        assert browser.get("/").context["user"] == vera
