"""An answer narrowed down, and decisions on several of its products at once."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discovery.models import Favourite, ProductDecision, Run
from discovery.products.decisions import record_decision
from discovery.runs.buy_boxes import Bought
from discovery.runs.sorts import SORTS
from tests.discovery.builders import FINISHED, prices, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
Maker = Callable[[Any], Run]
CHEAP, DEAR, ASSUMED = "0131103628", "0201896834", "0262033844"


@pytest.fixture(params=["search", "list"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answer_of(kind: str) -> Maker:
    """Makes a finished search or list of three products."""

    def make(owner: Any) -> Run:
        nobody: Any = {"new": prices("30.00"), "lowest_fbm_new": None}
        return FINISHED[kind](
            owner=owner,
            products=[
                scored_product(title="The C Language", asin=CHEAP, cost="8.00", bsr=900),
                scored_product(title="Volume one, Algorithms", asin=DEAR, cost="25.00"),
                scored_product(title="Algorithms unlocked", asin=ASSUMED, **nobody),
            ],
        )

    return make


def shown(visitor: Any, run: Run, query: str = "") -> list[str]:
    page = visitor.get(f"{run.get_absolute_url()}?{query}").context["page"].results
    return [row.line.asin for row in page.rows]


def decide(visitor: Any, run: Run, action: str, query: str = "", **data: Any) -> Any:
    address = f"{run.get_absolute_url()}selection/?{query}"
    return visitor.post(address, {"action": action, **data}, follow=action != "export")


def lines_of(run: Run, *asins: str) -> list[int]:
    """The keys of the lines of these products, as their boxes send them."""
    return list(run.lines.filter(asin__in=asins).values_list("pk", flat=True))


def said(answer: Any) -> str:
    """The page's words, each space an ordinary one."""
    return html.unescape(answer.content.decode()).replace("\xa0", " ")


def undo(visitor: Any, answer: Any, **more: Any) -> Any:
    """Press the button of the message that an answer shows."""
    token = re.search(r'name="token" value="([^"]+)"', answer.content.decode())
    assert token is not None
    return visitor.post("/produits/annuler/", {"token": token[1], **more}, follow=True)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", [CHEAP, DEAR, ASSUMED]),
        ("q=algorithms", [DEAR, ASSUMED]),
        ("q=algorithms+one", [DEAR]),
        (f"q={CHEAP.lower()}", [CHEAP]),
        ("q=100%25", []),
        ("roi_min=30", [CHEAP, ASSUMED]),  # at the price to look for
        ("roi_min=50", [CHEAP]),
        ("verdict=SOURCING", [ASSUMED]),
        ("verdict=CONSIDER", [CHEAP]),
        ("profit_min=5,00", [CHEAP]),
        ("price_max=10", []),
        ("bsr_max=1+000", [CHEAP]),
        ("known_cost=1", [CHEAP, DEAR]),
        ("roi_min=beaucoup", [CHEAP, DEAR, ASSUMED]),
        ("q=algorithms&known_cost=1", [DEAR]),
    ],
)
def test_an_answer_is_narrowed_by_the_database(
    client_of: Visitor, answer_of: Maker, query: str, left: list[str]
) -> None:
    anne = client_of("anne")
    assert sorted(shown(anne, answer_of(anne.user), query)) == sorted(left)


def test_a_bound_that_is_no_number_is_said_beside_its_field(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    text = anne.get(f"{run.get_absolute_url()}?roi_min=beaucoup").content.decode()
    assert "« beaucoup » n’est pas un nombre." in html.unescape(text).replace("\xa0", " ")


def test_what_was_ignored_is_marked_and_can_be_hidden(client_of: Visitor, answer_of: Maker) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "ignore", line=lines_of(run, CHEAP, DEAR))
    page = anne.get(run.get_absolute_url()).context["page"].results
    assert page.marks.ignored == {CHEAP, DEAR}
    assert shown(anne, run, "hide_ignored=1") == [ASSUMED]
    kinds = set(ProductDecision.objects.values_list("kind", "user"))
    assert kinds == {("ignored", anne.user.pk)}


def test_ignoring_twice_writes_once_and_never_touches_a_favourite(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "favourite", line=lines_of(run, CHEAP))
    decide(anne, run, "ignore", line=lines_of(run, CHEAP))
    answer = decide(anne, run, "ignore", line=lines_of(run, CHEAP))
    assert "C’était déjà le cas." in html.unescape(answer.content.decode())
    assert ProductDecision.objects.count() == 1
    assert Favourite.objects.filter(asin=CHEAP).exists()


