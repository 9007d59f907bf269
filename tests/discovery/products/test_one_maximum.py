"""The maximum buy price of a product is one number, wherever somebody meets it."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation

from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.models import Favourite, RunLine
from discovery.products.scored import from_breakdown
from discovery.products.store import product_of
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.runs.service import start_search
from discovery.runs.worker import work_on
from discovery.scoring import Verdict, score
from discovery.search.request import read_filters
from discovery.text.reasons import forbidden_text

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Any]
QUESTION = {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
BUYS = {Verdict.BUY, Verdict.STRONG_BUY}
CENT = Decimal("0.01")


def shown(amount: Decimal) -> str:
    """As an English page writes dollars."""
    return f"${amount:,.2f}"


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    visitor = client_of("anne")
    visitor.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    visitor.user.is_staff = visitor.user.is_superuser = True
    visitor.user.save()
    return visitor


@pytest.fixture
def line(anne: Any, keepa: Any) -> RunLine:
    """A product of a search whose buy depends on its cost alone, so that reasons name the price."""
    run = start_search(
        owner=anne.user,
        filters=read_filters(QUESTION),
        profile=active_profile(),
        max_results=20,
    )
    work_on(run_id=run.pk)
    found = run.lines.filter(max_cost__gt=1, breakdown__score__buy_forbidden_by=[])
    first = found.order_by("position").first()
    assert first is not None
    return first


def rows_of(visitor: Any, address: str) -> dict[str, dict[str, str]]:
    content = visitor.get(address).content.decode()
    return {row["asin"]: row for row in csv.DictReader(StringIO(content))}


def buy_cell(text: str) -> str:
    (cell,) = re.findall(r'buy-cell"[^>]*><span class="key">([^<]+)</span>', text)
    return str(cell).removeprefix("≤\xa0")  # the sign of a price to look for


def test_the_pages_the_files_the_api_the_command_and_the_admin_agree(
    anne: Any, line: RunLine
) -> None:
    asin, run = line.asin, line.run
    assert line.max_cost is not None
    most = line.max_cost
    Favourite.objects.create(user=anne.user, marketplace="us", asin=asin)

    row = anne.get(f"{run.get_absolute_url()}?q={asin}").content.decode()
    assert buy_cell(row) == shown(most)

    product = anne.get(f"/produits/us/{asin}/").content.decode()
    assert shown(most) in product.split('id="decisions"')[0]
    favourites = anne.get("/favoris/").content.decode()
    assert shown(most) in favourites

    address = f"/niches/recherche/{run.pk}/export.csv?format=plain"
    assert Decimal(rows_of(anne, address)[asin]["max_cost"]) == most

    answer = anne.post(
        "/api/v1/products/discover-with-scoring",
        json.dumps({"asins": [asin], "marketplace": "us"}),
        content_type="application/json",
    ).json()
    (product_answer,) = answer["products"]
    assert Decimal(str(product_answer["max_cost"])) == most
    assert product_answer["buy_forbidden_by"] == []

    out = StringIO()
    call_command("score", asin, "--marketplace", "us", "--json", stdout=out, stderr=StringIO())
    (typed,) = json.loads(out.getvalue())["products"]
    assert Decimal(str(typed["max_cost"])) == most

    admin = anne.get(f"/admin/discovery/runline/{line.pk}/change/").content.decode()
    field = admin.split(">Maximum buy price<")[1].split(">Buy forbidden by<")[0]
    assert f">{most:.2f}<" in field


def test_favourites_and_the_admin_say_beside_it_what_forbids_the_buy(
    anne: Any, line: RunLine
) -> None:
    barred = line.run.lines.exclude(breakdown__score__buy_forbidden_by=[]).first()
    assert barred is not None
    assert barred.breakdown is not None
    Favourite.objects.create(user=anne.user, marketplace="us", asin=barred.asin)
    with translation.override("en"):
        sentence = html.escape(forbidden_text(from_breakdown(barred.breakdown)[1]))
    assert sentence in anne.get("/favoris/").content.decode()
    assert sentence in anne.get(f"/admin/discovery/runline/{barred.pk}/change/").content.decode()
    assert sentence in anne.get(f"/admin/discovery/run/{barred.run_id}/change/").content.decode()


def test_the_reasons_name_the_same_price(line: RunLine) -> None:
    assert line.breakdown is not None
    (way,) = [
        change["params"]["amount"]
        for change in line.breakdown["score"]["what_would_change"]
        if change["params"].get("verdict") == Verdict.BUY
    ]
    assert Decimal(way) == line.max_cost


def test_a_list_bought_at_that_price_holds_a_buy_and_a_cent_more_does_not(
    anne: Any, line: RunLine
) -> None:
    most = line.max_cost
    assert most is not None
    verdicts = []
    for cost in (most, most + CENT):
        read = read_list(f"ASIN;Cost\n{line.asin};{cost}\n", currency="USD")
        listed = create_list(owner=anne.user, name="A list", read=read, marketplace="us")
        listed = start_list(run=listed, profile=active_profile(), marketplace="us")
        work_on(run_id=listed.pk)
        (bought,) = listed.lines.all()
        assert bought.max_cost == most
        verdicts.append(Verdict(bought.verdict))
    assert verdicts[0] in BUYS
    assert verdicts[1] not in BUYS


def test_the_calculator_of_the_product_page_agrees(anne: Client, line: RunLine) -> None:
    most = line.max_cost
    assert most is not None
    stored = product_of(marketplace="us", asin=line.asin)
    assert stored is not None
    settings = active_profile().settings
    paid = {
        cost: score(stored.facts, settings, now=timezone.now(), cost=cost).verdict
        for cost in (most, most + CENT)
    }
    for cost, verdict in paid.items():
        page = anne.get(f"/produits/us/{line.asin}/?cost={cost}").content.decode()
        assert shown(most) in page
        assert (verdict in BUYS) is (cost == most)
