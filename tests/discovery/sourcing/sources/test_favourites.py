"""Favourites and purchases: watched for the fewest tokens, the stalest first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import Favourite, KeepaProduct, Purchase, Sale, SourcingJob
from discovery.search.discover import discover
from discovery.sourcing.sources.favourites import changes_since, watched
from discovery.sourcing.sources.registry import source_of
from tests.discovery.builders import facts, prices
from tests.discovery.sourcing.sources.looking import ASKER, buy, job_of, later, look, toys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asins(keepa: Any) -> tuple[str, ...]:
    found = discover(filters=toys(), max_results=4, asker=ASKER)
    return found.asins


def favourites_job(owner: User, **criteria: Any) -> SourcingJob:
    return job_of(owner, SourcingJob.Source.FAVOURITES, criteria=criteria)


def keep(owner: User, asin: str, marketplace: str = "fr") -> None:
    Favourite.objects.create(user=owner, marketplace=marketplace, asin=asin)


def bought(owner: User, asin: str, *, sold: int = 0) -> None:
    purchase = Purchase.objects.create(
        user=owner,
        marketplace="fr",
        asin=asin,
        bought_on=date(2026, 11, 1),
        unit_cost=Decimal(9),
        cost_vat="incl",
        quantity=2,
        cost_paid=Decimal(9),
        cost_net=Decimal(9),
        vat_regime="franchise",
        sale_vat_percent=Decimal(20),
        purchase_vat_percent=Decimal(20),
    )
    if sold:
        Sale.objects.create(
            purchase=purchase,
            sold_on=date(2026, 11, 2),
            quantity=sold,
            price=Decimal(20),
            vat_due=Decimal(0),
        )


class TestALook:
    def test_it_watches_favourites_and_what_is_bought_and_not_sold(
        self, asins: tuple[str, ...], anne: User
    ) -> None:
        keep(anne, asins[0])
        bought(anne, asins[0], sold=1)
        bought(anne, asins[1])
        bought(anne, asins[2], sold=2)
        keep(anne, asins[3], marketplace="de")
        keep(User.objects.create_user("berthe"), asins[3])
        found = look(favourites_job(anne))
        assert {asin: seen["because"] for asin, seen in found.evidence.items()} == {
            asins[0]: ["favourite", "purchase"],
            asins[1]: ["purchase"],
        }
        assert found.tokens_spent == 0

    @pytest.mark.parametrize(("left_out", "kept"), [("favourites", 1), ("purchases", 0)])
    def test_either_can_be_left_out(
        self, asins: tuple[str, ...], anne: User, left_out: str, kept: int
    ) -> None:
        keep(anne, asins[0])
        bought(anne, asins[1])
        assert look(favourites_job(anne, **{left_out: False})).asins == (asins[kept],)

    def test_the_longest_not_looked_at_comes_first_and_what_is_fresh_costs_nothing(
        self, keepa: Any, asins: tuple[str, ...], anne: User
    ) -> None:
        job = favourites_job(anne)
        for asin in asins[:3]:
            keep(anne, asin)
        began = timezone.now()
        _products, spent = buy(job, look(job))
        assert spent == 3
        keep(anne, asins[3])
        KeepaProduct.objects.filter(asin=asins[1]).update(fetched_at=began - timedelta(hours=9))
        with later(began, hours=1) as now:
            assert source_of(job).expected_tokens(job, now=now) == 2
            found = look(job)
            assert found.asins[:2] == (asins[3], asins[1])
            _products, spent = buy(job, found)
            assert spent == 2

    def test_what_was_known_before_is_told_beside(self, asins: tuple[str, ...], anne: User) -> None:
        keep(anne, asins[0])
        job = favourites_job(anne)
        first = look(job)
        assert first.evidence[asins[0]]["before"] is None
        buy(job, first)
        before = look(job).evidence[asins[0]]["before"]
        assert Decimal(before["price"]) > 0
        assert before["bsr"] > 0


class TestChanges:
    @pytest.mark.parametrize(
        ("changes", "codes"),
        [
            ({}, []),
            ({"buy_box": prices("29.00")}, []),  # less than 5 %
            ({"buy_box": prices("25.00")}, ["price_fell"]),
            ({"buy_box": prices("35.00"), "bsr": 20_000}, ["price_rose", "rank_worse"]),
            ({"bsr": 6_000}, ["rank_better"]),
            ({"amazon_availability": 0}, ["amazon_back"]),
            ({"bsr": None, "amazon_availability": None}, []),
        ],
    )
    def test_they_are_told_as_codes(self, changes: dict[str, Any], codes: list[str]) -> None:
        before = watched(facts())
        assert [told["code"] for told in changes_since(before, facts(**changes))] == codes

    def test_a_change_tells_both_values(self) -> None:
        (told,) = changes_since(watched(facts()), facts(buy_box=prices("25.00")))
        assert told["params"] == {"before": "30.00", "after": "25.00"}

    def test_amazon_may_leave(self) -> None:
        before = watched(facts(amazon_availability=0))
        (told,) = changes_since(before, facts())
        assert told["code"] == "amazon_gone"
