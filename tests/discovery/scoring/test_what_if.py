"""Another sell price, or parcels sent by ourselves: what changes, and what does not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import EQUILIBRE, FeeCode, FlagCode, ProductFacts, Profile, WhatIf, score
from discovery.scoring.inputs import NO_PRICES
from tests.discovery.scoring.factories import CENT, NOW, any_facts, any_profile, cents, facts

quick = settings(max_examples=80, deadline=None)
COSTS = st.none() | cents(1, 20_000)
OF_THE_WAREHOUSE = (
    FeeCode.FBA, FeeCode.FUEL_SURCHARGE, FeeCode.PEAK_SEASON, FeeCode.PLACEMENT, FeeCode.STORAGE,
    FeeCode.INBOUND, FeeCode.PREP,
)  # fmt: skip
FBM_FREE = WhatIf(own_shipping=Decimal(0))


@quick
@given(any_facts(), any_profile(), COSTS)
def test_nothing_tried_changes_nothing(
    product: ProductFacts, profile: Profile, cost: Decimal | None
) -> None:
    asked = score(product, profile, now=NOW, cost=cost, what_if=WhatIf())
    assert asked == score(product, profile, now=NOW, cost=cost)


@quick
@given(any_facts(), any_profile(), cents(1, 20_000), cents(1, 50_000))
def test_a_price_that_is_tried_is_the_sell_price_and_the_account_adds_up(
    product: ProductFacts, profile: Profile, cost: Decimal, price: Decimal
) -> None:
    tried = score(product, profile, now=NOW, cost=cost, what_if=WhatIf(price=price))
    assert tried.sell_price == price
    assert tried.fees is not None
    assert tried.profit is not None
    assert tried.landed_cost_net is not None
    lines = sum(line.amount for line in tried.fees.lines)
    assert lines + tried.landed_cost_net + tried.profit == price
    usual = score(product, profile, now=NOW, cost=cost)
    if usual.sell_price == price:
        assert tried.profit == usual.profit
    if usual.break_even is not None:
        assert tried.break_even == usual.break_even


@quick
@given(any_facts(), any_profile(), cents(1, 20_000), cents(1, 50_000), cents(0, 3_000))
def test_what_we_send_ourselves_pays_no_warehouse_and_its_own_shipping(
    product: ProductFacts, profile: Profile, cost: Decimal, price: Decimal, shipping: Decimal
) -> None:
    fba = score(product, profile, now=NOW, cost=cost, what_if=WhatIf(price))
    free = score(product, profile, now=NOW, cost=cost, what_if=WhatIf(price, Decimal(0)))
    sent = score(product, profile, now=NOW, cost=cost, what_if=WhatIf(price, shipping))
    for tried in (free, sent):
        assert tried.fees is not None
        assert not any(tried.fees.amount(code) for code in OF_THE_WAREHOUSE)
    assert fba.fees is not None
    assert free.fees is not None
    assert sent.fees is not None
    # What is taken of the price stays; each figure may be a cent off to make the sums right.
    for code in (FeeCode.REFERRAL, FeeCode.CLOSING, FeeCode.RETURNS):
        assert abs(sent.fees.amount(code) - fba.fees.amount(code)) <= 2 * CENT
    assert abs(sent.fees.amount(FeeCode.SHIPPING) - shipping) <= 2 * CENT
    assert fba.profit is not None
    assert free.profit is not None
    assert sent.profit is not None
    # No warehouse to pay never earns less; shipping takes itself, and VAT that is not recovered.
    assert free.profit >= fba.profit - CENT
    taken = free.profit - sent.profit
    assert shipping - CENT <= taken <= shipping * Decimal("1.5") + CENT
    if free.max_cost is not None and sent.max_cost is not None:
        assert sent.max_cost <= free.max_cost


def test_shipping_is_our_own_line_and_costs_its_amount() -> None:
    free = score(facts(), EQUILIBRE, now=NOW, cost=Decimal(8), what_if=FBM_FREE)
    sent = score(
        facts(), EQUILIBRE, now=NOW, cost=Decimal(8), what_if=WhatIf(own_shipping=Decimal("4.50"))
    )
    assert sent.fees is not None
    assert free.fees is not None
    assert sent.fees.amount(FeeCode.SHIPPING) == Decimal("4.50")
    assert abs(sent.fees.own - free.fees.own - Decimal("4.50")) <= CENT
    assert sent.break_even is not None
    assert free.break_even is not None
    assert sent.break_even > free.break_even


def test_a_price_can_be_tried_where_nobody_sells() -> None:
    unsold = facts(buy_box=NO_PRICES, new_fba=NO_PRICES, new=NO_PRICES)
    assert score(unsold, EQUILIBRE, now=NOW, cost=Decimal(8)).profit is None
    tried = score(
        unsold, EQUILIBRE, now=NOW, cost=Decimal(8), what_if=WhatIf(price=Decimal("29.90"))
    )
    assert tried.sell_price == Decimal("29.90")
    assert tried.has_flag(FlagCode.NO_CURRENT_OFFER)


def test_an_unknown_size_is_no_matter_without_a_warehouse() -> None:
    unsized = facts(package_length_mm=None, package_weight_g=None, fba_fee=None)
    assert score(unsized, EQUILIBRE, now=NOW, cost=Decimal(8)).has_flag(FlagCode.SIZE_UNKNOWN)
    sent = score(unsized, EQUILIBRE, now=NOW, cost=Decimal(8), what_if=FBM_FREE)
    assert not sent.has_flag(FlagCode.SIZE_UNKNOWN)
    assert not sent.has_flag(FlagCode.FEES_UNKNOWN)


@pytest.mark.parametrize(
    ("price", "shipping"),
    [("0", None), ("-1", None), ("NaN", None), (None, "-0.01"), (None, "Infinity")],
)
def test_nonsense_is_refused(price: str | None, shipping: str | None) -> None:
    with pytest.raises(ValueError, match=r"must be positive|cannot cost less"):
        WhatIf(
            None if price is None else Decimal(price),
            None if shipping is None else Decimal(shipping),
        )
