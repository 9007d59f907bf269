"""The second factor: set up, asked for after the password, used once, lost and reset."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.accounts import second_factor
from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import deactivate
from discovery.accounts.password_links import LinkKind, password_link

pytestmark = pytest.mark.django_db

RIGHT = "correct horse battery"
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
STEP_2 = "/connexion/deuxieme-etape/"
SECURITY = "/mon-compte/securite/"


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[Any]:
    settings.MFA = "optional"
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def anne() -> User:
    return User.objects.create_superuser("anne", "anne@example.org", RIGHT)


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def secret(anne: User, clock: Any) -> str:
    """The secret of the app Anne has set up a minute ago."""
    secret = second_factor.new_secret()
    second_factor.add_app(user=anne, secret=secret, code=code_of(secret))
    clock.shift(timedelta(minutes=1))
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows, so many steps of 30 seconds from now."""
    now = int(timezone.now().timestamp()) // 30
    return str(format_hotp_value(hotp_value(secret, now + steps)))


def wrong_code_of(secret: str) -> str:
    near = {code_of(secret, steps) for steps in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


def give_password(browser: Client, password: str = RIGHT, **more: str) -> Any:
    return browser.post("/login/", {"username": "anne", "password": password, **more})


def is_signed_in(browser: Client) -> bool:
    return browser.get("/mon-compte/").status_code == 200


class TestSigningIn:
    def test_without_a_factor_is_as_before(self, browser: Client, anne: User) -> None:
        assert give_password(browser)["Location"] == "/"
        assert is_signed_in(browser)

    def test_asks_for_the_code_and_goes_where_one_wanted(
        self, browser: Client, secret: str
    ) -> None:
        assert give_password(browser, next="/favoris/")["Location"] == STEP_2
        assert not is_signed_in(browser)
        assert "Enter the code your app shows" in browser.get(STEP_2).content.decode()
        assert browser.post(STEP_2, {"code": code_of(secret)})["Location"] == "/favoris/"
        assert is_signed_in(browser)

    def test_refuses_a_wrong_code(self, browser: Client, secret: str) -> None:
        give_password(browser)
        answer = browser.post(STEP_2, {"code": wrong_code_of(secret)})
        assert answer.status_code == 422
        assert "This code is wrong, too old, or was used already." in answer.content.decode()
        assert not is_signed_in(browser)

    @pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (1, True), (2, False)])
    def test_allows_for_a_clock_that_differs_a_little(
        self, browser: Client, secret: str, steps: int, counts: bool
    ) -> None:
        give_password(browser)
        browser.post(STEP_2, {"code": code_of(secret, steps)})
        assert is_signed_in(browser) is counts

    def test_takes_a_code_once(self, browser: Client, secret: str) -> None:
        give_password(browser)
        browser.post(STEP_2, {"code": code_of(secret)})
        thief = Client()
        give_password(thief)
        assert thief.post(STEP_2, {"code": code_of(secret)}).status_code == 422
        assert thief.post(STEP_2, {"code": code_of(secret, -1)}).status_code == 422
        assert not is_signed_in(thief)

    def test_takes_a_recovery_code_once(self, browser: Client, anne: User, secret: str) -> None:
        code = second_factor.recovery_codes_of(anne)[3]
        give_password(browser)
        browser.post(STEP_2, {"code": f"{code[:4]} {code[4:]}"})
        assert is_signed_in(browser)
        assert len(second_factor.recovery_codes_of(anne)) == 9
        other = Client()
        give_password(other)
        assert other.post(STEP_2, {"code": code}).status_code == 422

    def test_says_so_where_the_key_is_gone_that_factors_are_sealed_with(
        self, browser: Client, anne: User, secret: str, settings: Any
    ) -> None:
        code = second_factor.recovery_codes_of(anne)[0]
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 4, []
        for typed in (code_of(secret), code):
            give_password(browser)
            answer = browser.post(STEP_2, {"code": typed})
            assert answer.status_code == 422
            assert "cannot read your second factor any more" in answer.content.decode()
        assert second_factor.recovery_codes_of(anne) == ()

    def test_slows_guesses_down_from_wherever(self, browser: Client, secret: str) -> None:
        statuses = []
        for number in range(6):
            thief = Client(REMOTE_ADDR=f"198.51.100.{number}")
            give_password(thief)
            answer = thief.post(STEP_2, {"code": wrong_code_of(secret)})
            statuses.append(answer.status_code)
        assert statuses == [422] * 5 + [429]
        give_password(browser)
        assert browser.post(STEP_2, {"code": code_of(secret)}).status_code == 429

    def test_is_begun_anew_after_ten_minutes(
        self, browser: Client, secret: str, clock: Any
    ) -> None:
        give_password(browser)
        clock.shift(timedelta(minutes=11))
        assert browser.post(STEP_2, {"code": code_of(secret)})["Location"] == "/login/"

    def test_is_begun_anew_when_the_password_changes_or_one_is_sent_away(
        self, browser: Client, anne: User, secret: str
    ) -> None:
        User.objects.create_superuser("boss", password=RIGHT)
        give_password(browser)
        deactivate(member=anne)
        assert browser.get(STEP_2)["Location"] == "/login/"

    def test_begins_with_the_password(self, browser: Client, secret: str) -> None:
        assert browser.get(STEP_2)["Location"] == "/login/"
        assert browser.post(STEP_2, {"code": code_of(secret)})["Location"] == "/login/"

    def test_a_link_by_mail_does_not_replace_it(
        self, browser: Client, anne: User, secret: str
    ) -> None:
        link = password_link(user=anne, kind=LinkKind.FORGOTTEN, now=timezone.now())
        form = browser.get(link.path, follow=True).request["PATH_INFO"]
        new = "another horse battery"
        answer = browser.post(form, {"new_password1": new, "new_password2": new})
        assert answer["Location"] == STEP_2
        assert not is_signed_in(browser)
        browser.post(STEP_2, {"code": code_of(secret)})
        assert is_signed_in(browser)

    def test_of_the_administration_is_the_same(self, browser: Client, secret: str) -> None:
        told = {"username": "anne", "password": RIGHT}
        answer = browser.post("/admin/login/?next=/admin/", told)
        assert answer["Location"] == "/login/?next=/admin/"
        assert not is_signed_in(browser)

    def test_by_api_token_needs_none(self, browser: Client, anne: User, secret: str) -> None:
        headers = {"authorization": f"Bearer {create_api_token(user=anne)[1]}"}
        assert browser.get("/api/v1/tokens", headers=headers).status_code == 200


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, settings: Any) -> None:
        settings.MFA = "required"

    def test_the_next_sign_in_sets_one_up_and_shows_the_recovery_codes(
        self, browser: Client, anne: User
    ) -> None:
        assert give_password(browser, next="/favoris/")["Location"] == STEP_2
        page = browser.get(STEP_2)
        assert "data:image/svg+xml;base64," in page.content.decode()
        assert not is_signed_in(browser)
        answer = browser.post(STEP_2, {"code": code_of(page.context["app"].secret)})
        assert answer["Location"] == SECURITY
        shown = browser.get(SECURITY).content.decode()
        assert len(re.findall(r"<code>\d{8}</code>", shown)) == 10
        assert 'href="/favoris/"' in shown
        assert not re.search(r"<code>\d{8}</code>", browser.get(SECURITY).content.decode())

    def test_a_wrong_first_code_sets_nothing_up(self, browser: Client, anne: User) -> None:
        give_password(browser)
        secret = browser.get(STEP_2).context["app"].secret
        assert browser.post(STEP_2, {"code": wrong_code_of(secret)}).status_code == 422
        assert not second_factor.has_factor(anne)
        assert not is_signed_in(browser)

    def test_the_last_one_cannot_be_removed(self, browser: Client, anne: User, secret: str) -> None:
        browser.force_login(anne)
        pk = second_factor.factors_of(anne)[0].pk
        answer = browser.post(SECURITY, {"action": "remove", "pk": pk}, follow=True)
        assert "This site requires a second factor" in answer.content.decode()
        assert second_factor.has_factor(anne)


