"""Reads carry an ETag: asked for again with it, what has not changed is not sent again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.models import Favourite
from tests.discovery.api.conftest import BOOKS, Ask

pytestmark = pytest.mark.django_db

JOBS = "/api/v1/jobs"


@pytest.fixture
def reader(bearer: str) -> Client:
    return Client(headers={"authorization": f"Bearer {bearer}"})


def again(reader: Client, etag: str, **headers: str) -> Any:
    return reader.get(JOBS, headers={"if-none-match": etag} | headers)


def test_what_has_not_changed_is_answered_without_a_body(reader: Client) -> None:
    first = reader.get(JOBS)
    etag = first["ETag"]
    assert etag.startswith('"')
    second = again(reader, etag)
    assert (second.status_code, second.content) == (304, b"")
    assert second["ETag"] == etag
    assert second["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
    assert second["Vary"] == first["Vary"]
    assert {"Authorization", "Accept-Language", "Cookie"} <= set(first["Vary"].split(", "))
    assert "RateLimit" in second


@pytest.mark.parametrize("told", ["{}", "W/{}", '"other", {}', "*"])
def test_any_of_the_tags_will_do_weak_ones_too(reader: Client, told: str) -> None:
    etag = reader.get(JOBS)["ETag"]
    assert again(reader, told.format(etag)).status_code == 304


@pytest.mark.parametrize("told", ['"other"', "", "nonsense", 'W/""'])
def test_another_tag_gets_the_answer(reader: Client, told: str) -> None:
    assert again(reader, told).status_code == 200


def test_what_has_changed_is_sent_with_another_tag(reader: Client, anne: User) -> None:
    from discovery.models import SourcingJob

    etag = reader.get(JOBS)["ETag"]
    SourcingJob.objects.create(owner=anne, name="Deals", source="deals", marketplace="fr")
    changed = again(reader, etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_a_head_has_the_tag_of_its_get(reader: Client) -> None:
    etag = reader.get(JOBS)["ETag"]
    assert reader.head(JOBS)["ETag"] == etag
    assert reader.head(JOBS, headers={"if-none-match": etag}).status_code == 304


def test_a_compressed_answer_is_known_by_its_weak_tag(reader: Client) -> None:
    page = "/api/v1/openapi.json"
    packed = reader.get(page, headers={"accept-encoding": "gzip"})
    assert packed["ETag"].startswith('W/"')
    assert reader.get(page, headers={"if-none-match": packed["ETag"]}).status_code == 304


def test_an_if_match_of_something_else_does_not_break_a_read(reader: Client) -> None:
    assert reader.get(JOBS, headers={"if-match": '"other"'}).status_code == 200


def test_refusals_and_what_is_posted_are_never_kept(
    reader: Client, client: Client, anne: User
) -> None:
    posted = reader.post("/api/v1/products/B000000001/favorite")
    assert Favourite.objects.count() == 1
    for answer in (posted, client.get(JOBS), reader.get("/api/v1/jobs/1"), reader.put(JOBS)):
        assert answer["Cache-Control"] == "no-store"
        assert "ETag" not in answer


@pytest.mark.django_db(transaction=True)
def test_a_search_is_posted_and_so_never_kept(keepa: Any, ask: Ask) -> None:
    assert ask("discover", BOOKS)["Cache-Control"] == "no-store"
