"""The products one code may stand for: which are alive, which fits a unit, which is the default.

An EAN is printed on the unit and found on Amazon's pages of the unit, of lots of it, and of pages
that died. Touches no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from discovery.keepa.product import ProductSnapshot
from discovery.products.from_keepa import LONGEST_TITLE, pack_of

MOST_CANDIDATES = 3  # of one code; each costs a token
_COUNTS = ("COUNT_NEW", "COUNT_USED")
_PRICES = ("BUY_BOX_SHIPPING", "NEW", "NEW_FBA", "AMAZON", "USED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One product of a code. ``is_alive``: it has an offer, a price or a rank.

    The figures are those of one cost and one profile, in the marketplace's currency: empty until
    the candidates of a line have been compared. ``landed_cost`` is for all its ``pack_size`` units.
    """

    asin: str
    title: str = ""
    brand: str | None = None
    pack_size: int | None = None
    is_alive: bool = True
    bsr: int | None = None
    price: Decimal | None = None
    landed_cost: Decimal | None = None
    profit: Decimal | None = None
    roi_percent: Decimal | None = None
    verdict: str = ""


_CANDIDATES = TypeAdapter(tuple[Candidate, ...])


def candidate_of(snapshot: ProductSnapshot) -> Candidate:
    """The product as a candidate of its codes, nothing compared."""
    current = snapshot.current
    return Candidate(
        asin=snapshot.asin,
        title=(snapshot.title or "")[:LONGEST_TITLE],
        brand=snapshot.brand or snapshot.author,
        pack_size=pack_of(snapshot).units,
        is_alive=snapshot.rank is not None
        or snapshot.buy_box.total is not None
        or any(name in current for name in _PRICES)
        or any(current.get(name) for name in _COUNTS),
        bsr=snapshot.rank,
    )


def best_first(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Alive before dead, one unit before an unknown number before a lot, then the better rank."""
    return tuple(sorted(candidates, key=_order))


def _order(candidate: Candidate) -> tuple[bool, int, float, str]:
    misfit = {1: 0, None: 1}.get(candidate.pack_size, 2)
    rank = float("inf") if candidate.bsr is None else candidate.bsr
    return not candidate.is_alive, misfit, rank, candidate.asin


def alive(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those that are on sale."""
    return tuple(candidate for candidate in candidates if candidate.is_alive)


def is_ambiguous(candidates: Sequence[Candidate]) -> bool:
    """Whether only a person can tell which of the candidates a code means.

    Not with one on sale at most. Nor when size and brand tell them apart: one of them sells one
    unit, all others sell lots of the same known brand; the unit's code then means the unit.
    """
    living = alive(candidates)
    if len(living) < 2:
        return False
    units = [candidate for candidate in living if (candidate.pack_size or 1) == 1]
    brands = {(candidate.brand or "").casefold() for candidate in living}
    is_told_apart = len(units) == 1 and units[0].pack_size == 1
    return not (is_told_apart and len(brands) == 1 and "" not in brands)


def costs_are_for_a_unit(candidates: Sequence[Candidate]) -> bool:
    """Whether the code is on sale as a single unit beside its lots: a cost is for the unit then."""
    sizes = [candidate.pack_size or 1 for candidate in alive(candidates)]
    return len(sizes) > 1 and 1 in sizes


def to_json(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """The candidates as JSON values."""
    plain: list[dict[str, Any]] = _CANDIDATES.dump_python(tuple(candidates), mode="json")
    return plain


def from_json(stored: Any) -> tuple[Candidate, ...]:
    """Read back what ``to_json`` made. Raises ``ValueError`` on anything else."""
    return _CANDIDATES.validate_python(stored)
