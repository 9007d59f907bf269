"""A cost that is known counts in the next search, the next list and over the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token
from discovery.lists.service import create_list, start_list
from discovery.models import ProductCost, Run
from discovery.products.product_costs import Source, costs_of_listings, state_costs
from discovery.products.scored import StatedCost, from_breakdown
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.runs import worker
from discovery.runs.profile_preview import preview_profile
from discovery.runs.service import start_search
from discovery.runs.storing import store_lines
from discovery.runs.worker import work_on
from discovery.scoring import VatBasis
from discovery.search.quote import quote
from discovery.search.request import read_filters
from tests.discovery.builders import scored_product
from tests.discovery.lists.reading.examples import read_on

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Any]
QUESTION = {"marketplace": "fr", "categories": ["Livres"], "bsr_range": [1, 200_000]}
SCORED = "/api/v1/products/discover-with-scoring"


@pytest.fixture
def anne(client_of: Visitor, keepa: Any) -> Any:
    ensure_shipped_profiles()
    return client_of("anne")


def searched(user: Any) -> Run:
    run = start_search(
        owner=user, filters=read_filters(QUESTION), profile=active_profile(), max_results=10
    )
    work_on(run_id=run.pk)
    run.refresh_from_db()
    return run


def listed(user: Any, lines: str) -> Run:
    draft = create_list(
        owner=user, name="l", read=read_on("fr", lines), marketplace="fr", source=lines
    )
    run = start_list(run=draft, profile=active_profile(), marketplace="fr")
    work_on(run_id=run.pk)
    return run


def given(run: Run, asin: str) -> Decimal | None:
    return from_breakdown(run.lines.get(asin=asin).breakdown or {})[1].cost_given


def over_the_api(user: Any, **asked: Any) -> dict[str, Any]:
    from django.test import Client

    token = create_api_token(user=user, name="t")[1]
    program = Client(headers={"authorization": f"Bearer {token}"})
    answer = program.post(SCORED, json.dumps(asked), content_type="application/json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


@pytest.fixture
def asin(anne: Any) -> str:
    found = searched(anne.user).lines.filter(price__gt=15, max_cost__gt=0).first()
    assert found is not None
    return str(found.asin)


def states(user: Any, asin: str, cost: str, vat: VatBasis = VatBasis.INCLUDED) -> None:
    state_costs(
        user=user,
        marketplace="fr",
        costs={asin: StatedCost(Decimal(cost), vat)},
        source=Source.TYPED,
        now=timezone.now(),
    )


def test_the_next_answer_the_next_list_and_the_api_reckon_with_it(
    anne: Any, asin: str, client_of: Visitor
) -> None:
    states(anne.user, asin, "3.21", VatBasis.EXCLUDED)
    again = searched(anne.user)
    assert given(again, asin) == Decimal("3.21")
    assert given(listed(anne.user, f"ASIN\n{asin}\n"), asin) == Decimal("3.21")
    for asked in ({"asins": [asin], "marketplace": "fr"}, QUESTION):
        products = over_the_api(anne.user, **asked)["products"]
        product = next(found for found in products if found["asin"] == asin)
        assert (product["cost_given"], product["cost_vat"]) == (3.21, "excl")
        assert product["landed_cost"] == pytest.approx(3.21 * 1.055, abs=0.005)
    page = anne.get(f"/produits/fr/{asin}/").content.decode()
    line = again.lines.get(asin=asin)
    shown = f"{line.profit:.2f}".replace(".", ",").replace("-", "−")
    assert shown in page.replace("\u202f", "")
    # Nobody else's answers do.
    paul = client_of("paul").user
    assert given(searched(paul), asin) is None
    [his] = over_the_api(paul, asins=[asin], marketplace="fr")["products"]
    assert his["cost_given"] is None


def test_a_cost_typed_while_the_product_is_being_scored_is_not_lost(
    anne: Any, asin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stores_late(*args: Any, **kwargs: Any) -> None:
        states(anne.user, asin, "3.21")
        store(*args, **kwargs)

    store = store_lines
    monkeypatch.setattr(worker, "store_lines", stores_late)
    run = searched(anne.user)
    assert given(run, asin) == Decimal("3.21")
    assert run.lines.get(asin=asin).landed_cost == Decimal("3.21")


def test_more_than_the_column_holds_is_not_kept() -> None:
    lot = scored_product(pack_size=12)
    dear = {lot.asin: StatedCost(Decimal(10_000_000), VatBasis.INCLUDED)}
    priced = replace(lot, score=replace(lot.score, cost_units=1))
    assert costs_of_listings([priced], dear) == {}
    less = {lot.asin: StatedCost(Decimal(8_000_000), VatBasis.INCLUDED)}
    assert costs_of_listings([priced], less)[lot.asin].amount == 96_000_000


def test_the_price_before_a_search_knows_it(anne: Any, asin: str) -> None:
    states(anne.user, asin, "3.21")
    asked = {
        "filters": read_filters(QUESTION), "profile": active_profile(), "max_results": 10,
        "user_id": anne.user.pk,
    }  # fmt: skip
    # A cheap product passes: its Buy Box may be bought, which the price says before.
    run = searched(anne.user)
    assert quote(**asked).is_free
    assert given(run, asin) == Decimal("3.21")


def test_a_list_says_what_its_products_cost_and_never_replaces_what_was_typed(
    anne: Any, asin: str
) -> None:
    listed(anne.user, f"ASIN;Cost\n{asin};4,20\n")
    known = ProductCost.objects.get(user=anne.user)
    assert (known.asin, known.cost, known.source) == (asin, Decimal("4.2"), "list")
    assert given(searched(anne.user), asin) == Decimal("4.2")
    states(anne.user, asin, "3.33")
    run = listed(anne.user, f"ASIN;Cost\n{asin};5,50\n")
    assert given(run, asin) == Decimal("5.5")  # the line keeps the cost of its file
    assert ProductCost.objects.get().cost == Decimal("3.33")


def test_costs_given_to_the_api_are_kept_for_who_gave_them(anne: Any, asin: str) -> None:
    over_the_api(anne.user, asins=[asin], marketplace="fr", costs={asin: 4.5}, cost_vat="excl")
    known = ProductCost.objects.get()
    assert (known.user, known.cost, known.cost_vat, known.source) == (
        anne.user, Decimal("4.5"), "excl", "api",
    )  # fmt: skip
    [again] = over_the_api(anne.user, asins=[asin], marketplace="fr")["products"]
    assert (again["cost_given"], again["cost_vat"]) == (4.5, "excl")
    [other] = over_the_api(anne.user, asins=[asin], marketplace="fr", costs={asin: 9})["products"]
    assert other["cost_given"] == 9


def test_the_preview_of_a_profile_reckons_with_it(anne: Any, asin: str) -> None:
    saved = active_profile().settings
    before = preview_profile(user=anne.user, saved=saved, wanted=saved, now=timezone.now())
    states(anne.user, asin, "0.50")
    after = preview_profile(user=anne.user, saved=saved, wanted=saved, now=timezone.now())
    assert after.total == before.total
    assert after.before != before.before
    assert after.changes == ()
