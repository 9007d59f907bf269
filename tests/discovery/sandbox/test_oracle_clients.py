"""The public `keepa` package, unmodified but for the host, drives the sandbox over a real socket.

Its own test-suite is not part of the project; docs/sandbox.md says how it runs and what fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import keepa as keepa_package
import pytest
import requests

from discovery.sandbox import kinds
from discovery.sandbox.guests import guests_of
from discovery.sandbox.serve import SandboxServer
from discovery.sandbox.server import create_app
from discovery.sandbox.times import utc_now

PACKAGE: Any = keepa_package  # its helpers are untyped
KEY = "k" * 64
BOOK = "0593440412"
"""The product the package's tests ask for throughout."""


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(key=KEY, refill_rate=1000)) as running:
        yield running


@pytest.fixture
def client(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    send = requests.get

    def redirected(url: str, *args: Any, **kwargs: Any) -> requests.Response:
        return send(url.replace("https://api.keepa.com", server.url), *args, **kwargs)

    monkeypatch.setattr(requests, "get", redirected)
    return lambda key=KEY, **options: keepa_package.Keepa(key, timeout=60, **options)


def query(client: Any, *asins: str, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client().query(list(asins), progress_bar=False, **options)
    return found


def test_answers_come_in_the_encoding_it_prefers(client: Any) -> None:
    api = client()
    answer = api._request("token", {"key": KEY}, wait=False, raw_response=True)
    assert answer.headers["Content-Encoding"] in {"zstd", "gzip"}
    assert answer.json()["tokensLeft"] == api.tokens_left


def test_a_malformed_key_is_rejected_and_one_nobody_pays_for_too(client: Any) -> None:
    with pytest.raises(RuntimeError, match="REQUEST_REJECTED"):
        client("thisisnotavalidkey", check_key=True)
    with pytest.raises(RuntimeError, match="PAYMENT_REQUIRED"):
        client("8" * 64, check_key=True)


def test_every_guest_is_there_by_its_asin(client: Any) -> None:
    for code, domain in (("US", 1), ("DE", 3)):
        named = [guest for guest in guests_of(domain) if guest.plan.rank or guest.is_dead]
        found = query(client, *(guest.asin for guest in named), domain=code)
        assert {product["asin"] for product in found} == {guest.asin for guest in named}


def test_it_reads_live_histories_statistics_and_the_buy_box(client: Any) -> None:
    (product,) = query(client, BOOK, update=0, stats=90, rating=True, buybox=True)
    history = product["data"]
    assert {"NEW", "USED", "SALES", "RATING", "BUY_BOX_SHIPPING"} <= history.keys()
    since = utc_now().replace(tzinfo=None) - timedelta(days=60)
    assert history["USED_time"][-1] > since
    assert product["stats_parsed"]["current"]["SALES"] == history["SALES"][-1]


def test_it_reads_offers_and_their_histories(client: Any) -> None:
    (product,) = query(client, BOOK, offers=20, stock=True)
    assert product["offersSuccessful"]
    for offer in product["offers"]:
        times, prices = PACKAGE.convert_offer_history(offer["offerCSV"])
        assert len(times) == len(prices) > 0
        assert offer["stockCSV"][-1] >= 0
    assert len(PACKAGE.process_used_buybox(product["buyBoxUsedHistory"])) > 0
    (live,) = query(client, BOOK, offers=20, only_live_offers=True, history=False)
    seen = [offer["lastSeen"] for offer in live["offers"]]
    assert all(abs(later - sooner) < 24 * 60 for sooner, later in pairwise(seen))


def test_an_unknown_asin_and_a_gone_one_are_told_apart(client: Any) -> None:
    with pytest.raises(RuntimeError, match="invalid ASINs"):
        query(client, "XXXXXXXXXX")
    gone = query(client, "B01I6KT07E", stats=90)[0]
    assert gone["data"] == {}
    assert gone["title"] is None


def test_the_finder_takes_what_its_tests_ask(client: Any) -> None:
    wanted = {"author": "jim butcher", "page": 1, "perPage": 50, "categories_exclude": ["1055398"]}
    assert len(client().product_finder(wanted)) == 50
    assert client().product_finder({"categories_include": ["1055398"]})


def test_the_finder_refuses_what_keepa_does_not_know_and_what_is_not_simulated(
    server: SandboxServer, client: Any
) -> None:
    before = server.app.charged_total
    for field in ("current_COUNT_NEW_FBA_lte", "flipability90_gte"):
        with pytest.raises(RuntimeError, match="REQUEST_REJECTED"):
            client()._request(
                "query",
                {"key": KEY, "domain": 1, "selection": f'{{"{field}": 3}}'},
            )
    assert server.app.charged_total == before


def test_categories_and_best_sellers_lead_to_products(client: Any) -> None:
    api = client()
    chairs = api.search_for_categories("chairs")
    assert all("chairs" in node["name"].lower() for node in chairs.values())
    best = api.best_sellers_query(next(iter(chairs)))
    assert len(best) == len(PACKAGE.format_items(best)) >= 40
    with pytest.raises(RuntimeError, match="REQUEST_REJECTED"):
        api.category_lookup(-1)


@pytest.mark.parametrize("endpoint", ["graphimage"])
def test_endpoints_that_are_absent_say_so(client: Any, endpoint: str) -> None:
    with pytest.raises(RuntimeError, match="NOT_FOUND"):
        client()._request(endpoint, {"key": KEY, "domain": 1})


def test_the_package_cannot_read_a_short_answer(server: SandboxServer, client: Any) -> None:
    """Real answers of 34 series exist; ours may not be judged by the package there."""
    short = next(
        product
        for product in server.app.catalogue.store(1).live
        if product.dirt.series < kinds.COUNT
    )
    with pytest.raises(IndexError):
        query(client, short.asin)
