"""An answer that was lost on the way: what was paid for is asked once more at most."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from discovery.keepa.client import KeepaClient
from discovery.keepa.errors import GarbledAnswer, KeepaError, KeepaTimeout, KeepaUnavailable
from discovery.models import TokenLedgerEntry, TokenReservation
from discovery.sandbox.bucket import TokenBucket
from discovery.sandbox.server import SandboxApp
from tests.discovery.keepa.fakes import Clock
from tests.discovery.keepa.test_ledger_honesty import SELECTION, ledger_sum, made

LOST_ON_THE_WAY = ("cut", "late_502", "reset")
Step = Callable[[KeepaClient, SandboxApp], Any]


def asins(app: SandboxApp, count: int) -> list[str]:
    return [product.asin for product in app.catalogue.store(1).live[:count]]


def codes(app: SandboxApp) -> list[str]:
    bearing = (product for product in app.catalogue.store(1).live if product.ean)
    return [next(bearing).ean for _ in range(2)]


PAID: dict[str, Step] = {
    "query": lambda client, app: client.find(SELECTION, marketplace="us"),
    "product": lambda client, app: client.products(asins(app, 5), marketplace="us"),
    "buy box": lambda client, app: client.products(asins(app, 5), marketplace="us", buybox=True),
    "offers": lambda client, app: client.products(asins(app, 1), marketplace="us", offers=20),
    "code": lambda client, app: client.products_by_code(codes(app), marketplace="us"),
    "category": lambda client, app: client.categories([3839], marketplace="us"),
    "search": lambda client, app: client.search_categories("Programming", marketplace="us"),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(catalogue: Any, clock: Clock) -> SandboxApp:
    return SandboxApp(
        catalogue=catalogue,
        bucket=TokenBucket(refill_rate=20, tokens=900, clock=clock),
        clock=clock,
        sleep=lambda _seconds: None,
        key=None,
    )


@pytest.fixture
def client(app: SandboxApp, clock: Clock) -> KeepaClient:
    return made(app, clock)


def paid_calls(app: SandboxApp) -> list[Any]:
    return [call for call in app.calls if call.endpoint != "token"]


@pytest.mark.django_db
class TestAlwaysCut:
    @pytest.mark.parametrize("fault", LOST_ON_THE_WAY)
    @pytest.mark.parametrize("step", PAID.values(), ids=PAID)
    def test_twice_the_price_and_not_a_token_more(
        self, client: KeepaClient, app: SandboxApp, step: Step, fault: str
    ) -> None:
        step(client, app)
        price = app.charged_total
        app.faults.push(fault, times=9)
        with pytest.raises(KeepaUnavailable) as caught:
            step(client, app)
        assert price > 0
        assert app.charged_total - price == 2 * price == caught.value.tokens_spent
        assert caught.value.in_vain == 2
        assert ledger_sum() == app.charged_total
        assert not TokenReservation.objects.exists()

    def test_the_ledger_tells_the_lost_call_and_the_one_that_makes_it_again(
        self, client: KeepaClient, app: SandboxApp
    ) -> None:
        app.faults.push("reset")
        PAID["query"](client, app)
        lost, again = TokenLedgerEntry.objects.filter(endpoint="query").order_by("call_id")
        assert (lost.outcome, lost.repeats) == ("reconciled", None)
        assert (again.outcome, again.repeats) == ("ok", lost.call_id)
        assert lost.tokens_consumed == again.tokens_consumed > 0

    def test_a_lost_call_that_was_made_again_and_lost_again_keeps_its_mark(
        self, client: KeepaClient, app: SandboxApp
    ) -> None:
        app.faults.push("reset", times=2)
        with pytest.raises(KeepaUnavailable):
            PAID["query"](client, app)
        first, second = TokenLedgerEntry.objects.filter(endpoint="query").order_by("call_id")
        assert (second.outcome, second.repeats) == ("reconciled", first.call_id)

    @pytest.mark.parametrize(
        ("fault", "kind"), [("truncated", GarbledAnswer), ("slow", KeepaTimeout)]
    )
    def test_what_arrived_as_garbage_or_too_late_is_paid_once(
        self, client: KeepaClient, app: SandboxApp, fault: str, kind: type[KeepaError]
    ) -> None:
        app.faults.push(fault, times=9, seconds=60)
        with pytest.raises(kind) as caught:
            PAID["query"](client, app)
        assert len(paid_calls(app)) == 1
        assert caught.value.in_vain == 1


@pytest.mark.django_db
class TestHowOften:
    """``faults`` strike one attempt each; ``attempts`` are made, and ``paid`` of them paid for."""

    @pytest.mark.parametrize(
        ("faults", "attempts", "paid"),
        [
            (("reset_before", "reset_before"), 3, 1),
            (("reset_before", "reset_before", "reset_before"), 3, 0),
            (("502", "reset_before", "502"), 3, 0),
            (("reset",), 2, 2),
            (("reset", "reset_before"), 2, 1),
            (("reset", "502"), 2, 1),
            (("reset_before", "cut"), 3, 2),
            (("reset_before", "late_502", "cut"), 3, 2),
            (("late_502", "cut", "reset"), 2, 2),
        ],
    )
    def test_free_attempts_are_repeated_and_paid_ones_once(
        self,
        client: KeepaClient,
        app: SandboxApp,
        faults: tuple[str, ...],
        attempts: int,
        paid: int,
    ) -> None:
        for fault in faults:
            app.faults.push(fault)
        try:
            told = PAID["query"](client, app).tokens_spent
        except KeepaUnavailable as error:
            told = error.tokens_spent
        calls = paid_calls(app)
        assert (len(calls), sum(call.tokens > 0 for call in calls)) == (attempts, paid)
        assert told == ledger_sum() == app.charged_total

    @pytest.mark.parametrize("fault", [*LOST_ON_THE_WAY, "reset_before"])
    def test_nothing_is_asked_again_when_the_balance_cannot_be_had(
        self, client: KeepaClient, app: SandboxApp, fault: str
    ) -> None:
        client.token_status()
        app.faults.push(fault, times=9)
        app.faults.push("reset_before", endpoint="token", times=9)
        with pytest.raises(KeepaUnavailable):
            PAID["code"](client, app)
        assert len(paid_calls(app)) == (2 if _tells_its_cost(fault) else 1)

    def test_what_an_overflowing_bucket_may_hide_is_asked_once_more(
        self, client: KeepaClient, app: SandboxApp, clock: Clock
    ) -> None:
        app.bucket.set(1200)
        client.token_status()
        clock.pass_by(minutes=2)
        app.faults.push("reset_before", times=9)
        with pytest.raises(KeepaUnavailable):
            PAID["query"](client, app)
        assert len(paid_calls(app)) == 2

    def test_a_gateway_that_gave_up_waiting_is_a_timeout(
        self, client: KeepaClient, app: SandboxApp
    ) -> None:
        app.faults.push("504", times=9)
        with pytest.raises(KeepaTimeout):
            PAID["query"](client, app)
        assert len(paid_calls(app)) == 1


def _tells_its_cost(fault: str) -> bool:
    """Whether the envelope arrives, which comes first, though the answer does not."""
    return fault == "cut"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_pay_twice_the_price_at_most(client: KeepaClient, app: SandboxApp) -> None:
    """Calls on their way blur each other's account: nobody takes that for a licence to go on."""
    client.token_status()
    PAID["product"](client, app)
    price = app.charged_total
    app.faults.push("reset", times=99)

    def run() -> None:
        try:
            with pytest.raises(KeepaUnavailable):
                PAID["product"](client, app)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.faults.clear()
    client.token_status()
    client.token_status()
    assert price < app.charged_total - price <= 8 * 2 * price
    assert ledger_sum() == app.charged_total
