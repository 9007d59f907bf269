"""Niches shared with the team: read, copied and searched by everybody, changed by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import BusinessProfile, Niche, Run
from discovery.niches.service import Place, move_niche
from discovery.profiles.service import copy_profile, ensure_shipped_profiles
from tests.discovery.builders import BOOKS, finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]


@pytest.fixture
def paul() -> User:
    ensure_shipped_profiles()
    return User.objects.create_user("paul")


def niche_of(owner: User, name: str = "Law books", **changes: Any) -> Niche:
    known: dict[str, Any] = {"marketplace": "us", "filters": BOOKS, "shared": True}
    return Niche.objects.create(owner=owner, name=name, **known | changes)


def page_of(visitor: Any, query: str = "", language: str = "en") -> str:
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = visitor.get(f"/niches/{query}")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def team_part(text: str) -> str:
    return text.split('id="team"')[1].split("</section>")[0] if 'id="team"' in text else ""


def test_one_click_shares_a_niche_and_one_makes_it_private_again(client_of: Visitor) -> None:
    anne = client_of("anne")
    niche = niche_of(anne.user, shared=False)
    assert "Partager avec l’équipe" in page_of(anne, language="fr")
    shared = anne.post(f"/niches/{niche.pk}/partager/", follow=True).content.decode()
    assert "est partagée avec l’équipe" in shared
    assert "Ne plus partager" in shared
    niche.refresh_from_db()
    assert niche.shared
    anne.post(f"/niches/{niche.pk}/ne-plus-partager/")
    niche.refresh_from_db()
    assert not niche.shared


def test_what_others_share_is_shown_with_its_owner_and_ones_own_is_not_repeated(
    client_of: Visitor, paul: User
) -> None:
    anne = client_of("anne")
    niche_of(paul)
    niche_of(paul, "Secret", shared=False)
    niche_of(anne.user, "My own")
    text = page_of(anne, language="fr")
    assert "Partagées avec l’équipe" in text
    team = team_part(text)
    assert "Law books" in team
    assert "De paul" in team
    assert "My own" not in team
    assert "Secret" not in text


@pytest.mark.parametrize("place", [Place.ARCHIVED, Place.DELETED])
def test_what_its_owner_put_aside_is_not_shared_any_more(
    client_of: Visitor, paul: User, place: Place
) -> None:
    niche = niche_of(paul)
    move_niche(niche=niche, to=place, now=timezone.now())
    anne = client_of("anne")
    assert "Law books" not in page_of(anne)
    assert anne.post(f"/niches/{niche.pk}/dupliquer/").status_code == 404
    assert anne.post(f"/niches/{niche.pk}/lancer/").status_code == 404


def test_a_shared_niche_shows_its_newest_answers_that_are_shared_too(
    client_of: Visitor, paul: User
) -> None:
    niche = niche_of(paul)
    runs = []
    for days in range(5):
        run = finished_run(owner=paul, products=[], niche=niche, shared=days != 1)
        Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=days))
        runs.append(run)
    # Somebody's own search of the same niche is not its owner's answer.
    other = User.objects.create_user("other")
    hers = finished_run(owner=other, products=[], niche=niche, shared=True)
    cards = team_part(page_of(client_of("anne"))).split('id="answers"')[0]
    shown = [str(run.pk) for run in (*runs, hers) if f"/niches/recherche/{run.pk}/" in cards]
    assert shown == [str(runs[days].pk) for days in (0, 2, 3)]


def test_an_answer_that_is_shared_without_its_niche_is_found_too(
    client_of: Visitor, paul: User
) -> None:
    niche = niche_of(paul, shared=False)
    run = finished_run(owner=paul, products=[], niche=niche, shared=True)
    private = finished_run(owner=paul, products=[], niche=niche)
    team = team_part(page_of(client_of("anne")))
    assert f"/niches/recherche/{run.pk}/" in team
    assert str(private.pk) not in team
    assert "paul" in team


def test_a_shared_niche_is_searched_as_ones_own(client_of: Visitor, paul: User) -> None:
    niche = niche_of(paul, max_results=20)
    anne = client_of("anne")
    answer = anne.post(f"/niches/{niche.pk}/lancer/")
    run = Run.objects.get()
    assert answer["Location"] == run.get_absolute_url()
    assert (run.owner, run.niche, run.name) == (anne.user, None, "Law books")
    assert (run.filters, run.max_results, run.shared) == (BOOKS, 20, False)
    # Private again, its new name is its owner's own.
    Niche.objects.update(shared=False, name="Secret")
    assert "Law books" in anne.get(run.get_absolute_url()).content.decode()


def test_a_profile_of_its_owner_is_replaced_by_ones_own_and_that_is_said(
    client_of: Visitor, paul: User
) -> None:
    shipped = BusinessProfile.objects.get(is_default=True)
    private = copy_profile(profile=shipped, name="Of Paul", owner=paul)
    niche = niche_of(paul, profile=private)
    anne = client_of("anne")
    assert "This profile is paul’s own" in team_part(page_of(anne))
    text = anne.post(f"/niches/{niche.pk}/lancer/", follow=True).content.decode()
    assert Run.objects.get().profile == shipped
    assert "The profile of this niche is paul’s own" in text
    anne.post(f"/niches/{niche.pk}/dupliquer/")
    assert Niche.objects.get(owner=anne.user).profile is None


def test_a_copy_is_ones_own_and_private(client_of: Visitor, paul: User) -> None:
    profile = BusinessProfile.objects.get(is_default=True)
    niche = niche_of(paul, profile=profile, max_results=20)
    anne = client_of("anne")
    anne.post(f"/niches/{niche.pk}/dupliquer/")
    copy = Niche.objects.get(owner=anne.user)
    assert (copy.filters, copy.profile, copy.max_results) == (BOOKS, profile, 20)
    assert not copy.shared
    assert not list(Niche.objects.filter(owner=paul).exclude(pk=niche.pk))


def test_a_viewer_reads_what_is_shared_and_is_offered_nothing(
    client_of: Visitor, paul: User
) -> None:
    niche_of(paul)
    vera = client_of("vera")
    change_role(member=vera.user, role=Role.VIEWER)
    team = team_part(page_of(vera))
    assert "Law books" in team
    assert "<form" not in team


def statements(visitor: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        page_of(visitor)
    return len(seen)


def test_more_shared_niches_and_answers_need_no_more_statements(
    client_of: Visitor, paul: User
) -> None:
    anne, counts = client_of("anne"), []
    for times in (1, 12):
        for each in range(times):
            niche = niche_of(paul, f"Niche {times} {each}")
            finished_run(owner=paul, products=[scored_product()], niche=niche, shared=True)
        page_of(anne)
        counts.append(statements(anne))
    assert counts[0] == counts[1]


def test_every_niche_is_reached_page_by_page_for_the_same_statements(client_of: Visitor) -> None:
    anne = client_of("anne")
    for number in range(30):
        niche_of(anne.user, f"Niche no {number:02}", shared=False)
    page_of(anne)
    one_page = statements(anne)
    for number in range(30, 65):
        niche_of(anne.user, f"Niche no {number:02}", shared=False)
    assert statements(anne) == one_page
    pages = [page_of(anne, f"?page={number}") for number in (1, 2, 3)]
    assert [page.count("<h3>Niche no ") for page in pages] == [30, 30, 5]
    assert "?page=2#saved" in pages[0]
    assert all(sum(f"Niche no {n:02}<" in page for page in pages) == 1 for n in range(65))


def test_archived_niches_have_pages_of_their_own(client_of: Visitor) -> None:
    anne = client_of("anne")
    for number in range(31):
        niche_of(anne.user, f"Old {number:02}", shared=False, archived_at=timezone.now())
    first, second = page_of(anne), page_of(anne, "?archives=2")
    assert "31 archived niches" in first
    assert (first.count("<span>Old "), second.count("<span>Old ")) == (30, 1)
    assert "?archives=2#archived" in first
