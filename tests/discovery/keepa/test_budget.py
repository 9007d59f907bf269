"""The shared budget: who may spend, what is written down, and lost costs found again."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection, transaction

from discovery.keepa.balance import Envelope, token_balance
from discovery.keepa.budget import BalanceUnknown, TokenBudget
from discovery.keepa.client import KeepaClient
from discovery.keepa.errors import KeepaError, KeepaTimeout, KeepaUnavailable, TokensExhausted
from discovery.models import TokenBucket, TokenLedgerEntry, TokenReservation
from tests.discovery.keepa.fakes import Clock, FakeKeepa, charged_text, failing, page

Find = Any
LOST = failing(httpx.ReadError, charged=True)
NO_BALANCE = page(500)


def spent() -> int:
    return sum(TokenLedgerEntry.objects.values_list("tokens_consumed", flat=True))


def outcomes() -> list[tuple[str, int]]:
    rows = TokenLedgerEntry.objects.filter(endpoint="query").order_by("call_id")
    return list(rows.values_list("outcome", "tokens_consumed"))


def told(budget: TokenBudget, clock: Clock, tokens: int, *, rate: int = 20) -> None:
    """Keepa tells the balance, now, with the next refill a minute away."""
    with budget.reserve(0, purpose="interactive", endpoint="token") as call:
        call.settle(
            Envelope(
                server_ms=int(clock().timestamp() * 1000),
                tokens_left=tokens,
                refill_in_ms=60_000,
                refill_rate=rate,
                tokens_consumed=0,
            )
        )


def ask(budget: TokenBudget, cost: int, purpose: str = "interactive") -> Any:
    return budget.reserve(cost, purpose=purpose, endpoint="query")


def reserved(reservation: Any) -> int:
    return TokenReservation.objects.get(pk=reservation.call_id).cost


@pytest.mark.django_db
class TestWhoMaySpend:
    def test_nobody_before_the_balance_is_known(self, budget: TokenBudget) -> None:
        with pytest.raises(BalanceUnknown):
            ask(budget, 11)

    def test_interactive_work_may_use_the_last_token(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 1)
        assert reserved(ask(budget, 100)) == 100

    @pytest.mark.parametrize("tokens", [0, -1])
    def test_nobody_without_a_single_token(
        self, budget: TokenBudget, clock: Clock, tokens: int
    ) -> None:
        told(budget, clock, tokens)
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, 11)
        assert caught.value.retry_after == 60

    def test_the_balance_never_falls_below_minus_150(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 50)
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, 201)
        assert caught.value.retry_after == 60
        assert reserved(ask(budget, 200)) == 200

    def test_background_work_leaves_the_floor(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, 250)
        assert reserved(ask(budget, 10, "background")) == 10
        with pytest.raises(TokensExhausted):
            ask(budget, 11, "background")
        assert reserved(ask(budget, 11)) == 11

    def test_a_full_bucket_lets_background_work_begin_on_the_smallest_plan(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 300, rate=5)
        assert reserved(ask(budget, 300, "background")) == 300

    def test_what_no_plan_of_this_size_can_pay_is_refused_for_good(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 300, rate=5)
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, 451)
        assert caught.value.permanent
        assert caught.value.retry_after is None

    def test_calls_on_their_way_count(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, 30)
        ask(budget, 20)
        ask(budget, 9)
        ask(budget, 1)
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, 1)
        assert caught.value.available == 0

    def test_a_dead_process_blocks_nobody_for_long(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, 20)
        ask(budget, 20)  # and is never heard of again
        clock.pass_by(minutes=3)
        told(budget, clock, 20)
        assert reserved(ask(budget, 20)) == 20

    def test_refills_are_foreseen_to_the_tick(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, -30)
        clock.pass_by(seconds=29)
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, 1)
        assert caught.value.retry_after == 60 - 29 + 60
        assert caught.value.available == -30

    def test_waiting_as_long_as_told_is_enough(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, 3)
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, 200)
        assert caught.value.retry_after == 3 * 60
        clock.pass_by(seconds=caught.value.retry_after)
        assert reserved(ask(budget, 200)) == 200

    def test_an_old_balance_is_asked_anew_before_anybody_is_refused(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, -100)
        clock.pass_by(seconds=31)
        with pytest.raises(BalanceUnknown):
            ask(budget, 1)

    def test_another_account_has_a_bucket_of_its_own(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 500)
        with pytest.raises(BalanceUnknown):
            ask(TokenBudget(account="other", clock=clock), 1)

    def test_the_balance_is_projected_without_asking(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        assert budget.balance() is None
        assert token_balance(now=clock()) is None
        told(budget, clock, 600)
        ask(budget, 20)
        clock.pass_by(minutes=2)
        balance = budget.balance()
        assert balance is not None
        assert (balance.left, balance.capacity) == (640, 1200)
        assert token_balance(now=clock()) == balance
        assert TokenBudget(account="other", clock=clock).balance() is None

    def test_the_bucket_never_holds_more_than_an_hours_worth(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 1190)
        clock.pass_by(hours=5)
        balance = budget.balance()
        assert balance is not None
        assert balance.left == 1200


@pytest.mark.django_db
class TestTheSizeOfABatch:
    @pytest.mark.parametrize(
        ("tokens", "rate", "each", "purpose", "size"),
        [
            (1200, 20, 1, "interactive", 100),
            (12, 5, 6, "interactive", 27),  # 12 − 27 × 6 = −150
            (1, 5, 6, "interactive", 25),
            (300, 5, 6, "interactive", 50),  # all that the plan can hold
            (300, 5, 6, "background", 50),
            (120, 5, 3, "background", 20),  # a fifth of 300 is left to people
            (1200, 20, 400, "interactive", 3),
            (60, 1, 100, "interactive", 1),
        ],
    )
    def test_it_is_what_the_tokens_and_the_plan_bear(
        self, budget: TokenBudget, clock: Clock, tokens: int, rate: int, each: int, purpose: str,
        size: int,
    ) -> None:  # fmt: skip
        told(budget, clock, tokens, rate=rate)
        found = budget.batch_size(each, most=100, purpose=purpose)
        assert found == size
        assert reserved(ask(budget, found * each, purpose)) == size * each

    @pytest.mark.parametrize(("tokens", "purpose"), [(-45, "interactive"), (61, "background")])
    def test_when_hardly_anything_can_be_had_a_batch_worth_waiting_for_is_waited_for(
        self, budget: TokenBudget, clock: Clock, tokens: int, purpose: str
    ) -> None:
        told(budget, clock, tokens, rate=5)
        size = budget.batch_size(1, most=100, purpose=purpose)
        assert size == 30  # a tenth of the 300 the plan holds
        with pytest.raises(TokensExhausted) as caught:
            ask(budget, size, purpose)
        assert not caught.value.permanent
        assert caught.value.retry_after is not None
        clock.pass_by(seconds=caught.value.retry_after)
        assert reserved(ask(budget, size, purpose)) == 30

    def test_calls_on_their_way_count(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, 100)
        ask(budget, 90)
        assert budget.batch_size(2, most=100, purpose="interactive") == 80

    @pytest.mark.parametrize(("most", "size"), [(1, 1), (7, 7)])
    def test_it_is_never_more_than_is_asked(
        self, budget: TokenBudget, clock: Clock, most: int, size: int
    ) -> None:
        told(budget, clock, 1000)
        assert budget.batch_size(3, most=most, purpose="interactive") == size

    def test_a_balance_nobody_knows_is_asked_for_first(
        self, budget: TokenBudget, client: KeepaClient, keepa: FakeKeepa, clock: Clock
    ) -> None:
        with pytest.raises(BalanceUnknown):
            budget.batch_size(1, most=100, purpose="interactive")
        assert client.batch_size(100, offers=20, purpose="interactive") == 20
        clock.pass_by(minutes=11)
        client.batch_size(100, purpose="interactive")
        assert keepa.paths == ["/token", "/token"]


@pytest.mark.django_db
class TestTheLedger:
    def test_the_newest_word_of_keepa_wins_whatever_the_order_of_arrival(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 1000)
        slow, quick = ask(budget, 20), ask(budget, 20)
        ms = int(clock().timestamp() * 1000)
        with quick:
            quick.settle(Envelope(ms + 500, 978, 59_500, 20, 11))
        with slow:
            slow.settle(Envelope(ms + 200, 989, 59_800, 20, 11))
        assert TokenBucket.objects.get().tokens_left == 978
        assert spent() == 22

    def test_each_attempt_is_one_row(
        self, keepa: FakeKeepa, client: KeepaClient, clock: Clock
    ) -> None:
        keepa.script = [page(502)]
        client.find({"perPage": 1000}, marketplace="fr", purpose="background")
        rows = TokenLedgerEntry.objects.filter(endpoint="query").order_by("id")
        assert [(row.outcome, row.tokens_consumed, row.http_status) for row in rows] == [
            ("reconciled", 0, 502),
            ("ok", 11, 200),
        ]
        last = rows[1]
        assert (last.marketplace, last.purpose, last.items) == ("fr", "background", 1000)
        assert (last.tokens_left, last.refill_rate) == (1189, 20)
        assert last.created_at == clock()

    def test_an_answer_that_comes_after_all_corrects_what_was_worked_out(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 1000)
        stalled = ask(budget, 20)
        clock.pass_by(minutes=3)
        told(budget, clock, 1000 - 20 + 60)  # notes the call as lapsed
        told(budget, clock, 1000 - 20 + 60)  # and settles it
        assert spent() == 20
        with stalled:
            stalled.outcome = "ok"
            stalled.settle(Envelope(int(clock().timestamp() * 1000), 1029, 60_000, 20, 11))
        assert outcomes() == [("ok", 11)]
        assert TokenReservation.objects.count() == 0

    def test_a_worker_told_to_stop_in_mid_call_loses_no_token(
        self, keepa: FakeKeepa, client: KeepaClient, find: Find
    ) -> None:
        def stopped(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
            keepa.charge(11)
            raise SystemExit

        keepa.script = [stopped]
        with pytest.raises(SystemExit):
            find()
        assert TokenReservation.objects.count() == 1
        client.token_status()
        assert spent() == keepa.charged == 11


@pytest.mark.django_db
class TestLostCosts:
    def test_they_are_found_at_once_by_asking_the_balance(
        self, keepa: FakeKeepa, find: Find
    ) -> None:
        keepa.script = [charged_text("<html>")]
        with pytest.raises(KeepaError) as caught:
            find()
        assert caught.value.tokens_spent == 11
        assert outcomes() == [("reconciled", 11)]
        assert TokenReservation.objects.count() == 0

    def test_they_wait_for_the_next_answer_when_the_balance_cannot_be_asked(
        self, keepa: FakeKeepa, find: Find
    ) -> None:
        find()
        keepa.script, keepa.token_script = [charged_text("<html>")], [NO_BALANCE] * 3
        with pytest.raises(KeepaError):
            find()
        assert TokenReservation.objects.get().cost == 20
        find()
        assert outcomes() == [("ok", 11), ("reconciled", 11), ("ok", 11)]
        assert spent() == keepa.charged

    def test_refills_in_between_are_allowed_for(
        self, keepa: FakeKeepa, find: Find, clock: Clock
    ) -> None:
        keepa.tokens = 700
        find()
        keepa.script, keepa.token_script = [charged_text("")], [NO_BALANCE] * 3
        with pytest.raises(KeepaError):
            find()
        clock.pass_by(minutes=4, seconds=13)
        find()
        assert spent() == keepa.charged == 33

    def test_several_may_be_lost_before_anything_is_heard(
        self, keepa: FakeKeepa, find: Find, clock: Clock
    ) -> None:
        keepa.tokens = 700
        find()
        keepa.script, keepa.token_script = [LOST] * 3, [NO_BALANCE] * 9
        for _ in range(3):
            with pytest.raises(KeepaUnavailable):
                find()
        clock.pass_by(seconds=61)
        find()
        assert spent() == keepa.charged == 55

    def test_a_lost_call_that_cost_nothing_is_written_down_as_such(
        self, keepa: FakeKeepa, find: Find
    ) -> None:
        keepa.script = [page(200, "from a proxy")]
        with pytest.raises(KeepaError):
            find()
        assert outcomes() == [("reconciled", 0)]

    def test_a_timeout_is_watched_until_its_charge_shows(
        self, keepa: FakeKeepa, find: Find, client: KeepaClient
    ) -> None:
        keepa.script = [failing(httpx.ReadTimeout, charged=False)]
        with pytest.raises(KeepaTimeout) as caught:
            find()
        assert caught.value.tokens_spent == 0
        keepa.charge(11)  # Keepa was still at it
        client.token_status()
        assert spent() == keepa.charged == 11
        assert TokenReservation.objects.count() == 0

    def test_a_timeout_that_never_cost_anything_is_closed_in_the_end(
        self, keepa: FakeKeepa, find: Find, client: KeepaClient, clock: Clock
    ) -> None:
        keepa.tokens = 700
        keepa.script = [failing(httpx.ReadTimeout, charged=False)]
        with pytest.raises(KeepaTimeout):
            find()
        clock.pass_by(minutes=3)
        client.token_status()
        assert outcomes() == [("reconciled", 0)]

    def test_what_an_overflowing_refill_may_hide_is_an_estimate(
        self, keepa: FakeKeepa, find: Find, clock: Clock
    ) -> None:
        find()
        keepa.tokens = 1200
        keepa.script, keepa.token_script = [charged_text("")], [NO_BALANCE] * 3
        clock.pass_by(minutes=2)
        with pytest.raises(KeepaError):
            find()
        clock.pass_by(minutes=2)
        find()
        assert outcomes()[1] == ("estimated", 20)

    def test_a_call_nobody_ever_heard_of_again_is_written_off_at_its_worst(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 1000)
        with ask(TokenBudget(account="former", clock=clock), 0):
            pass
        TokenReservation.objects.update(cost=7)
        clock.pass_by(days=2)
        told(budget, clock, 1000)
        with ask(budget, 0):
            pass
        told(budget, clock, 1000)
        assert (
            TokenLedgerEntry.objects.get(account="former").tokens_consumed,
            TokenLedgerEntry.objects.get(account="former").outcome,
        ) == (7, "estimated")

    def test_calls_still_on_their_way_blur_no_account(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        """The balance after a lost call may hold the charge of another that has yet to answer."""
        told(budget, clock, 1000)
        ms = int(clock().timestamp() * 1000)
        lost, other = ask(budget, 20), ask(budget, 20)
        with lost:
            pass
        clock.pass_by(seconds=1)
        with ask(budget, 0) as status:  # both were charged by now
            status.settle(Envelope(ms + 1000, 978, 59_000, 20, 0))
        assert set(TokenReservation.objects.values_list("id", flat=True)) == {
            lost.call_id,
            other.call_id,
        }
        with other:
            other.settle(Envelope(ms + 900, 978, 59_100, 20, 11))
        told_of_lost = TokenLedgerEntry.objects.get(call_id=lost.call_id)
        assert (told_of_lost.outcome, told_of_lost.tokens_consumed) == ("reconciled", 11)


@pytest.mark.django_db(transaction=True)
class TestSharing:
    def test_no_call_begins_inside_a_transaction(
        self, client: KeepaClient, keepa: FakeKeepa
    ) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError):
            client.token_status()
        assert keepa.requests == []

    def test_twenty_threads_never_overdraw_together(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 100)
        barrier = threading.Barrier(20)
        granted, refused = [], []

        def run() -> None:
            try:
                barrier.wait()
                granted.append(ask(budget, 20))
            except TokensExhausted as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Five find the 100 tokens; nobody is let in on what the others hold back.
        assert (len(granted), len(refused)) == (5, 15)

    def test_an_unsettled_reservation_is_seen_by_everybody(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 20)
        ask(budget, 20)
        other = TokenBudget(account=budget._account, clock=clock, lapse=timedelta(minutes=9))
        with pytest.raises(TokensExhausted):
            ask(other, 1)


@pytest.mark.django_db
class TestAClockIsSet:
    def test_a_balance_from_the_future_is_none(self, budget: TokenBudget, clock: Clock) -> None:
        told(budget, clock, 1000)
        clock.pass_by(seconds=-20)  # two machines may differ by as much
        with ask(budget, 5) as first:
            first.charge(0)
        clock.pass_by(seconds=-20)
        with pytest.raises(BalanceUnknown):
            ask(budget, 5)
        with pytest.raises(BalanceUnknown):
            budget.batch_size(1, most=10, purpose="interactive")

    def test_even_when_keepas_clock_was_set_back_with_ours(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        """The sandbox runs on the same machine."""
        told(budget, clock, 1000)
        clock.pass_by(days=-2)
        told(budget, clock, 900)
        with ask(budget, 5) as first:
            first.charge(0)

    def test_what_a_dead_process_had_reserved_comes_back_at_once(
        self, budget: TokenBudget, clock: Clock
    ) -> None:
        told(budget, clock, 1000)
        ask(budget, 900)  # never heard of again
        clock.pass_by(days=-2)
        told(budget, clock, 1000)
        with ask(budget, 900) as second:
            second.charge(0)

    def test_a_call_lost_before_the_clock_was_set_back_is_settled(
        self, keepa: FakeKeepa, find: Find, client: KeepaClient, clock: Clock
    ) -> None:
        find()
        keepa.script = [failing(httpx.ReadTimeout, charged=False)]
        with pytest.raises(KeepaTimeout):
            find()
        TokenReservation.objects.update(  # as it stands when ours is set back and Keepa's is not
            started_at=clock() + timedelta(days=2),
            expires_at=clock() + timedelta(days=2, minutes=2),
        )
        client.token_status()
        assert not TokenReservation.objects.exists()
        assert spent() == keepa.charged == 11
