"""``/api/v1/lists``: given as text or file, corrected, started, their codes chosen among."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.lists import apart
from discovery.models import Run, RunLine
from discovery.products.candidates import Candidate, to_json
from tests.discovery.api.conftest import Ask
from tests.discovery.builders import finished_list, scored_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]

TEXT = "ASIN;Price;Paid\n0131103628;30.00;9.50\nB000000001;31.00;8.00\nnonsense;1;1\n"


def test_a_list_is_given_corrected_and_started(call: Ask, keepa: Any, anne: User) -> None:
    given = call("POST", "/lists", {"text": TEXT, "marketplace": "us", "profile": "prudent"})
    assert given.status_code == 201
    draft = given.json()
    assert (draft["state"], draft["products"], draft["bad_lines"]) == ("draft", 2, 1)
    assert draft["profile"]["slug"] == "prudent"
    assert draft["quote"]["tokens"] >= 2
    assert draft["reading"]["headings"] == ["ASIN", "Price", "Paid"]
    assert [row["problem"] is None for row in draft["reading"]["sample"]] == [True, True, False]
    address = f"/lists/{draft['id']}"
    said = {"marketplace": "us", "corrections": {"cost": 2, "cost_vat": "excl"}}
    corrected = call("PUT", f"{address}/corrections", said).json()
    assert corrected["reading"]["sample"][0]["cost"] == 9.5
    assert corrected["reading"]["corrections"]["cost"] == 2
    assert call("GET", address).json() == corrected
    started = call("POST", f"{address}/start")
    assert (started.status_code, started.json()["state"]) == (202, "queued")
    assert Run.objects.get(pk=draft["id"]).history_source == "api"
    again = call("POST", f"{address}/start")
    assert (again.status_code, again.json()["code"]) == (409, "already_started")
    assert call("PUT", f"{address}/corrections", said).json()["code"] == "already_started"


def test_a_file_is_uploaded_with_what_is_said_of_it(bearer: str, anne: User) -> None:
    caller = Client(headers={"authorization": f"Bearer {bearer}"})
    file = BytesIO(TEXT.encode())
    file.name = "stock.csv"
    sent = {"file": file, "marketplace": "us", "corrections": '{"cost": 2}'}
    answer = caller.post("/api/v1/lists", sent)
    assert answer.status_code == 201
    assert answer.json()["name"] == "stock.csv"
    assert answer.json()["reading"]["sample"][0]["cost"] == 9.5
    nothing = caller.post("/api/v1/lists", {"marketplace": "us"})
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "file")
    garbled = {"file": BytesIO(b"x"), "marketplace": "us", "corrections": "{"}
    assert caller.post("/api/v1/lists", garbled).status_code == 400


def test_every_wrong_field_is_named_before_anything_is_read(
    call: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_answer", None)  # a reader that starts would break this
    wrong = {
        "text": TEXT, "speed": 1,
        "corrections": {"cost": -2, "rate": 0, "cost_vat": "maybe", "currency": "euro", "x": 1},
    }  # fmt: skip
    answer = call("POST", "/lists", wrong)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "marketplace", "speed", "corrections.cost", "corrections.rate", "corrections.cost_vat",
        "corrections.currency", "corrections.x",
    }  # fmt: skip
    empty = call("POST", "/lists", {"text": " ", "marketplace": "us"})
    assert empty.json()["errors"][0]["field"] == "text"
    assert not Run.objects.exists()


def test_a_list_that_cannot_be_read_keeps_nothing(call: Ask) -> None:
    # A sheet that is not there is found when the list is read as said, after it was kept.
    for text, said in (("\n;\n", {}), (TEXT, {"heading_row": 400_000, "identifier": 150})):
        asked = {"text": text, "marketplace": "us", "corrections": said}
        answer = call("POST", "/lists", asked)
        assert answer.status_code in {201, 422}, answer.content
        if answer.status_code == 422:
            assert not Run.objects.exists()


def test_a_doubt_blocks_the_start_until_it_is_answered(call: Ask, keepa: Any) -> None:
    text = "ASIN;Cost\n0131103628;$9.50\nB000000001;$8.00\n"
    draft = call("POST", "/lists", {"text": text, "marketplace": "fr"}).json()
    assert any(doubt["blocking"] for doubt in draft["reading"]["doubts"])
    refused = call("POST", f"/lists/{draft['id']}/start")
    assert refused.status_code in {409, 422}
    assert refused.json()["code"] in {"unanswered_doubts", "nothing_to_analyse"}
    said = {"marketplace": "fr", "corrections": {"currency": "USD", "rate": "0.92"}}
    answered = call("PUT", f"/lists/{draft['id']}/corrections", said).json()
    assert not any(doubt["blocking"] for doubt in answered["reading"]["doubts"])
    assert call("POST", f"/lists/{draft['id']}/start").status_code == 202


def test_a_code_of_several_products_is_chosen_among(call: Ask, anne: User) -> None:
    run = finished_list(owner=anne, products=[scored_product()])
    line = run.lines.get()
    other = Candidate(asin="0000000001", title="Another", brand=None, pack_size=1, is_alive=True)
    RunLine.objects.update(code="9780131103627", candidates=to_json([other]))
    address = f"/lists/{run.pk}/lines/{line.pk}/choose"
    foreign = call("POST", address, {"asin": "0000000002"})
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "asin")
    chosen = call("POST", address, {"asin": "0131103628", "units": 1})
    assert chosen.status_code == 200
    assert chosen.json()["id"] == line.pk
    assert call("POST", f"/lists/{run.pk}/lines/{line.pk + 1}/choose", {}).status_code == 404


def test_unknown_codes_are_asked_again(call: Ask, anne: User) -> None:
    run = finished_list(owner=anne, products=[scored_product()])
    refused = call("POST", f"/lists/{run.pk}/ask-again")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_code_to_ask")
    RunLine.objects.create(
        run=run, position=2, code="9780131103627", state="unknown", reason="no_product"
    )
    assert call("POST", f"/lists/{run.pk}/ask-again").status_code == 202


def test_a_list_of_somebody_else_is_read_where_it_is_shared(call: Ask) -> None:
    run = finished_list(owner=User.objects.create_user("paul"), products=[scored_product()])
    assert call("GET", f"/lists/{run.pk}").status_code == 404
    Run.objects.update(shared=True)
    assert call("GET", f"/lists/{run.pk}").json()["reading"] is None
    for method, action in (("POST", "/start"), ("PUT", "/corrections"), ("POST", "/ask-again")):
        assert call(method, f"/lists/{run.pk}{action}", {}).status_code == 404
