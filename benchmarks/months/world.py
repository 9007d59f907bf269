"""A month of the sandbox's amazon.fr: what the Finder answers in each step, and what changes.

Keepa looks at a product every two to three days; between two looks its figures stand still. A
product is what the sandbox's own figures say of it at its last look.
"""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from discovery.keepa.finder import NicheFilters, contains, matches
from discovery.sandbox.catalogue import DEFAULT_SEED, STEP_MINUTES, Catalogue
from discovery.sandbox.figures import Figures
from discovery.sandbox.times import keepa_minutes

AMAZON_FR = 4
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
LOOKED_AT_EVERY = (8, 8, 8, 10, 12)  # steps of six hours: one entry for a fifth of the products
FIELDS = ("current_SALES", "current_NEW", "current_BUY_BOX_SHIPPING")
# Sells well and is worth a parcel: about what passes a profile, so that its Buy Box is bought.
PASSING_RANK, PASSING_PRICE = 10_000, 1_000
# A seller asks half of what the listing sells for: bought there, it is a pick.
PICK_SHARE = 0.5
NARROWED = 2  # narrower questions of each niche


class Figure(NamedTuple):
    """What a product's last look has shown; prices in cents."""

    rank: int | None
    new: int | None
    buy_box: int | None

    @property
    def passes(self) -> bool:
        """Whether its Buy Box is worth buying."""
        if self.rank is None or self.buy_box is None:
            return False
        return self.rank <= PASSING_RANK and self.buy_box >= PASSING_PRICE

    @property
    def is_pick(self) -> bool:
        """Whether it can be bought on its own listing for half of what it sells for."""
        if self.new is None or self.buy_box is None:
            return False
        return self.new <= self.buy_box * PICK_SHARE


@dataclass(frozen=True, slots=True)
class Question:
    """A niche, or a narrower form of it; ``wider`` are the numbers of those that contain it."""

    number: int
    filters: NicheFilters
    wider: tuple[int, ...] = ()

    @property
    def is_saved(self) -> bool:
        """Whether it is a niche somebody keeps, and not what is typed now and then."""
        return self.number % (1 + NARROWED) == 0


