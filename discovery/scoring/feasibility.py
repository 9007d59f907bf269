"""Before a search: can a niche and a profile both be met? Pure.

The best product the niche allows is put to the engine: when even that one is no Buy, the search
cannot bring any, and that is better said before it is paid for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from discovery.scoring.codes import (
    Condition,
    CostMethod,
    FlagCode,
)
from discovery.scoring.engine import score
from discovery.scoring.inputs import (
    PriceStats,
    ProductFacts,
)
from discovery.scoring.profile import Profile
from discovery.scoring.results import Params


class ConflictCode(StrEnum):
    """What in the question and what in the profile exclude each other; parameters beside."""

    ASSUMED_COST = "assumed_cost"
    NOBODY_SELLS = "nobody_sells"
    NO_PROFIT = "no_profit"  # amount, percent
    TOO_SLOW = "too_slow"  # rank or sales, sellers, velocity, needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a niche allows at best; ``None`` where it sets no bound. Prices in ``currency``."""

    marketplace: str
    currency: str
    root_category: int | None = None
    category_ids: tuple[int, ...] = ()  # from the root down
    price_max: Decimal | None = None
    best_rank: int | None = None
    most_sales: int | None = None
    most_new_offers: int | None = None
    most_used_offers: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """``certain`` when no product at all can be a Buy; else it is only unlikely."""

    code: ConflictCode
    certain: bool
    params: Params


def conflicts(question: Question, profile: Profile, *, now: datetime) -> tuple[Conflict, ...]:
    """Everything that keeps the question's products from being a Buy, surest first."""
    root = () if question.root_category is None else (question.root_category,)
    ids = question.category_ids or root
    resolved = profile.for_marketplace(question.marketplace, ids)
    found = [
        *_offers(question, resolved),
        *_money(question, resolved, now),
        *_speed(question, resolved, now),
    ]
    return tuple(sorted(found, key=lambda conflict: not conflict.certain))


def in_all(found: Sequence[tuple[Conflict, ...]]) -> tuple[Conflict, ...]:
    """What every one of several questions meets; certain only where it is certain in each."""
    by_code = [{conflict.code: conflict for conflict in each} for each in found]
    return tuple(
        replace(conflict, certain=all(each[conflict.code].certain for each in by_code))
        for conflict in found[0]
        if all(conflict.code in each for each in by_code)
    )


def _offers(question: Question, profile: Profile) -> Iterator[Conflict]:
    """Whether a cost can be known, and whether anybody offers what we sell."""
    if profile.cost_method is CostMethod.PRICE_FACTOR:
        yield Conflict(ConflictCode.ASSUMED_COST, True, {})
    sells_new = profile.condition is Condition.NEW
    offers = question.most_new_offers if sells_new else question.most_used_offers
    if offers == 0:
        yield Conflict(ConflictCode.NOBODY_SELLS, True, {})


def _money(question: Question, profile: Profile, now: datetime) -> Iterator[Conflict]:
    """Whether the dearest product, as small as they come, leaves anything to buy it with."""
    if not question.price_max:
        return
    best = _best(question, question.price_max, now)
    answer = score(best, profile, now=now)
    if answer.has_flag(FlagCode.FEES_UNKNOWN) or answer.max_cost is None:
        return
    if answer.max_cost <= 0:
        params = {
            "amount": f"{question.price_max:f}",
            "percent": f"{profile.roi_target_percent:f}",
            "profit": f"{profile.min_profit:f}",
        }
        yield Conflict(ConflictCode.NO_PROFIT, True, params)


def _speed(question: Question, profile: Profile, now: datetime) -> Iterator[Conflict]:
    """Whether the fastest product, among as many sellers as usual, sells fast enough."""
    if question.best_rank is None and question.most_sales is None:
        return
    sellers = int(profile.assumed_competitors)
    if question.most_new_offers is not None and profile.condition is Condition.NEW:
        sellers = min(sellers, question.most_new_offers)
    best = replace(
        _best(question, question.price_max or Decimal(30), now),
        bsr=question.best_rank,
        bsr_avg90=question.best_rank,
        monthly_sold=question.most_sales,
        count_new_fba=sellers,
        count_new_fbm=0,
    )
    answer = score(best, profile, now=now)
    if answer.velocity_score >= profile.buy_velocity:
        return
    params = {
        "sellers": str(sellers),
        "velocity": f"{answer.velocity_score:.0f}",
        "needed": f"{profile.buy_velocity:.0f}",
    }
    if question.most_sales is not None:
        params["sales"] = str(question.most_sales)
    else:
        params["rank"] = str(question.best_rank)
    yield Conflict(ConflictCode.TOO_SLOW, False, params)


def _best(question: Question, price: Decimal, now: datetime) -> ProductFacts:
    steady = PriceStats(price, price, price, price, price)
    return ProductFacts(
        asin="B000000000",
        marketplace=question.marketplace,
        currency=question.currency,
        fetched_at=now,
        first_data_at=now - timedelta(days=730),
        root_category=question.root_category,
        category_ids=question.category_ids,
        buy_box=steady,
        new_fba=steady,
        used=steady,
        used_buy_box=steady,
        amazon_availability=-1,
        bsr=1,
        # The lightest and thinnest thing worth shipping: Amazon's smallest envelope takes it.
        package_length_mm=180,
        package_width_mm=120,
        package_height_mm=8,
        package_weight_g=80,
    )
