"""Lines of runs as the API answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from discovery.lists.reading.model import LineNote, NoteCode
from discovery.lists.text import no_answer_text, note_text
from discovery.models import Run, RunLine
from discovery.products.as_json import product_answer
from discovery.products.candidates import from_json
from discovery.products.decisions import Marks, marks_of
from discovery.products.scored import recorded


def line_answers(lines: Sequence[Any], *, run: Run, user: AbstractBaseUser) -> list[dict[str, Any]]:
    """Lines of ``with_text``, each with its product and what the user decided on it."""
    asins = [line.asin for line in lines if line.asin]
    marks = marks_of(owner=user, marketplace=run.marketplace, asins=asins)
    return [line_answer(line, run=run, marks=marks) for line in lines]


def line_answer(line: Any, *, run: Run, marks: Marks) -> dict[str, Any]:
    """A line of ``with_text``. Raises ``ValueError`` on text that never was a breakdown."""
    same = (
        "position", "state", "also", "text", "code", "quantity", "lots", "cost_vat", "cost_given",
        "cost_units", "evidence",
    )  # fmt: skip
    return {name: getattr(line, name) for name in same} | {
        "id": line.pk,
        "reason": {"code": line.reason, "text": no_answer_text(line)} if line.reason else None,
        "asin": line.asin or None,
        "number": line.number if run.is_list else None,
        "chosen": line.is_chosen,
        "cost": None if line.cost is None else float(line.cost),
        "notes": [_note(note) for note in line.notes],
        "favourite": line.asin in marks.favourites,
        "ignored": line.asin in marks.ignored,
        "product": _product(line) if line.state == RunLine.State.SCORED and line.stored else None,
    }


def _note(stored: dict[str, str]) -> dict[str, str]:
    text = note_text(LineNote(NoteCode(stored["code"]), stored["value"]))
    return {"code": stored["code"], "value": stored["value"], "text": text}


def _product(line: Any) -> dict[str, Any]:
    product = recorded(line.stored)
    candidates = from_json(line.candidates) if len(line.candidates) > 1 else ()
    known = {"buy_box_known": line.buy_box_known, "scored_at": None}
    return product_answer(product, candidates) | known
