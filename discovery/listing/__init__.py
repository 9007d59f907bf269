"""A supplier's list, from whatever it comes in, to lines that can be analysed. Pure.

``read_pasted`` and ``read_upload`` make a table of cells; ``read_lines`` finds the columns, reads
every line, reports the bad ones by number and merges the duplicates.
"""

from __future__ import annotations

from discovery.listing.model import (
    MOST_LINES,
    BadLine,
    BadReason,
    Columns,
    Line,
    ReadList,
    UnreadableList,
)
from discovery.listing.reading import read_lines
from discovery.listing.tables import MOST_BYTES, read_pasted, read_upload

__all__ = [
    "MOST_BYTES",
    "MOST_LINES",
    "BadLine",
    "BadReason",
    "Columns",
    "Line",
    "ReadList",
    "UnreadableList",
    "read_lines",
    "read_pasted",
    "read_upload",
]
