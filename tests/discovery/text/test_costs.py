"""Where a purchase price comes from, in a reseller's words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import translation

from discovery.models.sourcing import CostKind
from discovery.scoring import CostBasis, FoundCost, Identity, VatBasis, VatRegime, score
from discovery.scoring.codes import FlagCode
from discovery.scoring.dips import dip_cost
from discovery.scoring.profile import Profile
from discovery.scoring.purchase_ways import PurchaseKind
from discovery.text import costs
from discovery.text.flags import flag_text
from tests.discovery.scoring.dipping import in_a_dip
from tests.discovery.scoring.factories import NOW, facts

SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})
ABROAD = FoundCost(
    basis=CostBasis.EUROPE,
    amount=Decimal("8.00"),
    vat=VatBasis.EXCLUDED,
    source="de",
    identity=Identity.TO_CHECK,
)


@pytest.fixture(autouse=True)
def _in_french() -> Iterator[None]:
    with translation.override("fr"):
        yield


@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("same_listing", "fbm", "même fiche (un vendeur FBM)"),
        ("same_listing", "warehouse", "même fiche (retours d’Amazon)"),
        ("europe", "de", "Europe (Allemagne)"),
        ("europe", "", "Europe"),
        ("dip", "amazon", "creux de prix"),
        ("list", "Grossiste.csv", "liste de fournisseur (Grossiste.csv)"),
        ("stated", "", "votre prix"),
        ("", "", ""),
    ],
)
def test_a_kind_of_cost_says_where(kind: str, source: str, said: str) -> None:
    assert costs.kind_text(kind, source) == said


def test_every_kind_is_called_what_picks_call_it() -> None:
    for kind in PurchaseKind:
        assert costs.kind_text(kind.value) == str(CostKind(kind.value).label)


def test_below_a_cost_found_abroad_stands_the_country_and_how_it_is_stated() -> None:
    result = score(facts(), Profile(regime=VatRegime.REEL), now=NOW, found=ABROAD)
    said = costs.source_text(result).translate(SPACES)
    assert said == "Europe (Allemagne), TTC, 8,00 € HT fourni"
    assert costs.way_text(score(facts(), Profile(), now=NOW, cost=Decimal(8))) == "votre coût"


def test_the_flags_of_costs_found_elsewhere_say_what_to_do() -> None:
    dipped = in_a_dip(8.0, 10.0)
    bought = score(dipped, Profile(), now=NOW, found=dip_cost(dipped, Profile()))
    there = score(facts(), Profile(), now=NOW, found=ABROAD)
    said = {
        flag.code: flag_text(flag, "EUR").translate(SPACES)
        for flag in (*bought.flags, *there.flags)
    }
    assert "il se revend à 30,00 €, prix revenu par le passé après 9 jours" in said[FlagCode.DIP]
    assert "est revenu : 2, il en faut 3" in said[FlagCode.DIP_UNPROVEN]
    assert "amazon.de" in said[FlagCode.IDENTITY_TO_CHECK]
    never = in_a_dip()
    first = score(never, Profile(), now=NOW, found=dip_cost(never, Profile()))
    [dip] = [flag for flag in first.flags if flag.code is FlagCode.DIP]
    assert "il se revend plus tard à 30,00 €" in flag_text(dip, "EUR").translate(SPACES)
