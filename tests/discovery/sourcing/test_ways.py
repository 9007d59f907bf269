"""The ways to buy a product: which are tried, which one its line shows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import KeepaProduct, Pick, Run, RunLine, ScoringCacheEntry, SourcingJob
from discovery.products.decisions import add_favourite
from discovery.products.product_costs import Source, state_costs
from discovery.products.scored import StatedCost
from discovery.runs.buy_boxes import buy_buy_boxes
from discovery.sandbox.dips import RETURNING
from discovery.scoring import VatBasis, facts_to_json
from discovery.scoring.verdict import BUYS
from discovery.sourcing.sources import registry
from tests.discovery.sourcing.looking import Given, State, known, look, niche_job

pytestmark = pytest.mark.django_db(transaction=True)


def dipping(keepa: Any, most: int = 12) -> tuple[str, ...]:
    """Goods whose price at Amazon has dipped again and again, and is down now."""
    goods = keepa.catalogue.store(4).live
    return tuple(good.asin for good in goods if good.dip and good.dip.kind == RETURNING)[:most]


def brings(monkeypatch: pytest.MonkeyPatch, *asins: str, **evidence: Any) -> None:
    monkeypatch.setitem(registry.SOURCES, "niche", Given(*asins, **evidence))


def line_of(run: Run, asin: str) -> RunLine:
    assert run.state == State.DONE
    return run.lines.get(asin=asin)


def says(owner: User, asin: str, cost: str, source: Source = Source.TYPED) -> None:
    state_costs(
        user=owner,
        marketplace="fr",
        costs={asin: StatedCost(Decimal(cost), VatBasis.INCLUDED, is_whole=True)},
        source=source,
        now=timezone.now(),
    )


def test_a_dip_that_would_be_a_buy_has_its_buy_box_bought_and_may_be_one(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, *dipping(keepa))
    run = look(niche_job(anne))
    assert run.tokens_spent == keepa.charged_total
    lines = run.lines.filter(evidence__cost__kind="dip")
    assert lines.filter(verdict__in=BUYS).exists()
    for line in lines:
        # Whether Amazon holds the sale later is known before it is bought.
        assert line.verdict not in BUYS or known("fr", line.asin).has_buy_box
        assert line.evidence["cost"]["source"] == "amazon"
        assert (line.price or 0) > (line.landed_cost or 0)
    assert Pick.objects.filter(cost_kind="dip", verdict__in=BUYS).exists()


def test_a_job_that_does_not_look_for_dips_buys_none(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, *dipping(keepa))
    run = look(niche_job(anne, cost_kinds=["europe"]))
    assert not run.lines.filter(evidence__cost__kind="dip").exists()


class TestStated:
    """What its owner, or a supplier's list, says a product costs."""

    @pytest.fixture
    def line(self, anne: User, keepa: Any) -> RunLine:
        """A product to source, whose price nobody asks anywhere."""
        run = look(niche_job(anne, cost_kinds=["same_listing"]))
        found = run.lines.filter(sourcing=True, evidence__cost={}).first()
        assert found is not None
        return found

    def again(self, line: RunLine) -> RunLine:
        job = SourcingJob.objects.get()
        return line_of(look(job), line.asin)

    def test_a_cost_stated_makes_it_a_pick_whatever_the_job_looks_for(
        self, anne: User, line: RunLine
    ) -> None:
        says(anne, line.asin, "1.50")
        cost = self.again(line).evidence["cost"]
        assert (cost["kind"], Decimal(cost["price"])) == ("stated", Decimal("1.50"))
        pick = Pick.objects.get(asin=line.asin)
        assert (pick.cost_kind, pick.cost) == ("stated", Decimal("1.50"))

    def test_the_price_of_a_list_bears_its_name(self, anne: User, line: RunLine) -> None:
        says(anne, line.asin, "1.50", Source.LIST)
        listed = Run.objects.create(
            kind=Run.Kind.LIST, owner=anne, name="Grossiste Martin", marketplace="fr", state="done"
        )
        RunLine.objects.create(run=listed, position=1, asin=line.asin, cost=Decimal("1.50"))
        cost = self.again(line).evidence["cost"]
        assert (cost["kind"], cost["source"]) == ("list", "Grossiste Martin")
        assert Pick.objects.get(asin=line.asin).cost_source == "Grossiste Martin"


def test_a_dear_price_stated_does_not_hide_a_cheaper_offer_of_the_listing(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = ((good.asin, good.plan) for good in keepa.catalogue.store(4).live)
    offered_cheaply = [
        asin
        for asin, plan in plans
        if plan.fbm_cheap_ratio and plan.amazon == "never" and 0 < plan.rank < 60_000
    ]
    brings(monkeypatch, *offered_cheaply[:30])
    job = niche_job(anne)
    cheap = look(job).lines.filter(evidence__cost__kind="same_listing").first()
    assert cheap is not None
    says(anne, cheap.asin, str(2 * (cheap.landed_cost or 0)))
    cost = line_of(look(job), cheap.asin).evidence["cost"]
    assert (cost["kind"], Decimal(cost["price"])) == ("same_listing", cheap.landed_cost)


def test_what_has_changed_of_a_favourite_is_noted_with_its_line(anne: User, keepa: Any) -> None:
    first = look(niche_job(anne, most=3)).lines.filter(state=RunLine.State.SCORED).first()
    assert first is not None
    add_favourite(user=anne, marketplace="fr", asin=first.asin)
    dearer = KeepaProduct.objects.get(marketplace="fr", asin=first.asin)
    facts = known("fr", first.asin).facts
    dear = facts.new._replace(current=Decimal(999))
    dearer.facts["facts"] = facts_to_json(replace(facts, new=dear, buy_box=dear))
    dearer.save()
    KeepaProduct.objects.update(fetched_at=timezone.now() - 2 * settings.SCORING_TTL)
    ScoringCacheEntry.objects.all().delete()
    watching = niche_job(anne, source="favourites", criteria={"favourites": True})
    source = look(watching).lines.get().evidence["source"]
    assert "price_fell" in {change["code"] for change in source["changes"]}


def test_a_price_found_elsewhere_stays_with_its_line_when_buy_boxes_are_bought(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, *dipping(keepa))
    run = look(niche_job(anne))
    in_dip = run.lines.filter(evidence__cost__kind="dip", buy_box_known=False).first()
    other = run.lines.filter(evidence__cost={}, buy_box_known=False).first()
    assert in_dip is not None
    assert other is not None
    bought = buy_buy_boxes(run=run, asins=[in_dip.asin, other.asin])
    assert (bought.lines, bought.tokens_spent) == (1, 3)
    kept = RunLine.objects.get(pk=in_dip.pk)
    assert (kept.landed_cost, kept.breakdown) == (in_dip.landed_cost, in_dip.breakdown)
