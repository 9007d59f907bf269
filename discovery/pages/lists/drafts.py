"""A list that waits for its confirmation: its forms, and its first rows as they are understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.reading.model import (
    NO_CORRECTIONS,
    BadLine,
    Corrections,
    Doubt,
    Line,
    PreviewRow,
)
from discovery.lists.service import corrections_of, reading_of, source_of
from discovery.lists.text import bad_text, doubt_text, note_text
from discovery.models import Run
from discovery.pages.lists.corrections import CorrectionForm
from discovery.pages.lists.forms import StartForm
from discovery.scoring import VatBasis
from discovery.text import costs
from discovery.text.conditions import joined
from discovery.text.formats import MISSING


@dataclass(frozen=True, slots=True)
class UnderstoodRow:
    """A row of the list and what was made of it, in words; ``given`` are its cells."""

    number: int
    given: str
    code: str
    cost_given: str
    cost: str
    quantity: int | None
    note: str
    is_left_out: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt in words; a ``blocking`` one must be answered before the list starts."""

    text: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What its page shows; ``correction`` is ``None`` once the source is gone."""

    listed: Run
    start: StartForm
    correction: CorrectionForm | None
    rows: tuple[UnderstoodRow, ...]
    questions: tuple[Question, ...]
    stored: Corrections

    @property
    def is_blocked(self) -> bool:
        """Whether a question must be answered first."""
        return any(question.blocking for question in self.questions)

    @property
    def _is_corrected(self) -> bool:
        """Whether anything was said about the reading: a form without it leaves it as it is."""
        form = self.correction
        return form is not None and any(name in form.data for name in form.fields)

    def is_valid(self) -> bool:
        """Whether what was posted makes sense."""
        return self.start.is_valid() and (
            self.correction is None or not self._is_corrected or self.correction.is_valid()
        )

    def said(self) -> Corrections:
        """The corrections posted, after ``is_valid()``; those stored where there are none."""
        if self.correction is None or not self._is_corrected:
            return self.stored
        return self.correction.corrections()

    def has_news(self) -> bool:
        """Whether the corrections posted are not those that the rows were read with."""
        return self.said() != self.stored

    def refuse(self, sentence: str) -> None:
        """Say why the source cannot be read that way."""
        (self.correction or self.start).add_error(None, sentence)


def draft_of(listed: Run, *, user: AbstractBaseUser, data: Any = None) -> Draft:
    """The draft, with what was posted about it."""
    start = StartForm(data, user=user, listed=listed)
    source = source_of(run=listed)
    if source is None:
        return Draft(listed, start, None, (), (), NO_CORRECTIONS)
    read, stored = reading_of(source), corrections_of(source)
    usual = start.usual_vat()
    correction = CorrectionForm(
        data,
        read=read,
        stored=stored,
        marketplace=listed.marketplace,
        currency=MARKETPLACES[listed.marketplace].currency,
        usual=usual,
    )
    return Draft(
        listed=listed,
        start=start,
        correction=correction,
        rows=tuple(_understood(row, listed.marketplace, usual) for row in read.preview),
        questions=tuple(map(_question, read.doubts)),
        stored=stored,
    )


def _question(doubt: Doubt) -> Question:
    return Question(doubt_text(doubt), doubt.blocking)


def _understood(row: PreviewRow, marketplace: str, usual: VatBasis) -> UnderstoodRow:
    read = row.read
    given = " | ".join(cell for cell in row.cells if cell)
    if isinstance(read, BadLine):
        return UnderstoodRow(
            row.number, given, read.text or MISSING, "", MISSING, None, bad_text(read), True
        )
    return UnderstoodRow(
        number=row.number,
        given=given,
        code=read.identifier.value,
        cost_given=_cost_given(read),
        cost=costs.stated(read.cost, marketplace, read.cost_vat or usual),
        quantity=read.quantity,
        note=joined([note_text(note) for note in read.notes]),
        is_left_out=False,
    )


def _cost_given(line: Line) -> str:
    """The cell of the cost, and the units it was divided by: ``36,00 / 12``."""
    if line.pack is None:
        return line.cost_given
    return _("%(cost)s / %(units)s") % {"cost": line.cost_given, "units": line.pack}
