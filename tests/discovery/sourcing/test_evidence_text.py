"""Where a product of a run is bought, from the evidence of its line."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from discovery.sourcing.evidence_text import place_code, place_details, place_label, place_url

EUROPE: dict[str, Any] = {
    "cost": {
        "kind": "europe", "source": "de", "price": "23.99", "carriage": "4.00", "asin": "B0DE",
        "identity": "to_check", "seen_at": "2026-11-20T12:00:00+00:00",
    }
}  # fmt: skip


@pytest.fixture(autouse=True)
def english() -> Any:
    with override("en"):
        yield


@pytest.mark.parametrize(
    ("cost", "code", "label"),
    [
        ({"kind": "europe", "source": "it"}, "europe:it", "Amazon.it"),
        ({"kind": "same_listing"}, "same_listing", "an offer on the listing"),
        ({"kind": "dip"}, "dip", "Amazon, while it is cheap"),
        ({"kind": "list", "source": "Grosso.csv"}, "list:Grosso.csv", "Grosso.csv"),
        ({"kind": "of_later"}, "of_later", "of_later"),
        (None, "", ""),
    ],
)
def test_a_place_has_a_code_and_a_name(cost: Any, code: str, label: str) -> None:
    assert place_code({"cost": cost}) == code
    assert place_label(code) == label


def test_details_are_price_carriage_identity_and_date() -> None:
    said = place_details(EUROPE).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("€23.99, €4.00 of carriage, identity to be checked, seen on")


def test_the_listing_bought_on_is_that_of_the_shop() -> None:
    abroad = place_url(EUROPE, marketplace="fr", asin="B0FR")
    assert abroad == "https://www.amazon.de/dp/B0DE"
    here = place_url({"cost": {"kind": "dip"}}, marketplace="fr", asin="B0FR")
    assert here == "https://www.amazon.fr/dp/B0FR"
    assert place_url({"cost": {"kind": "list"}}, marketplace="fr", asin="B0FR") == ""


@pytest.mark.parametrize("broken", [None, {}, {"cost": 7}, {"cost": {"price": "x", "seen_at": 3}}])
def test_what_says_nothing_is_nothing(broken: Any) -> None:
    assert place_code(broken) == ""
    assert place_details(broken) == ""
    assert place_url(broken, marketplace="fr", asin="B0FR") == ""
