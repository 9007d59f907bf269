"""Which column is what: by its heading in French or English, else by what stands in it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from discovery.lists.reading.cells import BARCODE, ISBN, is_identifier, is_nothing, read_amount
from discovery.lists.reading.model import Columns, Row

# Compact names -> rank: the most precise identifier of a line is read first.
IDENTIFIERS = {
    **dict.fromkeys(("asin", "codeasin", "asinamazon", "amazonasin"), 0),
    **dict.fromkeys(("isbn", "isbn10", "isbn13", "codeisbn", "numeroisbn"), 1),
    **dict.fromkeys(
        (
            "ean", "ean13", "ean8", "codeean", "gtin", "gtin13", "gtin12", "gtin14", "upc", "upca",
            "codebarre", "codebarres", "codeabarres", "codeabarre", "barcode", "barcodes",
        ),
        2,
    ),
    **dict.fromkeys(("code", "codes", "identifiant", "identifier", "productcode", "productid"), 3),
}  # fmt: skip
PROMISES = {1: ISBN, 2: BARCODE}
COSTS = {
    **dict.fromkeys(
        (
            "prixdachat", "prixachat", "pa", "coutdachat", "coutachat", "cout", "couts", "cost",
            "costs", "buyprice", "buyingprice", "purchaseprice", "buycost", "landedcost", "achat",
        ),
        0,
    ),
    **dict.fromkeys(("prix", "price", "tarif", "pu", "wholesale", "wholesaleprice"), 1),
}  # fmt: skip
QUANTITIES = dict.fromkeys(
    (
        "quantite", "quantites", "qte", "qtes", "qty", "quantity", "quantities", "nombre", "nb",
        "nbre", "units", "unites", "pieces", "stock", "exemplaires", "count",
    ),
    0,
)  # fmt: skip
NOISE = frozenset(
    {"eur", "euro", "euros", "usd", "gbp", "cad", "ht", "ttc", "unitaire", "unit", "net", "per"}
)
SAMPLE = 200  # lines looked at when there is no heading


@dataclass(frozen=True, slots=True)
class Layout:
    """Column numbers from 0; ``promised`` says for each identifier column what it should hold."""

    identifiers: tuple[int, ...]
    promised: tuple[str, ...]
    cost: int | None
    quantity: int | None
    header: Row | None

    def described(self) -> Columns:
        """The layout as a person would name it."""

        def name(column: int) -> str:
            cells = self.header.cells if self.header else ()
            return cells[column].strip() if column < len(cells) else f"#{column + 1}"

        return Columns(
            identifiers=tuple(name(column) for column in sorted(self.identifiers)),
            cost=None if self.cost is None else name(self.cost),
            quantity=None if self.quantity is None else name(self.quantity),
            identifier_at=min(self.identifiers),
            cost_at=self.cost,
            quantity_at=self.quantity,
            heading_row=self.header.number if self.header else 0,
        )


# Cents, or a currency; a whole number written as 2.0 is neither.
LIKE_MONEY = re.compile(r"\d[.,]\d*[1-9]|\d[.,]\d{2}(?!\d)|[€$£¥]")


def compact(heading: str) -> str:
    """``Prix d’achat (€ HT)`` -> ``prixdachat``."""
    plain = unicodedata.normalize("NFKD", heading.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = letters.split()
    return "".join(word for word in words if word not in NOISE) or "".join(words)


def known_heading(text: str) -> bool:
    """Whether a cell is a heading we know, in French or English."""
    name = compact(text)
    return name in IDENTIFIERS or name in COSTS or name in QUANTITIES


def find_layout(rows: Sequence[Row]) -> Layout:
    """Find the columns of a table that has at least one row."""
    first = rows[0]
    if not is_header(first):
        return _guessed(rows, header=None)
    named = [(column, compact(cell)) for column, cell in enumerate(first.cells)]
    identifiers = sorted(
        (IDENTIFIERS[name], column) for column, name in named if name in IDENTIFIERS
    )
    cost, quantity = _best(named, COSTS), _best(named, QUANTITIES)
    if not identifiers:
        return _guessed(rows[1:], header=first, cost=cost, quantity=quantity)
    return Layout(
        identifiers=tuple(column for _rank, column in identifiers),
        promised=tuple(PROMISES.get(rank, "") for rank, _column in identifiers),
        cost=cost,
        quantity=quantity,
        header=first,
    )


def decimal_mark(rows: Sequence[Row], column: int | None, separator: str) -> str:
    """The decimal mark of the costs: what most of them show, else what the separator suggests."""
    cells = [] if column is None else [row.cell(column) for row in rows]
    commas = sum(bool(re.search(r"\d,\d{1,2}(?!\d)", cell)) for cell in cells)
    points = sum(bool(re.search(r"\d\.\d{1,2}(?!\d)", cell)) for cell in cells)
    if commas != points:
        return "," if commas > points else "."
    return "." if separator == "," else ","


def is_header(row: Row) -> bool:
    """Whether the first row holds headings: names we know, or several words and no digit."""
    cells = [cell for cell in row.cells if not is_nothing(cell)]
    if any(is_identifier(cell) for cell in cells):
        return False
    if any(known_heading(cell) for cell in cells):
        return True
    return len(cells) > 1 and not any(c.isdigit() for cell in cells for c in cell)


def _best(named: Sequence[tuple[int, str]], known: dict[str, int]) -> int | None:
    found = sorted((known[name], column) for column, name in named if name in known)
    return found[0][1] if found else None


def _guessed(
    rows: Sequence[Row],
    *,
    header: Row | None,
    cost: int | None = None,
    quantity: int | None = None,
) -> Layout:
    sample = rows[:SAMPLE]
    hits = Counter(
        column
        for row in sample
        for column, cell in enumerate(row.cells)
        if column not in {cost, quantity} and is_identifier(cell)
    )
    # Two columns of identifiers: the one that names more lines is read first.
    identifiers = tuple(column for column, _count in hits.most_common()) or (0,)
    if cost is None and quantity is None and header is None:
        cost, quantity = _guessed_numbers(sample, set(identifiers))
    return Layout(
        identifiers=identifiers,
        promised=("",) * len(identifiers),
        cost=cost,
        quantity=quantity,
        header=header,
    )


def _guessed_numbers(sample: Sequence[Row], taken: set[int]) -> tuple[int | None, int | None]:
    """Cost and quantity: a column mostly of cents or currencies is the cost, else the first is.

    A few odd cells do not decide: ``1,0`` among quantities is still a quantity.
    """
    width = max((len(row.cells) for row in sample), default=0)
    amounts: list[int] = []
    wholes: list[int] = []
    for column in range(width):
        cells = [cell for row in sample if not is_nothing(cell := row.cell(column))]
        numbers = sum(read_amount(cell, mark=",") is not None for cell in cells)
        if column in taken or not cells or numbers * 2 < len(cells):
            continue
        like_money = sum(LIKE_MONEY.search(cell) is not None for cell in cells)
        (amounts if like_money * 2 >= len(cells) else wholes).append(column)
    if not amounts:
        amounts, wholes = wholes[:1], wholes[1:]
    return (amounts[0] if amounts else None), (wholes[0] if wholes else None)
