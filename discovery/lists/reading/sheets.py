"""Which sheets of a workbook are the list: those with products, read together when alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from discovery.lists.reading.codes import same_product
from discovery.lists.reading.heading_rows import Headed
from discovery.lists.reading.lines import NO_CODE, TableRead
from discovery.lists.reading.model import Table, UnreadableList
from discovery.lists.reading.words import plain

JOINED = ", "


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet and what its rows became."""

    table: Table
    headed: Headed
    read: TableRead

    @property
    def products(self) -> set[str]:
        """What its lines identify."""
        return {same_product(given.line.identifier) for given in self.read.given}


def named_sheets(tables: Sequence[Table], name: str) -> list[Table]:
    """The sheet of that name, or the sheets a joined name stands for. Raises ``UnreadableList``."""
    found = [table for table in tables if table.name == name]
    if not found:
        names = name.split(JOINED)
        found = [table for table in tables if table.name in names]
    if not found:
        raise UnreadableList("no_such_sheet")
    return found


def chosen_sheets(sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[Sheet]]:
    """The sheets that are the list, and those left out though they hold products too."""
    visible = [sheet for sheet in sheets if not sheet.table.is_hidden]
    productive = [sheet for sheet in visible if _named(sheet)] or [
        sheet for sheet in sheets if _named(sheet)
    ]
    if not productive:
        return [max(visible or sheets, key=lambda sheet: sheet.headed.has_headings)], []
    groups: dict[object, list[Sheet]] = {}
    for sheet in productive:
        groups.setdefault(_signature(sheet), []).append(sheet)
    group = max(groups.values(), key=lambda found: sum(map(_named, found)))
    chosen = _newest(group) if _overlap(group) else group
    return chosen, [sheet for sheet in productive if sheet not in chosen]


def _named(sheet: Sheet) -> int:
    """How many of its lines name a product, those left out for their cost or stock included."""
    left_out = sum(line.reason not in NO_CODE for _row, line in sheet.read.bad)
    return len(sheet.read.given) + left_out


def _signature(sheet: Sheet) -> object:
    """Equal for sheets with the same columns."""
    layout = sheet.read.layout
    headings = tuple(re.sub(r"\d+", "", plain(text)) for text in sheet.headed.headings)
    return (headings, layout.identifiers, layout.cost, layout.quantity)


def _overlap(group: Sequence[Sheet]) -> bool:
    """Whether sheets hold the same products: two versions of a list, not its parts."""
    seen: set[str] = set()
    shared = smallest = 0
    for sheet in group:
        products = sheet.products
        shared = max(shared, len(seen & products))
        smallest = min(smallest or len(products), len(products))
        seen |= products
    return len(group) > 1 and shared * 2 > smallest


def _newest(group: Sequence[Sheet]) -> list[Sheet]:
    """The sheet whose name tells the latest year, else the first."""

    def year(sheet: Sheet) -> int:
        found = re.findall(r"\b20\d\d\b", sheet.table.name)
        return max(map(int, found), default=0)

    return [max(group, key=year)]
