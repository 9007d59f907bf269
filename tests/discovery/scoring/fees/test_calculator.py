"""Fee tables, and how they are weighed against the figures Keepa delivers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from discovery.scoring import FeeCode, FeeLine, FeeSource, FlagCode, Profile, Verdict, score
from discovery.scoring.categories import FeeCategory, fee_category
from discovery.scoring.fees.fba_tables import fba_fee, is_peak_season
from discovery.scoring.fees.referral_tables import REFERRAL_RULES, referral_rule
from tests.discovery.scoring.factories import (
    NOW,
    american,
    bare,
    euros,
    facts,
    french_book,
    steady,
)


def line(
    code: FeeCode, product: Any = None, profile: Profile | None = None, **rest: Any
) -> FeeLine:
    given: dict[str, Any] = {"now": NOW, "cost": euros(8)} | rest
    result = score(product or facts(), profile or Profile(), **given)
    assert result.fees is not None
    [found] = [each for each in result.fees.lines if each.code is code]
    return found


@pytest.mark.parametrize(
    ("marketplace", "category", "price", "percent"),
    [
        ("fr", FeeCategory.BOOKS, "24.90", "15"),
        ("fr", FeeCategory.CONSOLES, "300", "8"),
        ("fr", FeeCategory.BEAUTY, "10", "8"),
        ("fr", FeeCategory.BEAUTY, "10.01", "15"),
        ("fr", FeeCategory.GROCERY, "10", "5"),
        ("fr", FeeCategory.CLOTHING, "15", "5"),
        ("fr", FeeCategory.CLOTHING, "20", "10"),
        ("fr", FeeCategory.CLOTHING, "20.01", "15"),
        ("fr", FeeCategory.ACCESSORIES, "200", "11.5"),
        ("fr", FeeCategory.TOYS, "30", "15"),
        ("us", FeeCategory.GROCERY, "15", "8"),
        ("us", FeeCategory.CLOTHING, "25", "17"),
        ("us", FeeCategory.WATCHES, "3000", "9.5"),
        ("us", FeeCategory.JEWELLERY, "500", "12.5"),
        ("us", FeeCategory.OTHER, "30", "15"),
    ],
)
def test_referral_rates(marketplace: str, category: FeeCategory, price: str, percent: str) -> None:
    rule = referral_rule(marketplace, category)
    assert rule is not None
    assert rule.percent_at(Decimal(price)) == Decimal(percent)


def test_every_rule_ends_unbounded_and_names_its_source() -> None:
    for rules in REFERRAL_RULES.values():
        for rule in rules.values():
            assert rule.tiers[-1][0] is None
            assert rule.source


@pytest.mark.parametrize(
    ("marketplace", "size", "grams", "tier", "price", "fee"),
    [
        ("fr", (300, 200, 20), 90, "light_envelope", "25", "3.32"),
        ("fr", (300, 200, 20), 400, "standard_envelope", "25", "3.77"),
        ("fr", (300, 200, 20), 400, "standard_envelope", "12", "3.31"),
        ("fr", (300, 200, 35), 900, "large_envelope", "25", "4.39"),
        ("fr", (300, 200, 55), 900, "extra_large_envelope", "25", "4.72"),
        ("fr", (200, 100, 90), 400, "small_parcel", "25", "5.07"),
        ("fr", (400, 300, 200), 1000, "standard_parcel", "25", "8.22"),  # 4.8 kg by its volume
        ("fr", (700, 500, 500), 9000, "heavy_bulky", "99", "16.31"),  # 35 kg by its volume
        ("us", (300, 200, 15), 100, "small_standard", "25", "3.42"),
        ("us", (300, 200, 40), 600, "large_standard", "25", "5.42"),
        ("us", (300, 200, 40), 1500, "large_standard", "25", "7.13"),  # 3.31 lb: two 4 oz steps
        ("us", (600, 300, 200), 4000, "small_bulky", "60", "13.25"),  # 36 000 cm3 are 15.8 lb
    ],
)
def test_fulfilment_by_size_and_weight(
    marketplace: str, size: tuple[int, int, int], grams: int, tier: str, price: str, fee: str
) -> None:
    category = FeeCategory.BOOKS
    found = fba_fee(marketplace, category, *size, grams)
    assert found is not None
    assert (found.tier, found.at(Decimal(price))) == (tier, Decimal(fee))


def test_the_low_price_limit_depends_on_the_category() -> None:
    size = (300, 200, 20, 400)
    for category, limit in ((FeeCategory.BOOKS, 12), (FeeCategory.TOYS, 20)):
        found = fba_fee("fr", category, *size)
        assert found is not None
        assert found.bands == ((Decimal(limit), Decimal("3.31")), (None, Decimal("3.77")))


def test_a_heavier_parcel_never_costs_less() -> None:
    for marketplace in ("fr", "us"):
        fees = []
        for grams in range(50, 11_900, 50):
            found = fba_fee(marketplace, FeeCategory.TOYS, 200, 150, 15, grams)
            assert found is not None
            fees.append(found.at(Decimal(30)))
        assert fees == sorted(fees)


def test_keepas_fulfilment_fee_wins_in_its_price_band() -> None:
    fba = line(FeeCode.FBA, facts(fba_fee=euros("5.30")))
    assert (fba.amount, fba.source, fba.to_check) == (euros("5.30"), FeeSource.KEEPA, False)


def test_keepas_fulfilment_fee_is_moved_to_our_prices_band() -> None:
    # Amazon computed 4.35 at 40 dollars (table 4.20); we sell at 9.50, where the table says 3.38.
    toy = american(buy_box=steady("40.00"), fba_fee=euros("4.35"))
    moved = line(
        FeeCode.FBA,
        american(
            buy_box=type(toy.buy_box)(euros("40.00"), avg90=euros("9.50")), fba_fee=euros("4.35")
        ),
        Profile(fuel_surcharge_percent=Decimal(0)),
    )
    assert (moved.amount, moved.source) == (euros("3.53"), FeeSource.KEEPA_MOVED)


def test_keepas_referral_that_agrees_with_the_table_confirms_it() -> None:
    for delivered in ("15", "15.02", "15.45"):  # 15.45 holds the digital services fee
        referral = line(FeeCode.REFERRAL, facts(referral_percent=Decimal(delivered)))
        assert (referral.amount, referral.source) == (euros("4.50"), FeeSource.KEEPA)
        services = line(FeeCode.DIGITAL_SERVICES, facts(referral_percent=Decimal(delivered)))
        assert services.amount == euros("0.29")  # once, never twice


def test_a_large_difference_is_flagged_and_keepas_figure_used_in_its_band() -> None:
    product = facts(referral_percent=Decimal(12))
    result = score(product, Profile(), now=NOW, cost=euros(8))
    assert line(FeeCode.REFERRAL, product).amount == euros("3.60")
    [flag] = [flag for flag in result.flags if flag.code is FlagCode.FEE_MISMATCH]
    assert flag.params == {"line": "referral", "table": "15", "keepa": "12"}


def test_a_french_percentage_with_the_digital_fee_in_it_is_unpacked_where_no_table_exists() -> None:
    german = facts(marketplace="de", referral_percent=Decimal("15.45"), fba_fee=euros(4))
    assert line(FeeCode.REFERRAL, german).amount == euros("4.50")
    plain = facts(marketplace="de", referral_percent=Decimal("12"), fba_fee=euros(4))
    assert line(FeeCode.REFERRAL, plain).amount == euros("3.60")


def test_an_unknown_fee_is_assumed_marked_and_capped() -> None:
    german = facts(marketplace="de")
    result = score(german, Profile(), now=NOW, cost=euros("5.00"))
    assert result.has_flag(FlagCode.FEES_UNKNOWN)
    assert result.verdict is Verdict.CONSIDER
    fba = line(FeeCode.FBA, german)
    assert (fba.source, fba.to_check, fba.amount) == (FeeSource.ASSUMED, True, euros("5.00"))
    known = facts(marketplace="de", referral_percent=Decimal(15), fba_fee=euros(4))
    assert not score(known, Profile(), now=NOW, cost=euros(5)).has_flag(FlagCode.FEES_UNKNOWN)


def test_german_vat_is_reckoned_at_the_german_rate() -> None:
    german = facts(marketplace="de", referral_percent=Decimal(15), fba_fee=euros(4))
    owed = line(FeeCode.VAT_ON_SALE, german, bare(regime="reel"))
    assert owed.amount == euros("4.79")  # 30.00 x 19 / 119
    assert owed.params == {"percent": "19"}


def test_the_fuel_surcharge_starts_on_its_day() -> None:
    before = datetime(2026, 4, 16, tzinfo=UTC)
    result = score(american(fetched_at=before), Profile(), now=before, cost=euros(8))
    assert result.fees is not None
    assert result.fees.amount(FeeCode.FUEL_SURCHARGE) == 0
    assert line(FeeCode.FUEL_SURCHARGE, american()).amount > 0


@pytest.mark.parametrize(
    ("day", "peak"),
    [
        (date(2026, 10, 14), False),
        (date(2026, 10, 15), True),
        (date(2027, 1, 14), True),
        (date(2027, 1, 15), False),
    ],
)
def test_peak_season(day: date, peak: bool) -> None:
    assert is_peak_season(day) is peak


def test_only_sellers_in_france_pay_the_digital_services_fee() -> None:
    assert line(FeeCode.DIGITAL_SERVICES, american()).params == {"percent": "3"}
    result = score(american(), Profile(seller_country="US"), now=NOW, cost=euros(8))
    assert result.fees is not None
    assert result.fees.amount(FeeCode.DIGITAL_SERVICES) == 0


def test_books_keep_less_aside_for_returns_and_high_returns_more() -> None:
    assert line(FeeCode.RETURNS, french_book()).params == {"percent": "1"}
    assert line(FeeCode.RETURNS).params == {"percent": "2"}
    assert line(FeeCode.RETURNS, facts(return_rate=2)).params == {"percent": "5"}


def test_uncertain_figures_are_marked_to_be_checked() -> None:
    assert line(FeeCode.FBA).to_check
    assert line(FeeCode.CLOSING, french_book()).to_check
    assert not line(FeeCode.REFERRAL).to_check
    assert line(FeeCode.REFERRAL, facts(root_category=590748031)).to_check


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({"root_category": 301061}, FeeCategory.BOOKS),
        ({"root_category": 57004031}, FeeCategory.HOME),
        ({"root_category": 57004031, "product_group": "Kitchen"}, FeeCategory.KITCHEN),
        ({"root_category": 57004031, "product_group": "Book"}, FeeCategory.HOME),
        ({"root_category": None, "product_group": "Book"}, FeeCategory.BOOKS),
        ({"root_category": None, "product_group": "Toy"}, FeeCategory.TOYS),
        ({"root_category": 99, "root_category_name": "Auto et Moto"}, FeeCategory.AUTOMOTIVE),
        ({"root_category": 99, "root_category_name": "Petit électroménager"}, None),
        ({"root_category": 99, "root_category_name": "Divers"}, FeeCategory.OTHER),
        ({"marketplace": "us", "root_category": 283155}, FeeCategory.BOOKS),
        ({"marketplace": "us", "root_category": 468642, "product_group": "Console"}, None),
    ],
)
def test_keepa_categories_become_fee_categories(
    changes: dict[str, Any], category: FeeCategory | None
) -> None:
    found = fee_category(facts(**changes))
    assert found is (category or found)
    assert found is not FeeCategory.PETS
    if changes.get("product_group") == "Console":
        assert found is FeeCategory.CONSOLES
