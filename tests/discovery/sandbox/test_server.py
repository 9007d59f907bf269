"""The wire: envelope, statuses, faults, and a third party's client."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import keepa as keepa_package
import pytest
import requests

from discovery.sandbox import kinds
from discovery.sandbox.faults import CHARGED, KINDS, UNCHARGED
from discovery.sandbox.serve import SandboxServer
from discovery.sandbox.server import create_app
from tests.discovery.sandbox.conftest import Keepa

MakeKeepa = Callable[..., Keepa]

ENVELOPE = [
    "timestamp", "tokensLeft", "refillIn", "refillRate", "tokenFlowReduction", "tokensConsumed",
    "processingTimeInMs",
]  # fmt: skip


def test_every_answer_is_compressed_and_opens_with_the_envelope(keepa: Keepa) -> None:
    asin = keepa.app.catalogue.store(1).products[0].asin
    for endpoint, params in (
        ("token", {}),
        ("product", {"domain": 1, "asin": asin}),
        ("product", {"domain": 1}),
        ("nowhere", {}),
        ("category", {"domain": 7, "category": 0}),
    ):
        response = keepa.response(endpoint, **params)
        assert response.headers["Content-Encoding"] == "gzip"
        assert list(response.json())[:7] == ENVELOPE
    answer = keepa.response("product", domain=1, asin=asin).text
    assert answer.index('"tokensLeft"') < answer.index('"products"')


@pytest.mark.parametrize(
    ("endpoint", "params", "status"),
    [
        ("product", {"domain": 1, "asin": "B00"}, 400),
        ("product", {"domain": 1, "asin": ",".join(f"B{n:09d}" for n in range(101))}, 400),
        ("product", {"domain": 1, "code": "abc"}, 400),
        ("product", {"domain": 1, "asin": "B000000000", "offers": 5}, 405),
        ("product", {"domain": 1, "asin": "B000000000", "stats": "soon"}, 400),
        ("product", {"domain": 1, "asin": "B000000000", "days": 0}, 405),
        ("product", {"asin": "B000000000"}, 400),
        ("query", {"domain": 1}, 400),
        ("query", {"domain": 1, "selection": "{"}, 400),
        ("category", {"domain": 99, "category": 0}, 405),
        ("category", {"domain": 1, "category": "Books"}, 400),
        ("search", {"domain": 1, "type": "category", "term": "ab"}, 400),
        ("search", {"domain": 1, "type": "seller", "term": "abc"}, 400),
        ("bestsellers", {"domain": 1, "category": 283155, "range": 7}, 405),
        ("graphimage", {"domain": 1}, 404),
    ],
)
def test_a_bad_request_says_why_and_costs_nothing(
    keepa: Keepa, endpoint: str, params: dict[str, Any], status: int
) -> None:
    response = keepa.response(endpoint, **params)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"type", "message", "details"}
    assert keepa.app.charged_total == 0


def test_a_wrong_key_is_refused_and_no_key_is_recorded(new_sandbox: MakeKeepa) -> None:
    keepa = new_sandbox(key="secret-one")
    refused = keepa.response("token")
    assert refused.status_code == 400
    assert (refused.json()["tokensLeft"], refused.json()["refillRate"]) == (0, 0)
    assert keepa.http.get("/token").status_code == 400
    assert keepa.http.get("/token", params={"key": "secret-one"}).status_code == 200
    assert "secret-one" not in repr(keepa.app.calls)


def test_categories_lead_from_the_roots_to_the_leaves(keepa: Keepa) -> None:
    books = keepa.get("category", domain=4, category=0)["categories"]["301061"]
    assert (books["name"], books["parent"]) == ("Livres", 0)
    (child,) = books["children"]
    below = keepa.get("category", domain=4, category=child, parents=1)
    assert below["categories"][str(child)]["parent"] == 301061
    assert list(below["categoryParents"]) == ["301061"]
    assert keepa.get("category", domain=4, category=123)["categories"] == {}
    matched = keepa.get("search", domain=4, type="category", term="programm")["categories"]
    assert [category["name"] for category in matched.values()] == ["Programmation"]


def test_search_and_bestsellers_lead_to_products(keepa: Keepa) -> None:
    titles = [
        p["title"] for p in keepa.get("search", domain=1, type="product", term="python")["products"]
    ]
    assert len(titles) == 10
    assert all("python" in title.lower() for title in titles)
    best = keepa.get("bestsellers", domain=1, category=3839)["bestSellersList"]["asinList"]
    ranked = keepa.find({"categories_include": [3839], "current_SALES_gte": 1, "perPage": 1000})[
        "asinList"
    ]
    assert best[:20] == ranked[:20]


@pytest.mark.parametrize("domain", [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12])
def test_every_marketplace_has_products_and_categories_of_its_own(
    observed: Keepa, domain: int
) -> None:
    roots = observed.get("category", domain=domain, category=0)["categories"]
    assert len(roots) >= 4
    for root in roots:
        found = observed.find({"rootCategory": [int(root)], "current_NEW_gte": 1}, domain)
        assert found["totalResults"] > 100
        products = observed.products(found["asinList"][:3], domain, stats=90)
        assert {product["rootCategory"] for product in products} == {int(root)}
    elsewhere = 283155 if domain != 1 else 301061
    for name in ("rootCategory", "categories_include"):
        nothing = observed.find({name: [elsewhere]}, domain)
        assert (nothing["asinList"], nothing["tokensConsumed"]) == ([], 10)


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_spoils_one_call_and_charges_as_documented(keepa: Keepa, kind: str) -> None:
    keepa.app.faults.push(kind)
    with suppress(httpx.TransportError, json.JSONDecodeError):
        keepa.find({"rootCategory": [301061]}, 4)
    assert keepa.app.charged_total == (11 if kind in CHARGED else 0)
    assert keepa.find({"rootCategory": [301061]}, 4)["totalResults"] > 0
    assert len(keepa.app.faults) == 0


def test_charged_and_uncharged_faults_are_all_there_is() -> None:
    assert not CHARGED & UNCHARGED


@pytest.mark.parametrize("status", [402, 429, 500, 502, 503])
def test_refusals_come_with_their_status(keepa: Keepa, status: int) -> None:
    keepa.app.faults.push(str(status))
    response = keepa.response("category", domain=1, category=0)
    assert response.status_code == status
    if status != 502:
        assert response.json()["refillIn"] > 0


def test_a_spoilt_product_answer_is_spoilt_as_named(keepa: Keepa) -> None:
    asin = keepa.app.catalogue.store(1).live[0].asin

    def ask(kind: str) -> httpx.Response:
        keepa.app.faults.push(kind)
        return keepa.response("product", domain=1, asin=asin, stats=90)

    with pytest.raises(json.JSONDecodeError):
        ask("truncated").json()
    with pytest.raises(json.JSONDecodeError):
        ask("garbage").json()
    assert ask("null_products").json()["products"] is None
    assert "title" not in ask("missing_fields").json()["products"][0]
    assert not isinstance(ask("wrong_types").json()["products"][0]["title"], str)
    with pytest.raises(httpx.ReadError):
        ask("reset")
    keepa.app.faults.push("slow", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        keepa.response("product", domain=1, asin=asin)


def test_spoilt_deals_and_sellers_are_paid_for(keepa: Keepa) -> None:
    for kind, told in (("null_products", None), ("wrong_types", "none")):
        for endpoint, key, params in (
            ("deal", "deals", {"selection": '{"domainId": 8, "dateRange": 3}'}),
            ("seller", "sellers", {"domain": 8, "seller": "A11IL2PNWYJU7H"}),
        ):
            keepa.app.faults.push(kind, endpoint=endpoint)
            answer = keepa.get(endpoint, **params)
            assert answer[key] == told
            assert answer["tokensConsumed"] == (5 if endpoint == "deal" else 1)


def test_a_fault_may_wait_for_its_endpoint(keepa: Keepa) -> None:
    keepa.app.faults.push("500", endpoint="product", times=2)
    keepa.app.faults.push("503", endpoint="token")
    assert keepa.response("category", domain=1, category=0).status_code == 200
    assert keepa.response("token").status_code == 503
    asin = "B000000000"
    statuses = [keepa.response("product", domain=1, asin=asin).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    with pytest.raises(ValueError, match="earthquake"):
        keepa.app.faults.push("earthquake")


def test_faults_tokens_and_counters_are_at_hand_over_http(keepa: Keepa) -> None:
    http = keepa.http
    queued = http.post("/sandbox/faults", json={"kind": "500", "times": 2, "endpoint": "query"})
    assert len(queued.json()["pending"]) == 2
    assert http.post("/sandbox/faults", json={"kind": "earthquake"}).status_code == 400
    keepa.get("category", domain=1, category=0)
    keepa.find({})
    stats = http.get("/sandbox/stats").json()
    assert stats["charged_total"] == 1
    assert stats["calls"]["query"] == {"calls": 1, "answered": 0, "tokens": 0}
    assert http.delete("/sandbox/faults").json() == {"pending": []}
    assert http.post("/sandbox/tokens", json={"tokens": -7}).json()["tokens_left"] == -7
    assert http.get("/sandbox/else").status_code == 404


# --- sockets and threads --------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app()) as running:
        yield running


def test_connections_are_kept_alive_and_cut_on_demand(server: SandboxServer) -> None:
    # On a busy machine httpx's own five seconds may be over before the sandbox has charged.
    with httpx.Client(base_url=server.url, params={"key": "any"}, timeout=60) as client:
        first = client.get("/token")
        assert first.http_version == "HTTP/1.1"
        assert "close" not in first.headers.get("Connection", "")
        server.app.faults.push("reset")
        with pytest.raises(httpx.TransportError):
            client.get("/category", params={"domain": 1, "category": 0})
        assert server.app.charged_total == 1
        assert client.get("/token").json()["tokensLeft"] == 1199


def test_many_threads_are_charged_to_the_token() -> None:
    app = create_app(refill_rate=1000)
    clients = [Keepa(app) for _ in range(8)]

    def spend(client: Keepa) -> None:
        for _ in range(10):
            client.get("category", domain=1, category=283155)

    threads = [threading.Thread(target=spend, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert app.charged_total == 80
    assert app.tally["category"] == {"calls": 80, "answered": 80, "tokens": 80}


# --- somebody else's client -----------------------------------------------------------------------


@pytest.fixture
def third_party(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> keepa_package.Keepa:
    """The `keepa` package, unmodified but for the host it calls."""
    send = requests.get

    def redirected(url: str, *args: Any, **kwargs: Any) -> requests.Response:
        return send(url.replace("https://api.keepa.com", server.url), *args, **kwargs)

    monkeypatch.setattr(requests, "get", redirected)
    return keepa_package.Keepa("any", timeout=60)


def test_a_third_party_client_finds_and_reads_products(
    server: SandboxServer, third_party: Any
) -> None:
    asins = third_party.product_finder(
        {
            "rootCategory": ["283155"],
            "current_SALES_gte": 10_000,
            "current_SALES_lte": 50_000,
            "current_BUY_BOX_SHIPPING_gte": 500,
            "sort": [["current_SALES", "asc"]],
        },
        n_products=50,
    )
    assert len(asins) == 50
    # The package reads past the end of an answer with fewer than 36 series.
    by_asin = server.app.catalogue.store(1).by_asin
    asins = [asin for asin in asins if by_asin[asin].dirt.series >= kinds.COUNT]
    products = third_party.query(asins[:10], stats=90, buybox=True, progress_bar=False)
    assert {product["asin"] for product in products} == set(asins[:10])
    for product in products:
        current = product["stats_parsed"]["current"]
        assert 10_000 <= current["SALES"] <= 50_000
        assert product["data"]["SALES"][-1] == current["SALES"]
        shown = product["data"]["BUY_BOX_SHIPPING"][-1]
        assert shown == pytest.approx(current["BUY_BOX_SHIPPING"])
    assert server.app.charged_total == 11 + 30
    assert third_party.tokens_left == 1200 - 41


def test_a_third_party_client_reads_offers_categories_and_tokens(third_party: Any) -> None:
    third_party.update_status()
    assert third_party.tokens_left == 1200
    assert third_party.category_lookup(0, domain="FR")["301061"]["name"] == "Livres"
    assert "3839" in third_party.search_for_categories("programming")
    best = third_party.best_sellers_query("3839")
    (product,) = third_party.query(best[0], offers=20, progress_bar=False, typed=True)
    live = [product.offers[place] for place in product.liveOffersOrder]
    assert all(offer.offerCSV for offer in live)


def test_the_body_is_gzip_on_the_wire_too(server: SandboxServer) -> None:
    with httpx.Client() as client, client.stream("GET", f"{server.url}/token?key=any") as answer:
        raw = b"".join(answer.iter_raw())
    assert json.loads(gzip.decompress(raw))["tokensLeft"] == 1200
