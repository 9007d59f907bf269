"""The class of a pick: from the looks before this one, and this one."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from discovery.models.sourcing import PickClass
from discovery.scoring import SHIPPED, Profile, Score, score
from discovery.scoring.picks import Look, LookClass, classify, look_of
from tests.discovery.scoring.factories import NOW, any_product, euros, facts, steady

HEALTHY = score(facts(), Profile(), now=NOW, cost=euros("10.00"))
Changes = dict[str, Any]


def look(hours_ago: float = 0, **changes: Any) -> Look:
    now = look_of(HEALTHY, seen_at=NOW - timedelta(hours=hours_ago), offers=4)
    return dataclasses.replace(now, **changes)


def classed(
    *before: Look,
    now: Look | None = None,
    scored: Score = HEALTHY,
    away: float | None = None,
    **changes: Any,
) -> str:
    since = None if away is None else NOW - timedelta(hours=away)
    return classify(now or look(), scored, before, since, Profile(**changes))


def test_the_names_are_those_of_the_picks_table() -> None:
    assert {each.value for each in LookClass} == {each.value for each in PickClass}


@pytest.mark.parametrize(
    "changes",
    [
        {"buy_box_is_amazon": True, "amazon_buy_box_share_90": 80},
        {"bsr": None, "bsr_avg90": None},
        {"buy_box": steady("10.00"), "new_fba": steady("10.00")},  # a loss
    ],
)
def test_amazons_sale_a_loss_or_no_rank_is_rejected_before_all_else(changes: Changes) -> None:
    bad = score(facts(**changes), Profile(), now=NOW, cost=euros("10.00"))
    now = look_of(bad, seen_at=NOW, offers=4)
    assert classed(now=now, scored=bad) == "REJECT"
    assert classed(look(5), look(30), now=now, scored=bad, away=48) == "REJECT"


def test_what_earns_nothing_that_is_known_is_rejected() -> None:
    assert classed(now=look(roi_percent=None)) == "REJECT"
    assert classed(now=look(roi_percent=Decimal(0))) == "REJECT"
    assert classed(now=look(roi_percent=Decimal("0.01"))) == "FLUKE"


def test_what_is_too_good_is_probably_wrong_at_every_look() -> None:
    now = look(roi_percent=Decimal("150.01"))
    assert classed(now=now) == classed(look(5), now=now) == classed(now=now, away=48) == "JACKPOT"
    assert classed(now=look(roi_percent=Decimal(150))) == "FLUKE"
    assert classed(now=now, anomaly_roi_percent=Decimal(200)) == "FLUKE"


def test_the_first_look_is_a_fluke() -> None:
    assert classed() == "FLUKE"


def test_what_was_away_for_a_day_is_back_again() -> None:
    assert classed(look(60), away=24) == "REVENANT"
    assert classed(look(60), away=23.9) == "STABLE"
    assert classed(look(60), away=23.9, revenant_hours=20) == "REVENANT"


def test_two_alike_looks_three_hours_apart_are_stable() -> None:
    assert classed(look(3)) == "STABLE"
    assert classed(look(2.9)) == classed(look(1), look(2)) == "WATCH"
    assert classed(look(1), look(4)) == "STABLE"
    assert classed(look(2.9), stable_hours=2) == "STABLE"


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ({"price": euros("33.00")}, {"price": euros("33.01")}),
        ({"price": euros("27.00")}, {"price": euros("26.99")}),
        ({"roi_percent": Decimal("15")}, {"roi_percent": Decimal("15.01")}),
        ({"offers": 7}, {"offers": 8}),
        ({"offers": 1}, {"offers": None}),
    ],
)
def test_price_roi_and_offers_must_have_stayed_inside_their_bounds(
    inside: Changes, outside: Changes
) -> None:
    roi = look().roi_percent
    assert roi is not None
    for changes, expected in ((inside, "STABLE"), (outside, "WATCH")):
        if "roi_percent" in changes:  # so many points above now
            changes = {"roi_percent": Decimal(str(roi)) + changes["roi_percent"]}
        assert classed(look(5, **changes)) == expected


def test_a_look_between_that_showed_something_else_is_not_stable() -> None:
    assert classed(look(5), look(2, price=euros("45.00"))) == "WATCH"
    assert classed(look(9, price=euros("45.00")), look(5)) == "STABLE"  # long over


def test_offers_that_were_never_known_are_alike() -> None:
    assert classed(look(5, offers=None), now=look(offers=None)) == "STABLE"


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_class_is_reached_under_the_shipped_profiles(slug: str) -> None:
    """Plausible products looked at every few hours, now and then not found."""
    profile, dice, reached = SHIPPED[slug], Random(slug), set[str]()
    for seed in range(60):
        offers = {"lowest_fbm_new": euros(5 + seed // 4), "used_acceptable": steady(5 + seed // 4)}
        product = any_product(seed) if seed % 3 else facts(used_good=steady(30), **offers)
        before: list[Look] = []
        away = None
        at = NOW
        for _time in range(6):
            at += timedelta(hours=dice.choice((1, 4, 8, 30)))
            if dice.random() < 0.2:
                away = away or at
                continue
            found = score(product, profile, now=at)
            now = look_of(found, seen_at=at, offers=dice.choice((3, 4, 9)))
            reached.add(classify(now, found, before, away, profile))
            before.append(now)
            away = None
    assert reached == {each.value for each in LookClass}
