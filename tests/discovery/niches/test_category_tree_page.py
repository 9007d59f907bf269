"""The category picker: what is known is walked for nothing, more is bought once."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discovery.keepa.categories.known import known_categories
from discovery.keepa.categories.stored import open_category, resolve_categories
from discovery.keepa.categories.tree import browse
from discovery.keepa.client import get_client
from discovery.keepa.errors import UnknownCategory
from discovery.models import KeepaCategory
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.search.discover import discover_with_scoring
from discovery.search.request import read_filters
from discovery.search.results import Asker

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
BOOKS, PROGRAMMING, TOYS = 283155, 3839, 165793011


def names(level: Any) -> list[str]:
    return [node.name for node in level.nodes]


def test_the_departments_are_known_by_heart() -> None:
    level = browse(marketplace="fr")
    assert {"Livres", "Jeux et Jouets"} <= set(names(level))
    assert level.here is None
    below = browse(marketplace="us", category_id=BOOKS)
    assert "Programming" in names(below)
    assert below.here is not None
    assert below.here.name == "Books"


def test_words_are_found_wherever_they_stand_in_the_tree() -> None:
    found = browse(marketplace="us", words="PROGRAM")
    assert [node.path for node in found.nodes] == ["Books › Programming"]
    assert browse(marketplace="us", words="zzz").nodes == ()


def test_an_unknown_place_shows_nothing_or_the_departments() -> None:
    assert browse(marketplace="xx").nodes == ()
    assert browse(marketplace="us", category_id=424242).here is None


def test_opening_a_category_pays_for_each_new_name_once(keepa: Any) -> None:
    spent = open_category(BOOKS, marketplace="us", client=get_client())
    assert spent == keepa.charged_total > 1
    level = browse(marketplace="us", category_id=BOOKS)
    assert level.here is not None
    assert level.here.is_opened
    assert KeepaCategory.objects.get(category_id=BOOKS).opened_at is not None
    assert open_category(BOOKS, marketplace="us", client=get_client()) == 0
    assert keepa.charged_total == spent


def test_one_opening_buys_only_so_many_names_and_the_next_goes_on(
    keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.keepa.categories.stored.NAMES_AT_MOST", 3)
    opened = KeepaCategory.objects.filter(category_id=TOYS, opened_at__isnull=False)
    for known, is_opened in ((4, False), (5, True)):
        before = keepa.charged_total
        spent = open_category(TOYS, marketplace="us", client=get_client())
        assert 0 < spent == keepa.charged_total - before <= 1 + 3
        assert len(browse(marketplace="us", category_id=TOYS).nodes) == known
        assert opened.exists() is is_opened


def test_a_name_known_by_heart_is_not_bought(keepa: Any) -> None:
    subjects = 1000  # its sub-categories are mostly built in
    open_category(subjects, marketplace="us", client=get_client())
    bought = {
        int(node)
        for call in keepa.calls
        if "category" in call.params
        for node in call.params["category"].split(",")
    }
    assert subjects in bought
    assert bought & {one.id for one in known_categories("us")} == set()


def test_a_leaf_is_known_to_be_one(keepa: Any) -> None:
    open_category(PROGRAMMING, marketplace="us", client=get_client())
    level = browse(marketplace="us", category_id=PROGRAMMING)
    assert level.nodes == ()
    assert level.here is not None
    assert level.here.is_opened


def test_products_bought_teach_the_tree_for_nothing(keepa: Any) -> None:
    ensure_shipped_profiles()
    filters = read_filters({"marketplace": "us", "categories": ["Books"]})
    discover_with_scoring(
        filters=filters, profile=active_profile(), max_results=20, asker=Asker(source="manual")
    )
    learnt = KeepaCategory.objects.filter(marketplace="us")
    assert learnt.filter(parent_id=BOOKS).exists()
    assert learnt.get(category_id=BOOKS).is_root


def test_a_circle_in_the_data_is_cut() -> None:
    for node, parent in ((71, 72), (72, 71)):
        KeepaCategory.objects.create(
            marketplace="us", category_id=node, name=f"Loop {node}", parent_id=parent,
            fetched_at="2026-11-20T12:00Z",
        )  # fmt: skip
    level = browse(marketplace="us", category_id=71)
    assert level.here is not None
    assert level.here.path == "Loop 72 › Loop 71"


@pytest.mark.parametrize("term", ["Programming (3839)", "anything (3839)", "3839"])
def test_a_chosen_category_is_read_by_its_number(term: str) -> None:
    assert resolve_categories([term], "us").categories_include == (PROGRAMMING,)


def test_a_number_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownCategory):
        resolve_categories(["Programming (999999)"], "us")


def test_walking_the_pages_is_one_statement_whatever_the_size(client_of: Visitor) -> None:
    anne = client_of("anne")

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert anne.get("/niches/categories/arbre/?marketplace=us").status_code == 200
        return len(caught)

    few = statements()
    KeepaCategory.objects.bulk_create(
        KeepaCategory(
            marketplace="us", category_id=10_000 + number, name=f"Shelf {number}",
            parent_id=BOOKS, fetched_at="2026-11-20T12:00Z",
        )
        for number in range(300)
    )  # fmt: skip
    assert statements() == few


def test_htmx_gets_the_list_alone_and_a_person_the_page(client_of: Visitor) -> None:
    anne = client_of("anne")
    address = "/niches/categories/arbre/?marketplace=us&in=283155"
    page = html.unescape(anne.get(address).content.decode())
    assert "<html" in page
    assert "?marketplace=us&category=Programming%20(3839)#search" in page
    part = anne.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert 'form="no-form"' in part  # Enter must not start a search


def test_choosing_adds_to_what_is_typed_and_only_once(client_of: Visitor) -> None:
    anne = client_of("anne")
    asked = {"id": "3839", "name": "Programming", "subcategory": "Computer Science (3508)"}
    text = anne.get("/niches/categories/choisir/", asked).content.decode()
    assert 'value="Computer Science (3508); Programming (3839)"' in text
    again = asked | {"subcategory": "Programming (3839)"}
    text = anne.get("/niches/categories/choisir/", again).content.decode()
    assert 'value="Programming (3839)"' in text


def test_the_choice_without_a_script_opens_the_form(client_of: Visitor) -> None:
    text = client_of().get("/niches/?marketplace=us&category=Programming+(3839)").content.decode()
    assert 'value="Programming (3839)"' in text
    assert '<option value="us" selected>' in text


def test_opening_from_the_page_says_what_it_cost(client_of: Visitor, keepa: Any) -> None:
    answer = client_of().post(
        "/niches/categories/ouvrir/", {"marketplace": "us", "in": str(BOOKS)}, follow=True
    )
    text = html.unescape(answer.content.decode()).replace("\u00a0", " ")
    assert f"{keepa.charged_total} jetons dépensés" in text


def test_keepa_failing_is_said_and_nothing_is_lost(client_of: Visitor, keepa: Any) -> None:
    keepa.faults.push("500", times=20)
    answer = client_of().post(
        "/niches/categories/ouvrir/", {"marketplace": "us", "in": str(BOOKS)}, follow=True
    )
    assert 'class="banner error"' in answer.content.decode()


@pytest.mark.parametrize("place", ["", "abc", "9" * 30, "0", "424242"])
def test_what_is_no_known_category_is_not_asked_of_keepa(
    client_of: Visitor, keepa: Any, place: str
) -> None:
    answer = client_of().post("/niches/categories/ouvrir/", {"marketplace": "us", "in": place})
    assert answer.status_code == 404
    assert keepa.charged_total == 0


def test_a_name_asked_for_stays_unique_whatever_products_bring() -> None:
    def stored(node: int, *, is_learnt: bool) -> None:
        KeepaCategory.objects.create(
            marketplace="us", category_id=node, name="Guides", parent_id=BOOKS,
            is_learnt=is_learnt, fetched_at="2026-11-20T12:00Z",
        )  # fmt: skip

    stored(71, is_learnt=False)
    stored(72, is_learnt=True)
    assert resolve_categories(["Guides"], "us").categories_include == (71,)
    stored(73, is_learnt=False)
    with pytest.raises(UnknownCategory):
        resolve_categories(["Guides"], "us")
