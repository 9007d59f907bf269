"""Settings: read, written, refused by name, and resolved per marketplace and category."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from discovery.scoring import SHIPPED, InvalidSetting, Profile, score
from discovery.scoring.profile import SPECS
from tests.discovery.scoring.factories import (
    FR_BOOKS,
    FR_HOME,
    NOW,
    any_profile,
    euros,
    facts,
    french_book,
)


@settings(max_examples=60, deadline=None)
@given(any_profile())
def test_settings_survive_being_stored(profile: Profile) -> None:
    again = Profile.from_settings(profile.to_settings())
    assert again == profile
    assert again.fingerprint == profile.fingerprint


def test_shipped_profiles_differ_and_grow_bolder() -> None:
    prudent, balanced, bold = (SHIPPED[slug] for slug in ("prudent", "equilibre", "agressif"))
    assert prudent.roi_target_percent > balanced.roi_target_percent > bold.roi_target_percent
    item = facts()
    most = [score(item, each, now=NOW).max_cost for each in (prudent, balanced, bold)]
    assert most == sorted(most, key=lambda cost: cost or 0)
    assert len({each.fingerprint for each in SHIPPED.values()}) == len(SHIPPED)


@pytest.mark.parametrize(
    ("given_settings", "name", "code"),
    [
        ({"roi_targt": 30}, "roi_targt", "unknown"),
        ({"roi_target_percent": "abc"}, "roi_target_percent", "not_a_number"),
        ({"roi_target_percent": True}, "roi_target_percent", "not_a_number"),
        ({"roi_target_percent": "NaN"}, "roi_target_percent", "not_a_number"),
        ({"roi_target_percent": None}, "roi_target_percent", "required"),
        ({"roi_target_percent": -1}, "roi_target_percent", "too_small"),
        ({"roi_target_percent": 1e6}, "roi_target_percent", "too_large"),
        ({"roi_target_percent": 60}, "strong_roi_percent", "below"),
        ({"average_days": 45}, "average_days", "not_a_choice"),
        ({"average_days": "90.5"}, "average_days", "not_an_integer"),
        ({"condition": "mint"}, "condition", "not_a_choice"),
        ({"buy_from_fbm": "yes"}, "buy_from_fbm", "not_a_boolean"),
        ({"cap_cost_assumed": None}, "cap_cost_assumed", "required"),
        ({"cap_cost_assumed": "BUY"}, "cap_cost_assumed", "not_a_choice"),
        ({"overrides": {"France": {}}}, None, None),
        ({"overrides": {"France": {"min_profit": 1}}}, "overrides", "bad_scope"),
        ({"overrides": {"fr": 3}}, "overrides", "bad_scope"),
        ({"overrides": 3}, "overrides", "bad_scope"),
        ({"overrides": {"fr": {"nope": 1}}}, "nope", "unknown"),
        ({"overrides": {"fr": {"strong_profit": 1}}}, "strong_profit", "below"),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(
    given_settings: dict[str, Any], name: str | None, code: str | None
) -> None:
    if name is None:  # a scope that changes nothing is no override
        assert Profile.from_settings(given_settings) == Profile()
        return
    with pytest.raises(InvalidSetting) as refused:
        Profile.from_settings(given_settings)
    assert (refused.value.name, refused.value.code) == (name, code)


def test_no_cap_can_let_an_assumed_cost_or_an_unknown_fee_earn_a_buy() -> None:
    for name in ("cap_cost_assumed", "cap_fees_unknown"):
        assert [str(choice) for choice in SPECS[name].choices] == ["CONSIDER", "SKIP"]
        assert not SPECS[name].optional


def test_french_decimals_are_understood() -> None:
    assert Profile.from_settings({"prep_per_unit": "0,35"}).prep_per_unit == Decimal("0.35")


def test_a_category_wins_over_its_marketplace_and_both_over_the_rest() -> None:
    profile = Profile.from_settings(
        {
            "prep_per_unit": "0.20",
            "overrides": {
                "fr": {"prep_per_unit": "0.50"},
                f"fr:{FR_BOOKS}": {"prep_per_unit": "0.70"},
            },
        }
    )
    assert profile.for_marketplace("us").prep_per_unit == Decimal("0.20")
    assert profile.for_marketplace("fr", [FR_HOME]).prep_per_unit == Decimal("0.50")
    assert profile.for_marketplace("fr", [FR_BOOKS]).prep_per_unit == Decimal("0.70")
    home = score(facts(), profile, now=NOW, cost=euros(10))
    book = score(french_book(), profile, now=NOW, cost=euros(10))
    prep = [
        line.amount
        for result in (home, book)
        for line in (result.fees.lines if result.fees else ())
        if line.code.value == "prep"
    ]
    assert prep == [Decimal("0.50"), Decimal("0.70")]
    assert home.profile_fingerprint == profile.fingerprint


def test_every_setting_is_described_for_the_configuration_page() -> None:
    for name, spec in SPECS.items():
        assert Profile.__dataclass_fields__[name].metadata["spec"] is spec
        assert spec.group
        assert spec.choices or None not in (spec.low, spec.high)
