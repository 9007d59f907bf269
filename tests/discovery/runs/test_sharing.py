"""Answers and lists shared with the team: everybody reads them, their owner alone changes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import BusinessProfile, Favourite, ProductDecision, Run
from discovery.products.decisions import add_favourite
from discovery.products.marks import Mark, mark_products
from discovery.profiles.service import copy_profile, ensure_shipped_profiles
from discovery.runs.sharing import page_of_shared_runs, readable_run, share_run
from tests.discovery.builders import FINISHED, finished_list, finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
KINDS = ("search", "list")


@pytest.fixture
def paul() -> User:
    ensure_shipped_profiles()
    return User.objects.create_user("paul")


def products(*asins: str) -> list[Any]:
    return [scored_product(asin=asin, title=f"Book {asin}", cost="5.00") for asin in asins]


def shared_run(owner: User, kind: str, *asins: str, **changes: Any) -> Run:
    known = {"shared": True} | changes
    return FINISHED[kind](owner=owner, products=products(*(asins or ("B000000001",))), **known)


def page_of(visitor: Any, address: str, language: str = "en") -> str:
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = visitor.get(address)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_private_until_it_is_shared_and_after_it_is_taken_back(
    paul: User, kind: str
) -> None:
    anne = User.objects.create_user("anne")
    run = FINISHED[kind](owner=paul, products=products("B000000001"))

    def is_read_by_anne() -> bool:
        try:
            return readable_run(user=anne, run_id=run.pk, kind=Run.Kind(kind)) == run
        except Http404:
            return False

    assert not is_read_by_anne()
    assert share_run(run=run, shared=True)
    assert is_read_by_anne()
    assert [*page_of_shared_runs(user=anne, kind=Run.Kind(kind), number="1")] == [run]
    assert not [*page_of_shared_runs(user=paul, kind=Run.Kind(kind), number="1")]
    assert share_run(run=run, shared=False)
    assert not is_read_by_anne()


@pytest.mark.parametrize("kind", KINDS)
def test_one_click_at_the_head_of_the_page_shares_it(client_of: Visitor, kind: str) -> None:
    anne = client_of("anne")
    run = shared_run(anne.user, kind, shared=False)
    assert "Partager avec l’équipe" in page_of(anne, run.get_absolute_url(), "fr")
    text = anne.post(f"{run.get_absolute_url()}partager/", follow=True).content.decode()
    assert "Ne plus partager" in text
    assert "Partagée avec l’équipe" in text
    run.refresh_from_db()
    assert run.shared
    anne.post(f"{run.get_absolute_url()}ne-plus-partager/")
    run.refresh_from_db()
    assert not run.shared


def test_a_list_that_was_never_started_is_not_shared(client_of: Visitor) -> None:
    anne = client_of("anne")
    draft = finished_list(owner=anne.user, products=[], state=Run.State.DRAFT)
    assert anne.post(f"{draft.get_absolute_url()}partager/").status_code == 404
    draft.refresh_from_db()
    assert not draft.shared


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", list(Role))
def test_it_opens_with_its_owner_named_and_no_button_that_changes_it_or_spends(
    client_of: Visitor, paul: User, kind: str, role: Role
) -> None:
    run = shared_run(paul, kind)
    run.lines.update(buy_box_known=False)
    anne = client_of("anne")
    change_role(member=anne.user, role=role)
    text = page_of(anne, run.get_absolute_url())
    assert "Shared by paul" in text
    assert "Its costs are those kept in the answer" in text
    assert "Book B000000001" in text
    actions = {part.split('"')[0] for part in text.split(f'action="{run.get_absolute_url()}')[1:]}
    assert {action.partition("?")[0] for action in actions} == {"selection/"}
    assert "export.csv" in text


@pytest.mark.parametrize("state", [Run.State.RUNNING, Run.State.FAILED, Run.State.CANCELLED])
@pytest.mark.parametrize("kind", KINDS)
def test_nor_has_one_that_is_under_way_or_broken(
    client_of: Visitor, paul: User, kind: str, state: Run.State
) -> None:
    failure = {"code": "keepa_down"} if state == Run.State.FAILED else None
    run = shared_run(paul, kind, state=state, failure=failure, done=0, total=2)
    text = page_of(client_of("anne"), run.get_absolute_url())
    for action in ("relancer", "reprendre", "annuler", "supprimer", "partager", "buy-box"):
        assert f'action="{run.get_absolute_url()}{action}/' not in text


@pytest.mark.parametrize("kind", KINDS)
def test_marks_are_the_readers_own(client_of: Visitor, paul: User, kind: str) -> None:
    run = shared_run(paul, kind, "B000000001", "B000000002")
    add_favourite(user=paul, marketplace="us", asin="B000000001")
    mark_products(user=paul, products=[("us", "B000000001")], mark=Mark.IGNORED, is_given=True)
    anne = client_of("anne")
    mark_products(user=anne.user, products=[("us", "B000000002")], mark=Mark.IGNORED, is_given=True)
    text = page_of(anne, f"{run.get_absolute_url()}?hide_ignored=1")
    assert "Book B000000001" in text
    assert "Book B000000002" not in text
    chosen = {"line": run.lines.get(asin="B000000001").pk, "action": "favourite"}
    anne.post(f"{run.get_absolute_url()}selection/", chosen)
    assert Favourite.objects.filter(user=anne.user, asin="B000000001").exists()
    assert ProductDecision.objects.filter(user=paul).count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_its_costs_are_read_and_are_nobody_elses(client_of: Visitor, paul: User, kind: str) -> None:
    anne = client_of("anne")
    text = page_of(anne, shared_run(paul, kind).get_absolute_url())
    assert 'data-source="list">$5.00</span>' in text
    assert 'data-act="cost"' not in text
    (bought,) = re.findall(r'data-act="bought" href="([^"]+)"', text)
    assert "asin=B000000001" in bought
    assert "cost" not in bought


def test_a_profile_of_its_owner_is_not_carried_to_the_pages_of_products(
    client_of: Visitor, paul: User
) -> None:
    shipped = BusinessProfile.objects.get(is_default=True)
    private = copy_profile(profile=shipped, name="Of Paul", owner=paul)
    run = shared_run(paul, "search", profile=private)
    anne = client_of("anne")
    text = page_of(anne, run.get_absolute_url())
    assert f"profile={private.slug}" not in text
    assert "product pages open with yours" in text
    Run.objects.update(profile=shipped)
    text = page_of(anne, run.get_absolute_url())
    assert f"profile={shipped.slug}" in text
    assert "product pages open with yours" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_viewer_exports_what_is_shared(client_of: Visitor, paul: User, kind: str) -> None:
    run = shared_run(paul, kind)
    vera = client_of("vera")
    change_role(member=vera.user, role=Role.VIEWER)
    answer = vera.get(f"{run.get_absolute_url()}export.csv")
    assert answer.status_code == 200
    assert "B000000001" in answer.content.decode()


def test_lists_of_the_team_are_listed_with_their_owner(client_of: Visitor, paul: User) -> None:
    shared_run(paul, "list", name="spring.csv")
    shared_run(paul, "list", name="secret.csv", shared=False)
    text = page_of(client_of("anne"), "/listes/", "fr")
    team = text.split('id="team"')[1]
    assert "Partagées avec l’équipe" in team
    assert "spring.csv" in team
    assert "paul" in team
    assert "secret.csv" not in text


def test_a_viewer_is_not_told_to_paste_a_list(client_of: Visitor) -> None:
    vera = client_of("vera")
    change_role(member=vera.user, role=Role.VIEWER)
    text = page_of(vera, "/listes/", "fr")
    assert "Aucune liste pour l’instant." in text
    assert "Nouvelle liste" not in text
    assert "Collez" not in text


def test_more_lists_of_the_team_need_no_more_statements(client_of: Visitor, paul: User) -> None:
    anne, counts = client_of("anne"), []
    for times in (1, 30):
        for number in range(times):
            shared_run(paul, "list", name=f"list {number}.csv")
        page_of(anne, "/listes/")
        with CaptureQueriesContext(connection) as seen:
            text = page_of(anne, "/listes/")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert "?team=2#team" in text


def test_a_shared_answer_is_compared_with_what_the_reader_may_read(
    client_of: Visitor, paul: User
) -> None:
    secret = finished_run(owner=paul, products=products("B000000009"))
    earlier = shared_run(paul, "search", "B000000002")
    anne = client_of("anne")
    hers = finished_run(owner=anne.user, products=products("B000000003"))
    run = shared_run(paul, "search", "B000000001")

    def compared(with_: UUID | str) -> Any:
        return anne.get(f"{run.get_absolute_url()}comparer/?avec={with_}")

    offered = page_of(anne, f"{run.get_absolute_url()}comparer/")
    assert f'value="{earlier.pk}"' in offered
    assert f'value="{hers.pk}"' in offered
    assert str(secret.pk) not in offered
    assert compared(secret.pk).status_code == 404
    assert "B000000002" in compared(earlier.pk).content.decode()
    assert "B000000003" in compared(hers.pk).content.decode()


def test_the_question_of_a_shared_answer_comes_into_the_form(
    client_of: Visitor, paul: User
) -> None:
    run = shared_run(paul, "search")
    anne = client_of("anne")
    assert 'value="Books" selected' in page_of(anne, f"/niches/?run={run.pk}")
    share_run(run=run, shared=False)
    assert anne.get(f"/niches/?run={run.pk}").status_code == 404
