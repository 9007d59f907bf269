"""Reading from an address which part of an answer is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from discovery.runs.filters import Narrowing
from discovery.text import formats

LONGEST = 100  # characters of what is looked for
KEPT = ("sort", "dir", "verdict")
BOUNDS = ("roi_min", "profit_min", "price_max", "bsr_max")


@dataclass(frozen=True, slots=True)
class BoundField:
    """A bound as typed; ``is_wrong`` when it is no number and was left out."""

    name: str
    label: str
    value: str
    is_wrong: bool


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
        return self.asked != Narrowing() or any(field.is_wrong for field in self.fields)


def read_narrowing(address: QueryDict) -> NarrowingPanel:
    """The bounds of ``?q=&roi_min=&profit_min=&price_max=&bsr_max=&known_cost=&hide_ignored=``."""
    typed = {name: address.get(name, "").strip()[:20] for name in BOUNDS}
    numbers: dict[str, Decimal | None] = {
        name: formats.read_decimal(text) if text else None for name, text in typed.items()
    }
    words = address.get("q", "").replace("\x00", "").strip()[:LONGEST]
    rank = numbers["bsr_max"]
    asked = Narrowing(
        words=words,
        roi_min=numbers["roi_min"],
        profit_min=numbers["profit_min"],
        price_max=numbers["price_max"],
        bsr_max=int(rank) if rank is not None and 0 < rank < 2**31 else None,
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
        fields=tuple(
            BoundField(name, labels[name], typed[name], bool(typed[name]) and value is None)
            for name, value in numbers.items()
        ),
        kept=tuple((name, str(address[name])) for name in KEPT if address.get(name)),
    )
