"""The files of a search and of a list, to the byte: other programs and spreadsheets read them.

``exports/`` holds three stored products and every file made of them, without the columns that
came later, which stand behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext, override

from discovery.exports import run_file as export
from discovery.exports.columns import row_of
from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list
from discovery.models import Run, RunLine
from discovery.products.scored import CacheState, ScoredProduct, from_breakdown
from discovery.runs.lines import put_score
from tests.discovery.builders import NOW, finished_run
from tests.processes import environment

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
FILES = Path(__file__).parent / "exports"
LINES = ("=cmd;1;1", "B99999999X;1;1", "B000000001;10;3", "B000000002;;", "B000000003;7.125;2")


def products() -> list[ScoredProduct]:
    """A dear one, one whose cost is assumed, one without a price; titles that try something."""
    stored = json.loads((FILES / "products.json").read_text(encoding="utf-8"))
    return [
        ScoredProduct(
            *from_breakdown(breakdown),
            cache=CacheState.MISS,
            fetched_at=NOW,
            scored_at=NOW,
            tokens_spent=1,
            tokens_saved=0,
        )
        for breakdown in stored
    ]


def searched(visitor: Any) -> str:
    run = finished_run(owner=visitor.user, products=products())
    Run.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(days=3))
    return f"/niches/recherche/{run.pk}/export.csv"


def listed(visitor: Any) -> str:
    read = read_list("\n".join(("ASIN;Cost;Qty", *LINES)), currency="USD")
    made = create_list(owner=visitor.user, name="Stock d’été.csv", read=read, marketplace="us")
    scored = {product.asin: product for product in products()}
    for line in made.lines.filter(state=RunLine.State.PENDING):
        if line.asin in scored:
            put_score(line, scored[line.asin])
        else:
            line.state, line.reason = RunLine.State.UNKNOWN, "no_data"
        line.save()
    Run.objects.filter(pk=made.pk).update(created_at=NOW)
    return f"/listes/{made.pk}/export.csv"


MADE = {
    "search": (searched, "recherche-20261117-1300.csv"),
    "list": (listed, "stock-dete-20261120-1300.csv"),
}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("form", ["spreadsheet", "plain"])
@pytest.mark.parametrize("kind", MADE)
def test_a_file_is_to_the_byte_what_it_was(
    client_of: Visitor, kind: str, form: str, language: str
) -> None:
    anne = client_of("anne")
    anne.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    make, name = MADE[kind]
    is_plain = form == "plain"
    answer = anne.get(make(anne) + ("?format=plain" if is_plain else ""))
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'

    separator = "," if is_plain else ";"
    lines = answer.content.decode().split("\r\n")
    with override(language):
        first = "buy_forbidden_by" if is_plain else gettext("Buy forbidden by")
    headings = lines[0].split(separator)
    added = len(headings) - headings.index(first)
    before = "\r\n".join(line.rsplit(separator, added)[0] for line in lines)
    known = FILES / f"{kind}-{'plain' if is_plain else language}.csv"
    assert before.encode() == known.read_bytes()
    forbidden = {line.rsplit(separator, added)[1] for line in lines[1:-1]}
    assert forbidden == {""}


def test_a_round_cost_is_not_written_as_a_power_of_ten(client_of: Visitor) -> None:
    anne = client_of("anne")
    content = anne.get(listed(anne)).content.decode()
    assert ";10;21,00;" in content
    assert "E+" not in content


@pytest.mark.own_session
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("last_line", [1, 201, 450])
def test_a_file_whose_database_session_is_ended_is_an_error_page(
    client_of: Visitor, monkeypatch: pytest.MonkeyPatch, last_line: int
) -> None:
    anne = client_of("anne")
    run = finished_run(owner=anne.user, products=products() * 150)

    def reading(line: Any) -> Any:
        if line.position == last_line:
            with psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as killer:
                session = connection.connection.info.backend_pid
                killer.execute("SELECT pg_terminate_backend(%s, 5000)", [session])
        return row_of(line)

    monkeypatch.setattr(export, "row_of", reading)
    anne.raise_request_exception = False
    answer = anne.get(f"{run.get_absolute_url()}export.csv")
    assert answer.status_code == 503
    assert answer["Content-Type"].startswith("text/html")
    assert "Content-Disposition" not in answer


def test_a_file_says_how_long_it_is(client_of: Visitor) -> None:
    answer = client_of("anne").get(searched(client_of("anne")))
    assert int(answer["Content-Length"]) == len(answer.content)
