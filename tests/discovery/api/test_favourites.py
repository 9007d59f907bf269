"""``POST|DELETE /api/v1/products/{asin}/favorite``"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.models import Favourite

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(bearer: str) -> Client:
    return Client(headers={"authorization": f"Bearer {bearer}"})


def test_made_and_unmade_each_as_often_as_one_likes(caller: Client, anne: User) -> None:
    address = "/api/v1/products/B000000001/favorite?marketplace=fr"
    for _ in range(2):
        assert caller.post(address).json() == {
            "asin": "B000000001",
            "marketplace": "fr",
            "favourite": True,
        }
    assert Favourite.objects.get().user == anne
    for _ in range(2):
        assert caller.delete(address).json()["favourite"] is False
    assert not Favourite.objects.exists()


def test_the_isbn_of_a_book_is_its_asin(caller: Client) -> None:
    answer = caller.post("/api/v1/products/9780131103627/favorite")
    assert answer.json()["asin"] == "0131103628"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/products/nonsense/favorite", 404),
        ("/api/v1/products/B000000001/favorite?marketplace=narnia", 422),
    ],
)
def test_nonsense_is_refused(caller: Client, address: str, status: int) -> None:
    assert caller.post(address).status_code == status
    assert not Favourite.objects.exists()


def test_a_stranger_is_refused(client: Client) -> None:
    assert client.post("/api/v1/products/B000000001/favorite").status_code == 401
