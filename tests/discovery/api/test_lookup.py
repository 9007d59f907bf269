"""``/lookup``, ``/categories``, ``/sourcing-links``: what a text names, and where to look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from discovery.models import KeepaProduct
from tests.discovery.api.shelf import caller_with, fields, send
from tests.discovery.shelf import Shelf, shelved, sold

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]
EAN = "3614270357626"
LAMP = sold("B0LAMP0001", "Lampe de bureau", EAN, price=4990, rank=900, items=1, brand="Lux")


@pytest.fixture
def caller(bearer: str) -> Client:
    return caller_with(bearer)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with shelved(LAMP) as shelf:
        yield shelf


def test_a_code_is_priced_bought_once_and_known_from_then_on(caller: Client, shelf: Shelf) -> None:
    asked = f"/lookup?q={EAN}&marketplace=fr"
    before = send(caller, "GET", asked).json()
    assert (before["kind"], before["state"], before["product"]) == ("product", "to_buy", None)
    assert before["tokens"] > 0
    assert not KeepaProduct.objects.exists()
    bought = send(caller, "POST", "/lookup", {"q": EAN, "marketplace": "fr"}).json()
    assert (bought["state"], bought["asin"]) == ("known", "B0LAMP0001")
    assert bought["tokens_spent"] == shelf.charged
    after = send(caller, "GET", asked).json()
    assert after["product"]["title"] == "Lampe de bureau"
    assert after["tokens_spent"] == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "nothing"), ("old+lamps", "words"), ("B0LAMP0001%0AB0LAMP0002", "lines")],
)
def test_a_text_is_told_apart(caller: Client, text: str, kind: str) -> None:
    told = send(caller, "GET", f"/lookup?q={text}").json()
    assert (told["kind"], told["state"], told["found"]) == (kind, None, [])


def test_words_buy_nothing(caller: Client) -> None:
    assert fields(send(caller, "POST", "/lookup", {"q": "old lamps"})) == {"q"}


def test_the_tree_is_walked_and_searched(caller: Client) -> None:
    level = send(caller, "GET", "/categories?marketplace=fr").json()
    assert (level["here"], level["ancestors"]) == (None, [])
    first = level["categories"][0]
    below = send(caller, "GET", f"/categories?marketplace=fr&parent={first['id']}").json()
    assert below["here"] == first
    found = send(caller, "GET", "/categories?marketplace=fr&q=livres").json()["categories"]
    assert found[0]["name"] == "Livres"
    assert send(caller, "GET", "/categories?marketplace=fr&parent=1").status_code == 404
    assert send(caller, "POST", "/categories/1/open?marketplace=fr").status_code == 404


def test_links_to_shops_are_set_and_given_up(caller: Client) -> None:
    sites = send(caller, "GET", "/sourcing-links").json()["links"]
    own = {"name": "Shop", "pattern": "https://shop.example/?q={ean}"}
    kept = send(caller, "PUT", "/sourcing-links", {"links": [own]}).json()["links"]
    assert kept == [own | {"only": []}]
    for wrong, field in (
        ({"links": [own | {"pattern": "http://shop.example/"}]}, "links.pattern"),
        ({"links": [own, {"name": ""}]}, "links.1.name"),
        ({"links": "all"}, "links"),
    ):
        refused = send(caller, "PUT", "/sourcing-links", wrong)
        assert refused.status_code == 422
        assert field in fields(refused)
    assert send(caller, "DELETE", "/sourcing-links").status_code == 204
    assert send(caller, "GET", "/sourcing-links").json()["links"] == sites
