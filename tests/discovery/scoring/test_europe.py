"""What a product costs in Germany, Italy or Spain, and what of the VAT there comes back."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import (
    Condition,
    CostBasis,
    FlagCode,
    FoundCost,
    Identity,
    PriceStats,
    ProductFacts,
    Profile,
    VatBasis,
    VatRegime,
    Verdict,
    score,
)
from discovery.scoring.europe import carriage, cost_abroad, price_abroad, stores_abroad
from tests.discovery.scoring.factories import (
    NOW,
    bare,
    cents,
    euros,
    facts,
    french_book,
    steady,
)

NOTHING = PriceStats()


def german(price: str = "8.00", **changes: Any) -> ProductFacts:
    """The same book on amazon.de."""
    return french_book(marketplace="de", buy_box=steady(price), **changes)


def bought(
    abroad: ProductFacts, profile: Profile, identity: Identity = Identity.PROVED
) -> FoundCost:
    found = cost_abroad(french_book(), abroad, profile, identity=identity)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("regime", "number", "amount", "basis", "profit", "roi"),
    [
        # As paid 8.00 + 3.00 + 0.4 kg x 1.00 = 11.40; F = (24.90 x 15 % + 0.61 + 3.77) x 1.03
        # 24.90 - 1.2 F - 11.40
        (VatRegime.FRANCHISE, False, "11.40", VatBasis.INCLUDED, "3.47", "30.43"),
        # A number changes nothing for who recovers no VAT.
        (VatRegime.FRANCHISE, True, "11.40", VatBasis.INCLUDED, "3.47", "30.43"),
        # 24.90 / 1.055 - F - 11.40: the German VAT is paid and lost
        (VatRegime.REEL, False, "11.40", VatBasis.EXCLUDED, "3.84", "33.71"),
        # 24.90 / 1.055 - F - 11.40 / 1.07: bought net of the 7 % on German books
        (VatRegime.REEL, True, "10.66", VatBasis.EXCLUDED, "4.58", "42.99"),
        # 24.90 - 11.40 is the margin; less its 5.5 %, less F
        (VatRegime.MARGIN, False, "11.40", VatBasis.INCLUDED, "4.44", "38.92"),
    ],
)
def test_a_book_from_germany_worked_by_hand(
    regime: VatRegime, number: bool, amount: str, basis: VatBasis, profit: str, roi: str
) -> None:
    profile = bare(regime=regime, intra_eu_vat_number=number)
    found = bought(german(), profile)
    assert (found.amount, found.vat, found.source) == (euros(amount), basis, "de")
    result = score(french_book(), profile, now=NOW, found=found)
    assert result.profit == euros(profit)
    assert result.roi_percent == euros(roi)


def test_it_is_a_real_cost_with_the_place_it_is_asked_at() -> None:
    result = score(facts(), Profile(), now=NOW, found=FOUND)
    assert (result.cost_basis, result.cost_source) == (CostBasis.EUROPE, "it")
    assert result.landed_cost == euros("8.00")
    assert not result.hypothetical
    assert not result.has_flag(FlagCode.COST_ASSUMED)
    assert result.verdict is Verdict.STRONG_BUY


FOUND = FoundCost(basis=CostBasis.EUROPE, amount=euros("8.00"), vat=VatBasis.INCLUDED, source="it")


def test_a_product_that_may_be_another_one_is_never_a_buy() -> None:
    doubtful = dataclasses.replace(FOUND, identity=Identity.TO_CHECK)
    result = score(facts(), Profile(), now=NOW, found=doubtful)
    assert result.verdict is Verdict.CONSIDER
    assert FlagCode.IDENTITY_TO_CHECK in result.buy_forbidden_by
    proved = score(facts(), Profile(), now=NOW, found=FOUND)
    assert not proved.has_flag(FlagCode.IDENTITY_TO_CHECK)
    assert proved.max_cost == result.max_cost


def test_the_price_is_that_of_an_offer_that_can_be_sent() -> None:
    offers: dict[str, Any] = {
        "new_fba": steady("9.00"),
        "amazon": steady("9.50"),
        "amazon_availability": 0,
    }
    assert price_abroad(german(**offers)) == euros("8.00")
    assert price_abroad(german(**offers, buy_box_held_up=True)) == euros("9.00")
    assert price_abroad(german(**offers, buy_box_preorder=True, release_day=None)) is None
    held_up = {**offers, "buy_box_held_up": True, "new_fba": NOTHING}
    assert price_abroad(german(**held_up)) == euros("9.50")
    assert price_abroad(german(**held_up | {"amazon_availability": 3})) is None


def test_a_coupon_is_for_one_order_and_does_not_count() -> None:
    assert price_abroad(german(coupon_amount=euros(2))) == euros("8.00")


def test_carriage_goes_by_route_and_weight() -> None:
    profile = Profile(carriage_it=euros("5.00"), carriage_per_kg=euros("2.00"))
    home = french_book()
    assert carriage(home, german(), profile) == euros("3.80")
    italian = french_book(marketplace="it")
    assert carriage(home, italian, profile) == euros("5.80")
    unknown = dataclasses.replace(home, package_weight_g=None)
    assert carriage(unknown, german(package_weight_g=1000), profile) == euros("5.00")


def test_only_other_stores_of_the_euro_are_looked_at() -> None:
    assert stores_abroad("fr") == ("de", "it", "es")
    assert stores_abroad("de") == ("it", "es", "fr")
    assert stores_abroad("uk") == stores_abroad("us") == ()
    for here, there in (("fr", "fr"), ("fr", "uk"), ("uk", "de"), ("us", "de")):
        home, abroad = facts(marketplace=here), facts(marketplace=there)
        assert cost_abroad(home, abroad, Profile(), identity=Identity.PROVED) is None


def test_nothing_is_found_for_used_copies_another_asin_or_where_nobody_sells() -> None:
    used = Profile(condition=Condition.USED)
    other = german(asin="2070360025")
    nobody = german(new_fba=NOTHING, amazon=NOTHING)
    nobody = dataclasses.replace(nobody, buy_box=NOTHING)
    for abroad, profile in ((german(), used), (other, Profile()), (nobody, Profile())):
        assert cost_abroad(french_book(), abroad, profile, identity=Identity.PROVED) is None


@settings(max_examples=60, deadline=None)
@given(cents(100, 4000), st.sampled_from(VatRegime), st.booleans())
def test_what_is_paid_abroad_is_counted_once_whatever_the_regime(
    price: Decimal, regime: VatRegime, number: bool
) -> None:
    """Nothing of the VAT of abroad is recovered at home, nor is that of home added to it."""
    profile = bare(regime=regime, intra_eu_vat_number=number)
    abroad = german(f"{price}")
    result = score(french_book(), profile, now=NOW, found=bought(abroad, profile))
    paid = price + carriage(french_book(), abroad, profile)
    counted = paid / Decimal("1.07") if number and regime is VatRegime.REEL else paid
    assert result.landed_cost_net is not None
    assert abs(result.landed_cost_net - counted) <= Decimal("0.01")


@settings(max_examples=60, deadline=None)
@given(cents(100, 4000), st.sampled_from(VatRegime), st.booleans())
def test_paying_the_maximum_abroad_is_a_buy_and_a_cent_more_is_not(
    price: Decimal, regime: VatRegime, number: bool
) -> None:
    profile = Profile(regime=regime, intra_eu_vat_number=number)
    found = bought(german(f"{price}"), profile)
    most = score(french_book(), profile, now=NOW, found=found).max_cost
    assert most is not None
    assert most > 0
    for amount, is_buy in ((most, True), (most + Decimal("0.01"), False)):
        other = dataclasses.replace(found, amount=amount, vat=VatBasis.INCLUDED)
        verdict = score(french_book(), profile, now=NOW, found=other).verdict
        assert (verdict in (Verdict.BUY, Verdict.STRONG_BUY)) is is_buy


def test_a_product_is_bought_at_one_price() -> None:
    with pytest.raises(ValueError, match="one price"):
        score(facts(), Profile(), now=NOW, found=FOUND, cost=euros(8))
    free = dataclasses.replace(FOUND, amount=euros(0))
    with pytest.raises(ValueError, match="positive"):
        score(facts(), Profile(), now=NOW, found=free)