def test_everything_shown_is_what_the_address_narrows_to(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "favourite", "known_cost=1", scope="all")
    assert set(Favourite.objects.values_list("asin", "marketplace")) == {
        (CHEAP, "us"),
        (DEAR, "us"),
    }


def test_ticking_nothing_says_so(client_of: Visitor, answer_of: Maker) -> None:
    anne = client_of("anne")
    for action in ("favourite", "ignore", "export_plain"):
        answer = decide(anne, answer_of(anne.user), action)
        assert "Cochez d’abord" in html.unescape(answer.content.decode())
    assert not Favourite.objects.exists()


def test_the_ticked_ones_are_exported_alone(client_of: Visitor, answer_of: Maker) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    answer = decide(anne, run, "export", line=lines_of(run, DEAR))
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("\ufeff")
    assert len(lines) == 2
    assert DEAR in lines[1]


def test_lines_of_another_answer_cannot_be_slipped_in(
    client_of: Visitor, answer_of: Maker, django_user_model: Any
) -> None:
    anne, bob = client_of("anne"), django_user_model.objects.create_user("bob")
    others = lines_of(answer_of(bob), CHEAP, DEAR)
    decide(anne, answer_of(anne.user), "favourite", line=[*others, "", "x", "-1", "9" * 5000])
    assert not Favourite.objects.exists()


# --- taken away, and taken back -------------------------------------------------------------------


def favourites(visitor: Any) -> set[str]:
    return set(Favourite.objects.filter(user=visitor.user).values_list("asin", flat=True))


