"""Two answers to one question: what is new, gone, dearer, better."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from discovery.runs.comparison import Comparison, Direction, Standing, compare
from discovery.scoring import Verdict


def at(position: int, asin: str, **changes: Any) -> Standing:
    known: dict[str, Any] = {
        "pk": position,
        "position": position,
        "asin": asin,
        "title": asin,
        "verdict": Verdict.CONSIDER,
        "price": Decimal(20),
        "roi_percent": 30.0,
        "bsr": 10_000,
    }
    return Standing(**known | changes)


def between(before: Standing, after: Standing) -> Comparison:
    return compare(before=[before], after=[after])


def test_products_come_and_go_in_the_order_of_their_answer() -> None:
    found = compare(
        before=[at(1, "A"), at(2, "B"), at(3, "C")], after=[at(2, "Y"), at(1, "X"), at(3, "C")]
    )
    assert [one.asin for one in found.appeared] == ["X", "Y"]
    assert [one.asin for one in found.vanished] == ["A", "B"]
    assert found.common == 1


def test_a_price_change_is_told_in_percent_of_what_it_was_and_the_largest_comes_first() -> None:
    found = compare(
        before=[at(1, "A"), at(2, "B"), at(3, "C")],
        after=[at(1, "A", price=Decimal(21)), at(2, "B", price=Decimal(15)), at(3, "C")],
    )
    assert [(pair.after.asin, pair.price_percent) for pair in found.prices] == [
        ("B", Decimal(-25)),
        ("A", Decimal(5)),
    ]


def test_a_price_that_was_unknown_is_a_change_without_a_percentage() -> None:
    (pair,) = between(at(1, "A", price=None), at(1, "A")).prices
    assert pair.price_percent is None


def test_a_verdict_goes_up_or_down_and_the_better_ones_come_first() -> None:
    found = compare(
        before=[at(1, "A", verdict=Verdict.BUY), at(2, "B", verdict=Verdict.SKIP), at(3, "C")],
        after=[at(1, "A", verdict=Verdict.SKIP), at(2, "B", verdict=Verdict.BUY), at(3, "C")],
    )
    assert [(pair.after.asin, pair.direction) for pair in found.verdicts] == [
        ("B", Direction.BETTER),
        ("A", Direction.WORSE),
    ]
    assert (found.better, found.worse) == (1, 1)


def test_daily_noise_is_no_move() -> None:
    was = at(1, "A")
    assert not between(was, at(1, "A", roi_percent=30.9, bsr=10_900)).moves
    assert between(was, at(1, "A", roi_percent=31.0)).moves
    assert between(was, at(1, "A", bsr=8_900)).moves
    assert between(was, at(1, "A", roi_percent=None)).moves
    assert between(at(1, "A", bsr=None), was).moves


def test_a_place_lost_because_another_product_came_is_no_change_of_this_one() -> None:
    found = compare(before=[at(1, "A")], after=[at(1, "NEW"), at(2, "A")])
    assert [one.asin for one in found.appeared] == ["NEW"]
    assert (found.moves, found.prices, found.verdicts) == ((), (), ())


def test_the_same_answer_twice_is_no_change() -> None:
    answer = [at(1, "A"), at(2, "B", price=None, roi_percent=None, bsr=None)]
    assert compare(before=answer, after=answer).is_empty
    assert compare(before=[], after=[]).is_empty