class TestMyAccount:
    def test_sets_an_app_up(self, browser: Client, anne: User) -> None:
        browser.force_login(anne)
        assert SECURITY in browser.get("/mon-compte/").content.decode()
        secret = browser.get(SECURITY).context["page"]["app"].secret
        browser.post(SECURITY, {"action": "app", "code": code_of(secret)})
        assert [factor.kind for factor in second_factor.factors_of(anne)] == ["totp"]

    def test_makes_new_recovery_codes(self, browser: Client, anne: User, secret: str) -> None:
        before = second_factor.recovery_codes_of(anne)
        browser.force_login(anne)
        browser.post(SECURITY, {"action": "codes"})
        assert not {*before} & {*second_factor.recovery_codes_of(anne)}

    def test_removes_one_and_the_recovery_codes_with_the_last(
        self, browser: Client, anne: User, secret: str
    ) -> None:
        browser.force_login(anne)
        pk = second_factor.factors_of(anne)[0].pk
        browser.post(SECURITY, {"action": "remove", "pk": pk})
        assert not Authenticator.objects.exists()

    def test_removes_nobody_elses(self, browser: Client, anne: User, secret: str) -> None:
        browser.force_login(User.objects.create_user("eve"))
        pk = second_factor.factors_of(anne)[0].pk
        browser.post(SECURITY, {"action": "remove", "pk": pk})
        assert second_factor.has_factor(anne)

    def test_asks_for_the_password_of_who_signed_in_a_while_ago(
        self, browser: Client, anne: User, secret: str, clock: Any
    ) -> None:
        browser.force_login(anne)
        clock.shift(timedelta(minutes=11))
        pk = second_factor.factors_of(anne)[0].pk
        assert browser.post(SECURITY, {"action": "remove", "pk": pk}).status_code == 403
        assert browser.get(f"{SECURITY}cle/").status_code == 403
        assert second_factor.has_factor(anne)
        wrong = browser.post(SECURITY, {"action": "confirm", "password": "a guess"})
        assert wrong.status_code == 422
        browser.post(SECURITY, {"action": "confirm", "password": RIGHT})
        browser.post(SECURITY, {"action": "remove", "pk": pk})
        assert not second_factor.has_factor(anne)


