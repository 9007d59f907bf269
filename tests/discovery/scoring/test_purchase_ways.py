"""Of several ways to buy one product the best is kept, and each way has its name."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from discovery.models.sourcing import CostKind
from discovery.scoring import (
    CostBasis,
    FoundCost,
    Identity,
    Profile,
    Score,
    VatBasis,
    Verdict,
    score,
)
from discovery.scoring.dips import dip_cost
from discovery.scoring.purchase_ways import PurchaseKind, best_way, cost_kind
from tests.discovery.scoring.dipping import in_a_dip
from tests.discovery.scoring.factories import NOW, euros, facts


def abroad(amount: str, identity: Identity = Identity.PROVED) -> FoundCost:
    return FoundCost(
        basis=CostBasis.EUROPE,
        amount=euros(amount),
        vat=VatBasis.INCLUDED,
        source="de",
        identity=identity,
    )


def scored(**told: Any) -> Score:
    return score(facts(), Profile(), now=NOW, **told)


def test_the_best_verdict_wins() -> None:
    dear, cheap = scored(cost=euros("15.00")), scored(found=abroad("8.00"))
    assert best_way([dear, cheap]) is best_way([cheap, dear]) is cheap


def test_what_can_be_bought_comes_before_what_is_to_be_found() -> None:
    to_source, real = scored(), scored(found=abroad("14.00"))
    assert to_source.sourcing
    assert real.verdict is to_source.verdict is Verdict.CONSIDER
    assert best_way([to_source, real]) is real
    too_dear = scored(found=abroad("25.00"))
    assert best_way([too_dear, to_source]) is to_source


def test_of_two_buys_the_one_that_earns_more_a_year_wins() -> None:
    listing, dip = scored(found=abroad("8.00")), scored(found=abroad("8.50"))
    assert listing.verdict is dip.verdict
    assert best_way([dip, listing]) is listing


def test_a_doubtful_identity_loses_to_a_dearer_sure_one() -> None:
    doubtful = scored(found=abroad("6.00", Identity.TO_CHECK))
    sure = scored(found=abroad("12.00"))
    assert best_way([doubtful, sure]) is sure


def test_the_first_of_equals_is_kept_and_none_is_refused() -> None:
    one, same = scored(cost=euros(8)), scored(cost=euros(8))
    assert best_way([one, same]) is one
    with pytest.raises(ValueError, match="one way"):
        best_way([])


def test_every_kind_of_cost_is_reached_and_named_as_picks_name_it() -> None:
    dipped = in_a_dip(8.0, 9.0, 10.0)
    seen = {
        cost_kind(score(facts(lowest_fbm_new=euros(8)), Profile(), now=NOW)),
        cost_kind(scored(found=abroad("8.00"))),
        cost_kind(score(dipped, Profile(), now=NOW, found=dip_cost(dipped, Profile()))),
        cost_kind(scored(cost=euros(8)), list_name="Grossiste.csv"),
        cost_kind(scored(cost=euros(8))),
    }
    assert seen == {kind.value for kind in PurchaseKind} == {kind.value for kind in CostKind}


def test_a_list_names_a_stated_cost_alone() -> None:
    assert cost_kind(scored(found=abroad("8.00")), list_name="Grossiste.csv") == "europe"


def test_nobodys_cost_has_no_kind() -> None:
    assert cost_kind(scored()) == ""
    assert cost_kind(dataclasses.replace(scored(), cost_basis=None)) == ""
