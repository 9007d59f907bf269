"""Which sheets of a workbook are the list."""

from __future__ import annotations

from decimal import Decimal

import pytest

from discovery.lists.reading.model import BadReason, UnreadableList
from tests.discovery.lists.reading.examples import (
    E1,
    E2,
    E3,
    bad,
    codes,
    costs,
    doubts,
    sheets,
    uploaded,
)

HEADINGS = ("EAN", "Désignation", "PA HT")
TERMS = [("Conditions générales",), ("Franco", 300)]


def test_sheets_of_one_layout_are_read_together() -> None:
    read = uploaded(
        sheets(
            CGV=TERMS,
            Jouets=[HEADINGS, (int(E1), "x", 5.5), (int(E2), "y", 6.5)],
            Cuisine=[HEADINGS, (E3, "z", 12.9)],
        )
    )
    assert codes(read) == [E1, E2, E3]
    assert (read.sheet, read.sheets) == ("Jouets, Cuisine", ("CGV", "Jouets", "Cuisine"))
    assert read.doubts == ()


def test_two_versions_of_a_list_are_not_mixed() -> None:
    file = sheets(
        Tarif_2025=[HEADINGS, (E1, "x", 5), (E2, "y", 6)],
        Tarif_2026=[HEADINGS, (E1, "x", 5.5), (E2, "y", 6.5)],
    )
    read = uploaded(file)
    assert (read.sheet, costs(read)) == ("Tarif 2026", [Decimal("5.5"), Decimal("6.5")])
    assert doubts(read)["which_sheet"].params == {"sheet": "Tarif 2026", "others": "Tarif 2025"}
    chosen = uploaded(file, sheet="Tarif 2025")
    assert (costs(chosen), chosen.doubts) == ([Decimal(5), Decimal(6)], ())


def test_a_sheet_of_another_layout_is_a_doubt() -> None:
    file = sheets(
        A=[HEADINGS, (E1, "x", 5), (E2, "y", 6)], B=[("Nom", "Gencod", "Prix"), ("z", E3, 7)]
    )
    assert doubts(uploaded(file))["which_sheet"].params == {"sheet": "A", "others": "B"}
    assert codes(uploaded(file, sheet="B")) == [E3]
    assert codes(uploaded(file, sheet="A, B")) == [E1, E2, E3]


def test_products_that_are_left_out_still_show_which_sheet_it_is() -> None:
    read = uploaded(sheets(CGV=TERMS, Tarif=[("EAN", "Cost ($)"), (E1, 5), (E2, 6)]))
    assert read.sheet == "Tarif"
    assert {reason for _number, reason in bad(read)} == {BadReason.FOREIGN_CURRENCY}
    assert doubts(read)["foreign_currency"].blocking


def test_a_sheet_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnreadableList, match="no_such_sheet"):
        uploaded(sheets(A=[HEADINGS, (E1, "x", 5)]), sheet="Z")
