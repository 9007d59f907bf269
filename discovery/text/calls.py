"""What a call to Keepa asked for, and who wanted it, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

ENDPOINTS = {
    "product": gettext_noop("products"),
    "query": gettext_noop("Product Finder"),
    "category": gettext_noop("categories"),
    "search": gettext_noop("names of categories"),
    "deal": gettext_noop("deals"),
    "seller": gettext_noop("sellers"),
    "token": gettext_noop("token balance"),
}
PURPOSES = {
    "interactive": gettext_noop("asked by somebody"),
    "background": gettext_noop("work in the background"),
    "autosourcing": gettext_noop("AutoSourcing jobs"),
    "idle": gettext_noop("idle tokens"),
}


def endpoint_label(code: str) -> str:
    """What a call asked for; the code itself where it has no words."""
    return _(ENDPOINTS[code]) if code in ENDPOINTS else code


def purpose_label(code: str) -> str:
    """Who wanted it; the code itself where it has no words."""
    return _(PURPOSES[code]) if code in PURPOSES else code
