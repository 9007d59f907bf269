"""Membres: administrators invite, give roles, send away and let back in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from django_q.models import OrmQ

from discovery.accounts.members import change_role, invite
from discovery.accounts.roles import Role, role_of

pytestmark = pytest.mark.django_db

ADDRESS = "/membres/"


@pytest.fixture
def boss() -> Client:
    user = User.objects.create_superuser("boss", password="correct horse")
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne", "anne@example.org", "correct horse")


def shown_link(page: Any) -> str | None:
    found = re.search(r'id="fresh-link" .*value="http://testserver([^"]+)"', page.content.decode())
    return found[1] if found else None


@pytest.mark.parametrize(
    "address",
    [ADDRESS, *(f"{ADDRESS}1/{part}/" for part in ("lien", "role", "desactiver", "reactiver"))],
)
def test_the_page_is_for_administrators_alone(client_of: Callable[..., Any], address: str) -> None:
    anne = client_of("anne", is_staff=True)
    assert anne.post(address).status_code == 403
    assert ADDRESS not in anne.get("/").content.decode()


def test_it_lists_everybody_with_role_and_state(boss: Client, anne: User) -> None:
    invite(name="vera", email="vera@example.org", role=Role.VIEWER)
    page = boss.get(ADDRESS)
    assert page.status_code == 200
    text = page.content.decode()
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", text, re.DOTALL)
    anne_, boss_, vera = (re.sub(r"<[^>]+>", "|", row) for row in rows)
    assert re.search(r"^boss \|you\|.*\|Administrator\|\s*\|Active\|", boss_, re.DOTALL)
    assert re.search(r"^vera\|vera@example.org\|.*\|Viewer .*\|\s*\|Invited\|", vera, re.DOTALL)
    assert re.search(r"^anne\|anne@example.org\|.*\|Member\|\s*\|Active\|", anne_, re.DOTALL)
    assert '<option value="viewer" selected>' in rows[2]


def test_more_members_need_no_more_statements(boss: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            boss.get(ADDRESS)
        return len(seen)

    boss.get(ADDRESS)
    few = statements()
    for number in range(10):
        invite(name=f"vera{number}", email="", role=Role.VIEWER)
    assert statements() == few


def test_an_invitation_shows_its_link_once(boss: Client) -> None:
    asked = {"email": "vera@example.org", "name": "", "role": "viewer"}
    page = boss.post(ADDRESS, asked, follow=True)
    link = shown_link(page)
    assert link is not None
    assert escape(link) in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert shown_link(boss.get(ADDRESS)) is None
    vera = User.objects.get(username="vera@example.org")
    assert (role_of(vera), vera.email) == (Role.VIEWER, "vera@example.org")
    assert link not in str(boss.session.items())


def test_an_invitation_is_mailed_where_mail_is_set(boss: Client, settings: Any) -> None:
    boss.post(ADDRESS, {"email": "vera@example.org", "name": "vera", "role": "member"})
    vera = User.objects.get(username="vera")
    queued = OrmQ.objects.get().task["args"]
    assert queued == (vera.pk, "invitation", "http://testserver", "en")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = boss.post(
        ADDRESS, {"email": "hugo@example.org", "name": "hugo", "role": "member"}, follow=True
    )
    assert OrmQ.objects.count() == 1
    assert "No mail was sent" in page.content.decode()


def test_the_invited_choose_a_password_and_are_signed_in(boss: Client) -> None:
    link = shown_link(boss.post(ADDRESS, {"name": "vera", "role": "viewer"}, follow=True))
    visitor = Client(headers={"accept-language": "en"})
    form = visitor.get(link or "", follow=True)
    assert form.status_code == 200
    (address, _status) = form.redirect_chain[-1]
    chosen = {"new_password1": "a very long one", "new_password2": "a very long one"}
    home = visitor.post(address, chosen, follow=True)
    assert home.status_code == 200
    assert home.context["user"].get_username() == "vera"
    assert User.objects.get(username="vera").check_password("a very long one")
    used = Client().get(link or "")
    assert used.status_code == 410


def test_a_password_that_is_too_weak_is_refused_and_the_link_still_works(boss: Client) -> None:
    link = shown_link(boss.post(ADDRESS, {"name": "vera", "role": "member"}, follow=True))
    visitor = Client()
    address = visitor.get(link or "")["Location"]
    refused = visitor.post(address, {"new_password1": "vera", "new_password2": "vera"})
    assert refused.status_code == 422
    assert Client().get(link or "").status_code == 302


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"role": "member"}, "Give an e-mail address or a user name."),
        ({"name": "ANNE", "role": "member"}, "Somebody already has this name."),
        (
            {"name": "x", "email": "Anne@example.org", "role": "member"},
            "Somebody already has this address.",
        ),
        ({"name": "x", "role": "owner"}, "owner"),
        ({"name": "<x>", "role": "member"}, "valid username"),
        ({"email": "x@", "role": "member"}, "valid email"),
    ],
)
def test_an_invitation_that_cannot_be_is_explained(
    boss: Client, anne: User, asked: dict[str, str], sentence: str
) -> None:
    page = boss.post(ADDRESS, asked)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert User.objects.count() == 2


def test_a_lost_link_is_replaced(boss: Client) -> None:
    first = shown_link(boss.post(ADDRESS, {"name": "vera", "role": "member"}, follow=True))
    vera = User.objects.get(username="vera")
    second = shown_link(boss.post(f"{ADDRESS}{vera.pk}/lien/", follow=True))
    assert second != first
    assert Client().get(first or "").status_code == 410
    assert Client().get(second or "").status_code == 302


def test_a_link_for_a_forgotten_password_leaves_the_present_one_alone(
    boss: Client, anne: User
) -> None:
    link = shown_link(boss.post(f"{ADDRESS}{anne.pk}/lien/", follow=True))
    assert User.objects.get(pk=anne.pk).check_password("correct horse")
    assert Client().get(link or "").status_code == 302
    assert OrmQ.objects.get().task["args"][1] == "reset"


def test_there_is_no_link_for_somebody_sent_away(boss: Client, anne: User) -> None:
    boss.post(f"{ADDRESS}{anne.pk}/desactiver/")
    assert boss.post(f"{ADDRESS}{anne.pk}/lien/").status_code == 404


def test_a_role_is_changed(boss: Client, anne: User) -> None:
    page = boss.post(f"{ADDRESS}{anne.pk}/role/", {"role": "viewer"}, follow=True)
    assert "anne is now: Viewer (read-only)." in page.content.decode()
    assert role_of(User.objects.get(pk=anne.pk)) is Role.VIEWER
    boss.post(f"{ADDRESS}{anne.pk}/role/", {"role": "owner"})
    assert role_of(User.objects.get(pk=anne.pk)) is Role.VIEWER


def test_who_is_sent_away_is_signed_out_and_signs_in_anew_when_let_back_in(
    boss: Client, anne: User, client: Client
) -> None:
    client.force_login(anne)
    boss.post(f"{ADDRESS}{anne.pk}/desactiver/")
    assert client.get("/")["Location"].startswith("/login/")
    boss.post(f"{ADDRESS}{anne.pk}/reactiver/")
    assert client.get("/")["Location"].startswith("/login/")
    assert (
        client.post("/login/", {"username": "anne", "password": "correct horse"}).status_code == 302
    )
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("act", [("role", {"role": "viewer"}), ("desactiver", {})])
def test_the_last_administrator_stays(boss: Client, act: tuple[str, dict[str, str]]) -> None:
    user = User.objects.get(username="boss")
    page = boss.post(f"{ADDRESS}{user.pk}/{act[0]}/", act[1], follow=True)
    assert "last administrator" in page.content.decode()
    user.refresh_from_db()
    assert user.is_active
    assert user.is_superuser


def test_one_of_two_may_step_down_and_lands_where_they_may_be(boss: Client) -> None:
    User.objects.create_superuser("other", password="x")
    user = User.objects.get(username="boss")
    answer = boss.post(f"{ADDRESS}{user.pk}/role/", {"role": "member"}, follow=True)
    assert answer.status_code == 200
    assert boss.get(ADDRESS).status_code == 403


def test_nobody_is_404(boss: Client) -> None:
    for part in ("lien", "role", "desactiver", "reactiver"):
        assert boss.post(f"{ADDRESS}999999/{part}/").status_code == 404


def test_a_demoted_member_sees_no_offer_to_change(boss: Client, anne: User) -> None:
    change_role(member=anne, role=Role.VIEWER)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(anne)
    assert "Read-only account" in browser.get("/niches/").content.decode()
