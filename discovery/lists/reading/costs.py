"""Which column is the cost among several prices, and what is to be done to its amounts. Pure.

What the reseller pays goes before what anybody pays, net before list, a unit before a case; what
the public pays is never a cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from discovery.lists.reading.currencies import settled
from discovery.lists.reading.discounts import are_fractions
from discovery.lists.reading.heading_rows import Headed, heading_at
from discovery.lists.reading.headings import UNKNOWN, Heading, Role
from discovery.lists.reading.model import NO_COLUMN, Corrections, Row
from discovery.lists.reading.samples import (
    SAMPLE,
    filled_cells,
    looks_like_money,
    share_of_prices,
)
from discovery.lists.reading.totals import discount_is_in_total
from discovery.lists.reading.words import plain
from discovery.vat_basis import VatBasis

READABLE = 0.3  # share of a column's cells that must be prices


@dataclass(frozen=True, slots=True, kw_only=True)
class CostColumns:
    """The column of the costs, and those that say what its amounts are for.

    ``units``: the same number for every line, by the heading; ``units_at``: the column of
    quantities that a total is for. ``tiers``: (quantity from which it applies, column).
    ``further_discounts``: those taken off what the first leaves; ``discount_currency``: that of a
    discount in money, which is no percentage.
    ``rivals``: the columns that could as well be the cost; ``retail``: those paid by the public;
    ``unexplained``: amounts under headings that say nothing.
    """

    cost: int | None = None
    heading: Heading = UNKNOWN
    vat: VatBasis | None = None
    pack_priced: bool = False
    units: int | None = None
    units_at: int | None = None
    discount: int | None = None
    discount_as_fraction: bool = False
    further_discounts: tuple[int, ...] = ()
    discount_currency: str = ""
    tiers: tuple[tuple[int, int], ...] = ()
    rivals: tuple[int, ...] = ()
    retail: tuple[int, ...] = ()
    unexplained: tuple[int, ...] = ()

    @classmethod
    def guessed(cls, amounts: Sequence[int]) -> CostColumns:
        """The first column of amounts of a table without headings."""
        rivals = tuple(amounts) if len(amounts) > 1 else ()
        return cls(cost=amounts[0] if amounts else None, rivals=rivals)

    @property
    def from_retail(self) -> bool:
        """Whether the cost is a public price less a discount: never that price itself."""
        return self.heading.retail and self.discount is not None


def cost_columns(
    headed: Headed,
    headings: Sequence[Heading],
    *,
    currency: str,
    corrections: Corrections,
    quantity: int | None,
) -> CostColumns:
    """Choose the column of the costs of a marketplace in this currency, or take a person's word."""
    rows = headed.rows[:SAMPLE]
    retail = tuple(
        column
        for column, heading in enumerate(headings)
        if heading.role is Role.PRICE and heading.retail and filled_cells(rows, column)
    )
    if corrections.cost is not None:
        given = None if corrections.cost == NO_COLUMN else corrections.cost
        found = CostColumns(cost=given, heading=heading_at(headed.headings, corrections.cost))
    else:
        found = _chosen(rows, headings, retail, currency)
    if found.cost is None and corrections.cost is None:
        found = _from_total(rows, headings, quantity)
    found = _discounted(found, headed, headings, retail, quantity)
    if found.cost is None and corrections.cost is None:
        found = replace(found, unexplained=_unexplained(rows, headings), retail=retail)
    priced = corrections.pack_priced
    return replace(
        found,
        vat=_vat(found, headings),
        pack_priced=found.heading.case if priced is None else priced,
        units=found.heading.units if (found.heading.units or 1) > 1 else None,
    )


def _chosen(
    rows: Sequence[Row], headings: Sequence[Heading], retail: Sequence[int], currency: str
) -> CostColumns:
    prices = [
        column
        for column, heading in enumerate(headings)
        if heading.role is Role.PRICE
        and not heading.retail
        and share_of_prices(rows, column) >= READABLE
    ]
    steps = [column for column in prices if headings[column].threshold is not None]
    steps = steps or _bare_steps(rows, headings)
    plain = [column for column in prices if column not in steps]
    newest = max((headings[column].year for column in plain), default=0)
    scores = {column: _score(headings[column], newest, currency) for column in plain}
    # What is paid today may not be what is paid tomorrow: the usual price goes first.
    best = max(
        plain,
        key=lambda column: (scores[column], not headings[column].promotion, -column),
        default=None,
    )
    tiers = _tiers(headings, steps, best)
    if best is None and tiers:
        best = tiers[0][1]
    if best is None:
        return CostColumns()
    rivals = tuple(column for column in plain if scores[column] == scores.get(best))
    if not headings[best].buy:
        # A cost left blank makes the price beside it doubtful: it may be what others pay.
        rivals += tuple(
            column
            for column, heading in enumerate(headings)
            if heading.role is Role.PRICE and heading.buy and column not in prices
        )
    return CostColumns(
        cost=best,
        heading=headings[best],
        tiers=tiers if len(tiers) > 1 else (),
        rivals=rivals if len(rivals) > 1 and not _are_alike(rows, rivals) else (),
        retail=tuple(retail),
    )


