"""Picks as CSV: words and decimal commas for people, codes for programs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from discovery.sourcing.pick_export import COLUMNS, csv_of
from discovery.sourcing.queries import picks_of
from tests.discovery.builders import build_job, build_pick

pytestmark = pytest.mark.django_db


def exported(owner: Any, language: str | None) -> dict[str, str]:
    text = csv_of(picks_of(owner=owner), language=language).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if language else ","))
    return dict(zip(COLUMNS, rows[1], strict=True))


def test_a_program_reads_codes_points_and_times_in_utc(anne: Any) -> None:
    job = build_job(owner=anne, name="Deals")
    build_pick(
        owner=anne, job=job, cost=Decimal("8.1250"), verdict="CONSIDER", sourcing=True,
        cost_kind="europe", cost_source="de", decision="ignored", roi_percent=31.456,
    )  # fmt: skip
    row = exported(anne, None)
    told = [row[name] for name in ("verdict", "class", "cost_kind", "cost_source", "decision")]
    assert told == ["SOURCING", "WATCH", "europe", "de", "ignored"]
    assert (row["cost"], row["price"], row["roi_percent"]) == ("8.1250", "20.00", "31.46")
    assert row["seen"] == "2026-11-20T12:00:00+00:00"
    assert (row["job"], row["gone"]) == ("Deals", "")


def test_a_person_reads_words_and_the_decimal_mark_of_the_language(anne: Any) -> None:
    build_pick(owner=anne, cost_kind="europe", cost_source="de")
    english, french = exported(anne, "en"), exported(anne, "fr")
    assert (english["cost"], french["cost"]) == ("8.00", "8,00")
    assert (english["verdict"], english["cost_source"]) == ("Buy", "amazon.de")
    assert english["seen"] == "2026-11-20 13:00"


def test_a_title_becomes_no_formula(anne: Any) -> None:
    build_pick(owner=anne, title="=1+1")
    assert exported(anne, None)["title"] == "'=1+1"
