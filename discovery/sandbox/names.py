"""The names a Product Finder selection may hold, and the form of what stands beside each.

Read from `finder_names.toml`, a list of the sandbox's own: the client has another one, so that a
name wrong in either does not pass between the two unseen.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

RANGE: Final = "ranges"
FLAG: Final = "flags"
NUMBERS: Final = "numbers"
TEXTS: Final = "texts"

_ENDS: Final = ("_gte", "_lte")


@cache
def selection_names() -> dict[str, str]:
    """Every name of a field and its form; a range is asked as `name_gte` and `name_lte`."""
    text = Path(__file__).with_name("finder_names.toml").read_text(encoding="utf-8")
    told: dict[str, list[str]] = tomllib.loads(text)
    names = {
        f"{family}_{kind}": form
        for families, form in (("range_families", RANGE), ("flag_families", FLAG))
        for family in told[families]
        for kind in told["types"]
    }
    for form in (RANGE, FLAG, NUMBERS, TEXTS, "text", "number", "other"):
        names |= dict.fromkeys(told[form], form)
    return names


def form_of(name: str) -> str | None:
    """The form of what a selection may hold under this name; None when there is no such name."""
    if name.endswith(_ENDS):
        form = selection_names().get(name[:-4])
        return form if form == RANGE else None
    form = selection_names().get(name)
    return None if form == RANGE else form


def is_range(name: str) -> bool:
    """Whether it names a range, without `_gte` or `_lte`: what results can be sorted by."""
    return selection_names().get(name) == RANGE
