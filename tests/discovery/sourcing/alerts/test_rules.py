"""What is told: once a crossing, again only later and better, never of what is settled."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.models.sourcing import alert_rule
from discovery.scoring import Verdict
from discovery.sourcing.alerts.rules import Before, Figures, Reason, Rule, crossing, event
from tests.discovery.sourcing.alerts.making import NOON

DAY = timedelta(days=1)
ROIS = st.floats(min_value=-50, max_value=300)
FIGURES = st.builds(
    Figures,
    verdict=st.sampled_from(Verdict),
    roi_percent=st.none() | ROIS,
    profit=st.none() | st.decimals(min_value=-5, max_value=50, places=2),
)
HOURS = st.lists(st.tuples(st.integers(min_value=0, max_value=60), FIGURES), max_size=25)


def rule(**changes: Any) -> Rule:
    return Rule.read(alert_rule(**{"min_roi": 30} | changes))


def at(roi: float, verdict: Verdict = Verdict.BUY) -> Figures:
    return Figures(verdict, roi, Decimal(5))


def told_at(roi: float, *, was_above: bool = True, **changes: Any) -> Before:
    return Before(was_above=was_above, told_at=NOON - DAY, told=at(roi), **changes)


def replay(looks: list[tuple[int, Figures]], told_by: Rule) -> list[tuple[datetime, Figures]]:
    """What is told of one product over looks so many hours apart."""
    now, before, messages = NOON, Before(), []
    for hours, figures in looks:
        now += timedelta(hours=hours)
        told = crossing(before, figures, told_by, now) is not None
        if told:
            messages.append((now, figures))
        before = Before(
            was_above=figures.meets(told_by),
            told_at=now if told else before.told_at,
            told=figures if told else before.told,
        )
    return messages


def test_what_meets_the_rule_at_the_first_look_is_told() -> None:
    assert crossing(Before(), at(34), rule(), NOON) is Reason.FIRST


@pytest.mark.parametrize(
    ("figures", "changes"),
    [
        (at(29.9), {}),
        (at(40, Verdict.CONSIDER), {}),
        (at(40), {"min_profit": "5.01"}),
        (Figures(Verdict.BUY, None), {}),
        (at(40), {"verdict": "STRONG_BUY"}),
        (at(40), {"on": False}),
    ],
    ids=["roi", "verdict", "profit", "unknown roi", "stricter verdict", "off"],
)
def test_what_misses_a_floor_is_not(figures: Figures, changes: dict[str, Any]) -> None:
    assert crossing(Before(), figures, rule(**changes), NOON) is None


def test_swinging_around_the_limit_is_no_news() -> None:
    assert crossing(told_at(34, was_above=False), at(31), rule(), NOON) is None


def test_a_crossing_that_is_better_than_what_was_told_is_told_again() -> None:
    assert crossing(told_at(34, was_above=False), at(35), rule(), NOON) is Reason.CROSSED_AGAIN


def test_while_the_rule_stays_met_only_a_clear_gain_is_told() -> None:
    assert crossing(told_at(34), at(38.9), rule(), NOON) is None
    assert crossing(told_at(34), at(39), rule(), NOON) is Reason.BETTER
    assert crossing(told_at(34), at(31, Verdict.STRONG_BUY), rule(), NOON) is Reason.BETTER


def test_the_cool_down_is_kept_however_good_it_gets() -> None:
    longer = rule(cool_down_hours=25)
    assert crossing(told_at(34, was_above=False), at(300), longer, NOON) is None
    assert crossing(told_at(34, was_above=False), at(300), longer, NOON + DAY) is not None


@pytest.mark.parametrize("settled", [Before(is_ignored=True), Before(is_bought=True)])
def test_what_is_set_aside_or_bought_is_not_told(settled: Before) -> None:
    assert crossing(settled, at(90), rule(), NOON) is None


@given(HOURS, st.integers(min_value=0, max_value=72))
def test_two_messages_are_a_cool_down_apart_and_the_second_is_better(
    looks: list[tuple[int, Figures]], cool_down: int
) -> None:
    messages = replay(looks, rule(cool_down_hours=cool_down))
    for (first_at, first), (second_at, second) in pairwise(messages):
        assert second_at - first_at >= timedelta(hours=cool_down)
        assert second.beats(first)


@given(HOURS)
def test_the_first_look_that_meets_the_rule_is_always_told(
    looks: list[tuple[int, Figures]],
) -> None:
    first = next((figures for _, figures in looks if figures.meets(rule())), None)
    messages = replay(looks, rule())
    assert (messages[0][1] if messages else None) == first


@given(FIGURES, FIGURES)
def test_of_two_at_most_one_is_better(one: Figures, other: Figures) -> None:
    assert not (one.beats(other) and other.beats(one))


def test_amazon_coming_back_is_told_whatever_the_verdict_and_before_a_fallen_price() -> None:
    seen = ("price_fell", "amazon_back")
    bought = Before(is_bought=True)
    assert event(bought, seen, rule(), told_before={}, now=NOON) is Reason.AMAZON_BACK


def test_the_same_event_is_not_told_again_within_the_cool_down() -> None:
    lately = {"amazon_back": NOON - DAY / 2}
    assert event(Before(), ("amazon_back",), rule(), told_before=lately, now=NOON) is None
    later = NOON + DAY
    assert event(Before(), ("amazon_back",), rule(), told_before=lately, now=later) is not None


def test_nothing_is_told_of_what_was_set_aside_or_by_a_rule_that_is_off() -> None:
    ignored = Before(is_ignored=True)
    assert event(ignored, ("price_fell",), rule(), told_before={}, now=NOON) is None
    off = rule(on=False)
    assert event(Before(), ("price_fell",), off, told_before={}, now=NOON) is None
