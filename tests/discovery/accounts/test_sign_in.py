"""Signing in under fire: strangers are slowed down, and the owner is not locked out."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.accounts.devices import COOKIE
from discovery.accounts.throttle import TooManyFailures, try_sign_in
from discovery.models import FailedAttempt
from discovery.tasks import forget_old_access

pytestmark = pytest.mark.django_db

RIGHT = "correct horse battery"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
LOGIN = "/login/"
MINUTES_15 = 15 * 60


@pytest.fixture(autouse=True)
def anne() -> User:
    return User.objects.create_superuser("anne", "anne@example.org", RIGHT)


@pytest.fixture
def phone() -> Client:
    """A browser that has not been here before."""
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def laptop() -> Client:
    """A browser in which Anne has signed in before."""
    laptop = Client(headers={"accept-language": "en"})
    assert sign_in(laptop).status_code == 302
    laptop.post("/logout/")
    return laptop


def sign_in(
    browser: Client,
    name: str = "anne",
    password: str = RIGHT,
    at: str = HOME,
    page: str = LOGIN,
) -> Any:
    return browser.post(page, {"username": name, "password": password}, REMOTE_ADDR=at)


def guess(number: int, *, name: str = "anne", at: str = ELSEWHERE, page: str = LOGIN) -> list[int]:
    """The statuses of so many wrong passwords, each from a browser of its own."""
    return [
        sign_in(Client(), name, f"guess {n}", at=at, page=page).status_code for n in range(number)
    ]


def an_address(number: int) -> str:
    return f"203.0.113.{number}"


class TestANameFromAnAddress:
    @pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
    def test_may_be_wrong_five_times(self, phone: Client, page: str) -> None:
        assert guess(6, page=page) == [200] * 5 + [429]
        assert sign_in(phone, at=ELSEWHERE, page=page).status_code == 429
        assert sign_in(phone, at=HOME, page=page).status_code == 302

    @pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
    def test_is_told_on_the_same_page_when_to_come_back(self, phone: Client, page: str) -> None:
        guess(5, page=page)
        refused = sign_in(phone, at=ELSEWHERE, page=page)
        assert "Too many failed attempts. Try again in 15 minutes." in refused.content.decode()
        assert 'name="password"' in refused.content.decode()
        assert MINUTES_15 - 60 < int(refused["Retry-After"]) <= MINUTES_15

    def test_is_told_in_french(self) -> None:
        guess(5)
        page = sign_in(Client(headers={"accept-language": "fr"}), at=ELSEWHERE).content.decode()
        assert "Trop de tentatives échouées. Réessayez dans 15 minutes." in page

    def test_is_let_in_after_a_while_however_often_it_knocked(self, phone: Client) -> None:
        began = timezone.now()
        with time_machine.travel(began, tick=False):
            guess(5)
        with time_machine.travel(began + timedelta(minutes=14), tick=False):
            refused = [sign_in(phone, at=ELSEWHERE) for _ in range(30)]
            assert {answer["Retry-After"] for answer in refused} == {"60"}
        with time_machine.travel(began + timedelta(minutes=15, seconds=1), tick=False):
            assert sign_in(phone, at=ELSEWHERE).status_code == 302

    def test_is_not_locked_out_by_a_clock_that_was_put_back(self, phone: Client) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
            guess(5)
        assert sign_in(phone, at=ELSEWHERE).status_code == 302

    def test_is_the_same_name_in_another_spelling(self) -> None:
        for name in ("anne", "ANNE", "Anne ", "ａnne", "aNNe"):
            guess(1, name=name)
        assert guess(1, name="annE") == [429]

    def test_starts_afresh_when_its_owner_signs_in(self, phone: Client) -> None:
        guess(4, at=HOME)
        sign_in(phone)
        assert guess(6, at=HOME) == [200] * 5 + [429]

    def test_in_ipv6_is_a_household(self) -> None:
        for number in range(5):
            guess(1, at=f"2001:db8:1:2::{number}")
        assert guess(1, at="2001:db8:1:2:ffff::1") == [429]
        assert guess(1, at="2001:db8:1:3::1") == [200]

    def test_is_forgiven_by_command(self, phone: Client, capsys: Any) -> None:
        guess(5, at=HOME)
        call_command("forget_failures")
        assert sign_in(phone).status_code == 302


class TestAnAddress:
    def test_trying_one_password_for_forty_names_is_slowed(self) -> None:
        names = [f"user{number}" for number in range(40)]
        answers = [guess(1, name=name)[0] for name in names]
        assert answers == [200] * 20 + [429] * 20

    def test_does_not_begin_anew_by_signing_in_as_oneself(self, phone: Client) -> None:
        User.objects.create_user("mallory", password=RIGHT)
        for number in range(20):
            guess(1, name=f"user{number}")
            if number == 10:
                assert sign_in(phone, "mallory", at=ELSEWHERE).status_code == 302
        assert guess(1, name="user99") == [429]

    def test_that_a_stranger_made_up_is_not_believed(self, phone: Client) -> None:
        def forged(number: int) -> int:
            headers = {"X-Forwarded-For": an_address(number)}
            body = {"username": "anne", "password": "a guess"}
            return (
                Client().post("/login/", body, REMOTE_ADDR=ELSEWHERE, headers=headers).status_code
            )

        assert [forged(number) for number in range(6)] == [200] * 5 + [429]

    def test_behind_the_proxy_is_the_clients(self) -> None:
        def through_the_proxy(client: str) -> int:
            headers = {"X-Forwarded-For": client}
            body = {"username": "anne", "password": "a guess"}
            return Client().post("/login/", body, headers=headers).status_code

        assert [through_the_proxy(ELSEWHERE) for _ in range(6)] == [200] * 5 + [429]
        assert through_the_proxy(HOME) == 200


class TestANameFromEverywhere:
    def test_is_closed_to_unknown_devices_after_fifty_failures(self, phone: Client) -> None:
        for number in range(50):
            assert guess(1, at=an_address(number)) == [200]
        assert guess(1, at=an_address(99)) == [429]
        assert sign_in(phone).status_code == 429
        # An address on which nobody's name was closed goes on.
        assert guess(1, name="bert", at=an_address(99)) == [200]


class TestAKnownDevice:
    def test_is_not_locked_out_by_strangers(self, laptop: Client, settings: Any) -> None:
        settings.SIGN_IN_FAILURES_NAME = 8
        for number in range(8):
            guess(1, at=an_address(number))
        guess(6, at=HOME)
        assert sign_in(laptop).status_code == 302

    def test_may_be_wrong_ten_times(self, laptop: Client) -> None:
        answers = [sign_in(laptop, password="a guess").status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]
        # Its failures are nobody else's.
        assert guess(1, at=HOME) == [200]

    def test_is_known_under_its_owners_name_alone(self, laptop: Client) -> None:
        User.objects.create_user("bert", password=RIGHT)
        guess(5, name="bert", at=HOME)
        assert sign_in(laptop, "bert").status_code == 429

    def test_may_be_shared(self, laptop: Client) -> None:
        User.objects.create_user("bert", password=RIGHT)
        sign_in(laptop, "bert")
        for name in ("anne", "bert"):
            guess(5, name=name, at=HOME)
            assert sign_in(laptop, name).status_code == 302

    def test_gets_a_new_number_at_each_sign_in(self, laptop: Client) -> None:
        former = laptop.cookies[COOKIE].value
        sign_in(laptop)
        assert laptop.cookies[COOKIE].value != former

    def test_has_a_cookie_that_scripts_and_other_sites_do_not_see(self, laptop: Client) -> None:
        cookie = laptop.cookies[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert int(cookie["max-age"]) == timedelta(days=180).total_seconds()
        assert "anne" not in cookie.value

    @pytest.mark.parametrize("spoil", [lambda text: text[:-2] + "xx", lambda _text: "x", str.upper])
    def test_cannot_be_made_up(self, laptop: Client, spoil: Any) -> None:
        laptop.cookies[COOKIE] = spoil(laptop.cookies[COOKIE].value)
        guess(5, at=HOME)
        assert sign_in(laptop).status_code == 429

    def test_is_forgotten_after_half_a_year(self, laptop: Client) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=181)):
            guess(5, at=HOME)
            assert sign_in(laptop).status_code == 429

    def test_many_of_them_count_together(self, settings: Any) -> None:
        settings.SIGN_IN_FAILURES_NAME = 15
        former = [Client() for _ in range(2)]
        for browser in former:
            sign_in(browser)
            browser.post("/logout/")
        answers = [
            sign_in(browser, password=f"guess {n}").status_code
            for browser in former
            for n in range(10)
        ]
        assert answers == [200] * 15 + [429] * 5

    def test_is_made_known_by_a_link_too(self, anne: User, phone: Client) -> None:
        from discovery.accounts.password_links import LinkKind, password_link

        link = password_link(user=anne, kind=LinkKind.RESET, now=timezone.now()).path
        new = "staple of another kind"
        phone.post(phone.get(link)["Location"], {"new_password1": new, "new_password2": new})
        assert COOKIE in phone.cookies


class CountingHasher(MD5PasswordHasher):
    """Notes how often a password is hashed, which is what takes the time of a sign-in."""

    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashed += 1
        return super().encode(password, salt)


def test_a_name_that_nobody_has_is_answered_alike(settings: Any, phone: Client) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    for name in ("known", "gone", "invited"):
        User.objects.create_user(name, password=None if name == "invited" else RIGHT)
    User.objects.filter(username="gone").update(is_active=False)
    seen = set()
    for name in ("known", "gone", "invited", "nobody"):
        CountingHasher.hashed = 0
        with CaptureQueriesContext(connection) as statements:
            answer = sign_in(phone, name, "a guess")
        text = answer.content.decode().partition("<form")[0]
        seen.add((answer.status_code, text, CountingHasher.hashed, len(statements)))
    assert len(seen) == 1
    assert {name: guess(5, name=name)[-1] for name in ("known", "nobody")} == {
        "known": 200, "nobody": 200,
    }  # fmt: skip
    assert {name: guess(1, name=name)[-1] for name in ("known", "nobody")} == {
        "known": 429, "nobody": 429,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a" * 400, "a" * 100_000, "anne\x00", "\ud83d", "💶"])
def test_any_text_is_a_wrong_name(phone: Client, name: str) -> None:
    body = urlencode({"username": name, "password": "a guess"}, errors="surrogatepass")
    answer = phone.post(LOGIN, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_the_admins_own_password_page_is_ours(anne: User) -> None:
    browser = Client()
    browser.force_login(anne)
    assert browser.get("/admin/password_change/")["Location"] == "/mon-compte/"


def test_what_no_longer_counts_is_removed() -> None:
    began = timezone.now()
    guess(1)
    with time_machine.travel(began + timedelta(minutes=10)):
        guess(1)
    with time_machine.travel(began + timedelta(minutes=16)):
        assert forget_old_access() == 3
    assert FailedAttempt.objects.count() == 3


def test_a_typed_name_is_not_kept() -> None:
    guess(1, name="my-password-in-the-wrong-field")
    assert "my-password" not in str(list(FailedAttempt.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_count_like_guesses_one_by_one(rf: RequestFactory) -> None:
    looked_at = []
    together = threading.Barrier(12)

    def attempt() -> None:
        request = rf.post("/login/", REMOTE_ADDR=ELSEWHERE)
        together.wait()
        try:
            looked_at.append(try_sign_in(request, name="anne", now=timezone.now()))
        except TooManyFailures:
            pass
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) <= 5
    assert FailedAttempt.objects.count() == 3 * len(looked_at)


@pytest.fixture(autouse=True)
def forget() -> None:
    cache.clear()


def test_after_a_clock_was_set_back_nobody_is_locked_out_for_as_long_as_that_was(
    rf: RequestFactory,
) -> None:
    now, request = timezone.now(), rf.post("/login/", REMOTE_ADDR=ELSEWHERE)
    for _ in range(5):
        try_sign_in(request, name="anne", now=now + timedelta(days=2))
    for _ in range(5):
        try_sign_in(request, name="anne", now=now)
    with pytest.raises(TooManyFailures) as refused:
        try_sign_in(request, name="anne", now=now)
    assert refused.value.retry_after <= MINUTES_15
    assert FailedAttempt.objects.filter(at__gt=now).exists()
    forget_old_access()
    assert not FailedAttempt.objects.filter(at__gt=timezone.now()).exists()
