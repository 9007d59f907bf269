"""The Product Finder asked for what has changed only.

``lastUpdate`` is when Keepa last looked at a product: until it looks again, all it can tell of it
is what it has told already, but for what time alone moves (means, counts of the last days).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from discovery.keepa.finder import NicheFilters
from discovery.keepa.raw_fields import OFFSET_MINUTES


def keepa_minute(at: datetime) -> int:
    """The Keepa minute that has begun at that moment, or before."""
    return int(at.timestamp()) // 60 - OFFSET_MINUTES


def changed_selection(
    filters: NicheFilters, *, since: int, prices_only: bool = False, per_page: int = 1000
) -> dict[str, Any]:
    """Selects what of the niche Keepa has looked at in the Keepa minute ``since`` or later.

    ``prices_only``: of that, what has another price since then.
    """
    field = "lastPriceChange" if prices_only else "lastUpdate"
    return filters.to_selection(per_page=per_page) | {f"{field}_gte": since}
