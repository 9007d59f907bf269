"""No text that a user or an address sends is an error of ours, for any address there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client

from arbvault.texts import cleaned
from discovery.accounts.api_tokens import create_api_token
from discovery.keepa.client import KeepaClient, using_client
from tests.arbvault.matrix.addresses import ADDRESSES
from tests.arbvault.matrix.addresses import PATHS as ALL_PATHS
from tests.arbvault.matrix.rules import RULES, Rule
from tests.arbvault.walking import look_up_once

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
NUL, HALF_PAIR = "\x00", "\ud800"
# What pages and the admin read, and what no page does.
NAMES = (
    "action", "asin", "avec", "b", "back", "bought_on", "categories", "class", "code", "columns",
    "cost", "cost_vat", "decided", "decision", "detail", "e", "format", "gone", "goods", "grade",
    "in", "job", "key", "kind", "language", "line", "mark", "marketplace", "max_results", "name",
    "next", "nobody", "note", "o", "only", "p", "page", "password", "place", "price", "profile",
    "q", "quantity", "query", "received", "regime", "role", "scope", "sold_on", "sort", "stock",
    "subcategory", "text", "title", "to", "token", "units", "until", "username", "verdict",
    "wanted", "window", "words",
)  # fmt: skip
BALANCE = {
    "timestamp": 1_700_000_000_000, "tokensLeft": 0, "refillIn": 60_000, "refillRate": 20,
    "tokenFlowReduction": 0.0, "tokensConsumed": 0, "processingTimeInMs": 1,
}  # fmt: skip
VALUES = {"nul": "a" + NUL, "5000": "x" * 5000}
OPEN = sorted(
    address.sample
    for address in ADDRESSES
    if RULES.get(address.name) in {Rule.OPEN, Rule.CONFIGURED}
)
PAGES = [path for path in ALL_PATHS if "logout" not in path]
CALLS = [address for address in PAGES if address.startswith("/api/")]
IN_A_PATH = re.compile(r"(?<=/)(?:x|1)(?=/|$|\.)")
# A lone surrogate cannot be written in UTF-8: this is how it looks when somebody tries.
PATHS = ("%00", "%ED%A0%80", "_00", "9" * 30, "x" * 5000)


@pytest.fixture(autouse=True)
def no_keepa() -> Iterator[None]:
    """Pages that spend are told at once that there is nothing to be had; the balance is told."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json=BALANCE)
        return httpx.Response(402)

    refusing = httpx.MockTransport(answer)
    client = KeepaClient(api_key="k", base_url="http://keepa.test", transport=refusing)
    with using_client(client):
        yield
    client.close()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Client:
    look_up_once(monkeypatch, settings)
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_superuser("root"))
    return browser


def failures(client: Client, method: str, addresses: list[str], **more: Any) -> list[str]:
    send = getattr(client, method)
    found = []
    for address in addresses:
        response = send(address, **more)
        if response.status_code >= 500:
            found.append(f"{response.status_code} {method} {address[:80]}")
    return found


@pytest.mark.parametrize("value", PATHS, ids=[value[:4] for value in PATHS])
def test_in_an_address(browser: Client, value: str) -> None:
    addresses = [IN_A_PATH.sub(value, page) for page in PAGES if IN_A_PATH.search(page)]
    assert len(addresses) > 50
    assert failures(browser, "get", addresses) == []


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_in_a_query(browser: Client, value: str) -> None:
    query = urlencode(dict.fromkeys(NAMES, value))  # once for all
    assert failures(browser, "get", PAGES, QUERY_STRING=query) == []


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_in_a_form(browser: Client, value: str) -> None:
    form = urlencode(dict.fromkeys(NAMES, value))  # once for all; strangers send the other kind
    assert failures(browser, "post", PAGES, data=form, content_type=FORM) == []


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_of_a_stranger(settings: Any, value: str) -> None:
    settings.AXES_ENABLED = True
    stranger, data = Client(raise_request_exception=False), dict.fromkeys(NAMES, value)
    for method in ("get", "post"):
        assert failures(stranger, method, OPEN, data=data) == []


def test_in_the_body_of_a_call(browser: Client) -> None:
    program = Client(
        raise_request_exception=False,
        headers={"authorization": f"Bearer {create_api_token(user=User.objects.get())[1]}"},
    )
    bodies = [
        body
        for text in ("\\u0000", "\\ud800", "x" * 5000, "9" * 30)
        for name in ("title", "marketplace", "profile", "asins", "categories")
        for body in (f'{{"{name}": "{text}"}}', f'{{"{name}": ["{text}"]}}')
    ]
    for address in CALLS:
        for body in bodies:
            response = program.post(address, body, content_type="application/json")
            assert response.status_code < 500, (address, body[:60])
            if response.status_code == 405:
                break  # nothing there reads a body, whatever it says


def test_a_name_that_cannot_be_one_is_a_wrong_name(settings: Any) -> None:
    settings.AXES_ENABLED = True
    browser = Client(raise_request_exception=False, headers={"accept-language": "en"})
    for page in ("/login/", "/admin/login/"):
        for name in ("x" * 400, "x" * 5000, f"a{NUL}b", "é" * 300):
            response = browser.post(page, {"username": name, "password": "p" * 5000})
            assert response.status_code == 200, (page, name[:9])
            assert "correct username" in response.content.decode()


@pytest.mark.parametrize("session", ['"\\000"', "x\x00y", "x" * 5000, '"\\355\\240\\200"'])
def test_a_session_that_cannot_be_one_is_none(session: str) -> None:
    stranger = Client(raise_request_exception=False)
    response = stranger.get("/", headers={"cookie": f"sessionid={session}"})
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


@pytest.mark.parametrize("token", ["\x00", "a\x00b", "é", "x" * 5000, "arb_\x00"])
def test_a_token_that_cannot_be_one_is_wrong(token: str) -> None:
    stranger = Client(raise_request_exception=False)
    response = stranger.get("/api/v1/tokens", headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 401


@pytest.mark.parametrize("charset", ["rot13", "utf-16", "raw_unicode_escape", "base64", "utf-7"])
def test_a_form_in_no_text_a_browser_writes_is_refused(browser: Client, charset: str) -> None:
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    body = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800\r\n--b--\r\n'
    response = browser.generic("POST", "/configuration/jetons/", body, content_type=kind)
    assert response.status_code == 400


def test_an_address_that_holds_one_leads_nowhere(browser: Client) -> None:
    assert browser.get("/favoris/%00").status_code == 404
    call = browser.get("/api/v1/products/%00/favorite")
    assert (call.status_code, call["Content-Type"]) == (404, "application/problem+json")


def test_names_and_values_are_cleaned_and_nothing_else_is_changed() -> None:
    data = QueryDict(mutable=True)
    data.setlist(f"a{NUL}", [f"1{NUL}", "2", f"é{HALF_PAIR}😀"])
    data.setlist("b", [""])
    assert dict(cleaned(data).lists()) == {"a": ["1", "2", "é😀"], "b": [""]}
