"""What the reader is not sure of, as questions to the list's owner. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from discovery.lists.reading.lines import TableRead
from discovery.lists.reading.model import BadReason, Corrections, Doubt, DoubtCode
from discovery.lists.reading.sheets import JOINED, Sheet


def doubts_of(
    sheets: Sequence[Sheet], left_out: Sequence[Sheet], *, home: str, corrections: Corrections
) -> tuple[Doubt, ...]:
    """The doubts about the sheets that were read; those a correction answers are not raised."""
    reads = [sheet.read for sheet in sheets]
    found: list[Doubt] = []
    if left_out and corrections.sheet is None:
        names = {
            "sheet": JOINED.join(sheet.table.name for sheet in sheets),
            "others": JOINED.join(sheet.table.name for sheet in left_out),
        }
        found.append(Doubt(DoubtCode.WHICH_SHEET, names))
    if corrections.identifier is None and not reads[0].layout.has_codes:
        blocking = not any(read.given for read in reads)
        found.append(Doubt(DoubtCode.NO_IDENTIFIER_COLUMN, blocking=blocking))
    found.extend(_about_cost_column(reads[0], corrections))
    found.extend(_about_cases(reads, corrections))
    found.extend(_about_currencies(reads, home, corrections))
    return tuple(found)


def _about_cost_column(read: TableRead, corrections: Corrections) -> Iterator[Doubt]:
    if corrections.cost is not None:
        return
    layout = read.layout
    costs = layout.costs

    def names(columns: Sequence[int]) -> str:
        return JOINED.join(map(layout.name, columns))

    if costs.cost is not None:
        if costs.rivals:
            params = {"columns": names(costs.rivals), "column": layout.name(costs.cost)}
            yield Doubt(DoubtCode.SEVERAL_COST_COLUMNS, params)
    elif costs.unexplained:
        yield Doubt(DoubtCode.NO_COST_COLUMN, {"columns": names(costs.unexplained)})
    elif costs.retail:
        yield Doubt(DoubtCode.ONLY_PUBLIC_PRICES, {"columns": names(costs.retail)})


def _about_cases(reads: Sequence[TableRead], corrections: Corrections) -> Iterator[Doubt]:
    """Prices of cases of unknown size; a few such lines among others are only left out."""
    layout = reads[0].layout
    unknown = sum(line.reason is BadReason.CASE_PRICE for read in reads for _row, line in read.bad)
    known = any(given.line.pack for read in reads for given in read.given)
    if unknown and corrections.pack_priced is None and layout.cost is not None:
        params = {"column": layout.name(layout.cost), "lines": str(unknown)}
        blocking = not known and corrections.pack is None
        yield Doubt(DoubtCode.CASE_PRICE, params, blocking=blocking)


def _about_currencies(
    reads: Sequence[TableRead], home: str, corrections: Corrections
) -> Iterator[Doubt]:
    """Costs in another currency: refused until their owner confirms a rate, or sets them aside."""
    foreign: Counter[str] = Counter()
    for read in reads:
        foreign.update(read.foreign)
    seen = set(foreign).union(*(read.currencies for read in reads))
    if foreign:
        currency, lines = foreign.most_common(1)[0]
        asked = corrections.currency
        # Saying that the costs are in the marketplace's own currency sets the others aside.
        answered = asked == home or (asked is not None and corrections.rate is not None)
        if not answered:
            currency = asked if asked is not None and asked in foreign else currency
            params = {"currency": currency, "lines": str(foreign[currency] or lines)}
            yield Doubt(DoubtCode.FOREIGN_CURRENCY, params, blocking=True)
    if len(seen) > 1 and corrections.currency is None:
        yield Doubt(DoubtCode.MIXED_CURRENCIES, {"currency": JOINED.join(sorted(seen))})
