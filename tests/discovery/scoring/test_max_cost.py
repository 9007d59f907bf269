"""One maximum cost: paying it earns a BUY, paying one smallest unit more does not."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.keepa.decode import decode_product
from discovery.products.from_keepa import facts_of
from discovery.scoring import (
    SHIPPED,
    ChangeCode,
    Condition,
    FlagCode,
    Grade,
    PriceStats,
    ProductFacts,
    Profile,
    ReasonCode,
    Score,
    SoldCopy,
    VatRegime,
    Verdict,
    score,
)
from discovery.scoring.codes import (
    FloorJoin,
)
from discovery.scoring.inputs import (
    PriceDistribution,
)
from discovery.scoring.verdict import RANK
from tests.discovery.builders import NOW as BOOK_SEEN
from tests.discovery.builders import facts as american_book
from tests.discovery.keepa.real_answers import products_of, samples
from tests.discovery.scoring.codecs import score_from_json, score_to_json
from tests.discovery.scoring.factories import (
    CENT,
    NOW,
    any_facts,
    any_product,
    any_profile,
    bare,
    euros,
    facts,
    french_book,
    seen,
    steady,
)
from tests.discovery.scoring.test_identities import sold_at
from tests.discovery.scoring.test_reach import RAISED, measured

quick = settings(max_examples=60, deadline=None)
CAPS = [f"cap_{code.value}" for code in FlagCode]
WHOLE_YEN = Decimal(1)
# Lifts every cap that a profile may lift, and asks nothing of velocity and confidence.
HARD = (
    "cap_fees_unknown", "cap_cost_assumed", "cap_ambiguous_code", "cap_identity_to_check",
)  # fmt: skip
UNCAPPED: dict[str, Any] = {
    name: None for name in CAPS if name not in (*HARD, "cap_rarely_profitable")
}
NO_FLOORS: dict[str, Any] = dict.fromkeys(
    [f"{level}_{name}" for level in ("consider", "buy") for name in ("velocity", "confidence")],
    Decimal(0),
)


def variants() -> st.SearchStrategy[Profile]:
    """The shipped profiles under each regime, condition and join, any one cap changed."""

    def build(
        slug: str, regime: VatRegime, condition: Condition, join: FloorJoin, name: str, cap: Any
    ) -> Profile:
        changes: dict[str, Any] = {"regime": regime, "condition": condition, "floors_join": join}
        if cap is not None or name not in HARD:
            changes[name] = cap
        return dataclasses.replace(SHIPPED[slug], **changes)

    return st.builds(
        build,
        st.sampled_from(sorted(SHIPPED)),
        st.sampled_from(VatRegime),
        st.sampled_from(Condition),
        st.sampled_from(FloorJoin),
        st.sampled_from(CAPS),
        st.sampled_from([None, Verdict.CONSIDER, Verdict.SKIP]),
    )


def is_buy(result: Score) -> bool:
    return RANK[result.verdict] >= RANK[Verdict.BUY]


def freed(profile: Profile) -> Profile:
    """The profile without anything that forbids a BUY whatever is paid."""
    return dataclasses.replace(profile, **UNCAPPED, **NO_FLOORS)


def assert_exact(
    product: ProductFacts,
    profile: Profile,
    *,
    now: datetime = NOW,
    unit: Decimal = CENT,
    sold: SoldCopy = SoldCopy.LISTING,
) -> Score:
    """At the maximum a BUY or better (were nothing else in its way), one unit above it none.

    The maximum is for all that the listing sells at once, and for the copy ``sold``.
    """
    units = product.pack_size
    answer = score(product, profile, now=now, sold=sold)
    most = answer.max_cost
    if most is None:
        assert answer.buy_forbidden_by[0] is ReasonCode.NO_PRICE
        return answer
    assert most >= 0
    assert most == most.quantize(unit)
    if answer.buy_forbidden_by:
        # Another cost changes nothing about it, and money alone would have allowed the same.
        cost = max(most, unit)
        assert not is_buy(score(product, profile, now=now, cost=cost, cost_units=units, sold=sold))
        if ReasonCode.NO_PRICE not in answer.buy_forbidden_by:
            other = score(product, freed(profile), now=now, sold=sold)
            assert other.max_cost == most
            if FlagCode.FEES_UNKNOWN in answer.buy_forbidden_by:  # no profile lifts this cap
                assert FlagCode.FEES_UNKNOWN in other.buy_forbidden_by
                return answer
            assert other.buy_forbidden_by == ()
        profile = freed(profile)
    if most > 0:
        there = score(product, profile, now=now, cost=most, cost_units=units, sold=sold)
        assert is_buy(there)
        assert there.max_cost == most
    above = most + unit
    assert not is_buy(score(product, profile, now=now, cost=above, cost_units=units, sold=sold))
    return answer


@settings(max_examples=300, deadline=None)
@given(any_facts(), variants(), st.sampled_from(SoldCopy))
def test_paying_the_maximum_is_a_buy_and_a_cent_more_is_not(
    product: ProductFacts, profile: Profile, sold: SoldCopy
) -> None:
    assert_exact(product, profile, sold=sold)


@settings(max_examples=150, deadline=None)
@given(any_facts(), variants(), st.sampled_from([None, *Grade]), st.sampled_from(SoldCopy))
def test_it_holds_for_used_copies_wherever_they_are_bought(
    product: ProductFacts, profile: Profile, wanted: Grade | None, sold: SoldCopy
) -> None:
    used = dataclasses.replace(profile, condition=Condition.USED, used_grade=wanted)
    assert_exact(product, used, sold=sold)


@settings(max_examples=150, deadline=None)
@given(any_facts(), any_profile())
def test_the_same_holds_for_any_profile(product: ProductFacts, profile: Profile) -> None:
    assert_exact(product, profile)


@pytest.mark.parametrize("join", FloorJoin)
@pytest.mark.parametrize("regime", VatRegime)
@pytest.mark.parametrize("slug", SHIPPED)
def test_it_holds_for_products_one_would_buy(slug: str, regime: VatRegime, join: FloorJoin) -> None:
    """Sound products whose price moved: here the share of profitable days decides."""
    profile = dataclasses.replace(SHIPPED[slug], regime=regime, floors_join=join)
    for seed in range(40):
        base = any_product(seed)
        product = facts(
            buy_box=steady(str(12 + seed)),
            fba_fee=base.fba_fee,
            measures=measured(new=seen(*(800 + 71 * seed * step // 2 for step in range(1, 7)))),
        )
        assert_exact(product, profile)


@pytest.mark.parametrize(
    ("code", "cap"),
    [
        (code, cap)
        for code in RAISED
        for cap in (Verdict.BUY, Verdict.CONSIDER, Verdict.SKIP, None)
        # No profile lifts the cap of unknown fees; a maximum is for the whole lot.
        if code is not FlagCode.PACK_COST
        and (code is not FlagCode.FEES_UNKNOWN or cap in (Verdict.CONSIDER, Verdict.SKIP))
    ],
)
def test_every_flag_that_caps_below_a_buy_is_named(code: FlagCode, cap: Verdict | None) -> None:
    profile = Profile(**(UNCAPPED | NO_FLOORS | {f"cap_{code.value}": cap}))
    now = datetime(2026, 4, 1, tzinfo=UTC) if code is FlagCode.PRICE_MEANING_CHANGED else NOW
    product = facts(**RAISED[code][0])
    answer = assert_exact(product, profile, now=now)
    forbidding = cap in (Verdict.CONSIDER, Verdict.SKIP) and code is not FlagCode.RARELY_PROFITABLE
    told = {code} if forbidding else set()
    assert set(answer.buy_forbidden_by) - {FlagCode.FEES_UNKNOWN} == told - {FlagCode.FEES_UNKNOWN}


def forty_percent() -> ProductFacts:
    """A US book at $30.00, a price that held only 40 % of the last 90 days; else it was $22.00."""
    spread = PriceDistribution((2200, 3000), (6000, 10_000))
    return american_book(measures=measured(new=seen(2200, 3000, window_90=spread)))


def test_a_price_that_held_forty_percent_of_the_days_has_one_maximum_everywhere() -> None:
    dear = score(forty_percent(), Profile(), now=BOOK_SEEN, cost=euros("14.00"))
    most = dear.max_cost
    assert most == euros("7.93")
    [buy] = [
        change.params["amount"]
        for change in dear.what_would_change
        if change.code is ChangeCode.COST_AT_MOST and change.params["verdict"] == Verdict.BUY
    ]
    assert buy == "7.93"
    assert is_buy(score(forty_percent(), Profile(), now=BOOK_SEEN, cost=most))
    above = score(forty_percent(), Profile(), now=BOOK_SEEN, cost=euros("7.94"))
    assert above.verdict is Verdict.CONSIDER
    assert above.has_flag(FlagCode.RARELY_PROFITABLE)
    # What the money floors alone would allow: paying it was a CONSIDER before, as it is now.
    steady_price = score(american_book(measures=measured(new=seen(3000))), Profile(), now=BOOK_SEEN)
    assert steady_price.max_cost == euros("13.07")
    at_headline = score(forty_percent(), Profile(), now=BOOK_SEEN, cost=steady_price.max_cost)
    assert at_headline.verdict is Verdict.CONSIDER


def test_the_share_of_days_bounds_nothing_where_its_flag_may_not_forbid_a_buy() -> None:
    for changes in (
        {"cap_rarely_profitable": Verdict.BUY},
        {"cap_rarely_profitable": None},
        {"floors_join": FloorJoin.OR},
        {"rarely_profitable_percent": Decimal(40)},
    ):
        answer = assert_exact(forty_percent(), Profile(**changes), now=BOOK_SEEN)
        assert answer.max_cost is not None
        assert answer.max_cost >= euros("13.07")


def test_days_asked_for_to_a_tenth_of_a_percent_are_counted_exactly() -> None:
    """35.1 % × 100 is a little more than 3 510 in floating point."""
    spread = PriceDistribution((2200, 3000), (6490, 10_000))
    product = american_book(measures=measured(new=seen(2200, 3000, window_90=spread)))
    just = assert_exact(product, Profile(rarely_profitable_percent=Decimal("35.1")), now=BOOK_SEEN)
    more = assert_exact(product, Profile(rarely_profitable_percent=Decimal("35.11")), now=BOOK_SEEN)
    assert just.max_cost == euros("13.07")
    assert more.max_cost == euros("7.93")


def test_what_forbids_a_buy_is_named_in_one_order() -> None:
    few_sales = {"rank_drops_30": 1, "rank_drops_90": 1, "rank_drops_180": 1}
    product = facts(**few_sales, is_hazmat=True, is_adult=True, buy_box_is_amazon=None, bsr=None)
    profile = Profile(buy_confidence=Decimal(100), strong_confidence=Decimal(100))
    answer = assert_exact(product, profile)
    assert answer.buy_forbidden_by == (
        ReasonCode.VELOCITY_MISSED,
        ReasonCode.CONFIDENCE_MISSED,
        FlagCode.HAZMAT,
        FlagCode.ADULT,
    )
    assert answer.max_cost is not None
    assert answer.max_cost > 0


def test_confidence_counts_as_if_the_cost_were_told() -> None:
    """An assumed cost earns few points; the maximum is what a known cost would be told."""
    profile = Profile(buy_confidence=Decimal(95), strong_confidence=Decimal(95))
    assumed = score(facts(new=PriceStats()), profile, now=NOW)
    assert assumed.confidence < 95
    assert assumed.buy_forbidden_by == ()
    assert assumed.max_cost is not None
    assert is_buy(score(facts(new=PriceStats()), profile, now=NOW, cost=assumed.max_cost))


def test_a_buy_is_forbidden_by_nothing() -> None:
    answer = score(facts(), Profile(), now=NOW, cost=euros("10.00"))
    assert is_buy(answer)
    assert answer.buy_forbidden_by == ()


def test_where_no_cost_meets_the_floors_the_maximum_is_zero() -> None:
    cheap = score(facts(buy_box=steady("6.00")), Profile(), now=NOW)
    assert cheap.max_cost == 0
    assert str(cheap.max_cost) == "0.00"
    never = PriceDistribution((100, 3000), (9000, 10_000))
    rarely = facts(measures=measured(new=seen(100, 3000, window_90=never)))
    assert assert_exact(rarely, Profile()).max_cost == 0


def test_without_a_price_there_is_no_maximum_and_that_is_said_first() -> None:
    unsold = facts(buy_box=PriceStats(), new_fba=PriceStats(), new=PriceStats(), is_hazmat=True)
    answer = score(unsold, Profile(), now=NOW)
    assert answer.max_cost is None
    assert answer.buy_forbidden_by == (ReasonCode.NO_PRICE, FlagCode.HAZMAT)


@quick
@given(st.integers(2_000, 20_000), st.sampled_from(VatRegime), st.integers(0, 200))
def test_yen_have_no_cents(price: int, regime: VatRegime, target: int) -> None:
    goods = facts(
        marketplace="jp",
        currency="JPY",
        buy_box=steady(price),
        new_fba=steady(price),
        referral_percent=Decimal(15),
        fba_fee=Decimal(434),
        measures=measured(new=seen(price * 8 // 10, price)),
    )
    profile = bare(
        **NO_FLOORS,
        regime=regime,
        consider_roi_percent=Decimal(0),
        roi_target_percent=Decimal(target),
        strong_roi_percent=Decimal(500),
        min_profit=Decimal(300),
        strong_profit=Decimal(300),
    )
    answer = assert_exact(goods, profile, unit=WHOLE_YEN)
    assert answer.max_cost is not None


@pytest.mark.parametrize("regime", VatRegime)
def test_a_floor_met_to_the_last_digit_is_decided_as_the_verdict_decides(
    regime: VatRegime,
) -> None:
    """Divisions by 1.055 never end: the solution may lie a hair beside the whole cent it is."""
    book = french_book()
    for minor in range(500, 900):
        cost = Decimal(minor) / 100
        exact = sold_at(book, bare(regime=regime), Decimal("24.90"), cost)
        floor = max(exact, CENT)
        profile = bare(
            regime=regime,
            consider_roi_percent=Decimal(0),
            roi_target_percent=Decimal(0),
            min_profit=floor,
            strong_profit=floor,
        )
        answer = score(book, profile, now=NOW, cost=cost)
        assert answer.max_cost == cost
        assert is_buy(answer)
        assert not is_buy(score(book, profile, now=NOW, cost=cost + CENT))


def test_scores_stored_before_the_field_existed_still_read() -> None:
    answer = score(facts(is_hazmat=True), Profile(), now=NOW)
    stored = json.loads(json.dumps(score_to_json(answer)))
    assert score_from_json(stored) == answer
    assert [type(code) for code in score_from_json(stored).buy_forbidden_by] == [FlagCode]
    del stored["buy_forbidden_by"]
    assert score_from_json(stored).buy_forbidden_by == ()


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_it_holds_for_real_answers(path: Path) -> None:
    for raw, market in products_of(path):
        snapshot = decode_product(raw, marketplace=market, detail=False)
        product = facts_of(snapshot, now=NOW)
        for profile in SHIPPED.values():
            for condition in Condition:
                for regime in VatRegime:
                    for join in FloorJoin:
                        changed = dataclasses.replace(
                            profile, condition=condition, regime=regime, floors_join=join
                        )
                        unit = Decimal(1).scaleb(-market.exponent)
                        assert_exact(product, changed, now=NOW, unit=unit)
