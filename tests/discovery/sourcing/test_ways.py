"""The ways to buy a product: which are tried, which one its line shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import Pick, Run, RunLine
from discovery.products.product_costs import Source, state_costs
from discovery.products.scored import StatedCost
from discovery.sandbox.dips import RETURNING
from discovery.scoring import VatBasis
from discovery.sourcing.sources import registry
from tests.discovery.sourcing.looking import Given, State, look, niche_job

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


def test_dip(anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    brings(monkeypatch, *dipping(keepa))
    run = look(niche_job(anne))
    for l in run.lines.all():
        s = l.breakdown["score"]
        print(
            l.evidence["cost"],
            l.verdict,
            l.roi_percent,
            [f["code"] for f in s["flags"]],
            s["max_cost"],
            s["sell_price"],
        )
    print(Pick.objects.values_list("cost_kind", "verdict", "pick_class", "roi_percent"))
