"""Picks in words: where to buy, what it is made of, how sure, what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from discovery.models import CostKind, Pick, PickClass, Sighting
from discovery.products.from_keepa import ProductCard
from discovery.scoring import Flag, FlagCode, Severity, Verdict
from discovery.sourcing import pick_text
from discovery.sourcing.shown import ShownPick
from discovery.text.glossary import TERMS
from tests.discovery.builders import NOW, seen


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def found(before: dict[str, Any] | None = None, /, cost: Any = None, **changes: Any) -> ShownPick:
    about = {
        "asin": "B00000000A", "marketplace": "fr", "first_seen_at": NOW, "sightings_count": 1,
        "quantity": 5,
    }  # fmt: skip
    pick = Pick(**seen() | about | changes)
    card = ProductCard(pick.asin, "fr", "", None, None, None, None, None, None, None)
    earlier = None if before is None else Sighting(**seen(**before))
    return ShownPick(pick=pick, card=card, before=earlier, cost=cost or {})


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_every_class_and_every_kind_of_cost_is_explained() -> None:
    for pick_class in PickClass.values:
        assert TERMS[pick_text.class_term(pick_class)].name == pick_text.class_label(pick_class)
    for kind in CostKind.values:
        assert TERMS[pick_text.kind_term(kind)].name == pick_text.kind_label(kind)
    assert pick_text.kind_label("") == ""
    assert len(pick_text.classes()) == len(PickClass)


@pytest.mark.parametrize(
    ("kind", "source", "place", "address"),
    [
        ("europe", "de", "amazon.de", "https://www.amazon.de/dp/B00000000A"),
        ("dip", "amazon", "Amazon itself, on amazon.fr", "https://www.amazon.fr/dp/B00000000A"),
        (
            "same_listing",
            "fbm",
            "an FBM seller",
            "https://www.amazon.fr/dp/B00000000A",
        ),
        ("list", "Toys May", "your list “Toys May”", ""),
        ("stated", "", "where you found this price", ""),
        ("", "", "", ""),
    ],
)
def test_where_it_is_bought_is_named_and_linked(
    kind: str, source: str, place: str, address: str
) -> None:
    one = found(cost_kind=kind, cost_source=source)
    assert pick_text.place_text(one.pick, "fr") == place
    assert pick_text.buy_address(one) == address


def test_abroad_the_asin_that_was_found_there_is_linked() -> None:
    one = found(cost={"asin": "B0000000DE"}, cost_kind="europe", cost_source="de")
    assert pick_text.buy_address(one) == "https://www.amazon.de/dp/B0000000DE"


def test_a_landed_price_says_what_it_is_made_of() -> None:
    cost = {"price": "23.99", "carriage": "4.00"}
    assert pick_text.parts_of_cost(found(cost=cost)) == "€23.99 + €4.00 carriage"
    net = pick_text.parts_of_cost(found(cost=cost | {"vat": "excl"}))
    assert net == "€23.99 excl. VAT + €4.00 carriage"
    for nothing in ({}, {"price": "8"}, {"price": "8", "carriage": "0"}, {"price": "x"}):
        assert pick_text.parts_of_cost(found(cost=nothing)) == ""


def test_a_dip_says_when_it_is_sold_and_what_is_not_proven() -> None:
    assert pick_text.dip_text(found()) == ""
    dip = Flag(FlagCode.DIP, Severity.INFO, None, {"price": "30.00", "days": "21"})
    unproven = Flag(
        FlagCode.DIP_UNPROVEN, Severity.WARNING, Verdict.CONSIDER, {"count": "1", "needed": "3"}
    )
    text = plain(pick_text.dip_text(replace(found(cost_kind="dip"), flags=(dip, unproven))))
    assert "€30.00" in text
    assert "21 days" in text
    assert "1, where 3 are asked for" in text


def test_how_many_to_buy_is_never_more_than_what_sells() -> None:
    assert pick_text.quantity_text(found(quantity=5).pick).startswith("5 units at most")
    assert pick_text.quantity_text(found(quantity=0).pick).startswith("none")
    assert pick_text.quantity_text(found(quantity=None).pick).startswith("unknown")


def test_the_evidence_says_how_often_since_when_and_how_old() -> None:
    one = found(
        cost={"seen_at": (NOW - timedelta(hours=3)).isoformat()},
        data_at=NOW - timedelta(hours=2), sightings_count=3, offers=4,
    )  # fmt: skip
    text = pick_text.evidence_text(one, NOW)
    for part in (
        "seen 3 times",
        "data of 2 hours ago",
        "purchase price of 3 hours ago",
        "4 offers",
    ):
        assert part in text
    assert "purchase price" not in pick_text.evidence_text(found(cost={"seen_at": "x"}), NOW)


def test_what_has_changed_is_said_figure_by_figure() -> None:
    before = {"roi_percent": 31.0, "cost": Decimal("11.10"), "price": Decimal("20.00"), "offers": 6}
    one = found(before, roi_percent=52.0, cost=None, offers=4)
    one.pick.cost = Decimal("8.00")
    text = plain(pick_text.changes_text(one))
    assert text == "ROI 31% → 52%, purchase price −€3.10, offers 6 → 4"


def test_a_verdict_and_a_place_that_changed_are_said() -> None:
    before = {"verdict": "CONSIDER", "cost_kind": "europe", "cost_source": "de"}
    text = pick_text.changes_text(found(before))
    assert text.startswith("Consider → Buy")
    assert "amazon.de → an FBM seller" in text


def test_nothing_changed_is_nothing_said_and_gone_is_all() -> None:
    assert pick_text.changes_text(found()) == ""
    assert pick_text.changes_text(found({})) == ""
    assert pick_text.changes_text(found({"roi_percent": 9.0}, gone_at=NOW)).startswith("gone since")


@pytest.mark.parametrize("part", ["new", "better", "worse", "gone"])
def test_every_part_of_the_review_has_its_heading_and_its_word(part: str) -> None:
    assert part in pick_text.part_label(part).lower()
    assert pick_text.part_short(part) == part


def test_what_was_decided_is_named() -> None:
    assert [pick_text.decision_label(one) for one in Pick.Decision.values] == [
        "", "Ignored", "Bought",
    ]  # fmt: skip
