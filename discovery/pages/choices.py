"""What the selects of several forms offer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from discovery.keepa.categories.known import known_categories


def category_choices(marketplace: str) -> list[tuple[Any, Any]]:
    """The categories built in, whole departments first; names are the values."""
    known = known_categories(marketplace)
    roots = [(one.name, one.name) for one in known if one.is_root]
    below = [(one.name, one.name) for one in known if not one.is_root]
    choices: list[tuple[Any, Any]] = [("", _("— choose —"))]
    if roots:
        choices.append((_("Departments"), roots))
    if below:
        choices.append((_("Sub-categories"), below))
    return choices


def default_marketplace() -> str:
    return "fr" if (get_language() or "fr").startswith("fr") else "us"