def test_of_two_lines_of_one_product_the_ticked_one_is_taken_alone(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    twin = run.lines.get(asin=DEAR)
    twin.pk, twin.position = None, 9
    twin.save()
    answer = decide(anne, run, "export", line=[twin.pk])
    assert len(answer.content.decode().splitlines()) == 2
    page = anne.get(run.get_absolute_url()).content.decode()
    assert page.count(f'form="selection" name="line" value="{twin.pk}"') == 1


@pytest.mark.parametrize("scope", ["ticked", "all"])
def test_undone_new_favourites_are_gone_and_older_ones_stay(
    client_of: Visitor, answer_of: Maker, scope: str
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "favourite", line=lines_of(run, CHEAP))
    answer = decide(anne, run, "favourite", scope=scope, line=lines_of(run, CHEAP, DEAR, ASSUMED))
    assert "2 produits ajoutés aux favoris." in said(answer)
    answer = undo(anne, answer, next=run.get_absolute_url())
    assert "Annulé : 2 produits sont comme avant." in said(answer)
    assert answer.redirect_chain == [(run.get_absolute_url(), 302)]
    assert favourites(anne) == {CHEAP}


def test_favourites_taken_away_come_back_as_old_as_they_were(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "favourite", line=lines_of(run, CHEAP))
    decide(anne, run, "favourite", line=lines_of(run, DEAR))
    before = list(Favourite.objects.values())
    answer = decide(anne, run, "not_favourite", scope="all")
    assert "2 produits retirés des favoris." in said(answer)
    assert favourites(anne) == set()
    undo(anne, answer)
    assert list(Favourite.objects.values()) == before


def test_what_is_ignored_no_longer_comes_back_with_its_note(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    for kind in (ProductDecision.Kind.IGNORED, ProductDecision.Kind.NOTE):
        record_decision(user=anne.user, marketplace="us", asin=CHEAP, kind=kind, note="too bulky")
    before = list(ProductDecision.objects.values())
    answer = decide(anne, run, "not_ignore", scope="all")
    assert "1 produit n’est plus ignoré." in said(answer)
    assert ProductDecision.objects.get().kind == "note"
    undo(anne, answer)
    assert list(ProductDecision.objects.values()) == before


def test_undoing_twice_changes_nothing_more(client_of: Visitor, answer_of: Maker) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    answer = decide(anne, run, "ignore", scope="all")
    undo(anne, answer)
    decide(anne, run, "favourite", scope="all")
    undo(anne, answer)
    assert not ProductDecision.objects.exists()
    assert favourites(anne) == {CHEAP, DEAR, ASSUMED}
    taken = decide(anne, run, "not_favourite", scope="all")
    undo(anne, taken)
    assert "Annulé" in said(undo(anne, taken))
    assert favourites(anne) == {CHEAP, DEAR, ASSUMED}


def test_what_changed_nothing_has_no_button(client_of: Visitor, answer_of: Maker) -> None:
    anne = client_of("anne")
    answer = decide(anne, answer_of(anne.user), "not_favourite", scope="all")
    assert "C’était déjà le cas." in said(answer)
    assert 'name="token" value="" disabled' in said(answer)
    assert 'form method="post" action="/produits/annuler/" data-undo' not in said(answer)


# --- the Buy Box of several -----------------------------------------------------------------------


def test_the_buy_box_is_bought_for_the_ticked_ones_alone(
    client_of: Visitor, answer_of: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def bought(*, run: Run, asins: list[str]) -> Bought:
        asked.append(asins)
        return Bought(lines=1, tokens_spent=3)

    monkeypatch.setattr("discovery.pages.runs.buy_boxes.buy_buy_boxes", bought)
    anne = client_of("anne")
    run = answer_of(anne.user)
    answer = decide(anne, run, "buy_boxes", line=lines_of(run, DEAR))
    assert asked == [[DEAR]]
    assert "1 produit noté de nouveau avec sa Buy Box : 3 jetons." in said(answer)
    answer = decide(anne, run, "buy_boxes", scope="all")
    assert asked == [[DEAR]]
    assert "elle ne se lit pas pour tous d’un coup" in said(answer)


def test_nobody_decides_on_anothers_answer(
    client_of: Visitor, answer_of: Maker, django_user_model: Any
) -> None:
    run = answer_of(django_user_model.objects.create_user("bob"))
    answer = decide(client_of("anne"), run, "favourite", scope="all")
    assert answer.status_code == 404
    assert Client().post(f"{run.get_absolute_url()}selection/").status_code == 302


def test_deciding_on_many_takes_as_many_statements_as_on_few(client_of: Visitor, kind: str) -> None:
    anne = client_of("anne")

    def statements(count: int, action: str) -> int:
        asins = [f"B{number:09}" for number in range(count)]
        run = FINISHED[kind](owner=anne.user, products=[scored_product(asin=a) for a in asins])
        with CaptureQueriesContext(connection) as caught:
            address = f"{run.get_absolute_url()}selection/"
            assert anne.post(address, {"action": action, "scope": "all"}).status_code == 302
        return len(caught)

    for action in ("favourite", "ignore"):
        assert statements(3, action) == statements(60, action)


def test_an_unknown_action_touches_nothing(client_of: Visitor, answer_of: Maker) -> None:
    anne = client_of("anne")
    assert decide(anne, answer_of(anne.user), "destroy", scope="all").status_code == 400
    assert not ProductDecision.objects.exists()


@pytest.mark.parametrize("action", ["export", "export_plain"])
def test_everything_that_meets_the_bounds_is_exported_on_every_page(
    client_of: Visitor, answer_of: Maker, action: str
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    address = f"{run.get_absolute_url()}selection/?known_cost=1&verdict=&sort=roi"
    answer = anne.post(address, {"action": action, "scope": "all"})
    heading, *lines = answer.content.decode().splitlines()
    assert len(lines) == 2
    assert ASSUMED not in "".join(lines)
    assert ("verdict" in heading) == (action == "export_plain")


def test_a_run_is_decided_on_under_its_own_address_alone(
    client_of: Visitor, answer_of: Maker
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    wrong = "/listes/" if run.is_search else "/niches/recherche/"
    answer = anne.post(f"{wrong}{run.pk}/selection/", {"action": "ignore", "scope": "all"})
    assert answer.status_code == 404
    for page in ("", "comparer/", "export.csv", "progression/"):
        assert anne.get(f"{wrong}{run.pk}/{page}").status_code == 404
    assert not ProductDecision.objects.exists()


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_every_column_sorts_what_the_bounds_leave(
    client_of: Visitor, answer_of: Maker, kind: str, direction: str
) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    columns = {"title": "title", "price": "price", "max_cost": "max_cost", "profit": "profit"}
    columns |= {"roi": "roi_percent", "velocity": "velocity_score", "bsr": "bsr"}
    if kind == "list":
        columns |= {"line": "position", "cost": "landed_cost", "quantity": "quantity"}
    for sort, column in columns.items():
        asins = shown(anne, run, f"sort={sort}&dir={direction}&known_cost=1")
        assert set(asins) == {CHEAP, DEAR}
        known = dict(run.lines.values_list("asin", column))
        values = [known[asin] for asin in asins]
        assert values == sorted(values, reverse=direction == "desc"), sort
    for sort in SORTS[kind]:
        assert set(shown(anne, run, f"sort={sort}&dir={direction}")) == {CHEAP, DEAR, ASSUMED}
