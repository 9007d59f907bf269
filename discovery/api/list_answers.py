"""Lists as the API answers them: how they were understood, and what they would cost."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from discovery.api.run_answers import run_answer
from discovery.lists.reading.model import BadLine, Corrections, LineNote, PreviewRow, ReadList
from discovery.lists.service import corrections_of, reading_of, source_of
from discovery.lists.text import bad_text, doubt_text, note_text, reading_facts
from discovery.models import Run
from discovery.profiles.service import UnknownProfile, active_profile, may_use
from discovery.runs import queries
from discovery.search.quote import Quote, quote_list

QUOTED = ("lookup_tokens", "product_tokens", "candidate_tokens", "detail_tokens")


def list_answer(run: Run, *, user: AbstractBaseUser) -> dict[str, Any]:
    """A list; of a draft also how it was read, and its price with the profile chosen."""
    is_draft = run.state == Run.State.DRAFT and run.owner_id == user.pk
    source = source_of(run=run) if is_draft else None
    reading = None
    if source is not None:
        reading = _reading(reading_of(source), corrections_of(source), run)
    quote = _quote(run, user) if is_draft and run.total else None
    return run_answer(run, user=user) | {"reading": reading, "quote": quote}


def quote_answer(quote: Quote) -> dict[str, Any]:
    """A price, without warnings."""
    return {name: getattr(quote, name) for name in QUOTED} | {
        "tokens": quote.total,
        "tokens_at_most": quote.most,
        "known_products": quote.known,
        "warnings": [],
    }


def _quote(run: Run, user: AbstractBaseUser) -> dict[str, Any] | None:
    chosen = run.profile if may_use(profile=run.profile, user=user) else None
    try:
        profile = active_profile(slug=chosen.slug if chosen else None, user=user)
    except UnknownProfile:
        return None
    return quote_answer(quote_list(run=run, profile=profile, marketplace=run.marketplace))


def _reading(read: ReadList, said: Corrections, run: Run) -> dict[str, Any]:
    columns = read.columns
    same = ("heading_row", "currency", "cost_vat", "pack_priced")
    return {name: getattr(columns, name) for name in same} | {
        "facts": reading_facts(run),
        "headings": list(read.headings),
        "sheets": list(read.sheets),
        "sheet": read.sheet,
        "columns": {
            name: getattr(columns, f"{name}_at")
            for name in ("identifier", "cost", "quantity", "pack")
        },
        "ignored_rows": read.ignored,
        "zeros_restored": queries.restored_count(run=run),
        "doubts": [
            {
                "code": doubt.code.value,
                "text": doubt_text(doubt),
                "blocking": doubt.blocking,
                "params": dict(doubt.params),
            }
            for doubt in read.doubts
        ],
        "sample": [_row(row) for row in read.preview],
        "corrections": _corrections(said),
    }


def _row(row: PreviewRow) -> dict[str, Any]:
    read = row.read
    given: dict[str, Any] = {"number": row.number, "cells": list(row.cells)}
    if isinstance(read, BadLine):
        problem = {"code": read.reason.value, "text": bad_text(read)}
        nothing: dict[str, Any] = {
            "code": None,
            "cost": None,
            "cost_given": "",
            "quantity": None,
            "notes": [],
        }
        return given | nothing | {"problem": problem}
    return given | {
        "code": read.identifier.value,
        "cost": None if read.cost is None else float(read.cost),
        "cost_given": read.cost_given,
        "quantity": read.quantity,
        "problem": None,
        "notes": [_note(note) for note in read.notes],
    }


def _note(note: LineNote) -> dict[str, str]:
    return {"code": note.code.value, "value": note.value, "text": note_text(note)}


def _corrections(said: Corrections) -> dict[str, Any]:
    same = (
        "sheet", "heading_row", "identifier", "cost", "quantity", "pack", "pack_priced", "currency",
    )  # fmt: skip
    return {name: getattr(said, name) for name in same} | {
        "cost_vat": said.vat,
        "rate": None if said.rate is None else f"{said.rate:f}",
    }