class TestWhoHasLostIt:
    def test_is_helped_by_an_administrator(self, browser: Client, anne: User, secret: str) -> None:
        browser.force_login(User.objects.create_superuser("boss", password=RIGHT))
        browser.post(f"/membres/{anne.pk}/deuxieme-etape/")
        assert not Authenticator.objects.exists()

    def test_is_helped_by_the_command(self, anne: User, secret: str, capsys: Any) -> None:
        call_command("reset_sign_in", "anne")
        assert "Second factors removed: 1." in capsys.readouterr().out
        assert not Authenticator.objects.exists()

    def test_is_not_helped_by_a_member(self, browser: Client, anne: User, secret: str) -> None:
        browser.force_login(User.objects.create_user("eve"))
        assert browser.post(f"/membres/{anne.pk}/deuxieme-etape/").status_code == 403
        assert second_factor.has_factor(anne)


def as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


MADE_UP = {
    "no json": "{",
    "deep": "[" * 15_000,
    "a list": "[]",
    "no response": '{"response": 3}',
    "empty": '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    "nonsense": json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {
                "clientDataJSON": as_text(b'{"type": "webauthn.get", "challenge": "AA"}'),
                "authenticatorData": as_text(bytes(40)),
                "signature": "AA",
                "userHandle": as_text(b"1"),
            },
        }
    ),
    "cut short": json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {
                "clientDataJSON": as_text(b"{}"),
                "authenticatorData": as_text(bytes(3)),
                "attestationObject": as_text(b"\x9f" * 3_000),
                "userHandle": as_text(b"\xff"),
            },
        }
    ),
}


@pytest.mark.parametrize("answer", MADE_UP.values(), ids=MADE_UP.keys())
class TestAPasskeyThatIsMadeUp:
    def test_signs_nobody_in(self, browser: Client, anne: User, answer: str) -> None:
        browser.get("/connexion/cle/")
        refused = browser.post("/connexion/cle/", {"credential": answer})
        assert refused.status_code == 403
        assert "This passkey does not open anything here." in refused.content.decode()
        assert not is_signed_in(browser)

    def test_is_no_second_factor(self, browser: Client, secret: str, answer: str) -> None:
        give_password(browser)
        browser.get("/connexion/cle/?second")
        assert browser.post(STEP_2, {"credential": answer}).status_code == 422
        assert not is_signed_in(browser)

    def test_is_not_added(self, browser: Client, anne: User, answer: str) -> None:
        browser.force_login(anne)
        browser.get(f"{SECURITY}cle/")
        browser.post(SECURITY, {"action": "passkey", "credential": answer})
        assert not second_factor.has_factor(anne)


def test_the_database_holds_no_secret_in_the_clear(anne: User, secret: str) -> None:
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert all(code not in stored for code in second_factor.recovery_codes_of(anne))


def test_a_secret_sealed_with_a_former_key_still_opens(
    anne: User, secret: str, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key " * 3
    code = code_of(secret)
    assert second_factor.check_code(user=anne, code=code, now=timezone.now())


class TestSwitchedOff:
    @pytest.fixture(autouse=True)
    def _off(self, settings: Any, secret: str) -> None:
        settings.MFA = "off"

    def test_nothing_is_asked_for_nor_shown(self, browser: Client, anne: User) -> None:
        assert give_password(browser)["Location"] == "/"
        assert SECURITY not in browser.get("/mon-compte/").content.decode()
        for address in (SECURITY, f"{SECURITY}cle/", STEP_2, "/connexion/cle/"):
            assert browser.get(address).status_code == 404

    def test_no_page_may_ask_for_a_passkey(self, browser: Client, settings: Any) -> None:
        denied = "publickey-credentials-get=()"
        assert denied in browser.get("/login/")["Permissions-Policy"]
        settings.MFA = "optional"
        assert denied not in browser.get("/login/")["Permissions-Policy"]
        assert denied in browser.get("/healthz")["Permissions-Policy"]

    def test_the_sign_in_page_asks_the_database_nothing(
        self, browser: Client, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            browser.get("/login/")

    def test_a_right_password_asks_nothing_about_factors(self, browser: Client) -> None:
        with CaptureQueriesContext(connection) as asked:
            give_password(browser)
        assert not [query for query in asked if "mfa_" in query["sql"]]
