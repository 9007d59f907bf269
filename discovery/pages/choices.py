"""What the selects of several forms offer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from discovery.accounts.preferences import preferences_of
from discovery.keepa.categories.known import known_categories
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.text.conditions import marketplace_label


def category_choices(marketplace: str) -> list[tuple[Any, Any]]:
    """The categories built in, whole departments first; names are the values."""
    known = known_categories(marketplace)
    groups = {
        _("Departments"): [(node.name, node.name) for node in known if node.is_root],
        _("Sub-categories"): [(node.name, node.name) for node in known if not node.is_root],
    }
    return [("", _("— choose —")), *((title, names) for title, names in groups.items() if names)]


def marketplace_choices() -> list[tuple[str, str]]:
    """Every marketplace: its code, and its name in the reader's language."""
    return [(code, marketplace_label(code)) for code in MARKETPLACES]


def default_marketplace(user: AbstractBaseUser) -> str:
    """The code of the marketplace a form starts with: the user's own, else by his language."""
    if (chosen := preferences_of(user=user).marketplace) in MARKETPLACES:
        return chosen
    return "fr" if (get_language() or "fr").startswith("fr") else "us"
