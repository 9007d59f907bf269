"""The shapes of lists in the API: what it takes, and how a list was understood."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from discovery.api.bodies import JsonSchema, body_of, object_of
from discovery.api.niche_schemas import QUOTE_EXAMPLE, QuoteAnswer
from discovery.api.run_schemas import RUN_EXAMPLE, RunAnswer
from discovery.api.schemas import Coded
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.list_request import HIGHEST_RATE, LAST_ROW, LOWEST_RATE
from discovery.lists.reading.model import MOST_CELLS, NO_COLUMN
from discovery.lists.service import LONGEST_NAME
from discovery.models import CostVat
from discovery.scoring.pack_size import MOST_UNITS
from discovery.search.request_fields import LONGEST_SLUG

READING: dict[str, Any] = {
    "facts": ["identifier: ASIN · cost: Cost"], "headings": ["ASIN", "Cost"],
    "heading_row": 1, "sheets": [], "sheet": "", "currency": None, "cost_vat": None,
    "columns": {"identifier": 0, "cost": 1, "quantity": None, "pack": None},
    "pack_priced": False, "ignored_rows": 0, "zeros_restored": 0,
    "doubts": [],
    "sample": [{
        "number": 2, "cells": ["0131103628", "9.50"], "code": "0131103628", "cost": 9.5,
        "cost_given": "9.50", "quantity": None, "problem": None, "notes": [],
    }],
    "corrections": {
        "sheet": None, "heading_row": None, "identifier": None, "cost": None, "quantity": None,
        "pack": None, "pack_priced": None, "cost_vat": None, "currency": None, "rate": None,
    },
}  # fmt: skip
DRAFT: dict[str, Any] = RUN_EXAMPLE | {
    "kind": "list", "name": "stock.csv", "state": "draft", "niche": None, "filters": None,
    "max_results": None, "found": 0, "products": 120, "scored": 0, "seconds_left": None,
    "tokens_spent": 0, "started_at": None, "reading": READING, "quote": QUOTE_EXAMPLE,
}  # fmt: skip


class DoubtAnswer(Coded):
    """What the reader is not sure of; a ``blocking`` one is to be answered by a correction."""

    blocking: bool
    params: dict[str, str]


class NoteAnswer(Coded):
    """What was done to read a row."""

    value: str


class SampleRow(Schema):
    """A row as it was given, and what was made of it; ``problem`` where it is left out."""

    number: int
    cells: list[str]
    code: str | None
    cost: float | None
    cost_given: str
    quantity: int | None
    problem: Coded | None
    notes: list[NoteAnswer]


class ColumnsAnswer(Schema):
    """Where each thing was found: columns counted from 0."""

    identifier: int | None
    cost: int | None
    quantity: int | None
    pack: int | None


class CorrectionsAnswer(Schema):
    """What the owner said of how to read it; null leaves it to the reader."""

    sheet: str | None
    heading_row: int | None
    identifier: int | None
    cost: int | None
    quantity: int | None
    pack: int | None
    pack_priced: bool | None
    cost_vat: Literal["incl", "excl"] | None
    currency: str | None
    rate: str | None


class ReadingAnswer(Schema):
    """How a list was understood."""

    facts: list[str]
    headings: list[str]
    heading_row: int
    sheets: list[str]
    sheet: str
    currency: str | None = Field(description="Of the costs, where the list says one.")
    cost_vat: Literal["incl", "excl"] | None
    columns: ColumnsAnswer
    pack_priced: bool
    ignored_rows: int = Field(description="Rows without a code: titles, sections, totals.")
    zeros_restored: int
    doubts: list[DoubtAnswer]
    sample: list[SampleRow]
    corrections: CorrectionsAnswer


class ListAnswer(RunAnswer):
    """A list; `reading` and `quote` until it starts, while what it was read from is kept."""

    reading: ReadingAnswer | None
    quote: QuoteAnswer | None

    model_config = ConfigDict(json_schema_extra={"examples": [DRAFT]})


_COLUMN: JsonSchema = {
    "type": ["integer", "null"], "minimum": NO_COLUMN, "maximum": MOST_CELLS,
}  # fmt: skip
_CORRECTIONS = object_of(
    {
        "sheet": {"type": ["string", "null"], "maxLength": 200},
        "heading_row": {
            "type": ["integer", "null"], "minimum": 0, "maximum": LAST_ROW,
            "description": "0: there are none.",
        },
        **dict.fromkeys(("identifier", "cost", "quantity", "pack"), _COLUMN),
        "pack_priced": {"type": ["boolean", "null"], "description": "Costs are of whole cases."},
        "cost_vat": {"type": ["string", "null"], "enum": [*CostVat.values, None]},
        "currency": {
            "type": ["string", "null"], "pattern": "^[A-Za-z]{3}$", "description": "Of the costs.",
        },
        "rate": {
            "type": ["number", "string", "null"], "minimum": float(LOWEST_RATE),
            "maximum": float(HIGHEST_RATE),
            "description": "The marketplace's currency for one unit of theirs.",
        },
    },
    [],
    "Corrections",
)  # fmt: skip
_CORRECTIONS["description"] = (
    "Columns count from 0; -1: no column holds it. Null is left to the reader."
)
_SOLD: JsonSchema = {
    "marketplace": {"type": "string", "enum": list(MARKETPLACES)},
    "profile": {"type": ["string", "null"], "maxLength": LONGEST_SLUG},
    "corrections": _CORRECTIONS,
}
CORRECTIONS_BODY = body_of(
    object_of(_SOLD, ["marketplace"], "Reading"),
    {"marketplace": "fr", "profile": "equilibre", "corrections": {"cost": 2, "cost_vat": "excl"}},
)
_LIST = object_of(
    _SOLD
    | {
        "name": {"type": "string", "maxLength": LONGEST_NAME},
        "text": {
            "type": "string",
            "description": "One product a line: an ASIN, ISBN, EAN or UPC, then its cost and "
            "quantity if known, separated by “;”, “,”, a tab or spaces.",
        },
    },
    ["text", "marketplace"],
    "List",
)
_UPLOAD = object_of(
    {
        "file": {
            "type": "string", "format": "binary",
            "description": "CSV, text, Excel or OpenDocument, up to 5,000 lines and 5 MB.",
        },
        "marketplace": _SOLD["marketplace"],
        "profile": {"type": "string", "maxLength": LONGEST_SLUG},
        "corrections": {"type": "string", "description": "As in JSON."},
    },
    ["file", "marketplace"],
    "Upload",
)  # fmt: skip
LIST_BODY: JsonSchema = {
    "required": True,
    "content": {
        "application/json": {
            "schema": _LIST,
            "example": {"marketplace": "us", "text": "ASIN;Cost\n0131103628;9.50\n"},
        },
        "multipart/form-data": {
            "schema": _UPLOAD,
            "example": {"marketplace": "us", "file": "ASIN;Cost\n0131103628;9.50\n"},
        },
    },
}
CHOICE_BODY = body_of(
    object_of(
        {
            "asin": {"type": "string", "description": "One of the candidates; else as it is."},
            "units": {
                "type": ["integer", "null"], "minimum": 1, "maximum": MOST_UNITS,
                "description": "For how many units the cost is.",
            },
        },
        [],
        "Choice",
    ),
    {"asin": "0131103628", "units": 1},
)  # fmt: skip
