"""Deals: which rows are verified, in which order, and what is not verified twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.keepa.deals import DealQuery, DealRow
from discovery.keepa.errors import EndpointNotInPlan, TokensExhausted
from discovery.models import SourcingJob
from discovery.products.store import store
from discovery.profiles.service import active_profile
from discovery.scoring import score
from discovery.scoring.what_if import WhatIf
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.sources.deals import asked_by, is_alone, rank, usual_price
from discovery.sourcing.sources.registry import source_of
from tests.discovery.sourcing.sources.looking import job_of, look

pytestmark = pytest.mark.django_db(transaction=True)
TOYS = 322086011
CRITERIA = {"price_type": "NEW", "drop_percent": 20, "range": 3, "categories": [TOYS], "pages": 1}


def deals_job(owner: User, **changes: Any) -> SourcingJob:
    criteria = CRITERIA | changes.pop("criteria", {})
    return job_of(owner, SourcingJob.Source.DEALS, criteria=criteria, **changes)


def row_of(**prices: dict[str, str]) -> DealRow:
    told = {name: {k: Decimal(v) for k, v in given.items()} for name, given in prices.items()}
    return DealRow(
        asin="B000000001",
        title="A table",
        current=told.get("current", {}),
        avg30={},
        avg90=told.get("avg90", {}),
        drop_percent={},
        since={},
        rank=None,
        rank_avg90=None,
        root_category=None,
        categories=(),
        image=None,
        found_at=None,
        last_update=None,
    )


class TestALook:
    def test_the_best_rows_are_verified_for_the_price_of_a_page(
        self, keepa: Any, anne: User
    ) -> None:
        found = look(deals_job(anne, max_results=15))
        assert found.tokens_spent == keepa.charged_total == 5
        assert len(found.asins) == 15
        assert 15 < found.told["rows"] <= 150
        room = [
            Decimal(seen["usual"]) / Decimal(seen["price"])
            for seen in (found.evidence[asin] for asin in found.asins)
        ]
        assert min(room) > Decimal("1.2")

    def test_what_the_row_tells_is_kept_as_evidence(self, keepa: Any, anne: User) -> None:
        found = look(deals_job(anne))
        told = get_client().deals(asked_by(deals_job(anne))[0], marketplace="fr").rows
        rows = {row.asin: row for row in told}
        for asin in found.asins:
            seen = found.evidence[asin]
            assert seen["price"] == str(rows[asin].current["NEW"])
            assert Decimal(seen["usual"]) > Decimal(seen["price"])
            assert seen["percent"] == rows[asin].drop_percent["NEW"] >= 20
            assert seen["category"] == rows[asin].root_category
            assert seen["since"]

    def test_the_same_deal_is_not_verified_again(self, keepa: Any, anne: User) -> None:
        job = deals_job(anne, max_results=10)
        first, second = look(job), look(job)
        assert not {*first.asins} & {*second.asins}
        assert second.told["seen_before"] == 10
        assert second.gone == ()

    def test_one_whose_price_has_changed_is(self, keepa: Any, anne: User) -> None:
        job = deals_job(anne, max_results=10)
        first = look(job)
        job.cursor["seen"][first.asins[0]] = "0.01"
        assert first.asins[0] in look(job).asins

    def test_a_deal_no_longer_listed_is_gone(self, keepa: Any, anne: User) -> None:
        job = deals_job(anne)
        job.cursor = {"seen": {"B000000000": "9.99"}}
        found = look(job)
        assert found.gone == ("B000000000",)
        assert "B000000000" not in found.cursor["seen"]

    def test_pages_are_asked_for_as_long_as_there_are_any(self, keepa: Any, anne: User) -> None:
        narrow = {"price_min": "10.00", "price_max": "11.00", "pages": 3}
        found = look(deals_job(anne, criteria=narrow))
        assert found.told["rows"] < 150
        assert found.tokens_spent == 5
        assert look(deals_job(anne, criteria={"pages": 2, "categories": []})).tokens_spent == 10

    def test_a_plan_without_deals_is_told_as_such(self, keepa: Any, anne: User) -> None:
        keepa.without["deal"] = 404
        with pytest.raises(EndpointNotInPlan):
            look(deals_job(anne))

    def test_pages_paid_for_before_a_failure_are_told(self, keepa: Any, anne: User) -> None:
        keepa.faults.push("429", endpoint="deal")
        with pytest.raises(TokensExhausted) as caught:
            look(deals_job(anne))
        assert caught.value.tokens_spent == keepa.charged_total == 0


class TestTheRanking:
    def test_of_what_is_stored_the_engine_tells_the_most_one_may_pay(
        self, keepa: Any, anne: User, django_assert_num_queries: Any
    ) -> None:
        job = deals_job(anne)
        profile = active_profile()
        query, _pages = asked_by(job)
        rows = get_client().deals(query, marketplace="fr").rows[:20]
        now = timezone.now()
        bought = get_client().products([row.asin for row in rows[:8]], marketplace="fr")
        stored = store(bought, marketplace="fr", buybox=False, tokens_each=1, now=now)
        usual = {row.asin: usual_price(row, "NEW") for row in rows}
        maxima = {
            product.asin: most
            for product in stored
            if (
                most := score(
                    product.facts,
                    profile.settings,
                    now=now,
                    what_if=WhatIf(price=usual[product.asin]),
                ).max_cost
            )
            is not None
        }
        with django_assert_num_queries(1):
            ranked = rank(rows, query=query, job=job, profile=profile, now=now)
        known = {deal.row.asin: deal.most for deal in ranked if deal.is_known}
        assert known == maxima != {}
        beside = [deal.room for deal in ranked if not deal.is_alone]
        alone = [deal.room for deal in ranked if deal.is_alone]
        assert [deal.room for deal in ranked] == sorted(beside)[::-1] + sorted(alone)[::-1]
        assert beside
        assert alone

    @pytest.mark.parametrize(
        ("means", "usual"),
        [
            ({"AMAZON": "40.00", "NEW": "35.00"}, "35.00"),
            ({"AMAZON": "40.00", "NEW": "45.00"}, "40.00"),
            ({"AMAZON": "40.00"}, "40.00"),
            ({"USED": "12.00"}, None),
        ],
    )
    def test_what_it_sells_for_is_the_lower_of_its_mean_and_that_of_new_offers(
        self, means: dict[str, str], usual: str | None
    ) -> None:
        row = row_of(avg90=means)
        assert usual_price(row, "AMAZON") == (None if usual is None else Decimal(usual))

    @pytest.mark.parametrize(
        ("price_type", "current", "alone"),
        [
            ("NEW", {"NEW": "10.00"}, True),
            ("NEW", {"NEW": "10.00", "BUY_BOX_SHIPPING": "10.00"}, True),
            ("NEW", {"NEW": "10.00", "BUY_BOX_SHIPPING": "30.00"}, False),
            ("NEW", {"NEW": "10.00", "NEW_FBA": "30.00"}, False),
            ("AMAZON", {"AMAZON": "10.00"}, False),
        ],
    )
    def test_a_cheap_offer_beside_dearer_ones_is_no_fallen_market(
        self, price_type: str, current: dict[str, str], alone: bool
    ) -> None:
        assert is_alone(row_of(current=current), price_type) is alone


class TestCriteria:
    def test_they_are_keepas_question(self, anne: User) -> None:
        job = deals_job(
            anne,
            criteria={
                "price_type": "AMAZON",
                "bsr_max": 50_000,
                "price_min": "10.00",
                "price_max": None,
                "categories": [TOYS],
                "no_amazon": False,
                "pages": 9,
            },
        )
        query, pages = asked_by(job)
        assert query == DealQuery(
            price_type="AMAZON",
            drop_percent=20,
            range=3,
            bsr_max=50_000,
            price_min=Decimal("10.00"),
            categories=(TOYS,),
        )
        assert pages == 3

    @pytest.mark.parametrize(
        "wrong", [{"price_type": "SALES"}, {"drop_percent": "much"}, {"price_min": "ten"}]
    )
    def test_what_cannot_be_asked_is_told(self, anne: User, wrong: dict[str, Any]) -> None:
        with pytest.raises(SourceGone, match="deals_unreadable"):
            asked_by(deals_job(anne, criteria=wrong))

    def test_the_forecast_is_the_pages_and_what_may_be_verified(self, anne: User) -> None:
        job = deals_job(anne, criteria={"pages": 2}, max_results=15)
        assert source_of(job).expected_tokens(job, now=timezone.now()) == 25
