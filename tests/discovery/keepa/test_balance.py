"""The refill arithmetic, and the envelope it is read from."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discovery.keepa.balance import Balance, Envelope, read_envelope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOLD = {
    "timestamp": 1_772_366_400_000,
    "tokensLeft": -12,
    "refillIn": 30_000,
    "refillRate": 20,
    "tokenFlowReduction": 0.5,
    "tokensConsumed": 7,
}


def balance(left: int = 100, **changes: Any) -> Balance:
    values: dict[str, Any] = {
        "left": left,
        "refill_rate": 20,
        "refill_in_ms": 10_000,
        "flow_reduction": 0.0,
        "as_of": NOW,
    }
    return Balance(**values | changes)


@pytest.mark.parametrize(
    ("seconds", "left", "next_in"),
    [(-5, 100, 10), (0, 100, 10), (9.999, 100, 0.001), (10, 120, 60), (69, 120, 1), (70, 140, 60)],
)
def test_each_refill_arrives_at_once_when_it_is_due(
    seconds: float, left: int, next_in: float
) -> None:
    later = balance().at(NOW + timedelta(seconds=seconds))
    assert (later.left, later.refill_in_ms) == (left, round(next_in * 1000))
    assert later.as_of == NOW + timedelta(seconds=seconds)


def test_a_projection_can_be_projected_further() -> None:
    step = balance(-30)
    for minutes in (1, 3, 7, 90):
        moment = NOW + timedelta(minutes=minutes, seconds=7)
        step = step.at(moment)
        assert step == balance(-30).at(moment)


def test_unused_tokens_expire_after_an_hour() -> None:
    assert balance().capacity == 1200
    assert balance(1190).at(NOW + timedelta(hours=5)).left == 1200
    # More than the capacity (a plan made smaller) does not vanish, and does not grow.
    assert balance(1300).at(NOW + timedelta(hours=5)).left == 1300


def test_what_keepa_holds_back_for_tracking_is_not_refilled() -> None:
    reduced = balance(flow_reduction=4.5)
    assert reduced.at(NOW + timedelta(seconds=70)).left == 131
    assert reduced.seconds_until(116) == 70


def test_half_a_token_a_minute_is_neither_five_nor_none() -> None:
    slow = balance(-103, refill_rate=5, refill_in_ms=20_000, flow_reduction=4.5)
    wait = slow.seconds_until(1)
    assert wait == 20 + 207 * 60  # 104 tokens by halves
    assert slow.at(NOW + timedelta(seconds=wait)).left == 1
    assert slow.at(NOW + timedelta(seconds=wait - 1)).left == 0
    assert slow.full_at is not None


@pytest.mark.parametrize(
    ("left", "wanted", "seconds"),
    [(100, 100, 0), (100, 101, 10), (100, 120, 10), (100, 121, 70), (0, 1, 10), (-20, 1, 70)],
)
def test_waiting_ends_with_the_refill_that_brings_enough(
    left: int, wanted: int, seconds: float
) -> None:
    waiting = balance(left)
    assert waiting.seconds_until(wanted) == seconds
    assert waiting.at(NOW + timedelta(seconds=seconds)).left >= wanted
    if seconds:
        assert waiting.at(NOW + timedelta(seconds=seconds - 0.001)).left < wanted


def test_more_than_the_capacity_is_never_there_at_once_but_arrives() -> None:
    assert balance().seconds_until(1201) is None
    assert balance().wait_for(2100) == timedelta(seconds=10, minutes=99)


def test_without_refills_nothing_arrives() -> None:
    dry = balance(5, refill_rate=10, flow_reduction=10.0)
    assert dry.at(NOW + timedelta(hours=1)).left == 5
    assert dry.seconds_until(6) is None
    assert dry.full_at is None


def test_it_is_full_when_the_refills_reach_the_capacity() -> None:
    assert balance(1141).full_at == NOW + timedelta(seconds=130)
    assert balance(1200).full_at == NOW


@pytest.mark.parametrize(
    ("left", "shown", "is_low", "can_search"),
    [(-3, 0, True, False), (0, 0, True, False), (120, 120, True, True), (121, 121, False, True)],
)
def test_what_a_page_says_of_it(left: int, shown: int, is_low: bool, can_search: bool) -> None:
    told = balance(left)
    assert (told.shown, told.is_low, told.can_search) == (shown, is_low, can_search)


class TestEnvelope:
    def test_it_becomes_a_balance_by_keepas_clock(self) -> None:
        told = read_envelope(TOLD, "")
        assert told == Envelope(1_772_366_400_000, -12, 30_000, 20, 7, 0.5)
        assert told.balance == Balance(-12, 20, 30_000, 0.5, NOW)
        assert told.balance.seconds_until(1) == 30

    def test_it_is_read_from_a_text_that_is_cut_off(self) -> None:
        text = json.dumps(TOLD)[:-1] + ', "products": [{"ti'
        assert read_envelope(None, text) == read_envelope(TOLD, "")

    def test_a_number_that_may_be_cut_off_makes_none(self) -> None:
        assert read_envelope(None, json.dumps(TOLD)[:-1]) is None

    def test_a_rate_of_nothing_is_a_refused_key_and_no_balance(self) -> None:
        refused = {**TOLD, "tokensLeft": 0, "refillRate": 0}
        assert read_envelope(refused, "") is None
        assert read_envelope(None, json.dumps(refused) + ",") is None

    @pytest.mark.parametrize("rate", [0, -5, 0.4])
    def test_a_rate_below_one_token_makes_no_balance(self, rate: float) -> None:
        assert read_envelope({**TOLD, "refillRate": rate}, "") is None

    @pytest.mark.parametrize("wrong", [None, "12", True, float("nan"), float("inf")])
    def test_half_an_envelope_is_none(self, wrong: Any) -> None:
        assert read_envelope({**TOLD, "tokensLeft": wrong}, "") is None
