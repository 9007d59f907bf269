"""Roles, invitations, and links that work once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ

from discovery.accounts.api_tokens import create_api_token, user_for_bearer
from discovery.accounts.backends import RoleBackend
from discovery.accounts.mail import mail_is_sent
from discovery.accounts.members import (
    LastAdministrator,
    NameTaken,
    change_role,
    deactivate,
    end_earlier_invitations,
    invite,
    is_waiting,
    page_of_members,
    reactivate,
)
from discovery.accounts.password_links import (
    LinkKind,
    forgotten_password,
    mail_link,
    password_link,
    queue_mail,
    tokens,
)
from discovery.accounts.roles import Role, ensure_viewers, is_viewer, role_of
from discovery.tasks import mail_forgotten
from discovery.tasks import mail_link as mail_link_task

pytestmark = pytest.mark.django_db

SITE = "https://vault.example"


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", "boss@example.org", "correct horse")


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne", "anne@example.org", "correct horse")


@pytest.fixture(autouse=True)
def forget() -> None:
    cache.clear()


def token_of(user: User, kind: LinkKind = LinkKind.INVITATION, **ago: float) -> str:
    made = password_link(user=user, kind=kind, now=timezone.now() - timedelta(**ago))
    return made.path.split("/")[-2]


class TestARole:
    def test_is_member_unless_said_otherwise(self, anne: User) -> None:
        assert role_of(anne) is Role.MEMBER

    @pytest.mark.parametrize("role", Role)
    def test_is_what_was_given_last(self, boss: User, anne: User, role: Role) -> None:
        for given in (*Role, role):
            change_role(member=anne, role=given)
        stored = User.objects.get(pk=anne.pk)
        assert role_of(stored) is role
        assert stored.is_staff == stored.is_superuser == (role is Role.ADMINISTRATOR)
        assert is_viewer(stored) == (role is Role.VIEWER)

    def test_comes_with_the_session_and_the_token(
        self, anne: User, django_assert_num_queries: Any
    ) -> None:
        change_role(member=anne, role=Role.VIEWER)
        _, text = create_api_token(user=anne)
        now = timezone.now()
        user_for_bearer(text, now=now)
        with django_assert_num_queries(2):
            for user in (RoleBackend().get_user(anne.pk), user_for_bearer(text, now=now)):
                assert user is not None
                assert is_viewer(user)

    def test_leaves_other_groups_alone(self, boss: User, anne: User) -> None:
        anne.groups.add(Group.objects.create(name="warehouse"))
        change_role(member=anne, role=Role.VIEWER)
        change_role(member=anne, role=Role.MEMBER)
        assert [group.name for group in anne.groups.all()] == ["warehouse"]

    def test_the_group_is_there_once(self) -> None:
        assert ensure_viewers() == ensure_viewers() == Group.objects.get(name="viewer")


class TestTheLastAdministrator:
    @pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
    def test_cannot_step_down(self, boss: User, role: Role) -> None:
        with pytest.raises(LastAdministrator):
            change_role(member=boss, role=role)
        assert role_of(User.objects.get(pk=boss.pk)) is Role.ADMINISTRATOR

    def test_cannot_be_deactivated(self, boss: User) -> None:
        with pytest.raises(LastAdministrator):
            deactivate(member=boss)
        assert User.objects.get(pk=boss.pk).is_active

    def test_is_not_replaced_by_one_who_cannot_sign_in_yet(self, boss: User) -> None:
        invite(name="new", email="", role=Role.ADMINISTRATOR)
        gone = User.objects.create_superuser("gone", password="x")
        deactivate(member=gone)
        with pytest.raises(LastAdministrator):
            deactivate(member=boss)

    def test_may_step_down_beside_another(self, boss: User) -> None:
        User.objects.create_superuser("other", password="x")
        change_role(member=boss, role=Role.MEMBER)
        assert role_of(User.objects.get(pk=boss.pk)) is Role.MEMBER


class TestDeactivating:
    def test_ends_sessions_tokens_and_links(self, boss: User, anne: User) -> None:
        _, text = create_api_token(user=anne)
        token = token_of(anne)
        deactivate(member=anne)
        assert RoleBackend().get_user(anne.pk) is None
        assert user_for_bearer(text, now=timezone.now()) is None
        assert not tokens.check_token(User.objects.get(pk=anne.pk), token)

    def test_can_be_undone(self, boss: User, anne: User) -> None:
        deactivate(member=anne)
        reactivate(member=anne)
        assert RoleBackend().get_user(anne.pk) == anne
        assert anne.check_password("correct horse")


class TestAnInvitation:
    def test_makes_a_user_who_cannot_sign_in_yet(self) -> None:
        user = invite(name="vera", email="vera@example.org", role=Role.VIEWER)
        assert is_waiting(user)
        assert role_of(user) is Role.VIEWER
        assert not user.check_password("")

    def test_of_a_name_that_is_taken_changes_nothing(self, anne: User) -> None:
        with pytest.raises(NameTaken):
            invite(name="anne", email="", role=Role.ADMINISTRATOR)
        assert role_of(User.objects.get(username="anne")) is Role.MEMBER

    def test_made_anew_ends_the_earlier_one(self) -> None:
        user = invite(name="vera", email="", role=Role.MEMBER)
        earlier = token_of(user)
        end_earlier_invitations(member=user)
        assert not tokens.check_token(user, earlier)
        assert tokens.check_token(user, token_of(user))


class TestALink:
    def test_works_until_it_is_used(self, anne: User) -> None:
        token = token_of(anne)
        assert tokens.check_token(anne, token)
        anne.set_password("another horse")
        assert not tokens.check_token(anne, token)

    def test_ends_when_its_owner_signs_in(self, anne: User) -> None:
        token = token_of(anne)
        anne.last_login = timezone.now()
        assert not tokens.check_token(anne, token)

    @pytest.mark.parametrize(
        ("kind", "days"), [(LinkKind.INVITATION, 7), (LinkKind.RESET, 7), (LinkKind.FORGOTTEN, 1)]
    )
    def test_lasts_as_long_as_its_kind(self, anne: User, kind: LinkKind, days: int) -> None:
        assert tokens.check_token(anne, token_of(anne, kind, days=days, minutes=-1))
        assert not tokens.check_token(anne, token_of(anne, kind, days=days, minutes=1))

    def test_cannot_be_made_to_last_longer(self, anne: User) -> None:
        expired, _, seal = token_of(anne, days=8).partition("-")
        later = token_of(anne).partition("-")[0]
        assert expired != later
        assert not tokens.check_token(anne, f"{later}-{seal}")

    def test_is_its_owners_alone(self, boss: User, anne: User) -> None:
        assert not tokens.check_token(boss, token_of(anne))

    @pytest.mark.parametrize("text", ["", "-", "x", "zzz-", "é-é", "1-1", "-" * 999, None])
    def test_nonsense_is_none(self, anne: User, text: str | None) -> None:
        assert not tokens.check_token(anne, text)
        assert not tokens.check_token(None, text)


class TestTheMail:
    def test_waits_in_the_queue_without_anything_that_opens_the_account(self, anne: User) -> None:
        assert queue_mail(user=anne, kind=LinkKind.RESET, site=SITE, language="en")
        waiting = OrmQ.objects.get().task
        assert waiting["args"] == (anne.pk, "reset", SITE, "en")
        assert mail_link_task(*waiting["args"])
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize("kind", LinkKind)
    def test_holds_a_link_that_works(self, anne: User, kind: LinkKind) -> None:
        assert mail_link(user_id=anne.pk, kind=kind, site=SITE, language="en", now=timezone.now())
        (sent,) = mail.outbox
        assert sent.to == ["anne@example.org"]
        assert "\n" not in sent.subject
        (address,) = (line for line in sent.body.splitlines() if line.startswith(SITE))
        assert tokens.check_token(anne, address.split("/")[-2])
        assert "anne" in sent.body

    def test_is_in_the_language_it_was_asked_in(self, anne: User) -> None:
        for language in ("en", "fr"):
            mail_link(
                user_id=anne.pk,
                kind=LinkKind.FORGOTTEN,
                site=SITE,
                language=language,
                now=timezone.now(),
            )
        english, french = mail.outbox
        assert english.subject == "A new password for ArbitrageVault"
        assert english.body.startswith("Hello,")
        assert french.body != english.body

    def test_shows_a_name_as_it_is(self) -> None:
        user = User.objects.create_user("d'Arc+<i>", "d@example.org", "x")
        mail_link(
            user_id=user.pk, kind=LinkKind.RESET, site=SITE, language="en", now=timezone.now()
        )
        assert "d'Arc+<i>" in mail.outbox[0].body

    def test_goes_to_nobody_who_left(self, boss: User, anne: User) -> None:
        deactivate(member=anne)
        for user_id in (anne.pk, 10**9):
            assert not mail_link(
                user_id=user_id,
                kind=LinkKind.RESET,
                site=SITE,
                language="en",
                now=timezone.now(),
            )
        assert mail.outbox == []

    @pytest.mark.parametrize("backend", ["console", "dummy"])
    def test_is_not_queued_where_it_would_leave_nowhere(
        self, anne: User, settings: Any, backend: str
    ) -> None:
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
        assert not mail_is_sent()
        assert not queue_mail(user=anne, kind=LinkKind.RESET, site=SITE, language="en")
        assert not OrmQ.objects.exists()

    def test_is_not_queued_without_an_address(self) -> None:
        user = User.objects.create_user("bare")
        assert not queue_mail(user=user, kind=LinkKind.RESET, site=SITE, language="en")


class TestAForgottenPassword:
    @pytest.mark.parametrize("typed", ["anne@example.org", "Anne@Example.ORG"])
    def test_is_answered_to_the_address_on_record(self, anne: User, typed: str) -> None:
        forgotten_password(email=typed, site=SITE, language="en")
        assert mail_forgotten(*OrmQ.objects.get().task["args"]) == 1
        assert mail.outbox[0].to == ["anne@example.org"]

    def test_is_mailed_once_a_minute_at_most(self, anne: User) -> None:
        for _ in range(3):
            forgotten_password(email=anne.email, site=SITE, language="en")
        assert OrmQ.objects.count() == 1

    def test_of_nobody_is_not_answered(self, boss: User, anne: User) -> None:
        deactivate(member=anne)
        invite(name="vera", email="vera@example.org", role=Role.MEMBER)
        User.objects.create_user("bare", password="x")
        for email in ("anne@example.org", "vera@example.org", "nobody@example.org", ""):
            assert mail_forgotten(email, SITE, "en") == 0
        assert mail.outbox == []


def test_everybody_is_listed_in_a_constant_number_of_statements(
    boss: User, anne: User, django_assert_num_queries: Any
) -> None:
    def roles() -> list[Role]:
        return [role_of(user) for user in page_of_members(number="1")]

    change_role(member=anne, role=Role.VIEWER)
    with django_assert_num_queries(2):
        assert roles() == [Role.VIEWER, Role.ADMINISTRATOR]
    for number in range(5):
        invite(name=f"vera{number}", email="", role=Role.VIEWER)
    with django_assert_num_queries(2):
        assert len(roles()) == 7
