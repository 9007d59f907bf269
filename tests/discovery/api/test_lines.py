"""``/api/v1/runs/{id}/lines`` and what is done with them: sorted, narrowed, exported, bought."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.api.line_schemas import LinesAnswer
from discovery.models import ProductDecision, Run, RunLine
from discovery.products.decisions import add_favourite
from discovery.runs import queries
from discovery.runs.sorts import SORTS
from tests.discovery.api.conftest import Ask
from tests.discovery.builders import finished_list, finished_run, prices, scored_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]


@pytest.fixture
def products() -> list[Any]:
    """Five of different prices and ranks, two of them without any rank."""
    return [
        scored_product(
            asin=f"000000000{number}",
            title=f"Book {number % 3}",
            buy_box=prices(f"{20 + number * 3}.00"),
            bsr=None if number > 3 else 10_000 + number,
            cost="5" if number % 2 else None,
        )
        for number in range(1, 6)
    ]


@pytest.mark.parametrize("kind", ["search", "list"])
def test_pages_hold_every_line_once_in_the_order_of_the_page_of_the_site(
    call: Ask, anne: User, products: list[Any], kind: str
) -> None:
    make = {"search": finished_run, "list": finished_list}[kind]
    run = make(owner=anne, products=products)
    for sort, rule in SORTS[kind].items():
        for direction in ("asc", "desc", ""):
            is_descending = {"asc": False, "desc": True}.get(direction, rule.best_is_highest)
            rows = queries.results_of(run=run, sort=sort, descending=is_descending)
            wanted = list(rows.values_list("pk", flat=True))
            seen: list[int] = []
            cursor: str | None = ""
            while cursor is not None:
                address = f"/runs/{run.pk}/lines?limit=2&sort={sort}"
                address += (direction and f"&dir={direction}") + (cursor and f"&cursor={cursor}")
                page = call("GET", address).json()
                seen += [line["id"] for line in page["lines"]]
                cursor = page["next"]
            assert seen == wanted, (sort, direction)


def test_lines_are_as_described_and_tell_what_was_decided(
    call: Ask, anne: User, products: list[Any], django_assert_max_num_queries: Any
) -> None:
    run = finished_run(owner=anne, products=products)
    add_favourite(user=anne, marketplace="us", asin="0000000003")
    call("GET", "/runs")
    with django_assert_max_num_queries(6):  # who, how often; the run, its lines; two of marks
        answer = call("GET", f"/runs/{run.pk}/lines").json()
    LinesAnswer.model_validate(answer)
    assert set(answer["lines"][0]["product"]) == set(
        LinesAnswer.model_fields["lines"].annotation.__args__[0]  # type: ignore[union-attr]
        .model_fields["product"].annotation.__args__[0].model_fields
    )  # fmt: skip
    assert [line["asin"] for line in answer["lines"] if line["favourite"]] == ["0000000003"]


def test_lines_are_narrowed_down(call: Ask, anne: User, products: list[Any]) -> None:
    run = finished_run(owner=anne, products=products)

    def found(query: str) -> list[str]:
        lines = call("GET", f"/runs/{run.pk}/lines?{query}").json()["lines"]
        return sorted(line["asin"][-1] for line in lines)

    assert found("q=book+1") == ["1", "4"]
    assert found("price_max=26") == ["1", "2"]
    assert found("bsr_max=10002") == ["1", "2"]
    ignored = {"marketplace": "us", "asin": "0000000002", "kind": "ignored"}
    ProductDecision.objects.create(user=anne, **ignored)
    assert found("bsr_max=10002&hide_ignored=true") == ["1"]
    assert found("verdict=SKIP&roi_min=1000000") == []
    for wrong in ("sort=colour", "dir=up", "price_max=nan", "cursor=x", "state=other"):
        answer = call("GET", f"/runs/{run.pk}/lines?{wrong}")
        assert answer.status_code == 422, wrong


def test_lines_without_an_answer_say_why(call: Ask, anne: User) -> None:
    run = finished_list(owner=anne, products=[scored_product()])
    RunLine.objects.create(
        run=run, position=2, number=3, text="97800", state="bad", reason="wrong_check_digit",
        value="97800",
    )  # fmt: skip
    (line,) = call("GET", f"/runs/{run.pk}/lines?state=bad").json()["lines"]
    assert (line["number"], line["product"]) == (3, None)
    assert line["reason"]["code"] == "wrong_check_digit"
    assert "97800" in line["reason"]["text"]


def test_the_file_is_that_of_the_page(call: Ask, anne: User, products: list[Any]) -> None:
    run = finished_list(owner=anne, products=products)
    told = call("GET", f"/runs/{run.pk}/export.csv")
    assert told["Content-Type"].startswith("text/csv")
    lines = told.content.decode().splitlines()
    assert lines[0].startswith("line,identifier,state")
    assert len(lines) == 6


def test_buy_boxes_are_priced_then_bought(call: Ask, anne: User, keepa: Any) -> None:
    run = finished_list(owner=anne, products=[scored_product()])
    RunLine.objects.update(buy_box_known=False)
    quoted = call("GET", f"/runs/{run.pk}/buy-boxes").json()
    assert (quoted["asins"], quoted["tokens"]) == (["0131103628"], 3)
    bought = call("POST", f"/runs/{run.pk}/buy-boxes", {"asins": ["0131103628"]})
    assert bought.status_code == 200
    assert bought.json()["tokens_spent"] > 0
    assert call("GET", f"/runs/{run.pk}/buy-boxes").json()["tokens"] == 0
    wrongs: list[Any] = [{"asins": asins} for asins in ([], [1], ["x"] * 101, "x")]
    for wrong in (*wrongs, {}, {"asins": ["x"], "n": 1}):
        assert call("POST", f"/runs/{run.pk}/buy-boxes", wrong).status_code == 422
    Run.objects.update(state="running")
    busy = call("POST", f"/runs/{run.pk}/buy-boxes", {"asins": ["0131103628"]})
    assert (busy.status_code, busy.json()["code"]) == (409, "still_at_work")
