"""Reading from an address which part of an answer is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from discovery.runs.filters import Narrowing
from discovery.text.numbers import NumberField

LONGEST = 100  # characters of what is looked for
KEPT = ("sort", "dir", "verdict")
LARGEST = 10**9
BOUNDS = {
    "roi_min": NumberField(low=-LARGEST, high=LARGEST),
    "profit_min": NumberField(low=-LARGEST, high=LARGEST),
    "price_max": NumberField(low=0, high=LARGEST),
    "bsr_max": NumberField(low=1, high=2**31 - 1, whole=True),
}


@dataclass(frozen=True, slots=True)
class BoundField:
    """A bound as typed; ``error`` says why it was left out, if it was."""

    name: str
    label: str
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class NarrowingPanel:
    """What was asked for, ready to be asked for again; ``kept`` travels along unseen."""

    asked: Narrowing
    words: str
    fields: tuple[BoundField, ...]
    kept: tuple[tuple[str, str], ...]

    @property
    def used(self) -> tuple[tuple[str, str], ...]:
        """The parameters of the address that say what was asked for."""
        given = [("q", self.words), *((field.name, field.value) for field in self.fields)]
        given.append(("known_cost", "1" if self.asked.known_cost else ""))
        given.append(("hide_ignored", "1" if self.asked.hide_ignored else ""))
        return tuple((name, value) for name, value in given if value)

    @property
    def is_used(self) -> bool:
        return self.asked != Narrowing() or any(field.error for field in self.fields)


def read_narrowing(address: QueryDict) -> NarrowingPanel:
    """The bounds of ``?q=&roi_min=&profit_min=&price_max=&bsr_max=&known_cost=&hide_ignored=``."""
    typed = {name: address.get(name, "").strip()[:20] for name in BOUNDS}
    numbers: dict[str, Any] = dict.fromkeys(BOUNDS)
    errors = dict.fromkeys(BOUNDS, "")
    for name, bound in BOUNDS.items():
        try:
            numbers[name] = bound.clean(typed[name])
        except ValidationError as problem:
            errors[name] = " ".join(problem.messages)
    words = address.get("q", "").replace("\x00", "").strip()[:LONGEST]
    asked = Narrowing(
        words=words,
        **numbers,
        known_cost=address.get("known_cost") == "1",
        hide_ignored=address.get("hide_ignored") == "1",
    )
    labels = {
        "roi_min": _("ROI at least (%)"),
        "profit_min": _("Profit at least"),
        "price_max": _("Price at most"),
        "bsr_max": _("BSR at most"),
    }
    return NarrowingPanel(
        asked=asked,
        words=words,
        fields=tuple(BoundField(name, labels[name], typed[name], errors[name]) for name in BOUNDS),
        kept=tuple((name, str(address[name])) for name in KEPT if address.get(name)),
    )