def _bare_steps(rows: Sequence[Row], headings: Sequence[Heading]) -> list[int]:
    """Columns of prices headed by nothing but rising quantities: 1, 10, 100."""
    found = [
        column
        for column, heading in enumerate(headings)
        if heading.role is Role.UNKNOWN
        and heading.threshold is not None
        and looks_like_money(rows, column)
    ]
    steps = [headings[column].threshold or 0 for column in found]
    rising = all(before < after for before, after in pairwise(steps))
    return found if len(found) > 1 and rising else []


def _score(heading: Heading, newest: int, currency: str) -> float:
    """How likely a price is what the reseller pays for one unit now."""
    foreign = bool(heading.currency) and settled(heading.currency, home=currency) != currency
    basis = {VatBasis.EXCLUDED: 1.0, VatBasis.INCLUDED: 0.5, None: 0.0}[heading.vat]
    return (
        8.0 * heading.buy
        + 4.0 * heading.net
        + 2.0 * heading.unit
        + 3.0 * heading.current
        - 6.0 * heading.old
        - 4.0 * heading.listed
        - 12.0 * heading.case
        - 20.0 * foreign
        - (6.0 if 0 < heading.year < newest else 0.0)
        + basis
    )


def _tiers(
    headings: Sequence[Heading], steps: Sequence[int], single: int | None
) -> tuple[tuple[int, int], ...]:
    """The columns of price breaks by rising quantity; a plain price is that of one unit."""
    found = {headings[column].threshold or 1: column for column in reversed(steps)}
    if found and single is not None and not headings[single].case:
        found.setdefault(1, single)
    return tuple(sorted(found.items()))


def _from_total(
    rows: Sequence[Row], headings: Sequence[Heading], quantity: int | None
) -> CostColumns:
    """The total of a line, for its quantity, where nothing else says what a unit costs."""
    if quantity is None or headings[quantity].role is not Role.QUANTITY:
        return CostColumns()
    for column, heading in enumerate(headings):
        if heading.role is Role.TOTAL and share_of_prices(rows, column) >= READABLE:
            return CostColumns(cost=column, heading=heading, units_at=quantity)
    return CostColumns()


def _discounted(
    found: CostColumns,
    headed: Headed,
    headings: Sequence[Heading],
    retail: Sequence[int],
    quantity: int | None,
) -> CostColumns:
    """With the columns of discounts that still have to be taken off the price, if any do."""
    rows = headed.rows[:SAMPLE]
    discounts = sorted(
        (
            column
            for column, heading in enumerate(headings)
            if heading.role is Role.DISCOUNT and filled_cells(rows, column)
        ),
        key=lambda column: bool(headings[column].currency),
    )
    if not discounts:
        return found
    discount = discounts[0]
    if found.cost is None and retail:
        given = len(filled_cells(rows, discount)) * 2 >= len(rows)
        found = (
            CostColumns(cost=retail[0], heading=headings[retail[0]], retail=tuple(retail))
            if given
            else found
        )
    price = found.heading
    if found.cost is None or price.role is not Role.PRICE:
        return found
    fraction = are_fractions(rows, discount)
    total = next((c for c, heading in enumerate(headings) if heading.role is Role.TOTAL), None)
    if total is not None and quantity is not None:
        applies = discount_is_in_total(
            rows, price=found.cost, discount=discount, quantity=quantity, total=total,
            as_fraction=fraction,
        )  # fmt: skip
    else:
        applies = None
    if applies is None:
        applies = not price.net and (price.listed or price.retail or not price.buy)
    if not applies:
        return found
    return replace(
        found,
        discount=discount,
        discount_as_fraction=fraction,
        further_discounts=_further(headed.headings, discounts),
        discount_currency=headings[discount].currency,
    )


def _further(names: Sequence[str], discounts: Sequence[int]) -> tuple[int, ...]:
    """``Remise 2`` after ``Remise 1``: discounts that differ by their number only add up."""
    said = {
        column: "".join(filter(str.isalpha, plain(names[column])))
        for column in discounts
        if column < len(names)
    }
    first, *others = discounts
    return tuple(column for column in others if said.get(column) == said.get(first))


def _vat(found: CostColumns, headings: Sequence[Heading]) -> VatBasis | None:
    """The basis a heading gives: its own, "net" being without VAT, else that of the totals.

    A net price with VAT is told by its heading; taken for one without, a cost is never too low.
    """
    if found.cost is None or found.heading.vat is not None:
        return found.heading.vat
    if found.heading.says_net:
        return VatBasis.EXCLUDED
    totals = {heading.vat for heading in headings if heading.role is Role.TOTAL} - {None}
    return totals.pop() if len(totals) == 1 else None


def _are_alike(rows: Sequence[Row], columns: Sequence[int]) -> bool:
    """Whether columns hold the same cells: then it does not matter which one is read."""
    return all(len({row.cell(column) for column in columns}) == 1 for row in rows)


def _unexplained(rows: Sequence[Row], headings: Sequence[Heading]) -> tuple[int, ...]:
    """Columns that may be the cost: amounts under no known heading, a price too hard to read."""
    return tuple(
        column
        for column, heading in enumerate(headings)
        if (heading.role is Role.UNKNOWN and looks_like_money(rows, column))
        or (heading.role is Role.PRICE and not heading.retail and filled_cells(rows, column))
    )
