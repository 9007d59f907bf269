"""A busy token is looked up once in a moment; what ends it ends it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.accounts import api_rate, api_tokens
from discovery.accounts.api_rate import Tally
from discovery.accounts.api_tokens import TokenExpired, create_api_token, revoke, user_for_bearer
from discovery.accounts.members import change_role, deactivate
from discovery.accounts.rate_leases import leases
from discovery.accounts.roles import Role, is_viewer
from discovery.accounts.token_memo import KnownToken, memo
from discovery.models import ApiRate, ApiToken

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

MEMO = 0.8  # seconds, as the web server has it
BUSY = 8  # calls after which a token is counted ahead


class Clock:
    """The process's own clock, which stands still unless told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def remembering(settings: Settings) -> None:
    settings.API_TOKEN_MEMO = MEMO
    memo.forget()
    leases.forget()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (api_tokens, api_rate):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne")


@pytest.fixture
def text(anne: User) -> str:
    return create_api_token(user=anne)[1]


def ask(text: str) -> User | None:
    """A call over the API from one address."""
    return user_for_bearer(text, now=timezone.now(), tally=Tally("203.0.113.7"))


def make_busy(text: str) -> None:
    for _ in range(BUSY):
        assert ask(text) is not None


def statements(text: str, calls: int) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for _ in range(calls):
            ask(text)
    return len(asked)


def test_most_calls_of_a_busy_token_cost_no_statement(text: str) -> None:
    make_busy(text)
    assert statements(text, 100) < 20


def test_every_one_of_them_is_counted(text: str, anne: User) -> None:
    token = ApiToken.objects.get()
    for _ in range(50):
        ask(text)
    ahead = sum(lease.unused for lease in [leases._leases[f"token:{token.pk}"]])
    assert ApiRate.objects.get(key=f"token:{token.pk}").requests - ahead == 50


def test_what_is_left_is_told_as_if_each_were_counted(text: str, settings: Settings) -> None:
    settings.API_RATE_PER_TOKEN, settings.API_RATE_PER_ADDRESS = 100, 0
    left = []
    for _ in range(60):
        tally = Tally("203.0.113.7")
        user_for_bearer(text, now=timezone.now(), tally=tally)
        left.append(tally.allowances[0].left)
    assert left == list(range(99, 39, -1))


@pytest.mark.parametrize(
    "ended",
    [
        lambda: User.objects.update(is_active=False),
        lambda: ApiToken.objects.update(revoked_at=timezone.now()),
        lambda: ApiToken.objects.filter(pk__gt=0)._raw_delete("default"),
        lambda: ApiToken.objects.update(token_hash="another"),
    ],
    ids=["deactivated", "revoked", "deleted", "replaced"],
)
def test_what_another_process_has_ended_is_refused_within_the_second(
    text: str, clock: Clock, ended: Callable[[], object]
) -> None:
    """As there, this process hears nothing of it."""
    make_busy(text)
    ended()
    assert ask(text) is not None
    clock.now += 1
    assert ask(text) is None


def test_what_another_process_has_changed_holds_within_the_second(text: str, clock: Clock) -> None:
    make_busy(text)
    ApiToken.objects.update(scopes=["read"])
    clock.now += 1
    user = ask(text)
    assert user is not None
    assert user.token_scopes == {"read"}  # type: ignore[attr-defined]


def test_a_revoked_token_is_refused_at_once(text: str, clock: Clock) -> None:
    make_busy(text)
    revoke(token=ApiToken.objects.get(), now=timezone.now())
    assert ask(text) is None


def test_a_deleted_token_is_refused_at_once(text: str, clock: Clock) -> None:
    make_busy(text)
    ApiToken.objects.get().delete()
    assert ask(text) is None


def test_a_new_password_ends_it_at_once(text: str, anne: User, clock: Clock) -> None:
    make_busy(text)
    anne.set_password("staple of another kind")
    anne.save()
    assert ask(text) is None


def test_a_deactivation_ends_it_at_once(text: str, anne: User, clock: Clock) -> None:
    User.objects.create_superuser("boss", password="x")
    make_busy(text)
    deactivate(member=anne)
    assert ask(text) is None


def test_another_role_holds_at_once(text: str, anne: User, clock: Clock) -> None:
    make_busy(text)
    change_role(member=anne, role=Role.VIEWER)
    user = ask(text)
    assert user is not None
    assert is_viewer(user)


def test_a_look_up_that_was_under_way_when_it_ended_is_not_remembered() -> None:
    known = KnownToken(1, None, None, frozenset(), (), is_viewer=False)
    generation = memo.generation
    memo.forget()
    memo.keep("digest", known, at=0.0, generation=generation)
    assert memo.get("digest") is None


def test_an_unknown_token_is_looked_up_and_counted_each_time() -> None:
    assert statements("arb_guessed", 5) == 5
    assert ApiRate.objects.get(key="refused:203.0.113.7").requests == 5


def test_each_call_has_a_user_of_its_own(text: str) -> None:
    make_busy(text)
    one, other = ask(text), ask(text)
    assert one == other
    assert one is not other


class TestExpiry:
    def test_ends_a_token_in_the_middle_of_a_moment(self, text: str, clock: Clock) -> None:
        soon = timezone.now() + timedelta(hours=1)
        ApiToken.objects.update(expires_at=soon)
        make_busy(text)
        with pytest.raises(TokenExpired) as refused:
            user_for_bearer(text, now=soon, tally=Tally("203.0.113.7"))
        assert refused.value.expired_at == soon

    def test_is_told_apart_from_an_unknown_token(self, text: str) -> None:
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(TokenExpired):
            user_for_bearer(text, now=timezone.now())
        assert user_for_bearer("arb_guessed", now=timezone.now()) is None


def test_the_user_comes_with_what_the_token_opens(text: str) -> None:
    ApiToken.objects.update(scopes=["read"])
    make_busy(text)
    for user in (ask(text), user_for_bearer(text, now=timezone.now())):
        assert user is not None
        assert user.token_scopes == {"read"}  # type: ignore[attr-defined]


def test_remembering_is_off_unless_asked_for(text: str, settings: Any) -> None:
    settings.API_TOKEN_MEMO = 0.0
    make_busy(text)
    assert statements(text, 10) == 10
