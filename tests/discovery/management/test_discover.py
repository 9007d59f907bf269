"""``manage.py discover``: the story of the first search, and of everything that can go wrong."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import translation

from analytics.models import SearchHistory
from discovery.models import DiscoveryCacheEntry, KeepaProduct, ScoringCacheEntry
from tests.discovery.management.conftest import Run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("keepa", "shipped_profiles"),
]

BOOKS = ("discover", "--category", "Books", "--bsr", "10000", "50000", "--max", "8")


def test_the_same_search_twice_gives_the_same_products_for_no_token(keepa: Any, run: Run) -> None:
    first, second = (json.loads(run(*BOOKS, "--json").out) for _ in range(2))
    assert second["products"] == first["products"] != []
    assert second["total_count"] == first["total_count"]
    assert first["metadata"]["cache"] == "miss"
    assert (second["metadata"]["cache"], second["cache_hit"]) == ("hit", True)
    assert second["metadata"]["tokens_spent"] == 0
    assert second["metadata"]["tokens_saved"] == first["metadata"]["tokens_spent"]
    assert isinstance(second["metadata"]["execution_time_ms"], int)
    assert keepa.charged_total == first["metadata"]["tokens_spent"]


def test_json_is_alone_on_standard_output_and_progress_on_the_other(run: Run) -> None:
    ran = run(*BOOKS, "--json")
    json.loads(ran.out)
    assert "8 of 8 products scored" in ran.err


def test_the_table_shows_verdicts_prices_and_what_it_cost(run: Run) -> None:
    ran = run(*BOOKS)
    asins = ScoringCacheEntry.objects.values_list("asin", flat=True)
    assert len(asins) == 8
    assert all(asin in ran.out for asin in asins)
    assert "Max cost" in ran.out
    assert "cache: miss" in ran.out
    assert "$" in ran.out


def test_csv_has_one_line_a_product(run: Run) -> None:
    rows = list(csv.DictReader(StringIO(run(*BOOKS, "--csv").out)))
    assert len(rows) == 8
    assert all(row["asin"] and row["recommendation"] for row in rows)


def test_no_cell_of_the_csv_becomes_a_formula(run: Run) -> None:
    run(*BOOKS)
    for entry in ScoringCacheEntry.objects.all():
        entry.breakdown["card"]["title"] = "＝HYPERLINK(1)"
        entry.save(update_fields=["breakdown"])
    rows = list(csv.DictReader(StringIO(run(*BOOKS, "--csv").out)))
    assert {row["title"] for row in rows} == {"'＝HYPERLINK(1)"}


def test_the_search_is_noted_as_made_by_hand(run: Run) -> None:
    run(*BOOKS)
    assert SearchHistory.objects.get().source == "manual"


def test_several_categories_are_one_niche(run: Run) -> None:
    args = ("--category", "Toys & Games", "--category", "Electronics", "--bsr", "1", "9000")
    answer = json.loads(run("discover", *args, "--max", "3", "--json").out)
    assert len(answer["metadata"]["filters_applied"]["root_categories"]) == 2


def test_a_niche_without_products_says_so(run: Run) -> None:
    ran = run("discover", "--category", "Books", "--bsr", "10000", "10001", "--price", "4999",
              "5000")  # fmt: skip
    assert ran.code == 0
    assert "No product matches." in ran.out


BAD_INPUT = {
    "an unknown category": (("--category", "zzqx", "--bsr", "1", "9"), "--category"),
    "a reversed range": (("--category", "Books", "--bsr", "9", "1"), "--bsr"),
    "a negative range": (("--category", "Books", "--bsr", "-5", "9"), "--bsr"),
    "a rank that is no number": (("--category", "Books", "--bsr", "abc", "9"), "--bsr"),
    "no category": (("--bsr", "1", "9"), "--category"),
    "no rank": (("--category", "Books"), "--bsr"),
    "a wrong marketplace": (
        ("--category", "Books", "--bsr", "1", "9", "--marketplace", "narnia"),
        "--marketplace",
    ),
    "too many products": (("--category", "Books", "--bsr", "1", "9", "--max", "9999"), "--max"),
    "an unknown profile": (
        ("--category", "Books", "--bsr", "1", "9", "--profile", "nobody"),
        "--profile",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_names_the_option_in_the_readers_language_and_costs_nothing(
    keepa: Any, run: Run, case: str
) -> None:
    arguments, option = BAD_INPUT[case]
    english = run("discover", *arguments, "--json")
    french = run("discover", *arguments, "--json", "--language", "fr")
    for ran in (english, french):
        assert ran.code == 2
        assert ran.out == ""
        assert option in ran.err
        assert "Traceback" not in ran.err
    assert english.err != french.err
    assert keepa.charged_total == 0
    assert not DiscoveryCacheEntry.objects.exists()


FAILURES = {"429": 3, "402": 4, "garbage": 4, "500": 4, "truncated": 4}


@pytest.mark.parametrize("fault", FAILURES)
def test_each_failure_of_keepa_has_a_sentence_and_an_exit_code(
    keepa: Any, run: Run, fault: str
) -> None:
    keepa.faults.push(fault, times=20)
    ran = run(*BOOKS)
    assert ran.code == FAILURES[fault]
    assert "Keepa" in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""
    if fault in {"429", "500"}:
        assert "Try again in" in ran.err


@pytest.mark.parametrize("fault", FAILURES)
def test_old_results_are_shown_and_labelled_when_keepa_fails(
    keepa: Any, run: Run, fault: str
) -> None:
    fresh = json.loads(run(*BOOKS, "--json").out)
    hour = timedelta(hours=1)
    DiscoveryCacheEntry.objects.update(expires_at=Now() - hour)
    ScoringCacheEntry.objects.update(expires_at=Now() - hour)
    KeepaProduct.objects.update(fetched_at=Now() - 20 * hour)
    keepa.faults.push(fault, times=20)
    ran = run(*BOOKS, "--json")
    assert ran.code == 0
    stale = json.loads(ran.out)
    assert {p["asin"] for p in stale["products"]} == {p["asin"] for p in fresh["products"]}
    assert stale["metadata"]["cache"] == "stale"
    assert stale["metadata"]["problem"]["detail"]
    assert "These results are old" in run(*BOOKS).out


def test_the_terminals_language_is_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    english = run("discover", "--bsr", "1", "9").err
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    french = run("discover", "--bsr", "1", "9").err
    assert english != french
    monkeypatch.setenv("LC_ALL", "C")
    with translation.override("fr"):
        assert run("discover", "--bsr", "1", "9").err in {english, french}
