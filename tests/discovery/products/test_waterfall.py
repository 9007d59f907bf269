"""From price to profit: every bar begins where the last one ended, and the sums are the score's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils.translation import override

from discovery.pages.products.waterfall import WIDTH, Step, waterfall
from discovery.scoring import EQUILIBRE, PriceStats, Score, VatRegime, score
from tests.discovery.builders import NOW, facts, prices


def scored(cost: str = "8.00", regime: VatRegime = VatRegime.FRANCHISE) -> Score:
    profile = replace(EQUILIBRE, regime=regime)
    return score(facts(), profile, now=NOW, cost=Decimal(cost))


def end(step: Step) -> int:
    return step.x + step.width


@pytest.mark.parametrize("regime", list(VatRegime))
@pytest.mark.parametrize("cost", ["1.00", "8.00", "60.00"])
def test_each_bite_begins_where_the_last_one_ended(cost: str, regime: VatRegime) -> None:
    steps = waterfall(scored(cost, regime))
    price, *bites = [step for step in steps if step.kind in {"total", "bite"}][:-2]
    at = end(price)
    for bite in bites:
        assert end(bite) == pytest.approx(at, abs=3)
        at = bite.x
    assert all(step.x >= 0 and end(step) <= WIDTH + 3 for step in steps)


def test_the_first_and_the_last_amounts_are_the_scores() -> None:
    answer = scored()
    steps = waterfall(answer)
    assert steps[0].amount == answer.sell_price
    assert steps[-1].amount == answer.profit
    assert steps[-1].kind == "gain"


def test_vat_is_said_to_follow_the_law_and_not_amazons_table() -> None:
    profile = replace(EQUILIBRE, regime=VatRegime.REEL)
    sold = facts(marketplace="fr", currency="EUR", root_category=301061)
    with override("fr"):
        steps = waterfall(score(sold, profile, now=NOW, cost=Decimal(8)))
        sources = {step.label: step.source for step in steps}
    assert not [label for label, text in sources.items() if "TVA" in label and "Amazon" in text]
    assert any("taux légal" in text for text in sources.values())


def test_a_loss_hangs_below_zero() -> None:
    *_others, profit = waterfall(scored("60.00"))
    assert profit.kind == "loss"
    assert end(profit) == pytest.approx(profit.zero, abs=2)
    assert profit.zero > 0


def test_without_a_price_there_is_nothing_to_draw() -> None:
    none = PriceStats()
    product = facts(buy_box=none, new_fba=none, new=none, lowest_fbm_new=None)
    assert waterfall(score(product, EQUILIBRE, now=NOW)) == ()


def test_steps_are_told_in_the_readers_language() -> None:
    with override("en"):
        assert waterfall(scored())[0].label == "Sell price"
    with override("fr"):
        assert waterfall(scored())[0].label == "Prix de vente"


def test_a_free_product_is_no_division_by_zero() -> None:
    product = facts(buy_box=prices("0.01"), new_fba=prices("0.01"), new=prices("0.01"))
    assert waterfall(score(product, EQUILIBRE, now=NOW, cost=Decimal("0.01")))
