"""Keepa's token arithmetic: a client must be able to account for every token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from discovery.sandbox.bucket import TICK_MS, TokenBucket
from discovery.sandbox.server import create_app
from tests.discovery.sandbox.conftest import Clock, Keepa

MakeKeepa = Callable[..., Keepa]


def test_a_new_bucket_holds_one_hour_of_refill(new_sandbox: MakeKeepa) -> None:
    answer = new_sandbox(refill_rate=20).get("token")
    assert answer["tokensLeft"] == 1200
    assert answer["refillRate"] == 20
    assert answer["tokensConsumed"] == 0


def test_tokens_come_in_one_piece_every_minute(clock: Clock) -> None:
    bucket = TokenBucket(refill_rate=20, tokens=5, clock=clock)
    clock.pass_seconds(59.999)
    before = bucket.look()
    assert (before.tokens_left, before.refill_in) == (5, 1)
    clock.pass_seconds(0.001)
    after = bucket.look()
    assert (after.tokens_left, after.refill_in) == (25, TICK_MS)


def test_what_is_not_used_within_the_hour_is_lost(clock: Clock) -> None:
    bucket = TokenBucket(refill_rate=20, tokens=1190, clock=clock)
    clock.pass_seconds(60)
    assert bucket.look().tokens_left == 1200
    clock.pass_seconds(24 * 3600)
    assert bucket.look().tokens_left == 1200


def test_a_client_can_work_out_what_was_charged_from_two_answers(clock: Clock) -> None:
    bucket = TokenBucket(refill_rate=20, tokens=100, clock=clock)
    clock.pass_seconds(42.5)
    first = bucket.look()
    clock.pass_seconds(17.4)
    bucket.take(7)
    clock.pass_seconds(200)
    bucket.take(11)
    second = bucket.look()
    late = second.timestamp - first.timestamp - first.refill_in
    ticks = 1 + late // TICK_MS if late >= 0 else 0
    assert first.tokens_left + ticks * 20 - second.tokens_left == 18


def test_a_clock_set_back_neither_refills_nor_takes(clock: Clock) -> None:
    bucket = TokenBucket(refill_rate=20, tokens=5, clock=clock)
    clock.pass_seconds(-3600)
    assert bucket.look().tokens_left == 5


def test_the_last_accepted_call_may_overdraw_and_the_next_is_refused(
    new_sandbox: MakeKeepa, clock: Clock
) -> None:
    keepa = new_sandbox(tokens=3)
    overdrawn = keepa.find({"rootCategory": [283155], "perPage": 50})
    assert (overdrawn["tokensConsumed"], overdrawn["tokensLeft"]) == (11, -8)

    refused = keepa.response("category", domain=1, category=0)
    assert refused.status_code == 429
    assert refused.json()["tokensConsumed"] == 0
    assert refused.json()["refillIn"] == 60_000
    assert keepa.get("token")["tokensLeft"] == -8

    clock.pass_seconds(60)
    assert keepa.get("category", domain=1, category=0)["tokensLeft"] == 11


def test_a_balance_of_zero_is_refused(new_sandbox: MakeKeepa) -> None:
    keepa = new_sandbox(tokens=0)
    assert keepa.response("category", domain=1, category=0).status_code == 429
    assert keepa.app.charged_total == 0


def test_every_call_costs_what_the_price_list_says(keepa: Keepa) -> None:
    books = keepa.find({"rootCategory": [283155], "perPage": 1000})["asinList"]

    def cost(endpoint: str, **params: Any) -> int:
        tokens: int = keepa.get(endpoint, domain=1, **params)["tokensConsumed"]
        return tokens

    def finder(selection: str, **params: Any) -> int:
        return cost("query", selection=selection, **params)

    ten = ",".join(books[:10])
    assert finder('{"rootCategory": [283155]}') == 11
    assert finder('{"rootCategory": [283155], "perPage": 1000}') == 20
    assert finder('{"rootCategory": [283155], "perPage": 101}') == 12
    assert finder('{"rootCategory": [3839]}') == 10, "nothing found is still 10"
    assert finder('{"rootCategory": [283155]}', stats=1) == 41
    assert cost("product", asin=ten) == 10
    assert cost("product", asin=ten, stats=90, history=0, days=30, rating=1) == 10
    assert cost("product", asin=ten, buybox=1) == 30
    assert cost("product", asin=ten, update=0) == 20
    assert cost("category", category=0) == 1
    assert cost("search", type="category", term="program") == 1
    assert cost("search", type="product", term="python") == 10
    assert cost("bestsellers", category=283155) == 50


def test_offers_cost_six_tokens_a_page_of_ten_found(keepa: Keepa) -> None:
    books = keepa.find({"rootCategory": [283155]})["asinList"]
    for asin in books[:12]:
        answer = keepa.get("product", domain=1, asin=asin, offers=100)
        live = len(answer["products"][0]["liveOffersOrder"] or [])
        pages = -(-live // 10)
        assert answer["tokensConsumed"] == max(1, 6 * pages)


def test_the_counters_add_up_to_what_the_balance_lost(new_sandbox: MakeKeepa) -> None:
    keepa = new_sandbox()
    keepa.find({"rootCategory": [283155]})
    keepa.get("category", domain=1, category=0)
    keepa.get("product", domain=1, asin="not-an-asin")
    app = keepa.app
    assert app.charged_total == 12 == sum(call.tokens for call in app.calls)
    assert keepa.get("token")["tokensLeft"] == 1200 - 12
    assert [(call.endpoint, call.status) for call in app.calls] == [
        ("query", 200), ("category", 200), ("product", 400), ("token", 200),
    ]  # fmt: skip


def test_two_sandboxes_have_each_their_own_bucket() -> None:
    first, second = create_app(), create_app()
    first.bucket.take(100)
    assert second.bucket.look().tokens_left == 1200
