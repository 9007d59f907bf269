"""Two answers to the same question side by side: what is new, gone, dearer, cheaper, better, worse.

Pure: it is given what both answers held and reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from discovery.scoring import ShownVerdict
from discovery.scoring.verdict import SHOWN_RANK

# Smaller moves are daily noise: ROI in points of per cent, BSR as a share of what it was.
ROI_POINTS = 1.0
BSR_SHARE = 0.1


class Direction(StrEnum):
    """Which way a verdict went."""

    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a product stood in one answer: money in the marketplace's currency, ROI in percent.

    The ROI of what was to be sourced is that of the price to look for.
    """

    pk: int
    position: int
    asin: str
    title: str
    price: Decimal | None
    roi_percent: float | None
    bsr: int | None
    verdict: ShownVerdict


@dataclass(frozen=True, slots=True)
class Pair:
    """The same product in the earlier and in the later answer."""

    before: Standing
    after: Standing

    @property
    def price_percent(self) -> Decimal | None:
        """The price change in percent of what it was; ``None`` when either price is unknown."""
        was, now = self.before.price, self.after.price
        return 100 * (now - was) / was if was and now is not None else None

    @property
    def roi_points(self) -> float | None:
        """The ROI change in points of per cent; ``None`` when either ROI is unknown."""
        was, now = self.before.roi_percent, self.after.roi_percent
        return None if was is None or now is None else now - was

    @property
    def direction(self) -> Direction | None:
        """Which way the verdict went; ``None`` when it stayed."""
        step = SHOWN_RANK[self.before.verdict] - SHOWN_RANK[self.after.verdict]
        if not step:
            return None
        return Direction.BETTER if step < 0 else Direction.WORSE

    @property
    def has_moved(self) -> bool:
        """Whether ROI or BSR differ by more than daily noise.

        A place in the list alone does not count: it moves when other products come and go.
        """
        was, now = self.before, self.after
        return _moved(was.roi_percent, now.roi_percent, ROI_POINTS) or _moved(
            was.bsr, now.bsr, BSR_SHARE * (was.bsr or 0)
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, the most telling first; ``common`` products are in both answers."""

    appeared: tuple[Standing, ...]
    vanished: tuple[Standing, ...]
    verdicts: tuple[Pair, ...]
    prices: tuple[Pair, ...]
    moves: tuple[Pair, ...]
    common: int

    @property
    def better(self) -> int:
        """How many verdicts got better."""
        return sum(pair.direction is Direction.BETTER for pair in self.verdicts)

    @property
    def worse(self) -> int:
        """How many verdicts got worse."""
        return len(self.verdicts) - self.better

    @property
    def is_empty(self) -> bool:
        """Whether the two answers say the same."""
        return not (self.appeared or self.vanished or self.verdicts or self.prices or self.moves)


def compare(*, before: Iterable[Standing], after: Iterable[Standing]) -> Comparison:
    """Match the two answers product by product, by ASIN.

    A product that a list holds several times is matched in the order of its lines.
    """
    old, new = _by_product(before), _by_product(after)
    pairs = [Pair(old[key], standing) for key, standing in new.items() if key in old]
    return Comparison(
        appeared=_placed(standing for key, standing in new.items() if key not in old),
        vanished=_placed(standing for key, standing in old.items() if key not in new),
        verdicts=_best_first(pair for pair in pairs if pair.direction),
        prices=_largest_first(pair for pair in pairs if pair.before.price != pair.after.price),
        moves=tuple(
            sorted(
                (pair for pair in pairs if pair.has_moved),
                key=lambda pair: (-abs(pair.roi_points or 0.0), pair.after.position),
            )
        ),
        common=len(pairs),
    )


def _by_product(standings: Iterable[Standing]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for standing in standings:
        key, times = standing.asin, 1
        while key in found:
            times += 1
            key = f"{standing.asin} {times}"
        found[key] = standing
    return found


def _moved(was: float | None, now: float | None, enough: float) -> bool:
    if was is None or now is None:
        return was is not now
    return was != now and abs(now - was) >= enough


def _placed(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(standings, key=lambda standing: standing.position))


def _best_first(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    def step(pair: Pair) -> int:
        return SHOWN_RANK[pair.before.verdict] - SHOWN_RANK[pair.after.verdict]

    return tuple(sorted(pairs, key=lambda pair: (step(pair), pair.after.position)))


def _largest_first(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    def size(pair: Pair) -> Decimal:
        return abs(pair.price_percent or Decimal(0))

    return tuple(sorted(pairs, key=lambda pair: (-size(pair), pair.after.position)))
