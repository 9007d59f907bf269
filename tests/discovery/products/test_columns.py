"""One registry of columns: pages, files, the API and the terminal say the same of a product."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from discovery.api.schemas import ScoredProduct as ScoredProductSchema
from discovery.exports.columns import COLUMNS, IN_FILE
from discovery.management.terminal import SearchCommand
from discovery.models import RunLine
from discovery.pages.columns import ON_PAGE, headings, sorting
from discovery.products.as_json import product_answer
from discovery.products.columns import Row
from discovery.products.scored import CacheState, ScoredProduct
from discovery.runs.sorts import SORTS
from discovery.scoring import FlagCode, PriceStats, ReasonCode
from discovery.search.as_json import search_answer
from discovery.search.results import ScoredSearch
from discovery.text import formats
from tests.discovery.builders import NOW, scored_product

FORBIDDING = (FlagCode.HAZMAT, ReasonCode.VELOCITY_MISSED)
SENTENCE = "Buy forbidden by: Hazardous goods, sells too slowly"


def forbidden() -> ScoredProduct:
    """A product whose buy two things forbid."""
    product = scored_product(title="A book", cost="5.00")
    return replace(product, score=replace(product.score, buy_forbidden_by=FORBIDDING))


def allowed() -> ScoredProduct:
    """A product whose buy depends on its cost alone."""
    product = scored_product(cost="5.00")
    return replace(product, score=replace(product.score, buy_forbidden_by=()))


def row_html(kind: str, product: ScoredProduct, line: Any) -> str:
    row = Row(line, product.card, product.score)
    with translation.override("en"):
        columns = headings(kind, sort="rank", descending=False)
        labels = {name: heading.label for name, heading in columns.items()}
        return render_to_string(
            "discovery/runs/row.html", {"labels": labels, "row": row, "profile": "equilibre"}
        )


LINES = {"search": RunLine(position=1), "list": RunLine(number=4, quantity=2, text="x")}


@pytest.mark.parametrize("kind", ["search", "list"])
def test_the_cells_of_a_row_are_the_columns_of_its_page_in_their_order(kind: str) -> None:
    with translation.override("en"):
        wanted = [heading.label for heading in headings(kind, sort="", descending=False).values()]
    cells = re.findall(r'data-label="([^"]+)"', row_html(kind, scored_product(), LINES[kind]))
    assert cells == wanted[3:]  # the number, the product and the verdict need no label


@pytest.mark.parametrize("kind", ["search", "list"])
def test_every_column_of_a_page_or_file_is_known_and_every_sort_has_its_heading(kind: str) -> None:
    assert set(ON_PAGE[kind]) | set(IN_FILE[kind]) <= set(COLUMNS)
    assert {sort for sort in ON_PAGE[kind].values() if sort} == set(SORTS[kind])


@pytest.mark.parametrize(
    ("asked", "sort", "descending"),
    [
        ({}, "rank", False),
        ({"sort": "roi"}, "roi", True),
        ({"sort": "roi", "dir": "asc"}, "roi", False),
        ({"sort": "bsr"}, "bsr", False),
        ({"sort": "quantity"}, "rank", False),
        ({"sort": "roi", "dir": "sideways"}, "roi", True),
    ],
)
def test_a_first_click_puts_the_best_on_top(
    asked: dict[str, str], sort: str, descending: bool
) -> None:
    assert sorting("search", asked) == (sort, descending)


def test_the_next_click_on_the_current_column_turns_it_round() -> None:
    made = headings("search", sort="roi", descending=True, shown=["roi_percent", "profit", "fees"])
    assert (made["roi_percent"].direction, made["roi_percent"].next) == ("descending", "asc")
    assert (made["profit"].direction, made["profit"].next) == ("", "desc")
    assert (made["fees"].sort, made["fees"].direction) == ("", "")


@pytest.mark.parametrize("kind", ["search", "list"])
def test_a_row_says_beside_the_price_what_forbids_the_buy(kind: str) -> None:
    text = row_html(kind, forbidden(), LINES[kind])
    cell = text.split('class="end number buy-cell"')[1].split("</td>")[0]
    assert SENTENCE in cell
    assert "forbidden" not in row_html(kind, allowed(), LINES[kind])


def test_the_figures_of_a_product_say_it_too() -> None:
    product = forbidden()
    page = {"card": product.card, "score": product.score, "calculator": {"profile": {}}}
    with translation.override("en"):
        text = render_to_string("discovery/products/money.html", {"page": page})
    assert f'<p class="forbidden">{SENTENCE}</p>' in text


def test_files_give_codes_to_programs_and_words_to_people() -> None:
    product, column = forbidden(), COLUMNS["buy_forbidden_by"]
    value = column.value(Row(None, product.card, product.score))
    assert value == FORBIDDING
    assert column.words is not None
    with translation.override("en"):
        assert column.words(value) == "Hazardous goods, sells too slowly"
    assert all("buy_forbidden_by" in names for names in IN_FILE.values())


def test_the_api_gives_code_and_text_in_the_shape_it_documents() -> None:
    with translation.override("en"):
        answer = product_answer(forbidden())
    assert answer["buy_forbidden_by"] == [
        {"code": "hazmat", "text": "Hazardous goods"},
        {"code": "velocity_missed", "text": "sells too slowly"},
    ]
    assert set(answer) == set(ScoredProductSchema.model_fields)
    assert ScoredProductSchema(**answer).buy_forbidden_by[0].code == "hazmat"
    assert product_answer(allowed())["buy_forbidden_by"] == []


def printed(product: ScoredProduct, form: str) -> str:
    search = ScoredSearch(
        products=(product,), marketplace="us", profile_slug="", profile_revision=1,
        profile_fingerprint="", cache=CacheState.MISS, tokens_spent=0, tokens_saved=0,
        duration_ms=1,
    )  # fmt: skip
    out = StringIO()
    with translation.override("en"):
        answer = search_answer(search, now=NOW + timedelta(hours=1))
        command = SearchCommand(stdout=out)
        command.print_answer(answer, {"json": form == "json", "csv": form == "csv"})
    return out.getvalue()


def test_the_terminal_says_it_in_every_form() -> None:
    product = forbidden()
    table = printed(product, "table")
    assert "Buy forbidden by" in table
    assert "Hazardous goods" in table
    assert "forbidden" not in printed(allowed(), "table")
    (line,) = csv.DictReader(StringIO(printed(product, "csv")))
    assert line["buy_forbidden_by"] == " ".join(FORBIDDING)
    (first,) = json.loads(printed(product, "json"))["products"]
    assert [reason["code"] for reason in first["buy_forbidden_by"]] == list(FORBIDDING)


def dollars(amount: Decimal | None) -> str:
    """An amount as an English reader sees it."""
    with translation.override("en"):
        return formats.money(amount, "USD")


def to_source() -> ScoredProduct:
    """A product nobody has a price for, known without its Buy Box."""
    product = scored_product(title="A book", new=PriceStats(), lowest_fbm_new=None)
    assert product.score.sourcing
    return replace(product, buy_box_known=False)


def test_the_api_keeps_its_recommendation_and_adds_what_is_to_be_sourced() -> None:
    product = to_source()
    answer, score = product_answer(product), product.score
    assert (answer["recommendation"], answer["sourcing"]) == ("CONSIDER", True)
    assert answer["max_cost"] == float(score.max_cost or 0)
    assert answer["profit_at_max_cost"] == float(score.profit_at_max_cost or 0)
    assert answer["roi_at_max_cost"] == float(score.roi_at_max_cost or 0)
    assert answer["roi_is_hypothetical"]
    assert not answer["buy_box_known"]
    ScoredProductSchema(**answer)
    known = product_answer(allowed())
    assert not known["sourcing"]
    assert known["profit_at_max_cost"] is None
    assert known["buy_box_known"]


def test_the_terminal_shows_what_the_price_to_look_for_earns() -> None:
    product, score = to_source(), to_source().score
    table = printed(product, "table").replace("\xa0", " ")
    assert "To source" in table
    assert f"≤ {dollars(score.max_cost)}" in table
    assert dollars(score.profit_at_max_cost) in table
    assert dollars(score.profit) not in table
    assert "1 product to source: profit and ROI are those of the price to look for" in table
    assert "to source" not in printed(allowed(), "table")
    (line,) = csv.DictReader(StringIO(printed(product, "csv")))
    assert (line["recommendation"], line["sourcing"]) == ("CONSIDER", "True")
    assert line["buy_box_known"] == "False"
    hopeless = scored_product(new=PriceStats(), lowest_fbm_new=None, is_variation_parent=True)
    assert dollars(hopeless.score.profit) not in printed(hopeless, "table")


@pytest.mark.parametrize("kind", ["search", "list"])
def test_a_file_names_the_state_to_people_and_keeps_the_verdict_for_programs(kind: str) -> None:
    product = to_source()
    line = RunLine(position=1, number=1, buy_box_known=False)
    row = Row(line, product.card, product.score)
    assert COLUMNS["verdict"].value(row) == "CONSIDER"
    assert COLUMNS["sourcing"].value(row) is True
    assert COLUMNS["buy_box_known"].value(row) is False
    assert COLUMNS["buy_box_known"].value(Row(line, None, None)) is None
    assert {"sourcing", "buy_box_known", "roi_at_max_cost"} <= set(IN_FILE[kind])


def test_the_figures_of_a_product_to_be_sourced_are_those_of_its_price() -> None:
    product = to_source()
    page = {"card": product.card, "score": product.score, "calculator": {"profile": {}}}
    with translation.override("en"):
        text = render_to_string("discovery/products/money.html", {"page": page})
    score = product.score
    assert f"To source ≤\N{NO-BREAK SPACE}{dollars(score.max_cost)}" in text
    assert "Price to look for" in text
    figures = text.split('class="why-body"')[0]
    assert dollars(score.profit_at_max_cost) in figures
    assert dollars(score.landed_cost) not in figures
