"""Each thing that can go wrong has its status, its sentence in two languages, and no cost."""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client, RequestFactory

from discovery.api.problems import problem
from discovery.keepa.raw_fields import Undecodable
from discovery.models import DiscoveryCacheEntry, TokenLedgerEntry
from tests.discovery.api.conftest import BOOKS, Ask

pytestmark = pytest.mark.django_db(transaction=True)

SCORED = "discover-with-scoring"
MANY = [f"B{number:09d}" for number in range(10_000)]

BAD_INPUT = {
    "an unknown category": ("discover", BOOKS | {"categories": ["zzqx"]}, "categories"),
    "a reversed range": ("discover", BOOKS | {"bsr_range": [50_000, 10_000]}, "bsr_range"),
    "a negative range": ("discover", BOOKS | {"price_range": [-5, 10]}, "price_range"),
    "a rank that is no number": ("discover", BOOKS | {"bsr_range": ["abc", 9]}, "bsr_range"),
    "a wrong marketplace": ("discover", BOOKS | {"marketplace": "narnia"}, "marketplace"),
    "a filter Keepa does not know": ("discover", BOOKS | {"colour": "blue"}, "colour"),
    "too many results": ("discover", BOOKS | {"max_results": 1000}, "max_results"),
    "10 000 ASINs": (SCORED, {"asins": MANY}, "asins"),
    "what is no ASIN": (SCORED, {"asins": ["<b>no</b>"]}, "asins.0"),
    "an unknown profile": (SCORED, BOOKS | {"profile": "nobody"}, "profile"),
    "nothing": ("discover", {}, "categories"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_named_in_the_callers_language_and_costs_nothing(
    keepa: Any, ask: Ask, shipped_profiles: None, case: str
) -> None:
    call, body, field = BAD_INPUT[case]
    sentences = []
    for language in ("en", "fr"):
        response = ask(call, body, **{"accept-language": language})
        assert response.status_code == 422
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == 422
        errors = {error["field"]: error for error in problem["errors"]}
        assert field in errors
        assert errors[field]["pointer"] == "#/" + field.replace(".", "/")
        sentences.append(errors[field]["detail"])
    assert sentences[0] != sentences[1]
    assert keepa.charged_total == 0
    assert not DiscoveryCacheEntry.objects.exists()
    assert not TokenLedgerEntry.objects.filter(tokens_consumed__gt=0).exists()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'"text"', b"[" * 100_000, b'{"title": "\\u0000"}',
             b'{"title": "\\ud800"}', b'{"max_results": ' + b"9" * 5000 + b"}"]
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(keepa: Any, ask: Ask, body: bytes) -> None:
    response = ask("discover", body)
    assert response.status_code == 400
    assert response.json()["code"] == "not_json"


def test_a_body_of_six_megabytes_is_refused(keepa: Any, ask: Ask) -> None:
    assert ask("discover", b'"' + b"x" * 6_000_000 + b'"').status_code == 413


def test_without_tokens_the_answer_says_when_there_will_be(keepa: Any, ask: Ask) -> None:
    keepa.faults.push("429", times=5)
    response = ask("discover", BOOKS)
    assert response.status_code == 402
    problem = response.json()
    assert problem["code"] == "tokens_exhausted"
    assert int(response["Retry-After"]) == problem["retry_after"] > 0


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("402", 502, "invalid_key"),
        ("garbage", 502, "garbled_answer"),
        ("truncated", 502, "garbled_answer"),
        ("500", 503, "keepa_unavailable"),
    ],
)
def test_a_failing_keepa_has_a_name_and_a_sentence(
    keepa: Any, ask: Ask, fault: str, status: int, code: str
) -> None:
    keepa.faults.push(fault, times=20)
    response = ask("discover", BOOKS)
    assert response.status_code == status
    problem = response.json()
    assert problem["code"] == code
    assert problem["detail"]
    assert ("Retry-After" in response) == (problem.get("retry_after") is not None)
    assert not DiscoveryCacheEntry.objects.exists()


def test_an_unreachable_keepa_says_when_to_retry(keepa: Any, ask: Ask) -> None:
    keepa.faults.push("500", times=20)
    assert int(ask("discover", BOOKS)["Retry-After"]) > 0


@pytest.mark.parametrize("fault", ["402", "429", "500", "garbage"])
def test_an_old_answer_is_served_and_labelled_when_keepa_fails(
    keepa: Any, ask: Ask, fault: str
) -> None:
    fresh = ask("discover", BOOKS).json()
    DiscoveryCacheEntry.objects.update(expires_at=Now() - timedelta(hours=1))
    keepa.faults.push(fault, times=20)
    response = ask("discover", BOOKS)
    assert response.status_code == 200
    stale = response.json()
    assert stale["products"] == fresh["products"]
    assert not stale["cache_hit"]
    assert stale["metadata"]["cache"] == "stale"
    assert stale["metadata"]["stale"]
    assert stale["metadata"]["problem"]["detail"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 402, "tokens_exhausted"),
        ("402", 502, "invalid_key"),
        ("garbage", 502, "garbled_answer"),
        ("500", 503, "keepa_unavailable"),
    ],
)
@pytest.mark.parametrize("body", [{"asins": ["B000000001"]}, {"asins": ["9780593655030"]}, BOOKS])
def test_when_no_product_could_be_had_the_answer_is_no_empty_list(
    keepa: Any, ask: Ask, shipped_profiles: None, fault: str, status: int, code: str, body: Any
) -> None:
    keepa.faults.push(fault, times=20, endpoint="product")
    response = ask("discover-with-scoring", body)
    assert response.status_code == status
    problem = response.json()
    assert (problem["code"], problem["tokens_spent"]) == (code, keepa.charged_total)
    assert ("Retry-After" in response) == (fault != "402")


def test_answers_of_which_none_can_be_read_are_no_empty_list(
    keepa: Any, ask: Ask, shipped_profiles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = [product.asin for product in keepa.catalogue.store(1).live[:3]]

    def unreadable(raw: Any, **_options: Any) -> Any:
        raise Undecodable("title")

    monkeypatch.setattr("discovery.keepa.answers.decode_product", unreadable)
    response = ask(SCORED, {"marketplace": "us", "asins": live})
    assert (response.status_code, response["Retry-After"]) == (502, "60")
    problem = response.json()
    assert (problem["code"], problem["tokens_spent"]) == ("garbled_answer", len(live))
    assert keepa.charged_total == len(live)


def test_a_refusal_names_the_request_as_the_log_does(rf: RequestFactory) -> None:
    request = rf.get("/api/v1/nothing")
    assert "request_id" not in json.loads(problem(request, HTTPStatus.NOT_FOUND, code="x").content)
    request.request_id = "abc123"  # type: ignore[attr-defined]
    told = json.loads(problem(request, HTTPStatus.NOT_FOUND, code="x").content)
    assert told["request_id"] == "abc123"


@pytest.mark.parametrize("path", ["", "nothing", "jobs/", "products/x/y/z", "tokens/1"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_addresses_that_do_not_exist_are_problems_too(
    client: Client, path: str, method: str
) -> None:
    answer = getattr(client, method)(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"
