"""Every verdict and every flag occurs under the shipped profiles, each for its own reason."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from discovery.scoring import (
    SHIPPED,
    Condition,
    CostBasis,
    FlagCode,
    FoundCost,
    Identity,
    PriceBasis,
    PriceSeries,
    PriceStats,
    ProductFacts,
    Profile,
    ReasonCode,
    Severity,
    SoldCopy,
    VatBasis,
    Verdict,
    score,
)
from discovery.scoring.dips import dip_cost
from discovery.scoring.inputs import (
    Measures,
)
from discovery.scoring.verdict import RANK
from tests.discovery.scoring.dipping import in_a_dip
from tests.discovery.scoring.factories import (
    NOW,
    any_product,
    euros,
    facts,
    french_book,
    seen,
    steady,
)


def measured(**changes: Any) -> Measures:
    return dataclasses.replace(facts().measures, **changes)


UNSOLD: dict[str, Any] = {
    "rank_drops_30": None,
    "rank_drops_90": None,
    "rank_drops_180": None,
    "measures": measured(drop_days_180=None),
}

FOUND_ELSEWHERE = {FlagCode.IDENTITY_TO_CHECK, FlagCode.DIP, FlagCode.DIP_UNPROVEN}

# The least that raises each flag, and the mirror image that must not.
RAISED: dict[FlagCode, tuple[dict[str, Any], dict[str, Any]]] = {
    FlagCode.AMAZON_SELLS: ({"amazon": steady(31)}, {"amazon_availability": -1}),
    FlagCode.AMAZON_HOLDS_BUY_BOX: (
        {"amazon_buy_box_share_90": 60},
        {"amazon_buy_box_share_90": 10},
    ),
    FlagCode.PRICE_SPIKE: (
        {"buy_box": PriceStats(euros(45), euros(30), euros(30))},
        {"buy_box": PriceStats(euros(22), euros(30), euros(30))},
    ),
    FlagCode.PRICE_FALLING: (
        {"measures": measured(new=seen(3000, trend=0.7))},
        {"measures": measured(new=seen(3000, trend=1.4))},
    ),
    FlagCode.PRICE_ABOVE_CORRIDOR: (
        {"measures": measured(new=seen(2000, 2200, 2400))},
        {"measures": measured(new=seen(3000))},
    ),
    FlagCode.PRICE_BELOW_CORRIDOR: (
        {"measures": measured(new=seen(4000, 4200, 4400))},
        {"measures": measured(new=seen(3000))},
    ),
    FlagCode.RARELY_PROFITABLE: (
        {"measures": measured(new=seen(1000, 1100, 3000))},
        {"measures": measured(new=seen(2900, 3000, 3100))},
    ),
    FlagCode.PRICE_MEANING_CHANGED: (
        {"buy_box": PriceStats(), "new_fba": PriceStats(), "fetched_at": NOW},
        {},
    ),
    FlagCode.NO_BUY_BOX: ({"buy_box": PriceStats(), "new_fba": PriceStats()}, {}),
    FlagCode.NO_CURRENT_OFFER: (
        {
            "buy_box": PriceStats(None, euros(30), euros(30)),
            "new_fba": PriceStats(),
            "new": PriceStats(),
        },
        {},
    ),
    FlagCode.OFTEN_OUT_OF_STOCK: (
        {"measures": measured(new=seen(3000, in_stock_90=0.4))},
        {"measures": measured(new=seen(3000, in_stock_90=0.95))},
    ),
    FlagCode.RANK_WORSENING: (
        {"measures": measured(rank_trend=2.0)},
        {"measures": measured(rank_trend=0.4)},
    ),
    FlagCode.NO_RANK: ({"bsr": None, "bsr_avg90": None}, {}),
    FlagCode.SALES_UNKNOWN: ({**UNSOLD, "bsr": None, "bsr_avg90": None}, {}),
    FlagCode.OFFER_SURGE: (
        {"measures": measured(new_offers_trend=2.0)},
        {"measures": measured(new_offers_trend=0.5)},
    ),
    FlagCode.HAZMAT: ({"is_hazmat": True}, {}),
    FlagCode.HEAT_SENSITIVE: ({"is_heat_sensitive": True}, {}),
    FlagCode.ADULT: ({"is_adult": True}, {}),
    FlagCode.OVERSIZE: ({"package_length_mm": 900, "package_weight_g": 6000}, {}),
    FlagCode.HIGH_RETURNS: ({"return_rate": 2}, {"return_rate": 1}),
    FlagCode.VARIATION_PARENT: ({"is_variation_parent": True}, {}),
    FlagCode.NOT_SELLABLE: ({"product_type": 2}, {}),
    FlagCode.FEES_UNKNOWN: ({"package_weight_g": None}, {"fba_fee": euros(5)}),
    FlagCode.CLOSING_FEE_UNKNOWN: (
        {"marketplace": "de", "product_group": "Book"},
        {"marketplace": "de", "product_group": "Book", "closing_fee": euros(1)},
    ),
    FlagCode.FEE_MISMATCH: ({"fba_fee": euros(8)}, {"fba_fee": euros("5.10")}),
    FlagCode.SIZE_UNKNOWN: ({"package_length_mm": None}, {}),
    FlagCode.FEW_DATA: ({"measures": measured(history_days=20)}, {}),
    FlagCode.STALE_DATA: (
        {"seen_at": NOW - timedelta(days=9)},
        {"fetched_at": NOW - timedelta(days=9), "seen_at": NOW},
    ),
    FlagCode.DOMINANT_SELLER: (
        {"buy_box_leader_share_90": 80},
        {"buy_box_leader_share_90": 79},
    ),
    FlagCode.BRAND_SELLS_ALONE: (
        {"sole_seller": True},
        {"sole_seller": True, "amazon": steady(31)},
    ),
    FlagCode.NOT_RELEASED: (
        {"release_day": date(2026, 6, 2)},
        {"release_day": date(2026, 6, 1), "amazon_availability": 1},
    ),
    FlagCode.BACK_ORDER: ({"buy_box_held_up": True}, {}),
    FlagCode.AMAZON_ON_ORDER: (
        {"amazon_availability": 3, "amazon": steady(31)},
        {"amazon_availability": 0},
    ),
    FlagCode.COUPON: ({"coupon_amount": euros(2)}, {"coupon_amount": euros(90)}),
    FlagCode.SALES_SHARED: (
        {"monthly_sold": 300, "is_variation": True},
        {"monthly_sold": 300, "family_size": 5},
    ),
    FlagCode.RANK_REFERENCE_CHANGED: ({"rank_reference_changed": True}, {}),
    FlagCode.FEES_OLD: (
        {"fba_fee": euros("5.10"), "fees_at": datetime(2025, 5, 27, tzinfo=UTC)},
        {"fba_fee": euros("5.10"), "fees_at": datetime(2026, 3, 27, tzinfo=UTC)},
    ),
    FlagCode.TAX_UNKNOWN: (
        {"marketplace": "jp", "currency": "JPY"},
        {"marketplace": "us", "currency": "USD"},
    ),
    FlagCode.PACK: ({"pack_size": 4}, {"pack_size": 1}),
    FlagCode.PACK_COST: ({"pack_size": 4}, {"pack_size": 1}),
}


@pytest.mark.parametrize("code", RAISED, ids=str)
def test_each_flag_is_raised_by_its_cause_and_only_in_its_direction(code: FlagCode) -> None:
    cause, mirror = RAISED[code]
    now = datetime(2026, 4, 1, tzinfo=UTC) if code is FlagCode.PRICE_MEANING_CHANGED else NOW
    harmed = score(facts(**cause), Profile(), now=now, cost=euros("10.00"))
    assert harmed.has_flag(code)
    if mirror:
        fine = score(facts(**mirror), Profile(), now=NOW, cost=euros("10.00"))
        assert not fine.has_flag(code)
    assert not score(facts(), Profile(), now=NOW, cost=euros("10.00")).has_flag(code)


def test_a_new_french_book_far_under_its_fixed_price_is_doubtful_data() -> None:
    book = french_book(list_price=euros("35.00"))
    new = score(book, Profile(), now=NOW, cost=euros(5))
    assert new.has_flag(FlagCode.FIXED_PRICE_BOOK)
    used = dataclasses.replace(book, used=steady("12.00"))
    second_hand = score(used, Profile(condition=Condition.USED), now=NOW, cost=euros(3))
    assert not second_hand.has_flag(FlagCode.FIXED_PRICE_BOOK)


def test_measures_a_gram_beside_a_limit_are_said_unless_amazon_told_its_own_fee() -> None:
    envelope = french_book(package_length_mm=330, package_weight_g=300)
    beside = score(envelope, Profile(), now=NOW, cost=euros(8))
    [flag] = [each for each in beside.flags if each.code is FlagCode.SIZE_NEAR_LIMIT]
    assert flag.params == {"fee": "3.77", "smaller": "3.77", "larger": "5.07"}
    told = dataclasses.replace(envelope, fba_fee=euros("3.80"))
    well_inside = dataclasses.replace(envelope, package_length_mm=320)
    for product in (told, well_inside):
        assert not score(product, Profile(), now=NOW, cost=euros(8)).has_flag(
            FlagCode.SIZE_NEAR_LIMIT
        )


def test_a_used_copy_nobody_described_is_taken_for_the_lowest_grade_and_that_is_said() -> None:
    used = facts(used=steady("12.00"), used_buy_box=steady("20.00"))
    assert score(used, Profile(condition=Condition.USED), now=NOW).has_flag(FlagCode.GRADE_ASSUMED)
    assert not score(used, Profile(), now=NOW).has_flag(FlagCode.GRADE_ASSUMED)


def test_a_cheap_copy_of_the_listing_that_nobody_graded_is_no_buy_before_one_has_looked() -> None:
    """Bought at 4 beside a used Buy Box at 40: it may be no copy anybody pays 40 for."""
    shelf = {"used_buy_box": steady("40.00"), "count_used": 1}
    ungraded = score(facts(used=steady("4.00"), **shelf), SHIPPED["occasion"], now=NOW)
    assert ungraded.has_flag(FlagCode.OFFER_UNGRADED)
    assert ungraded.verdict is Verdict.CONSIDER
    assert FlagCode.OFFER_UNGRADED in ungraded.buy_forbidden_by
    graded = score(facts(used_acceptable=steady("4.00"), **shelf), SHIPPED["occasion"], now=NOW)
    assert not graded.has_flag(FlagCode.OFFER_UNGRADED)
    assert RANK[graded.verdict] >= RANK[Verdict.BUY]
    own = score(facts(**shelf), SHIPPED["occasion"], now=NOW, cost=euros(4), sold=SoldCopy.UNKNOWN)
    assert own.has_flag(FlagCode.GRADE_ASSUMED)  # priced as the lowest grade: that is enough
    assert not own.has_flag(FlagCode.OFFER_UNGRADED)


def test_a_code_of_several_products_is_a_risk_until_one_is_chosen() -> None:
    open_code = score(facts(), Profile(), now=NOW, cost=euros("8.00"), candidates=2)
    assert open_code.has_flag(FlagCode.AMBIGUOUS_CODE)
    assert open_code.verdict is Verdict.CONSIDER
    chosen = score(facts(), Profile(), now=NOW, cost=euros("8.00"))
    assert chosen.verdict is Verdict.STRONG_BUY


def test_a_cost_found_elsewhere_brings_the_flags_of_its_kind() -> None:
    there = FoundCost(
        basis=CostBasis.EUROPE,
        amount=euros(8),
        vat=VatBasis.INCLUDED,
        source="de",
        identity=Identity.TO_CHECK,
    )
    dipped = in_a_dip(8.0)
    bought = {
        FlagCode.IDENTITY_TO_CHECK: score(facts(), Profile(), now=NOW, found=there),
        FlagCode.DIP: score(dipped, Profile(), now=NOW, found=dip_cost(dipped, Profile())),
    }
    bought[FlagCode.DIP_UNPROVEN] = bought[FlagCode.DIP]
    assert set(bought) == FOUND_ELSEWHERE
    for code, result in bought.items():
        assert result.has_flag(code)
    plain = score(dipped, Profile(), now=NOW, cost=euros(8))
    assert not any(plain.has_flag(code) for code in FOUND_ELSEWHERE)


def test_every_flag_is_in_this_file_and_has_a_severity() -> None:
    covered = {
        *RAISED,
        FlagCode.FIXED_PRICE_BOOK,
        FlagCode.COST_ASSUMED,
        FlagCode.GRADE_ASSUMED,
        FlagCode.OFFER_UNGRADED,
        FlagCode.SIZE_NEAR_LIMIT,
        FlagCode.AMBIGUOUS_CODE,
        *FOUND_ELSEWHERE,
    }
    assert covered == set(FlagCode)
    everything = {
        flag.severity
        for cause, _ in RAISED.values()
        for flag in score(facts(**cause), Profile(), now=NOW, cost=euros(10)).flags
    }
    assert everything == set(Severity)


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_verdict_and_most_flags_occur_among_generated_products(slug: str) -> None:
    profile = SHIPPED[slug]
    verdicts = set()
    flags = set()
    for seed in range(400):
        result = score(any_product(seed), profile, now=NOW)
        verdicts.add(result.verdict)
        flags |= {flag.code for flag in result.flags}
    shelf = facts(used_good=steady(30), used_acceptable=steady(12), count_used=1)
    for cost in range(4, 30, 2):
        verdicts.add(score(shelf, profile, now=NOW, cost=euros(cost)).verdict)
    assert verdicts == set(Verdict)
    # Amazon beside us, a fixed price and a corridor of the same series are matters of new goods.
    assert len(flags) >= (24 if profile.condition is Condition.NEW else 20)


def test_a_healthy_product_bought_well_is_a_strong_buy_and_dearer_ones_less_and_less() -> None:
    costs = ("8.00", "12.50", "14.00", "17.00")
    found = [score(facts(), Profile(), now=NOW, cost=euros(cost)).verdict for cost in costs]
    assert found == [Verdict.STRONG_BUY, Verdict.BUY, Verdict.CONSIDER, Verdict.SKIP]


def test_a_flag_caps_the_verdict_and_says_so() -> None:
    result = score(facts(is_hazmat=True), Profile(), now=NOW, cost=euros("8.00"))
    assert result.verdict is Verdict.CONSIDER
    [capped] = [reason for reason in result.reasons if reason.code is ReasonCode.CAPPED]
    assert capped.params == {"flag": "hazmat", "verdict": "CONSIDER"}


def test_a_product_without_any_price_is_skipped_for_that_reason() -> None:
    nothing = facts(buy_box=PriceStats(), new_fba=PriceStats(), new=PriceStats())
    result = score(nothing, Profile(), now=NOW)
    assert result.verdict is Verdict.SKIP
    assert result.roi_percent is None
    assert [reason.code for reason in result.reasons] == [ReasonCode.NO_PRICE]


def test_a_cheap_fetch_without_buy_box_still_earns_a_provisional_score() -> None:
    cheap = ProductFacts(
        asin="B000000001",
        marketplace="fr",
        currency="EUR",
        fetched_at=NOW,
        root_category=57004031,
        new=steady("30.00"),
        bsr=5_000,
        bsr_avg90=5_000,
        count_new=3,
        rank_drops_30=40,
        rank_drops_90=120,
        rank_drops_180=240,
        fba_fee=euros("5.07"),
        measures=measured(new=seen(3000, series=PriceSeries.NEW)),
    )
    provisional = score(cheap, Profile(), now=NOW, cost=euros(10))
    full = score(facts(), Profile(), now=NOW, cost=euros(10))
    assert provisional.sell_price == euros(30)
    assert provisional.sell_price_series is PriceSeries.NEW
    assert provisional.has_flag(FlagCode.NO_BUY_BOX)
    assert provisional.confidence < full.confidence
    assert provisional.verdict is Verdict.BUY  # no better, until the Buy Box is known


def test_the_conservative_basis_does_not_believe_a_spike() -> None:
    spiked = facts(buy_box=PriceStats(euros(60), euros(30), euros(30)))
    result = score(spiked, Profile(), now=NOW, cost=euros(10))
    assert result.sell_price == euros(30)
    trusting = Profile(price_basis=PriceBasis.CURRENT)
    assert score(spiked, trusting, now=NOW).sell_price == euros(60)


def test_unknown_marketplaces_and_naive_clocks_are_refused() -> None:
    with pytest.raises(LookupError):
        score(facts(marketplace="zz"), Profile(), now=NOW)
    with pytest.raises(ValueError, match="aware"):
        score(facts(), Profile(), now=NOW.replace(tzinfo=None))
    for cost in ("0", "-1", "NaN"):
        with pytest.raises(ValueError, match="positive"):
            score(facts(), Profile(), now=NOW, cost=Decimal(cost))
