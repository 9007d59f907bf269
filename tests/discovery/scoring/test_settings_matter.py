"""Every number on a result page traces to a setting: change it, and the score changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product as product_of
from typing import Any

import pytest

from discovery.scoring import (
    Condition,
    Identity,
    InvalidSetting,
    PriceSeries,
    PriceStats,
    ProductFacts,
    Profile,
    Score,
    VatRegime,
    score,
)
from discovery.scoring.codes import (
    CostMethod,
)
from discovery.scoring.dips import dip_cost
from discovery.scoring.europe import cost_abroad
from discovery.scoring.identity import Identified, same_product
from discovery.scoring.inputs import (
    Measures,
    PriceDistribution,
    PriceMeasures,
)
from discovery.scoring.picks import Look, classify
from discovery.scoring.profile import SPECS
from discovery.scoring.settings import SettingValue, Spec
from tests.discovery.scoring.dipping import in_a_dip
from tests.discovery.scoring.factories import (
    FR_BOOKS,
    NOW,
    US_BOOKS,
    american,
    euros,
    facts,
    french_book,
    seen,
    steady,
)
from tests.discovery.scoring.test_reach import RAISED, measured

WINTER = datetime(2026, 11, 20, tzinfo=UTC)
AGES_AGO = NOW - timedelta(days=30)
UNSOLD: dict[str, Any] = dict.fromkeys(("rank_drops_30", "rank_drops_90", "rank_drops_180"))
SPREAD = PriceMeasures(
    PriceSeries.BUY_BOX,
    2400,
    2600,
    3000,
    window_90=PriceDistribution(tuple(range(1500, 3600, 100)), tuple(range(476, 10001, 476))),
)

AMBIGUOUS = "B0AMBIGUOU"
Situation = tuple[ProductFacts, datetime, Decimal | None]


def situations() -> Iterator[Situation]:
    """Products, days and costs that between them exercise every setting."""
    plain = facts()
    yield plain, NOW, euros("10.00")
    yield plain, NOW, euros("14.00")
    yield plain, NOW, None
    offers = facts(
        lowest_fbm_new=euros(12),
        new=steady(14),
        amazon=steady(16),
        used=steady(11),
        used_buy_box=steady(18),
        warehouse=euros(9),
    )
    yield offers, NOW, None
    yield facts(lowest_fbm_new=None, new=steady(14), amazon=steady(13)), NOW, None
    yield facts(new=PriceStats(), amazon=steady(13)), NOW, None
    yield facts(new=steady(14)), NOW, None
    varied = PriceStats(euros(35), euros(32), euros(30), euros(28), euros(26))
    yield facts(buy_box=varied, measures=measured(new=seen(2600, 3000))), NOW, euros(10)
    yield facts(buy_box=steady(21)), NOW, euros(8)
    yield french_book(list_price=euros("30.00")), NOW, euros(8)
    yield american(), WINTER, euros(10)
    yield american(root_category=US_BOOKS), NOW, euros(10)
    yield american(buy_box=steady(1)), NOW, euros("0.50")
    blank = {"package_length_mm": None, "package_weight_g": None}
    yield facts(marketplace="jp", currency="JPY", **blank), NOW, euros(10)
    yield facts(return_rate=2), NOW, euros(10)
    yield facts(**UNSOLD), NOW, euros(10)
    yield facts(**UNSOLD, bsr=None, bsr_avg90=None, measures=Measures()), NOW, euros(10)
    for drops in (1, 3, 700):
        sold = {"rank_drops_30": drops, "rank_drops_90": 3, "rank_drops_180": 2 * drops}
        yield facts(**sold), NOW, euros(10)
    saturated = {"rank_drops_30": 620, "rank_drops_90": 1860, "rank_drops_180": 3720}
    yield facts(**saturated, bsr=2, bsr_avg90=2), NOW, euros(10)
    yield (
        facts(rank_drops_30=620, rank_drops_90=1860, rank_drops_180=3720, bsr_avg90=800),
        NOW,
        None,
    )
    unknown_offers: dict[str, Any] = dict.fromkeys(("count_new", "count_new_fba", "count_new_fbm"))
    yield facts(**unknown_offers), NOW, euros(10)
    yield facts(count_new_fba=None), NOW, euros(10)
    yield (
        facts(amazon=steady(31), buy_box_is_amazon=None, amazon_buy_box_share_90=None),
        NOW,
        euros(10),
    )
    yield facts(measures=measured(rank_trend=1.7)), NOW, euros(10)
    yield facts(measures=measured(new=SPREAD)), NOW, euros(13)
    yield facts(measures=measured(new=seen(3000, in_stock_90=0.8))), NOW, euros(10)
    yield facts(measures=measured(history_days=100)), NOW, euros(10)
    yield facts(measures=measured(history_days=60)), NOW, euros(10)
    yield facts(measures=measured(amazon_presence_90=0.6), amazon_buy_box_share_90=None), NOW, None
    for hours in (5, 20, 50, 80):
        yield facts(fetched_at=NOW - timedelta(hours=hours)), NOW, euros(10)
    yield facts(fba_fee=euros("5.70"), referral_percent=Decimal(14)), NOW, euros(10)
    yield facts(fba_fee=euros("5.50")), NOW, euros(10)
    for share in (25, 35, 55):
        yield facts(amazon_buy_box_share_90=share), NOW, euros(8)
    for trend in (0.75, 0.82, 0.9):
        yield facts(measures=measured(new=seen(3000, trend=trend))), NOW, euros(8)
    for ratio in (1.4, 1.7, 2.2):
        yield (
            facts(measures=measured(rank_trend=ratio, new_offers_trend=ratio)),
            NOW,
            euros(8),
        )
    for current in (36, 40, 50):
        spiked = PriceStats(euros(current), euros(30), euros(30))
        yield facts(buy_box=spiked), NOW, euros(8)
    yield facts(bsr=1500, bsr_avg90=1500), NOW, euros(8)
    doubtful: dict[str, Any] = {"buy_box": PriceStats(), "new_fba": PriceStats()}
    yield (
        facts(**doubtful, **unknown_offers, bsr=None, measures=Measures(), fetched_at=AGES_AGO),
        NOW,
        euros(8),
    )
    yield facts(monthly_sold=4), NOW, euros(8)
    yield facts(monthly_sold=8), NOW, euros(8)
    yield facts(monthly_sold=20), NOW, euros(8)
    yield facts(monthly_sold=1, sellers_near_price=9), NOW, euros(8)
    for cost in ("12.00", "15.00", "16.00", "17.00"):
        yield plain, NOW, euros(cost)
    yield facts(buy_box=steady(80), measures=measured(new=seen(8000))), NOW, euros(42)
    yield facts(buy_box=steady(12), measures=measured(new=seen(1200))), NOW, euros("1.00")
    yield facts(buy_box=steady(14), measures=measured(new=seen(1400))), NOW, euros("2.00")
    for share in (30, 45, 70, 85, 98):
        yield facts(buy_box_leader_share_90=share), NOW, euros(8)
    yield facts(monthly_sold=2000, is_variation=True), NOW, euros(8)
    best_seller = Measures(history_days=400)
    yield facts(**UNSOLD, bsr=1, bsr_avg90=1, measures=best_seller), NOW, euros(8)
    for cause, _ in RAISED.values():
        yield facts(**cause), NOW, euros(8)
    yield facts(marketplace="jp", currency="JPY", buy_box=steady(4000)), NOW, euros(900)
    graded = {"used_good": steady(18), "used_acceptable": steady(12), "used_like_new": steady(24)}
    yield facts(**graded), NOW, euros(8)
    yield facts(is_variation_parent=True, measures=Measures()), NOW, euros(8)
    yield facts(package_length_mm=None, closing_fee=euros(1)), NOW, euros(8)
    book = french_book(root_category=FR_BOOKS, used=steady(9), used_buy_box=steady(15))
    yield book, NOW, None
    yield facts(asin=AMBIGUOUS), NOW, euros(8)
    moved = facts(buy_box=PriceStats(), new_fba=PriceStats())
    yield moved, datetime(2026, 4, 1, tzinfo=UTC), euros(8)


SITUATIONS = tuple(situations())


def others(name: str, spec: Spec, profile: Profile) -> Iterator[Profile]:
    """Profiles that differ from ``profile`` in one setting only."""
    present = getattr(profile, name)
    for value in _values(spec, present):
        if value == present:
            continue
        try:
            changed: dict[str, Any] = {name: value}
            yield dataclasses.replace(profile, **changed)
        except InvalidSetting:
            continue  # crosses a neighbouring threshold


def _values(spec: Spec, present: Any) -> Iterator[SettingValue]:
    if spec.choices:
        yield from spec.choices
        if spec.optional:
            yield None
        return
    assert spec.low is not None
    assert spec.high is not None
    whole = spec.kind == "integer"
    base = Decimal(present) if present is not None else Decimal(7)
    for value in (base * 2, base / 2, base + 5, base - 1, spec.low, min(spec.high, Decimal(100))):
        bounded = max(spec.low, min(spec.high, value))
        yield int(bounded) if whole else bounded


def scored(product: ProductFacts, profile: Profile, now: datetime, cost: Decimal | None) -> Score:
    """The score; a product of this ASIN was found by a code that may mean another one too."""
    candidates = 2 if product.asin == AMBIGUOUS else 1
    return score(product, profile, now=now, cost=cost, candidates=candidates)


def found_elsewhere(profile: Profile) -> list[Score | str]:
    """What is bought abroad or in a dip, and what picks are called: scores of no listing alone."""
    found: list[Score | str] = []
    title = "Boss Original, Surligneur fluo jaune"
    one = Identified(asin="B000000001", title="Boss Original, Surligneur jaune")
    for here, there in (("fr", "de"), ("fr", "it"), ("fr", "es"), ("de", "fr")):
        home, abroad = (facts(marketplace=code, buy_box=steady(30)) for code in (here, there))
        abroad = dataclasses.replace(abroad, buy_box=steady(8))
        other = dataclasses.replace(one, title=title)
        own = profile.for_marketplace(here)
        identity = same_product(one, other, least_percent=own.identity_title_percent)
        assert identity is not None
        cost = cost_abroad(home, abroad, own, identity=identity)
        found += [essence(score(home, profile, now=NOW, found=cost))] if cost else []
        doubtful = cost and dataclasses.replace(cost, identity=Identity.TO_CHECK)
        found += [essence(score(home, profile, now=NOW, found=doubtful))] if doubtful else []
    for days in ((8.0,), (8.0, 9.0, 10.0), (8.0,) * 9):
        dipped = in_a_dip(*days, percent=30)
        cost = dip_cost(dipped, profile.for_marketplace("fr"))
        found += [essence(score(dipped, profile, now=NOW, found=cost))] if cost else []
    healthy = score(facts(), Profile(), now=NOW, cost=euros(10))
    for hours, away, roi, moved in product_of((1, 4, 30), (None, 10, 30), (60, 170), (0, 6)):
        now = Look(NOW, euros(30), roi, 4)
        then = Look(NOW - timedelta(hours=hours), euros(30) - moved, roi, 4)
        offers = dataclasses.replace(then, price=now.price, offers=4 + moved)
        earned = dataclasses.replace(then, price=now.price, roi_percent=roi - 3 * moved)
        since = None if away is None else NOW - timedelta(hours=away)
        for before in (then, offers, earned):
            found.append(classify(now, healthy, [before], since, profile))
    return found


def essence(result: Score) -> Score:
    return dataclasses.replace(result, profile_fingerprint="")


BASES = (
    Profile(),
    Profile(condition=Condition.USED, regime=VatRegime.REEL),
    Profile(cost_method=CostMethod.PRICE_FACTOR, regime=VatRegime.REEL),
)


@pytest.fixture(scope="module")
def before() -> list[list[Score]]:
    return [
        [essence(scored(product, profile, now, cost)) for product, now, cost in SITUATIONS]
        for profile in BASES
    ]


@pytest.mark.parametrize("name", SPECS)
def test_changing_a_setting_changes_a_score(name: str, before: list[list[Score]]) -> None:
    for profile, known in zip(BASES, before, strict=True):
        elsewhere = found_elsewhere(profile)
        for other in others(name, SPECS[name], profile):
            if found_elsewhere(other) != elsewhere:
                return
            for (product, now, cost), was in zip(SITUATIONS, known, strict=True):
                if essence(scored(product, other, now, cost)) != was:
                    return
    pytest.fail(f"{name} changes nothing")


@pytest.mark.parametrize("name", SPECS)
def test_changing_a_setting_changes_the_fingerprint(name: str) -> None:
    changed = [*others(name, SPECS[name], Profile())]
    assert changed
    prints = {Profile().fingerprint, *(other.fingerprint for other in changed)}
    values = {Profile(), *changed}
    assert len(prints) == len(values)


def test_equal_settings_written_differently_are_one_profile() -> None:
    one = Profile.from_settings({"roi_target_percent": "35"})
    same = Profile.from_settings({"roi_target_percent": 35.0, "overrides": {"fr": {}}})
    assert one == same
    assert one.fingerprint == same.fingerprint
