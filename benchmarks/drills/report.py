"""What a drill tells: one row for each kind of fault, and whether the product has stood it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of fault, inflicted ``tries`` times.

    ``paid_twice``: tokens paid for what was stored already, or more often than the rules allow.
    ``ledger`` and ``charged``: what our ledger counts and what the sandbox took, in tokens; both
    0 where nothing is bought.
    """

    fault: str
    tries: int
    survived: int
    paid_twice: int = 0
    ledger: int = 0
    charged: int = 0
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether every try was survived, nothing paid twice, and the ledger is the charge."""
        return (
            0 < self.tries == self.survived and not self.paid_twice and self.ledger == self.charged
        )


def to_json(rows: Iterable[Row]) -> str:
    """The rows as text, for another process."""
    return json.dumps([asdict(row) for row in rows])


def from_json(text: str) -> list[Row]:
    """The rows of ``to_json``."""
    return [Row(**row) for row in json.loads(text)]


def as_table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| fault | tries | survived | tokens paid twice | ledger / charge | | |"
    lines = [head, "|---|---:|---:|---:|---:|---|---|"]
    for row in rows:
        books = f"{row.ledger} / {row.charged}" if row.charged or row.ledger else "-"
        verdict = "met" if row.is_met else "MISSED"
        lines.append(
            f"| {row.fault} | {row.tries} | {row.survived} | {row.paid_twice} | {books} "
            f"| {verdict} | {row.note} |"
        )
    return "\n".join(lines)
