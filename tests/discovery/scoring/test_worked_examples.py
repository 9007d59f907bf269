"""Scores worked out by hand, with pencil and the fee tables."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from discovery.scoring import (
    Condition,
    CostBasis,
    FeeCode,
    PriceSeries,
    Profile,
    Score,
    VatBasis,
    VatRegime,
    Verdict,
    score,
)
from tests.discovery.scoring.factories import (
    NOW,
    US_BOOKS,
    american,
    bare,
    euros,
    facts,
    french_book,
    seen,
    steady,
)


def account_of(result: Score) -> dict[str, str]:
    assert result.fees is not None
    return {line.code.value: str(line.amount) for line in result.fees.lines}


@pytest.mark.parametrize(
    ("regime", "exact", "to_pay"),
    [
        # F = (24.90 x 15 % + 0.61 + 3.77) x 1.03 = 8.35845
        (VatRegime.REEL, "12.3706", "12.37"),  # 1.055 (24.90 / 1.055 - F) / 1.3
        (VatRegime.FRANCHISE, "11.4384", "11.43"),  # (24.90 - 1.2 F) / 1.3
        (VatRegime.MARGIN, "12.2156", "12.21"),  # (24.90 / 1.055 - F) / (0.3 + 1 / 1.055)
    ],
)
def test_the_maximum_price_of_a_french_book_under_each_regime(
    regime: VatRegime, exact: str, to_pay: str
) -> None:
    result = score(french_book(), bare(regime=regime), now=NOW, cost=euros("10.00"))
    # Rounded down: at the next cent the target would be missed.
    assert result.max_cost == Decimal(to_pay)
    assert 0 <= Decimal(exact) - result.max_cost < Decimal("0.01")


@pytest.mark.parametrize(
    ("price", "profit"),
    [
        # 20 / 1.2 - (1.60 + 4.71) x 1.03 - 8 / 1.2
        ("20.00", "3.50"),
        # 20.01 / 1.2 - (3.0015 + 5.07) x 1.03 - 8 / 1.2
        ("20.01", "1.69"),
        ("22.67", "3.50"),
    ],
)
def test_a_household_article_earns_less_just_above_twenty_euros(price: str, profit: str) -> None:
    item = facts(buy_box=steady(price))
    result = score(item, bare(regime=VatRegime.REEL), now=NOW, cost=euros("8.00"))
    assert result.profit == pytest.approx(Decimal(profit), abs=Decimal("0.01"))


def test_selling_at_twenty_euros_is_advised_over_twenty_one_fifty() -> None:
    result = score(
        facts(buy_box=steady("21.50")), bare(regime=VatRegime.REEL), now=NOW, cost=euros("8.00")
    )
    assert result.better_price is not None
    assert result.better_price.price == euros("20.00")
    assert result.better_price.profit == euros("3.50")
    assert result.profit is not None
    assert result.better_price.gain == pytest.approx(
        result.better_price.profit - result.profit, abs=Decimal("0.01")
    )
    assert [cliff.price for cliff in result.cliffs] == [euros("20.00")]


def test_what_a_lower_price_gains_does_not_depend_on_the_cost() -> None:
    """The two profits are rounded at each cost: their difference would be 0.79 or 0.80."""
    gains = set()
    for cents in range(800, 812):
        result = score(
            facts(buy_box=steady("21.50")),
            bare(regime=VatRegime.REEL),
            now=NOW,
            cost=Decimal(cents) / 100,
        )
        assert result.better_price is not None
        gains.add(result.better_price.gain)
    assert len(gains) == 1


def test_a_new_french_household_article_of_a_vat_exempt_seller_to_the_cent() -> None:
    # 40 sales a month, shared with 2 FBA and a quarter of 2 FBM: 11.4 for us, one in 3 days.
    # 30.00 - 1.2 x 9.8571 - 1.2 x 0.5652 - 0.60 - 10.00 = 6.8932
    result = score(facts(), Profile(), now=NOW, cost=euros("10.00"))
    assert account_of(result) == {
        "referral": "4.50",  # 15 % above 20.00
        "fba": "5.07",  # small parcel, 2 000 cm3 bill 400 g
        "digital_services": "0.29",  # 3 % of 9.57 = 0.2871
        "storage": "0.01",  # 26 EUR/m3 x 0.002 m3 x 3 days / 30 = 0.0052
        "inbound": "0.36",
        "prep": "0.20",
        "returns": "0.60",
        "vat_on_fees": "1.97",  # 20 % of 9.8571
        "vat_on_costs": "0.11",  # 20 % of 0.5652
    }
    assert result.profit == euros("6.89")
    assert result.roi_percent == Decimal("68.93")
    assert result.margin_percent == Decimal("22.97")
    assert result.landed_cost_net == euros("10.00")
    assert result.verdict is Verdict.STRONG_BUY


def test_a_new_french_household_article_of_a_vat_registered_seller_to_the_cent() -> None:
    profile = Profile(regime=VatRegime.REEL)
    result = score(facts(), profile, now=NOW, cost=euros("12.00"))
    # 25.00 - 9.8571 - 0.5652 - 0.50 (2 % of 25.00) - 10.00
    assert account_of(result)["vat_on_sale"] == "5.00"
    assert account_of(result)["returns"] == "0.50"
    assert result.landed_cost_net == euros("10.00")
    assert result.profit == pytest.approx(euros("4.08"), abs=Decimal("0.01"))
    assert result.roi_percent == Decimal("40.77")


def test_a_used_french_book_under_the_margin_scheme_to_the_cent() -> None:
    book = french_book(
        used_buy_box=steady("15.00"),
        used=steady("9.00"),
        measures=dataclasses.replace(
            facts().measures, used=seen(1500, series=PriceSeries.BUY_BOX_USED)
        ),
    )
    profile = bare(condition=Condition.USED, regime=VatRegime.MARGIN)
    result = score(book, profile, now=NOW, cost=euros("3.00"))
    # F = (2.25 + 0.61 + 3.77) x 1.03 = 6.8289; VAT on margin 12.00 x 5.5 / 105.5 = 0.6256, cut so
    # that the lines add up to the profit of 4.5455 as it is rounded everywhere
    assert account_of(result)["vat_on_margin"] == "0.62"
    assert result.profit == euros("4.55")
    assert result.roi_percent == Decimal("151.51")
    assert result.sell_price_series is PriceSeries.BUY_BOX_USED


def test_a_used_french_book_is_bought_at_the_lowest_other_used_offer() -> None:
    book = french_book(used_buy_box=steady("15.00"), used=steady("6.00"))
    result = score(book, bare(condition=Condition.USED), now=NOW)
    assert (result.landed_cost, result.cost_basis) == (euros("6.00"), CostBasis.LOWEST_OFFER)
    assert result.cost_source == "lowest"


def test_a_new_american_toy_to_the_cent() -> None:
    result = score(american(), Profile(), now=NOW, cost=euros("10.00"))
    # 300 g = 10.6 oz: up to 12 oz, from 10 to 50 dollars; fuel 3.5 % since 17 April 2026.
    assert account_of(result) == {
        "referral": "4.50",
        "fba": "4.20",
        "fuel_surcharge": "0.15",  # 0.147
        "digital_services": "0.27",  # 3 % of 8.847 = 0.26541: the seller is French
        "placement": "0.55",
        "storage": "0.00",
        "inbound": "0.26",  # 0.40 a pound
        "prep": "0.20",
        "returns": "0.60",
    }
    assert result.profit == euros("9.27")
    assert result.fees is not None
    assert result.fees.vat == 0


def test_an_american_book_pays_the_closing_fee() -> None:
    book = american(root_category=US_BOOKS, buy_box=steady("20.00"))
    profile = bare(seller_country="US", fuel_surcharge_percent=Decimal(0))
    result = score(book, profile, now=NOW, cost=euros("5.00"))
    assert account_of(result) == {"referral": "3.00", "closing": "1.80", "fba": "4.20"}
    assert result.profit == euros("6.00")
    assert result.roi_percent == Decimal("120.00")


def test_a_used_american_book_is_scored_on_the_used_side_only() -> None:
    book = american(
        root_category=US_BOOKS,
        used_buy_box=steady("12.00"),
        used=steady("4.00"),
        measures=dataclasses.replace(
            facts().measures, used=seen(1200, series=PriceSeries.BUY_BOX_USED)
        ),
    )
    profile = bare(condition=Condition.USED, seller_country="US", fuel_surcharge_percent=Decimal(0))
    result = score(book, profile, now=NOW)
    # 12.00 - 1.80 - 1.80 - 4.20 - 4.00
    assert result.profit == euros("0.20")
    assert result.roi_percent == Decimal("5.00")


def test_the_minimum_referral_fee_is_charged_on_cheap_goods() -> None:
    cheap = american(buy_box=steady("1.50"))
    result = score(cheap, bare(seller_country="US"), now=NOW, cost=euros("1.00"))
    assert account_of(result)["referral"] == "0.30"


def test_marginal_tiers_charge_each_part_of_the_price_its_own_rate() -> None:
    chair = facts(product_group="Furniture", buy_box=steady("300.00"))
    result = score(chair, bare(), now=NOW, cost=euros("100.00"))
    assert account_of(result)["referral"] == "40.00"  # 15 % of 200 + 10 % of 100


def test_peak_season_and_winter_storage_cost_more() -> None:
    winter = NOW.replace(month=11)
    toy = american(fetched_at=winter)
    result = score(toy, Profile(), now=winter, cost=euros("10.00"))
    assert account_of(result)["peak_season"] == "0.19"
    assert result.fees is not None
    [storage] = [line for line in result.fees.lines if line.code is FeeCode.STORAGE]
    summer = score(american(), Profile(), now=NOW, cost=euros("10.00"))
    assert storage.amount > summer.fees.amount(FeeCode.STORAGE)  # type: ignore[union-attr]


def test_with_equal_rates_and_no_other_cost_registered_and_exempt_sellers_earn_the_same_roi() -> (
    None
):
    roi = [
        score(facts(), bare(regime=regime), now=NOW, cost=euros("9.00")).roi_percent
        for regime in (VatRegime.REEL, VatRegime.FRANCHISE)
    ]
    assert roi[0] == roi[1]


@pytest.mark.parametrize("regime", VatRegime)
def test_a_cost_without_vat_and_the_same_cost_with_it_are_one_cost(regime: VatRegime) -> None:
    profile = bare(regime=regime)
    without = score(facts(), profile, now=NOW, cost=euros("10.00"), cost_vat=VatBasis.EXCLUDED)
    paid = score(facts(), profile, now=NOW, cost=euros("12.00"))
    assert without.landed_cost == paid.landed_cost == euros("12.00")
    assert without.roi_percent == paid.roi_percent
    assert without.profit == paid.profit
    assert (without.cost_given, without.cost_vat) == (euros("10.00"), VatBasis.EXCLUDED)
