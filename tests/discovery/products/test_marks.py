"""Favourite and ignored: given and taken with one key, in bulk, and undone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import Favourite, ProductDecision
from discovery.products import marks
from discovery.products.decisions import add_favourite, record_decision
from discovery.products.marks import Mark, TooLateToUndo, mark_products, undo_token
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ADDRESS = f"/produits/us/{ASIN}/marque/"
SCRIPT = {"x-requested-with": "fetch"}
MANY = [("us" if place % 2 else "fr", f"B{place:09}") for place in range(60)]


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    return client_of("anne")


def press(visitor: Any, mark: str, wanted: str = "1", address: str = ADDRESS) -> Any:
    return visitor.post(address, {"mark": mark, "wanted": wanted}, headers=SCRIPT)


def marked(user: Any, mark: Mark) -> set[tuple[str, str]]:
    rows: Any = Favourite.objects.filter(user=user)
    if mark == Mark.IGNORED:
        rows = ProductDecision.objects.filter(user=user, kind="ignored")
    return set(rows.values_list("marketplace", "asin"))


def ignore(user: Any, note: str = "") -> ProductDecision:
    kind = ProductDecision.Kind.IGNORED
    return record_decision(user=user, marketplace="us", asin=ASIN, kind=kind, note=note)


# --- one product ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", list(Mark))
def test_a_mark_is_given_once_and_taken_once(anne: Any, mark: Mark) -> None:
    stored()
    changed = []
    for wanted in ("1", "1", "0", "0"):
        answer = press(anne, mark, wanted)
        assert (answer.status_code, answer.content) == (204, b"")
        changed.append("X-Undo" in answer)
        assert marked(anne.user, mark) == ({("us", ASIN)} if wanted == "1" else set())
    assert changed == [True, False, True, False]


def test_a_product_may_be_both_and_keeps_one_when_it_loses_the_other(anne: Any) -> None:
    stored()
    for mark in Mark:
        press(anne, mark)
    press(anne, "favourite", "0")
    assert marked(anne.user, Mark.FAVOURITE) == set()
    assert marked(anne.user, Mark.IGNORED) == {("us", ASIN)}


def test_ignored_no_longer_it_keeps_what_else_was_decided(anne: Any) -> None:
    stored()
    ignore(anne.user)
    ignore(anne.user, "again")
    for kind in (ProductDecision.Kind.BOUGHT, ProductDecision.Kind.NOTE):
        record_decision(user=anne.user, marketplace="us", asin=ASIN, kind=kind)
    press(anne, "ignored", "0")
    assert set(ProductDecision.objects.values_list("kind", flat=True)) == {"bought", "note"}


def test_anothers_marks_stay(anne: Any, django_user_model: Any) -> None:
    stored()
    bob = django_user_model.objects.create_user("bob")
    add_favourite(user=bob, marketplace="us", asin=ASIN)
    ignore(bob)
    for mark in Mark:
        press(anne, mark, "0")
        assert marked(bob, mark) == {("us", ASIN)}


def test_without_a_script_the_page_of_the_table_is_shown_again(anne: Any) -> None:
    stored()
    here = "/niches/recherche/x/?sort=roi&page=2"
    answer = anne.post(f"{ADDRESS}?mark=favourite", {"wanted": "1", "next": here})
    assert (answer.status_code, answer["Location"]) == (302, here)
    assert marked(anne.user, Mark.FAVOURITE) == {("us", ASIN)}


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example", "javascript:x", "a", ""]
)
def test_nobody_is_led_elsewhere(anne: Any, next: str) -> None:
    stored()
    for address in (f"{ADDRESS}?mark=favourite", "/produits/annuler/"):
        assert anne.post(address, {"next": next})["Location"] == "/favoris/"


@pytest.mark.parametrize(
    "address", ["/produits/us/B000000000/marque/", f"/produits/xx/{ASIN}/marque/"]
)
@pytest.mark.parametrize("wanted", ["1", "0"])
def test_a_product_nobody_knows_is_not_there(anne: Any, address: str, wanted: str) -> None:
    stored()
    assert press(anne, "favourite", wanted, address).status_code == 404
    assert not Favourite.objects.exists()


def test_a_favourite_that_is_not_at_hand_any_more_can_be_taken_away(anne: Any) -> None:
    add_favourite(user=anne.user, marketplace="us", asin=ASIN)
    assert press(anne, "favourite", "0").status_code == 204
    assert not Favourite.objects.exists()


def test_a_mark_that_does_not_exist_is_refused(anne: Any) -> None:
    stored()
    for mark in ("bought", "", "FAVOURITE"):
        assert press(anne, mark).status_code == 400
    assert not ProductDecision.objects.exists()


def test_viewers_mark_and_undo_nothing(django_user_model: Any) -> None:
    stored()
    vera = django_user_model.objects.create_user("vera")
    token = undo_token(
        user=vera,
        change=mark_products(
            user=vera, products=[("us", ASIN)], mark=Mark.FAVOURITE, is_given=True
        ),
    )
    change_role(member=vera, role=Role.VIEWER)
    browser = Client()
    browser.force_login(vera)
    assert press(browser, "ignored").status_code == 403
    assert browser.post("/produits/annuler/", {"token": token}).status_code == 403
    assert browser.post("/favoris/selection/", {"action": "ignore"}).status_code == 403
    assert marked(vera, Mark.FAVOURITE) == {("us", ASIN)}
    assert marked(vera, Mark.IGNORED) == set()


# --- undone ---------------------------------------------------------------------------------------


def take_back(visitor: Any, token: str, **headers: str) -> Any:
    return visitor.post("/produits/annuler/", {"token": token}, headers=headers or SCRIPT)


@pytest.mark.parametrize("mark", list(Mark))
def test_each_press_is_undone_by_what_it_was_answered(anne: Any, mark: Mark) -> None:
    stored()
    given = press(anne, mark)["X-Undo"]
    taken = press(anne, mark, "0")["X-Undo"]
    assert take_back(anne, taken).status_code == 204
    assert marked(anne.user, mark) == {("us", ASIN)}
    assert take_back(anne, given).status_code == 204
    assert marked(anne.user, mark) == set()


def test_a_note_on_why_it_was_ignored_comes_back(anne: Any) -> None:
    stored()
    ignore(anne.user, "too bulky")
    before = list(ProductDecision.objects.values())
    take_back(anne, press(anne, "ignored", "0")["X-Undo"])
    assert list(ProductDecision.objects.values()) == before


def test_what_was_marked_anew_meanwhile_is_left_as_it_is(anne: Any) -> None:
    stored()
    press(anne, "favourite")
    token = press(anne, "favourite", "0")["X-Undo"]
    press(anne, "favourite")
    newest = list(Favourite.objects.values())
    assert take_back(anne, token).status_code == 204
    assert list(Favourite.objects.values()) == newest


def test_nobody_undoes_for_another_nor_with_a_word_of_their_own(
    anne: Any, django_user_model: Any
) -> None:
    stored()
    token = press(anne, "favourite")["X-Undo"]
    bob = Client(headers={"accept-language": "fr"})
    bob.force_login(django_user_model.objects.create_user("bob"))
    for said in (token, token[:-1], "", "x", "a:b:c"):
        visitor = bob if said == token else anne
        answer = take_back(visitor, said)
        assert answer.status_code == 410
        assert answer.content.decode() == "Il est trop tard pour annuler cette action."
    assert marked(anne.user, Mark.FAVOURITE) == {("us", ASIN)}


def test_after_an_hour_it_is_too_late(anne: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    token = press(anne, "favourite")["X-Undo"]
    monkeypatch.setattr(marks, "UNDO_FOR", timedelta(seconds=-1))
    with pytest.raises(TooLateToUndo):
        marks.undo(user=anne.user, token=token)
    answer = anne.post("/produits/annuler/", {"token": token}, follow=True)
    assert "Il est trop tard" in answer.content.decode()
    assert marked(anne.user, Mark.FAVOURITE) == {("us", ASIN)}


# --- many -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", list(Mark))
def test_many_take_two_statements_like_one(
    django_user_model: Any, django_assert_num_queries: Any, mark: Mark
) -> None:
    user = django_user_model.objects.create_user("anne")
    for products in (MANY[:1], MANY):
        for is_given in (True, False):
            with django_assert_num_queries(2):
                change = mark_products(
                    user=user, products=[*products, *products], mark=mark, is_given=is_given
                )
            assert set(change.products) == set(products)
            assert marked(user, mark) == (set(products) if is_given else set())


def test_none_takes_no_statement(django_user_model: Any, django_assert_num_queries: Any) -> None:
    user = django_user_model.objects.create_user("anne")
    with django_assert_num_queries(0):
        for mark in Mark:
            change = mark_products(user=user, products=[], mark=mark, is_given=True)
            assert undo_token(user=user, change=change) == ""


def test_ten_thousand_are_undone_by_a_token_a_page_can_carry(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("anne")
    products = [("fr", f"B0{place * 7919 % 10**8:08}") for place in range(10_000)]
    change = mark_products(user=user, products=products, mark=Mark.IGNORED, is_given=True)
    token = undo_token(user=user, change=change)
    assert len(token) < 150_000
    assert len(marks.undo(user=user, token=token).rows) == 10_000
    assert not ProductDecision.objects.exists()


# --- the favourites' own table --------------------------------------------------------------------


def decide(visitor: Any, action: str, **data: Any) -> Any:
    return visitor.post("/favoris/selection/", {"action": action, **data}, follow=True)


@pytest.fixture
def three(anne: Any) -> list[str]:
    """Three favourites, two of them one ASIN on two marketplaces."""
    for marketplace, asin in (("us", ASIN), ("fr", ASIN), ("us", "B000000001")):
        add_favourite(user=anne.user, marketplace=marketplace, asin=asin)
    return [f"us/{ASIN}", f"fr/{ASIN}", "us/B000000001"]


def test_the_ticked_favourites_are_removed_and_brought_back(anne: Any, three: list[str]) -> None:
    stored()
    page = anne.get("/favoris/").content.decode()
    assert all(f'value="{product}"' in page for product in three)
    before = list(Favourite.objects.values())
    answer = decide(anne, "not_favourite", asin=three[1:])
    assert "2 produits retirés des favoris." in html.unescape(answer.content.decode())
    assert marked(anne.user, Mark.FAVOURITE) == {("us", ASIN)}
    token = answer.content.decode().split('name="token" value="')[1].split('"')[0]
    take_back(anne, token)
    assert list(Favourite.objects.values()) == before


def test_all_favourites_are_ignored_on_every_page(anne: Any, three: list[str]) -> None:
    decide(anne, "ignore", scope="all")
    assert marked(anne.user, Mark.IGNORED) == {("us", ASIN), ("fr", ASIN), ("us", "B000000001")}
    decide(anne, "not_ignore", asin=three[:1])
    assert marked(anne.user, Mark.IGNORED) == {("fr", ASIN), ("us", "B000000001")}


def test_a_favourite_of_two_marketplaces_is_ignored_on_the_one_it_is_ignored_on(anne: Any) -> None:
    for marketplace in ("fr", "us"):
        Favourite.objects.create(user=anne.user, marketplace=marketplace, asin=ASIN)
    mark_products(user=anne.user, products=[("us", ASIN)], mark=Mark.IGNORED, is_given=True)
    page = anne.get("/favoris/").content.decode()
    pressed = re.findall(
        rf'/produits/(fr|us)/{ASIN}/marque/\?mark=ignored"[^>]*aria-pressed="(\w+)"', page
    )
    assert dict(pressed) == {"fr": "false", "us": "true"}


def test_only_ones_own_favourites_are_decided_on(anne: Any, django_user_model: Any) -> None:
    bob: User = django_user_model.objects.create_user("bob")
    add_favourite(user=bob, marketplace="us", asin=ASIN)
    for sent in (f"us/{ASIN}", "us", "/", "", "x" * 5000):
        answer = decide(anne, "ignore", asin=[sent])
        assert "Cochez d’abord" in html.unescape(answer.content.decode())
    assert decide(anne, "destroy", scope="all").status_code == 400
    assert not ProductDecision.objects.exists()
    assert marked(bob, Mark.FAVOURITE) == {("us", ASIN)}


def test_the_page_of_favourites_asks_as_much_for_three_as_for_two(
    anne: Any, three: list[str]
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert anne.get("/favoris/").status_code == 200
        return len(asked)

    of_two_marketplaces = statements()
    Favourite.objects.filter(marketplace="fr").delete()
    of_two = statements()
    Favourite.objects.filter(marketplace="us", asin=ASIN).delete()
    assert statements() == of_two
    assert of_two_marketplaces - of_two == 3  # what is known, what it costs, its curve
