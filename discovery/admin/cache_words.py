"""What an entry of a cache answers, in words rather than by its key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from discovery.keepa.categories.stored import category_names
from discovery.models import BusinessProfile, DiscoveryCacheEntry, ScoringCacheEntry
from discovery.profiles.service import activate
from discovery.text import costs
from discovery.text.conditions import CategoryNames, filters_in_words, joined
from discovery.vat_basis import VatBasis

# As ``products.scored.score_key`` writes it.
_SCORE = re.compile(
    r"score_\w+?_[a-z]{2}_(?P<fingerprint>[0-9a-f]{24})(_cost(?P<cost>[\d.]+)(?P<vat>[a-z]+))?"
    r"(_(?P<way>europe|dip)-(?P<source>\w+)-)?"
)


def names_in(entries: Iterable[DiscoveryCacheEntry]) -> CategoryNames:
    """The names of the categories these entries ask about, in one statement."""
    asked = (entry.filters_applied for entry in entries)
    return category_names(filters=[stored for stored in asked if isinstance(stored, Mapping)])


def question_words(stored: Any, names: CategoryNames) -> str:
    """The question an entry answers; another program's shape as it stands."""
    if not isinstance(stored, Mapping):
        return str(stored or "")
    return joined(filters_in_words(stored, names))


def profile_names() -> dict[str, str]:
    """The names of the profiles as they are now, by the fingerprint of their settings."""
    return {
        activate(profile).settings.fingerprint: profile.name
        for profile in BusinessProfile.objects.all()
    }


def score_words(entry: ScoringCacheEntry, profiles: Mapping[str, str]) -> str:
    """The profile a product was scored with, and the cost it was given."""
    found = _SCORE.match(entry.cache_key)
    if found is None:
        return ""
    profile = profiles.get(found["fingerprint"]) or _("former settings")
    if found["way"] is not None:
        way = costs.kind_text(found["way"], found["source"])
        return _("%(profile)s, cost %(cost)s") % {"profile": profile, "cost": way}
    if found["cost"] is None or found["vat"] not in set(VatBasis):
        return _("%(profile)s, no cost given") % {"profile": profile}
    cost = costs.stated(Decimal(found["cost"]), entry.marketplace, VatBasis(found["vat"]))
    return _("%(profile)s, cost %(cost)s") % {"profile": profile, "cost": cost}
