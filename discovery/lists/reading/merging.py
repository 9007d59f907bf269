"""Several lines of one product: purchases that add up, or the price breaks of one offer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from discovery.lists.reading.amounts import COST_PLACES
from discovery.lists.reading.model import Line, LineNote, NoteCode

SEVERAL = 3  # prices that fall while quantities rise: no coincidence
STEEP = 5  # a second quantity so many times the first is no second order


@dataclass(frozen=True, slots=True)
class Given:
    """A line as its row gives it; ``minimum`` is the quantity from which its price applies."""

    line: Line
    cells: tuple[str, ...]
    minimum: int | None = None


def merged(group: Sequence[Given]) -> Line:
    """Lines of the same product as one, at the place of the first."""
    first = group[0].line
    if len(group) == 1:
        return first
    also = tuple(given.line.number for given in group[1:])
    if (priced := [given for given in group if given.line.cost is not None]) and (
        chosen := _break(priced)
    ):
        note = LineNote(NoteCode.PRICE_BREAKS, str(len(priced)))
        kept = (LineNote(NoteCode.PRICE_BREAKS, note.value), *chosen.notes)
        return replace(
            chosen,
            number=first.number,
            text=first.text,
            identifier=first.identifier,
            also=also,
            notes=kept,
        )
    lines = [given.line for given in group]
    cost, notes = _joint_cost(lines)
    return replace(
        first,
        cost=cost,
        cost_given=next((line.cost_given for line in lines if line.cost is not None), ""),
        cost_vat=next((line.cost_vat for line in lines if line.cost is not None), None),
        quantity=_joint_quantity(lines),
        also=also,
        notes=(*first.notes, *notes),
    )


def _break(group: Sequence[Given]) -> Line | None:
    """The price that the wished quantity reaches, when the lines are price breaks."""
    steps = {given.minimum for given in group}
    if None not in steps and len(steps) > 1:
        rising = sorted(group, key=lambda given: given.minimum or 0)
        wished = max((given.line.quantity or 0 for given in group), default=0)
        reached = [given for given in rising if (given.minimum or 0) <= wished]
        step = reached[-1].minimum if reached else rising[0].minimum
        dearest = max(
            (given for given in group if given.minimum == step),
            key=lambda given: given.line.cost or Decimal(0),
        )
        return replace(dearest.line, quantity=wished or None)
    if _quantities_are_steps(group):
        return replace(group[0].line, quantity=None)
    return None


def _quantities_are_steps(group: Sequence[Given]) -> bool:
    """Whether quantities rise from one while prices fall, on lines that follow each other."""
    lines = [given.line for given in group]
    counts = [line.quantity for line in lines]
    if len(group) < 2 or any(count is None for count in counts):
        return False
    falls = all(
        (before.quantity or 0) < (after.quantity or 0)
        and (before.cost or 0) > (after.cost or 0)
        and after.number - before.number == 1
        for before, after in pairwise(lines)
    )
    if not falls or not _are_alike(group):
        return False
    return len(group) >= SEVERAL or (counts[0] == 1 and (counts[1] or 0) >= STEEP)


def _are_alike(group: Sequence[Given]) -> bool:
    """Whether lines say the same but for their numbers."""
    said = {tuple(cell for cell in given.cells if any(map(str.isalpha, cell))) for given in group}
    return len(said) == 1


def _joint_quantity(lines: Sequence[Line]) -> int | None:
    """The sum, a line without a quantity counting as one unit; unknown when none has any."""
    if all(line.quantity is None for line in lines):
        return None
    return sum(line.quantity or 1 for line in lines)


def _joint_cost(lines: Sequence[Line]) -> tuple[Decimal | None, tuple[LineNote, ...]]:
    """The mean weighted by quantity; the first cost given when a quantity is missing.

    Costs on another VAT basis than the first are not mixed into it.
    """
    paid = [line for line in lines if line.cost is not None]
    if not paid or paid[0].cost is None:
        return None, ()
    alike = [line for line in paid if line.cost_vat == paid[0].cost_vat]
    different = len({line.cost for line in paid})
    weighed = [
        (line.cost, line.quantity)
        for line in alike
        if line.cost is not None and line.quantity is not None
    ]
    if len(weighed) < len(paid):
        notes = (LineNote(NoteCode.FIRST_COST, str(different)),) if different > 1 else ()
        return paid[0].cost, notes
    total = sum((cost * quantity for cost, quantity in weighed), Decimal(0))
    mean = (total / sum(quantity for _cost, quantity in weighed)).quantize(COST_PLACES)
    return mean, (LineNote(NoteCode.MEAN_COST, str(different)),) if different > 1 else ()
