"""Money settings in each store's currency, and stores whose prices hold a tax."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import (
    SHIPPED,
    FlagCode,
    InvalidSetting,
    PriceStats,
    ProductFacts,
    Profile,
    ReasonCode,
    Score,
    VatRegime,
    Verdict,
    score,
)
from discovery.scoring.marketplaces import MARKETPLACES
from discovery.scoring.profile import MONEY_SETTINGS
from tests.discovery.scoring.factories import FR_HOME, NOW, any_product, facts

# What a resold article brings at least, order of magnitude, by currency.
SENSIBLE = {
    "EUR": (2, 6),
    "USD": (2, 6),
    "GBP": (2, 6),
    "CAD": (3, 9),
    "BRL": (10, 35),
    "MXN": (40, 120),
    "INR": (150, 600),
    "JPY": (300, 1000),
}


def japanese(**changes: Any) -> ProductFacts:
    known: dict[str, Any] = {
        "marketplace": "jp",
        "currency": "JPY",
        "buy_box": stats(4200),
        "new_fba": stats(4200),
        "new": stats(4000),
        "referral_percent": Decimal(10),
        "fba_fee": Decimal(514),
        "measures": dataclasses.replace(facts().measures, new=None),
    }
    return facts(**(known | changes))


def stats(amount: int) -> PriceStats:
    return PriceStats(*[Decimal(amount)] * 5)


@pytest.mark.parametrize("code", MARKETPLACES)
@pytest.mark.parametrize("slug", SHIPPED)
def test_every_shipped_floor_is_sensible_in_the_currency_of_the_store(slug: str, code: str) -> None:
    local = SHIPPED[slug].for_marketplace(code)
    low, high = SENSIBLE[MARKETPLACES[code].currency]
    assert low <= local.min_profit <= 2 * high
    assert local.consider_profit < local.min_profit < local.strong_profit
    assert local.currency == MARKETPLACES[code].currency
    for name in MONEY_SETTINGS:  # whole smallest units: nothing is shown that is not meant
        amount = getattr(local, name)
        cent = MARKETPLACES[code].cent
        assert amount is None or amount == amount.quantize(cent)


def test_a_floor_of_three_euros_is_never_one_of_three_yen() -> None:
    result = score(japanese(), Profile(), now=NOW, cost=Decimal(3900))
    needed = {r.code: r.params.get("needed") for r in result.reasons}
    assert Decimal(needed[ReasonCode.PROFIT_MISSED] or 0) == 450


def test_an_exception_for_a_store_is_in_its_own_currency_and_within_its_bounds() -> None:
    raw = {"min_profit": 3, "overrides": {"jp": {"min_profit": 800, "strong_profit": 1500}}}
    profile = Profile.from_settings(raw)
    assert profile.for_marketplace("jp").min_profit == 800
    assert profile.for_marketplace("jp").consider_profit == 150
    assert profile.for_marketplace("fr").min_profit == 3
    assert Profile.from_settings(profile.to_settings()) == profile
    with pytest.raises(InvalidSetting, match="below"):
        Profile.from_settings({"overrides": {"jp": {"strong_profit": 100}}})
    with pytest.raises(InvalidSetting, match="too_large"):
        Profile.from_settings({"overrides": {"jp": {"strong_profit": 1_000_000}}})


def test_profiles_resolved_for_two_currencies_are_told_apart() -> None:
    here, there = (Profile().for_marketplace(code) for code in ("fr", "jp"))
    assert len({here.fingerprint, there.fingerprint}) == 2
    assert score(japanese(), Profile(), now=NOW).profile_fingerprint == Profile().fingerprint


MONEY_FACTS = ("lowest_fbm_new", "warehouse", "list_price", "fba_fee", "closing_fee")
SERIES = ("buy_box", "new_fba", "new", "amazon", "used", "used_buy_box")


def scaled(product: ProductFacts, by: int) -> ProductFacts:
    changes: dict[str, Any] = {
        name: None if (amount := getattr(product, name)) is None else amount * by
        for name in MONEY_FACTS
    }
    for name in SERIES:
        prices = getattr(product, name)
        changes[name] = PriceStats(*(p if p is None else p * by for p in prices))
    return dataclasses.replace(product, **changes)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(("prudent", "equilibre", "agressif")),
    st.integers(300, 20_000),
)
def test_scaling_every_amount_of_a_store_scales_the_answer(seed: int, slug: str, cost: int) -> None:
    by = 100
    dice = any_product(seed)
    product = dataclasses.replace(
        japanese(), **{name: getattr(dice, name) for name in ("bsr", "rank_drops_90")}
    )
    product = dataclasses.replace(product, fba_fee=Decimal(cost % 700 + 200))
    profile = SHIPPED[slug]
    amounts = {
        name: None if (amount := getattr(profile, name)) is None else amount * by
        for name in MONEY_SETTINGS
    }
    raw = {k: v for k, v in amounts.items() if v is not None}
    local = profile.for_marketplace("jp")
    larger = {
        "jp": {name: getattr(local, name) * by for name in raw} | {"inbound_per_kg": 135 * by}
    }
    one = score(product, profile, now=NOW, cost=Decimal(cost))
    other_profile = Profile.from_settings(profile.to_settings() | {"overrides": larger})
    many = score(scaled(product, by), other_profile, now=NOW, cost=Decimal(cost * by))
    near = Decimal(by)  # one yen of the smaller answer
    for name in ("profit", "sell_price", "max_cost", "landed_cost"):
        small, large = getattr(one, name), getattr(many, name)
        assert abs(small * by - large) <= near, name
    assert one.roi_percent == many.roi_percent
    if abs((one.profit or 0) - local.min_profit) > 1:
        assert one.verdict is many.verdict


@settings(max_examples=120, deadline=None)
@given(st.integers(1000, 30_000), st.integers(1000, 30_000), st.sampled_from(VatRegime))
def test_one_answer_names_one_profit(price: int, cost: int, regime: VatRegime) -> None:
    """Card, reasons and account: never −703 beside −704."""
    product = japanese(buy_box=stats(price))
    result = score(product, Profile(regime=regime), now=NOW, cost=Decimal(cost))
    said = {
        reason.params.get("profit") or reason.params.get("actual")
        for reason in result.reasons
        if reason.code in (ReasonCode.LOSES_MONEY, ReasonCode.PROFIT_MET, ReasonCode.PROFIT_MISSED)
    }
    assert said == {f"{result.profit:f}"}
    assert result.fees is not None
    assert result.landed_cost_net is not None
    assert result.net_proceeds == result.landed_cost_net + (result.profit or 0)


def test_a_tax_inside_japanese_prices_is_taken_off_and_leaves_no_buy_until_the_profile_says() -> (
    None
):
    result = score(japanese(), Profile(), now=NOW, cost=Decimal(500))
    [flag] = [flag for flag in result.flags if flag.code is FlagCode.TAX_UNKNOWN]
    assert flag.params == {"percent": "10"}
    assert line(result, "vat_on_sale") == 382  # 4200 x 10 / 110
    assert result.verdict is Verdict.CONSIDER
    exempt = Profile.from_settings({"overrides": {"jp": {"sale_vat_percent": 0}}})
    free = score(japanese(), exempt, now=NOW, cost=Decimal(500))
    assert not free.has_flag(FlagCode.TAX_UNKNOWN)
    assert line(free, "vat_on_sale") == 0
    assert free.verdict in (Verdict.BUY, Verdict.STRONG_BUY)


def test_food_in_japan_holds_the_reduced_rate() -> None:
    food = japanese(root_category=57239051, buy_box=stats(1080))
    assert line(score(food, Profile(), now=NOW, cost=Decimal(100)), "vat_on_sale") == 80


@pytest.mark.parametrize(
    ("code", "percent"), [("jp", "10"), ("in", "18"), ("mx", "16"), ("br", None), ("ca", "")]
)
def test_stores_whose_prices_hold_a_tax_say_so(code: str, percent: str | None) -> None:
    product = japanese(
        marketplace=code, currency=MARKETPLACES[code].currency, root_category=FR_HOME
    )
    result = score(product, Profile(), now=NOW, cost=Decimal(500))
    flags = [flag.params.get("percent") for flag in result.flags if flag.code == "tax_unknown"]
    assert flags == ([] if percent == "" else [percent])


def test_a_french_vat_rate_of_the_profile_says_nothing_of_japan() -> None:
    french = Profile(sale_vat_percent=Decimal(20))
    assert score(japanese(), french, now=NOW, cost=Decimal(500)).has_flag(FlagCode.TAX_UNKNOWN)


def line(result: Score, code: str) -> Decimal:
    assert result.fees is not None
    return sum((each.amount for each in result.fees.lines if each.code == code), Decimal(0))