class Goods:
    """The products step by step."""

    def __init__(self, *, days: int) -> None:
        catalogue = Catalogue(seed=DEFAULT_SEED, anchor=keepa_minutes(BEGIN))
        live = catalogue.store(AMAZON_FR).live
        self.products = [product for product in live if product.category.path]
        self.roots: dict[int, list[int]] = defaultdict(list)
        for place, product in enumerate(self.products):
            self.roots[product.category.path[0]].append(place)
        self.every: list[int] = []
        self.phase: list[int] = []
        for product in self.products:
            luck = zlib.crc32(product.asin.encode()) + AMAZON_FR
            every = LOOKED_AT_EVERY[luck % len(LOOKED_AT_EVERY)]
            self.every.append(every)
            self.phase.append(luck // len(LOOKED_AT_EVERY) % every)
        self.steps: list[list[Figure]] = []
        for step in range(days * 24 * 60 // STEP_MINUTES):
            self.steps.append(self._step(catalogue, step))

    def _step(self, catalogue: Catalogue, step: int) -> list[Figure]:
        figures = Figures(catalogue.world(catalogue.anchor + step * STEP_MINUTES))
        before = self.steps[-1] if self.steps else []
        return [
            before[place]
            if before and self.last_look(place, step) != step
            else Figure(*(figures.value(product, field) for field in FIELDS))
            for place, product in enumerate(self.products)
        ]

    def last_look(self, place: int, step: int) -> int:
        """The step in which Keepa last looked at a product."""
        every = self.every[place]
        return max(step - (step - self.phase[place]) % every, 0)

    def figure(self, place: int, minute: int) -> Figure:
        """What Keepa tells of a product now."""
        return self.steps[minute // STEP_MINUTES][place]

    def has_changed(self, place: int, *, since: int, minute: int) -> bool:
        """Whether Keepa has looked at a product since a minute."""
        return self.last_look(place, minute // STEP_MINUTES) * STEP_MINUTES > since


class Month:
    """Questions asked of the goods."""

    def __init__(self, goods: Goods, *, niches: int, seed: int = 1) -> None:
        self.goods, self.roots, self.steps = goods, goods.roots, goods.steps
        self.figure, self.has_changed = goods.figure, goods.has_changed
        self.questions = self._questions(niches, random.Random(seed))
        self.found = lru_cache(maxsize=None)(self._found)

    def _questions(self, niches: int, draw: random.Random) -> list[Question]:
        roots = sorted(self.roots)
        asked: list[NicheFilters] = []
        while len(asked) < niches * (1 + NARROWED):
            root = roots[len(asked) // (1 + NARROWED) % len(roots)]
            low, high = draw.choice([500, 1_000, 3_000]), draw.choice([20_000, 40_000, 80_000])
            cheap, dear = draw.choice([8, 12, 16]), draw.choice([60, 90, 150])
            wide = _niche(root, low, high, cheap, dear)
            if wide in asked:
                continue
            narrow = [
                _niche(root, low * 2, high // 2, cheap, dear),
                _niche(root, low, high, cheap + draw.choice([2, 3, 4]), dear),
            ]
            asked += [wide, *narrow]
        return [
            Question(
                number,
                filters,
                tuple(
                    other
                    for other, outer in enumerate(asked)
                    if other != number and contains(outer, filters)
                ),
            )
            for number, filters in enumerate(asked)
        ]

    def _found(self, number: int, step: int) -> tuple[int, ...]:
        filters = self.questions[number].filters
        figures = self.steps[step]
        low, high = filters.bsr_min or 0, filters.bsr_max or 0
        cheap, dear = int((filters.price_min or 0) * 100), int((filters.price_max or 0) * 100)
        found = []
        for place in self.roots[filters.root_categories[0]]:
            rank, price, _buy_box = figures[place]
            if rank is None or price is None:
                continue
            if low <= rank <= high and cheap <= price <= dear:
                found.append((rank, place))
        return tuple(place for _rank, place in sorted(found))

    def check(self) -> None:
        """The quick search above finds what the site's own conditions match."""
        for question in self.questions:
            root = question.filters.root_categories[0]
            theirs = {
                place
                for place in self.roots[root]
                if matches(
                    question.filters,
                    {
                        "rootCategory": root,
                        "current_SALES": self.steps[0][place].rank,
                        "current_NEW": self.steps[0][place].new,
                    },
                )
            }
            if theirs != set(self.found(question.number, 0)):
                raise AssertionError(question.filters.canonical())


def _niche(root: int, low: int, high: int, cheap: int, dear: int) -> NicheFilters:
    return NicheFilters(
        marketplace="fr",
        root_categories=(root,),
        bsr_min=low,
        bsr_max=high,
        price_min=Decimal(cheap),
        price_max=Decimal(dear),
    )


@dataclass(frozen=True, slots=True)
class Search:
    """Somebody asks a question at a minute."""

    minute: int
    user: int
    question: int


@dataclass(frozen=True, slots=True)
class Job:
    """A niche looked at again at these minutes of every day."""

    number: int
    user: int
    question: int
    times: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """What everybody asks: the same for all who are compared."""

    searches: tuple[Search, ...]
    jobs: tuple[Job, ...]


SEARCHES_A_DAY = 6  # of a user at work; a third of it at the weekend
JOB_TIMES = (6 * 60, 12 * 60, 18 * 60)
SPREAD = 45  # minutes around these
ZIPF = 1.1
ASKS_NARROWER = 0.25


def workload(month: Month, *, users: int, days: int, seed: int = 2) -> Workload:
    """Searches in working hours and a job for each user, over niches by Zipf's law."""
    draw = random.Random(seed)
    niches = list(range(0, len(month.questions), 1 + NARROWED))
    draw.shuffle(niches)
    weights = list(accumulate(1 / place**ZIPF for place in range(1, len(niches) + 1)))

    def niche() -> int:
        return draw.choices(niches, cum_weights=weights)[0]

    searches = []
    for day in range(days):
        is_weekend = (BEGIN.weekday() + day) % 7 >= 5
        for user in range(users):
            for _ in range(SEARCHES_A_DAY // 3 if is_weekend else SEARCHES_A_DAY):
                minute = day * 1440 + draw.randrange(8 * 60, 20 * 60)
                narrower = draw.randint(1, NARROWED) if draw.random() < ASKS_NARROWER else 0
                searches.append(Search(minute, user, niche() + narrower))
    jobs = [
        Job(
            user, user, niche(), tuple(time + draw.randrange(-SPREAD, SPREAD) for time in JOB_TIMES)
        )
        for user in range(users)
    ]
    return Workload(tuple(sorted(searches, key=lambda search: search.minute)), tuple(jobs))
