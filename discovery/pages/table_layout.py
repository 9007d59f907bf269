"""What a user's tables show: which columns, in which order, how dense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from discovery.pages.columns import FIXED, ON_PAGE, label_of, shown_first

# A stored density -> what it is called. The first is that of who has not chosen.
DENSITIES = {"compact": gettext_lazy("Compact"), "comfortable": gettext_lazy("Comfortable")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that a table may show, and where it stands in it."""

    name: str
    label: str
    is_shown: bool
    place: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How a user wants the tables of one kind; ``order`` holds every column they may choose."""

    kind: str
    order: tuple[str, ...]
    shown: tuple[str, ...]
    density: str

    @property
    def choices(self) -> list[Choice]:
        """Every column that can be chosen, in the table's order."""
        return [
            Choice(name, label_of(name), name in self.shown, place)
            for place, name in enumerate(self.order, start=1)
        ]

    @property
    def densities(self) -> list[tuple[str, str]]:
        """The densities there are, in words."""
        return [(value, str(label)) for value, label in DENSITIES.items()]


def layout_of(kind: str, stored: Mapping[str, Any]) -> Layout:
    """The layout of ``Preferences.table`` for a kind of result.

    A column that came after the choice stands where it first does, shown if it first is.
    """
    names = [name for name in _first_order(kind) if name not in FIXED]
    wanted = [name for name in _texts(stored.get("order")) if name in names]
    chosen = set(_texts(stored.get("shown")))
    order = wanted + [name for name in names if name not in wanted]
    first, density = shown_first(kind), stored.get("density")
    return Layout(
        kind=kind,
        order=tuple(order),
        shown=tuple(name for name in order if name in (chosen if name in wanted else first)),
        density=density if density in DENSITIES else next(iter(DENSITIES)),
    )


def changed(
    stored: Mapping[str, Any],
    *,
    kind: str,
    shown: Iterable[str],
    places: Mapping[str, int],
    density: str,
) -> dict[str, Any]:
    """``Preferences.table`` after a choice on one kind of table.

    Columns that this kind does not have stay as they were; places that are equal keep their order.
    """
    before = layout_of(kind, stored)
    # A column moved to a place goes before the one that stood there.
    moved = {name: place for name, place in places.items() if _place_of(before, name) != place}
    order = sorted(
        before.order,
        key=lambda name: (
            places.get(name, _place_of(before, name)),
            name not in moved,
            _place_of(before, name),
        ),
    )
    elsewhere = [name for name in _texts(stored.get("order")) if name not in order]
    wanted = set(shown)
    kept = [name for name in _texts(stored.get("shown")) if name in elsewhere]
    return {
        "order": [*order, *elsewhere],
        "shown": [name for name in order if name in wanted] + kept,
        "density": density if density in DENSITIES else before.density,
    }


def _first_order(kind: str) -> list[str]:
    first = shown_first(kind)
    return first + [name for name in ON_PAGE[kind] if name not in first]


def _place_of(layout: Layout, name: str) -> int:
    return layout.order.index(name) + 1


def _texts(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
