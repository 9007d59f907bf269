"""Amazon's other European stores: asked where it may pay, once, and counted to the token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from discovery.models import KeepaProduct, Run, RunLine, SourcingJob
from discovery.sandbox.twins import twin_of
from discovery.scoring.verdict import BUYS
from discovery.sourcing import ways
from discovery.sourcing.abroad import FAR_FOR, LOWEST_ABROAD, UNKNOWN_FOR, look_abroad
from discovery.sourcing.sources import registry
from tests.discovery.runs.working import forget
from tests.discovery.sourcing.looking import Given, State, go_on, look, niche_job, told_by

pytestmark = pytest.mark.django_db(transaction=True)

ABROAD = {"3": "de", "8": "it", "9": "es"}  # Keepa's number of each store


@pytest.fixture
def job(anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch) -> SourcingJob:
    monkeypatch.setitem(registry.SOURCES, "niche", Given(*cheap_in_germany(keepa)))
    return niche_job(anne, most=40)


def asked(keepa: Any) -> list[tuple[str, str]]:
    """The products bought abroad: store and ASIN, in the order of the calls."""
    return [
        (ABROAD[call.params["domain"]], asin)
        for call in keepa.calls
        if call.endpoint == "product" and call.params["domain"] in ABROAD and call.status == 200
        for asin in call.params["asin"].split(",")
    ]


def looked_at(run: Run) -> list[RunLine]:
    return [line for line in run.lines.order_by("position") if line.evidence.get("looks")]


def cheap_in_germany(keepa: Any, *, most: int = 40) -> tuple[str, ...]:
    """Goods of amazon.fr that amazon.de sells at about half the price, under the same code."""
    pairs = ((good, twin_of(good, 3)) for good in keepa.catalogue.store(4).live)
    found = [
        good
        for good, twin in pairs
        if twin
        and twin.is_cheap
        and twin.shares_code
        and not twin.pack
        and good.asin in keepa.catalogue.store(3).by_asin
        and good.plan.amazon == "never"
        and 0 < good.plan.rank < 60_000
        and not good.plan.event
    ]
    return tuple(good.asin for good in sorted(found, key=lambda good: good.plan.rank)[:most])


def make_older(by: timedelta, **chosen: Any) -> None:
    for product in KeepaProduct.objects.filter(**chosen):
        product.fetched_at -= by
        product.save()


def test_each_product_is_asked_once_a_store_the_nearest_first_and_no_further_once_a_buy(
    job: SourcingJob, keepa: Any
) -> None:
    run = look(job)
    calls = asked(keepa)
    assert calls
    assert len(set(calls)) == len(calls) == told_by(run)["tokens"]["abroad"]
    order = [store for store, _asin in calls]
    assert order == sorted(order, key=["de", "es", "it"].index)
    for line in looked_at(run):
        looks = [seen["marketplace"] for seen in line.evidence["looks"]]
        assert looks == ["de", "es", "it"][: len(looks)]
    bought = [line for line in looked_at(run) if line.verdict in BUYS]
    assert bought
    assert all(line.evidence["cost"]["kind"] == "europe" for line in bought)


def test_only_what_a_price_there_could_make_a_buy_is_asked_for(
    job: SourcingJob, keepa: Any
) -> None:
    run = look(job)
    wanted = {asin for _store, asin in asked(keepa)}
    for line in run.lines.filter(state=RunLine.State.SCORED):
        if line.asin in wanted:
            assert line.price is not None
            assert (line.max_cost or 0) >= line.price * LOWEST_ABROAD
        elif line.verdict not in BUYS and line.sourcing:
            assert line.price is not None
            assert (line.breakdown or {})["score"]["buy_forbidden_by"] or (
                (line.max_cost or 0) - 3 < line.price * LOWEST_ABROAD
            )


def test_the_price_its_carriage_and_its_identity_are_the_evidence(
    job: SourcingJob, keepa: Any
) -> None:
    line = next(line for line in looked_at(look(job)) if line.verdict in BUYS)
    cost = line.evidence["cost"]
    assert cost["source"] in ABROAD.values()
    assert (cost["asin"], cost["identity"]) == (line.asin, "proved")
    assert line.landed_cost is not None
    assert float(cost["price"]) + float(cost["carriage"]) == pytest.approx(float(line.landed_cost))
    assert any(seen["found"] and seen["tokens"] == 1 for seen in line.evidence["looks"])


def test_a_job_that_does_not_look_in_europe_asks_no_other_store(
    job: SourcingJob, keepa: Any
) -> None:
    job.cost_kinds = ["same_listing", "dip"]
    job.save()
    look(job)
    assert asked(keepa) == []


class TestLater:
    """Looks after the prices known abroad are no longer today's."""

    @pytest.fixture
    def first(self, job: SourcingJob, keepa: Any) -> Run:
        run = look(job)
        keepa.calls.clear()
        return run

    def again(self, first: Run, keepa: Any, *, older: timedelta) -> set[tuple[str, str]]:
        make_older(older, marketplace__in=ABROAD.values())
        assert first.job is not None
        look(first.job)
        return set(asked(keepa))

    def test_fresh_prices_cost_nothing(self, first: Run, keepa: Any) -> None:
        assert self.again(first, keepa, older=timedelta(0)) == set()

    def test_a_price_that_was_far_too_high_is_not_asked_for_again_yet(
        self, first: Run, keepa: Any
    ) -> None:
        before = KeepaProduct.objects.filter(marketplace__in=ABROAD.values()).count()
        calls = self.again(first, keepa, older=settings.SCORING_TTL + timedelta(minutes=1))
        assert 0 < len(calls) < before / 2
        near = {line.asin for line in looked_at(first) if line.verdict in BUYS}
        assert near <= {asin for _store, asin in calls}

    def test_days_later_all_prices_are_asked_for_but_not_what_a_store_does_not_have(
        self, first: Run, keepa: Any
    ) -> None:
        unknown = set(
            KeepaProduct.objects.filter(
                marketplace__in=ABROAD.values(), is_usable=False
            ).values_list("marketplace", "asin")
        )
        calls = self.again(first, keepa, older=FAR_FOR)
        assert calls
        assert unknown
        assert not unknown & calls

    def test_a_month_later_that_is_asked_for_as_well(self, first: Run, keepa: Any) -> None:
        unknown = KeepaProduct.objects.filter(marketplace="de", is_usable=False)
        asins = set(unknown.values_list("asin", flat=True))
        calls = self.again(first, keepa, older=UNKNOWN_FOR)
        assert {("de", asin) for asin in asins} <= calls


def test_a_store_that_cannot_be_asked_keeps_its_lines_open_and_not_the_others(
    job: SourcingJob, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = ("asin", "verdict", "landed_cost", "evidence__cost__source")
    expected = set(look(job).lines.values_list(*answer))
    price = keepa.charged_total
    forget(keepa)
    Run.objects.all().delete()

    def fail_first(*arguments: Any, **named: Any) -> Any:
        keepa.faults.push("500", endpoint="product", times=3)
        return look_abroad(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ways, "look_abroad", fail_first)
        run = look(job)
    assert (run.state, (run.failure or {})["code"]) == (State.WAITING, "keepa_unavailable")
    assert 0 < run.lines.filter(state=RunLine.State.PENDING).count() < run.total
    run = go_on(run)
    assert (run.state, run.done) == (State.DONE, run.total)
    assert set(run.lines.values_list(*answer)) == expected
    assert run.tokens_spent == keepa.charged_total == price
