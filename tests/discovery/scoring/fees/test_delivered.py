"""Fees as Keepa delivers them: rounded, of another price, with others inside, or of no use."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from discovery.scoring import (
    FeeCode,
    FeeSource,
    FlagCode,
    ProductFacts,
    Profile,
    Score,
    VatRegime,
    score,
)
from discovery.scoring.fees.delivered import tariff_since
from tests.discovery.scoring.factories import (
    CENT,
    NOW,
    american,
    bare,
    euros,
    facts,
    french_book,
    steady,
)

FR_TOYS, FR_TECH = 322086011, 13921051
WINTER = datetime(2026, 11, 20, tzinfo=UTC)


def toy(price: str, **changes: Any) -> ProductFacts:
    return facts(root_category=FR_TOYS, buy_box=steady(price), **changes)


def scored(product: ProductFacts, profile: Profile | None = None, **rest: Any) -> Score:
    given: dict[str, Any] = {"now": NOW, "cost": euros("0.50")} | rest
    return score(product, profile or bare(), **given)


def taken(result: Score, code: FeeCode) -> Decimal:
    assert result.fees is not None
    return result.fees.amount(code)


@pytest.mark.parametrize(
    ("delivered", "price"),
    [
        ("15.02", "23.45"),
        ("14.98", "18.40"),
        ("15.04", "12.50"),
        ("15.45", "80.00"),
        ("15.52", "2.90"),  # 0.44, and 3 % of it: 0.45
        ("15.30", "50.00"),  # the British 2 %
        ("20.00", "1.50"),  # the minimum of 0.30
        ("20.67", "1.50"),  # the same and the digital services fee: 0.31
        ("30.00", "1.00"),
    ],
)
def test_a_percentage_is_recognised_for_what_it_is(delivered: str, price: str) -> None:
    result = scored(toy(price, referral_percent=Decimal(delivered)))
    plain = scored(toy(price))
    assert taken(result, FeeCode.REFERRAL) == taken(plain, FeeCode.REFERRAL)
    assert taken(result, FeeCode.DIGITAL_SERVICES) == taken(plain, FeeCode.DIGITAL_SERVICES)
    assert not result.has_flag(FlagCode.FEE_MISMATCH)


def test_the_minimum_over_a_small_price_is_no_rate_of_a_larger_one() -> None:
    delivered = toy("1.50", referral_percent=Decimal("20.00"))
    dearer = scored(
        facts(
            root_category=FR_TOYS,
            buy_box=type(delivered.buy_box)(euros("1.50"), avg90=euros(30)),
            referral_percent=Decimal(20),
        ),
        bare(price_basis="average"),
    )
    assert taken(dearer, FeeCode.REFERRAL) == euros("4.50")


def test_a_digital_services_fee_inside_is_recognised_whoever_sells() -> None:
    german_seller = bare(seller_country="DE")
    result = scored(toy("100.00", referral_percent=Decimal("15.45")), german_seller)
    assert taken(result, FeeCode.REFERRAL) == euros("15.00")
    assert taken(result, FeeCode.DIGITAL_SERVICES) == 0


@pytest.mark.parametrize(
    ("root", "price", "delivered", "fee"),
    [(57004031, "19.99", "8.24", "1.60"), (FR_TECH, "300.00", "7.21", "21.00")],
)
def test_other_rates_with_the_digital_services_fee_inside(
    root: int, price: str, delivered: str, fee: str
) -> None:
    product = facts(root_category=root, buy_box=steady(price), referral_percent=Decimal(delivered))
    assert taken(scored(product), FeeCode.REFERRAL) == euros(fee)


@pytest.mark.parametrize(
    ("delivered", "fee"),
    [("15.01", "4.50"), ("14.99", "4.50"), ("15.45", "4.50"), ("8.02", "2.40"), ("12.5", "3.75")],
)
def test_noise_is_dropped_where_no_table_exists(delivered: str, fee: str) -> None:
    german = facts(marketplace="de", referral_percent=Decimal(delivered), fba_fee=euros(4))
    assert taken(scored(german), FeeCode.REFERRAL) == euros(fee)


def test_the_minimum_is_recognised_where_no_table_exists_and_the_rate_is_unknown() -> None:
    german = facts(
        marketplace="de",
        buy_box=steady("1.00"),
        referral_percent=Decimal(30),
        fba_fee=euros(2),
    )
    result = scored(german)
    assert taken(result, FeeCode.REFERRAL) == euros("0.30")
    assert result.has_flag(FlagCode.FEES_UNKNOWN)


@pytest.mark.parametrize("nothing", ["0", "-1"])
def test_a_fee_of_nothing_is_unknown_and_never_free(nothing: str) -> None:
    product = facts(
        fba_fee=Decimal(nothing),
        referral_percent=Decimal(nothing),
        closing_fee=Decimal(nothing),
    )
    result, plain = scored(product), scored(facts())
    assert result.fees == plain.fees
    unsized = {"package_length_mm": None, "package_weight_g": None}
    assert scored(facts(fba_fee=Decimal(nothing), **unsized)).has_flag(FlagCode.FEES_UNKNOWN)


def test_the_closing_fee_of_a_french_book_that_keepa_calls_zero_is_that_of_the_table() -> None:
    result = scored(french_book(closing_fee=Decimal(0)))
    assert taken(result, FeeCode.CLOSING) == euros("0.61")


def test_a_fee_of_last_years_tariff_gives_way_to_the_table() -> None:
    old = facts(fba_fee=euros("2.77"), fees_at=datetime(2025, 5, 27, tzinfo=UTC))
    result = scored(old)
    assert taken(result, FeeCode.FBA) == taken(scored(facts()), FeeCode.FBA)
    [flag] = [flag for flag in result.flags if flag.code is FlagCode.FEES_OLD]
    assert flag.params == {"date": "2025-05-27"}
    assert not result.has_flag(FlagCode.FEE_MISMATCH)


def test_where_no_table_exists_a_fee_of_last_years_tariff_leaves_no_buy() -> None:
    german = facts(
        marketplace="de",
        referral_percent=Decimal(15),
        fba_fee=euros("2.77"),
        fees_at=datetime(2025, 5, 27, tzinfo=UTC),
    )
    result = scored(german)
    assert taken(result, FeeCode.FBA) == euros("2.77")  # the best guess there is
    assert result.has_flag(FlagCode.FEES_UNKNOWN)
    assert result.has_flag(FlagCode.FEES_OLD)


def test_the_tariff_changes_in_february() -> None:
    assert tariff_since(datetime(2026, 11, 26, tzinfo=UTC).date()).isoformat() == "2026-02-01"
    assert tariff_since(datetime(2027, 1, 20, tzinfo=UTC).date()).isoformat() == "2026-02-01"


def test_a_fee_delivered_in_season_holds_the_surcharge_of_the_season() -> None:
    delivered = american(fba_fee=euros("4.50"), fetched_at=WINTER)
    result = scored(delivered, now=WINTER)
    assert taken(result, FeeCode.PEAK_SEASON) == 0
    assert taken(result, FeeCode.FBA) == euros("4.50")
    before = american(fba_fee=euros("4.30"), fetched_at=WINTER, fees_at=NOW)
    assert taken(scored(before, now=WINTER), FeeCode.PEAK_SEASON) == euros("0.19")
    by_table = scored(american(fetched_at=WINTER), now=WINTER)
    assert taken(by_table, FeeCode.PEAK_SEASON) == euros("0.19")


def test_the_price_at_which_a_higher_one_earns_less_in_the_united_states() -> None:
    small = american(
        package_length_mm=190, package_width_mm=110, package_height_mm=15, package_weight_g=110
    )
    # 4 oz, small standard: 2.49 below 10 dollars, 3.42 from there, 3.68 above 50; fuel 3.5 %.
    profile = bare(seller_country="US", better_price_gain=Decimal("0.01"), price_basis="current")

    def left(price: str) -> Decimal:
        product = american(
            package_length_mm=small.package_length_mm,
            package_width_mm=small.package_width_mm,
            package_height_mm=small.package_height_mm,
            package_weight_g=small.package_weight_g,
            buy_box=steady(price),
        )
        result = scored(product, profile, cost=euros("1.00"))
        assert result.profit is not None
        return result.profit + 1

    assert left("9.99") == euros("5.91")
    assert left("10.00") == euros("4.96")
    assert left("11.12") == euros("5.91")
    assert left("11.13") == euros("5.92")
    assert left("50.00") == euros("38.96")
    assert left("50.01") == euros("38.70")


def test_the_low_price_rate_of_a_french_book_ends_at_twelve_euros() -> None:
    def profit(price: str) -> Decimal:
        book = french_book(
            buy_box=steady(price),
            package_length_mm=230,
            package_width_mm=150,
            package_height_mm=20,
            package_weight_g=450,
        )
        found = scored(book, bare(regime=VatRegime.REEL), cost=euros("3.00")).profit
        assert found is not None
        return found

    assert profit("12.00") == euros("2.64")
    assert profit("12.01") == euros("2.17")
    assert profit("12.59") == euros("2.63")
    assert profit("12.60") == euros("2.64")


def test_a_cheap_book_pays_no_minimum_in_france_and_one_in_america() -> None:
    french = scored(french_book(buy_box=steady("1.50")))
    assert taken(french, FeeCode.REFERRAL) + taken(french, FeeCode.CLOSING) == pytest.approx(
        euros("0.835"), abs=CENT
    )
    book = american(root_category=283155, buy_box=steady("1.50"))
    us = scored(book, bare(seller_country="US"))
    assert taken(us, FeeCode.REFERRAL) + taken(us, FeeCode.CLOSING) == euros("2.10")


@pytest.mark.parametrize(
    ("sides", "grams", "tier", "fee"),
    [
        ((330, 230, 25), 100, "light_envelope", "3.32"),
        ((330, 230, 25), 101, "standard_envelope", "3.33"),
        ((330, 230, 25), 211, "standard_envelope", "3.77"),
        ((330, 230, 26), 100, "large_envelope", "4.39"),
        ((331, 230, 25), 210, "small_parcel", "5.07"),
        ((25, 330, 230), 210, "standard_envelope", "3.33"),
        ((350, 250, 120), 300, "small_parcel", "7.80"),
    ],
)
def test_a_millimetre_a_gram_and_the_volume_decide_the_fee_and_a_limit_nearby_is_said(
    sides: tuple[int, int, int], grams: int, tier: str, fee: str
) -> None:
    length, width, height = sides
    result = scored(
        toy(
            "30.00",
            package_length_mm=length,
            package_width_mm=width,
            package_height_mm=height,
            package_weight_g=grams,
        )
    )
    assert result.fees is not None
    assert (result.fees.size_tier, taken(result, FeeCode.FBA)) == (tier, euros(fee))
    assert result.has_flag(FlagCode.SIZE_NEAR_LIMIT)


def test_a_delivered_fee_says_where_it_comes_from() -> None:
    result = scored(facts(fba_fee=euros("5.20")))
    assert result.fees is not None
    [fba] = [line for line in result.fees.lines if line.code is FeeCode.FBA]
    assert fba.source is FeeSource.KEEPA
