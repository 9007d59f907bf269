"""Lots and the several products of a code, as templates ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from discovery.models import RunLine
from discovery.products.candidates import MOST_CANDIDATES, Candidate, from_json
from discovery.products.columns import Row
from discovery.runs.lines import open_candidates
from discovery.scoring import Score
from discovery.text import lots

register = template.Library()

for words in (lots.lot_text, lots.most_per_unit_text, lots.pack_label):
    register.filter(words.__name__, words)


@register.filter
def candidates_of(line: RunLine) -> tuple[Candidate, ...]:
    """The products of the line's code, the best first; none where there is one only."""
    return from_json(line.candidates) if len(line.candidates) > 1 else ()


@register.filter
def is_open(line: RunLine) -> bool:
    """Whether the owner has still to choose among the products of the line's code."""
    return open_candidates(line) > 1


@register.filter
def asks_for_units(line: RunLine, score: Score) -> bool:
    """Whether it makes a difference for how many units the line's own cost was given.

    What a product costs its owner is for all that the listing sells.
    """
    return line.cost is not None and lots.asks_for_units(score)


@register.filter
def merged_text(row: Row) -> str:
    """Which lines of the list are this product, and what became of their costs."""
    line, score = row.line, row.score
    if line is None:
        return ""
    return lots.merged_text(line.parts, cost=line.cost, currency=score.currency) if score else ""


@register.filter
def lots_text(line: RunLine | None) -> str:
    """How many lots the line's quantity makes; empty for a product that is on no line."""
    if line is None:
        return ""
    return lots.lots_text(quantity=line.quantity, lots=line.lots)


@register.filter
def may_be_more(candidates: Sequence[Candidate]) -> bool:
    """Whether as many products came as were asked for, so that the code may have others."""
    return len(candidates) >= MOST_CANDIDATES
