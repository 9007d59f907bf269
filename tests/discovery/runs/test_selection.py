"""An answer narrowed down, and decisions on several of its products at once."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discovery.models import Favourite, ProductDecision, Run
from tests.discovery.builders import finished_run, prices, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
CHEAP, DEAR, ASSUMED = "0131103628", "0201896834", "0262033844"


def answer_of(owner: Any) -> Run:
    nobody: Any = {"new": prices("30.00"), "lowest_fbm_new": None}
    return finished_run(
        owner=owner,
        products=[
            scored_product(title="The C Language", asin=CHEAP, cost="8.00", bsr=900),
            scored_product(title="Volume one, Algorithms", asin=DEAR, cost="25.00"),
            scored_product(title="Algorithms unlocked", asin=ASSUMED, **nobody),
        ],
    )


def shown(visitor: Any, run: Run, query: str = "") -> list[str]:
    page = visitor.get(f"/niches/recherche/{run.pk}/?{query}").context["page"].results
    return [row.line.asin for row in page.rows]


def decide(visitor: Any, run: Run, action: str, query: str = "", **data: Any) -> Any:
    address = f"/niches/recherche/{run.pk}/selection/?{query}"
    return visitor.post(address, {"action": action, **data}, follow=action != "export")


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", [CHEAP, DEAR, ASSUMED]),
        ("q=algorithms", [DEAR, ASSUMED]),
        ("q=algorithms+one", [DEAR]),
        (f"q={CHEAP.lower()}", [CHEAP]),
        ("q=100%25", []),
        ("roi_min=30", [CHEAP]),
        ("profit_min=5,00", [CHEAP]),
        ("price_max=10", []),
        ("bsr_max=1+000", [CHEAP]),
        ("known_cost=1", [CHEAP, DEAR]),
        ("roi_min=beaucoup", [CHEAP, DEAR, ASSUMED]),
        ("q=algorithms&known_cost=1", [DEAR]),
    ],
)
def test_an_answer_is_narrowed_by_the_database(
    client_of: Visitor, query: str, left: list[str]
) -> None:
    anne = client_of("anne")
    assert sorted(shown(anne, answer_of(anne.user), query)) == sorted(left)


def test_a_bound_that_is_no_number_is_said_beside_its_field(client_of: Visitor) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    text = anne.get(f"/niches/recherche/{run.pk}/?roi_min=beaucoup").content.decode()
    assert "« beaucoup » n’est pas un nombre." in html.unescape(text).replace("\xa0", " ")


def test_what_was_ignored_is_marked_and_can_be_hidden(client_of: Visitor) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "ignore", asin=[CHEAP, DEAR])
    page = anne.get(f"/niches/recherche/{run.pk}/").context["page"].results
    assert page.marks.ignored == {CHEAP, DEAR}
    assert shown(anne, run, "hide_ignored=1") == [ASSUMED]
    kinds = set(ProductDecision.objects.values_list("kind", "user"))
    assert kinds == {("ignored", anne.user.pk)}


def test_ignoring_twice_writes_once_and_never_touches_a_favourite(client_of: Visitor) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "favourite", asin=[CHEAP])
    decide(anne, run, "ignore", asin=[CHEAP])
    answer = decide(anne, run, "ignore", asin=[CHEAP])
    assert "C’était déjà le cas." in html.unescape(answer.content.decode())
    assert ProductDecision.objects.count() == 1
    assert Favourite.objects.filter(asin=CHEAP).exists()


def test_everything_shown_is_what_the_address_narrows_to(client_of: Visitor) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    decide(anne, run, "favourite", "known_cost=1", scope="all")
    assert set(Favourite.objects.values_list("asin", "marketplace")) == {
        (CHEAP, "us"),
        (DEAR, "us"),
    }


def test_ticking_nothing_says_so(client_of: Visitor) -> None:
    anne = client_of("anne")
    for action in ("favourite", "ignore", "export_plain"):
        answer = decide(anne, answer_of(anne.user), action)
        assert "Cochez d’abord" in html.unescape(answer.content.decode())
    assert not Favourite.objects.exists()


def test_the_ticked_ones_are_exported_alone(client_of: Visitor) -> None:
    anne = client_of("anne")
    run = answer_of(anne.user)
    answer = decide(anne, run, "export", asin=[DEAR])
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].startswith("\ufeff")
    assert len(lines) == 2
    assert DEAR in lines[1]


def test_products_of_another_answer_cannot_be_slipped_in(client_of: Visitor) -> None:
    anne = client_of("anne")
    decide(anne, answer_of(anne.user), "favourite", asin=["B000000001"])
    assert not Favourite.objects.exists()


def test_nobody_decides_on_anothers_answer(client_of: Visitor, django_user_model: Any) -> None:
    run = answer_of(django_user_model.objects.create_user("bob"))
    answer = decide(client_of("anne"), run, "favourite", scope="all")
    assert answer.status_code == 404
    assert Client().post(f"/niches/recherche/{run.pk}/selection/").status_code == 302


def test_deciding_on_many_takes_as_many_statements_as_on_few(client_of: Visitor) -> None:
    anne = client_of("anne")

    def statements(count: int, action: str) -> int:
        asins = [f"B{number:09}" for number in range(count)]
        run = finished_run(owner=anne.user, products=[scored_product(asin=a) for a in asins])
        with CaptureQueriesContext(connection) as caught:
            address = f"/niches/recherche/{run.pk}/selection/"
            assert anne.post(address, {"action": action, "scope": "all"}).status_code == 302
        return len(caught)

    for action in ("favourite", "ignore"):
        assert statements(3, action) == statements(60, action)


def test_an_unknown_action_touches_nothing(client_of: Visitor) -> None:
    anne = client_of("anne")
    assert decide(anne, answer_of(anne.user), "destroy", scope="all").status_code == 400
    assert not ProductDecision.objects.exists()
