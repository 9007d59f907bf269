"""How the prices and the ROI of a pick moved from one look to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Sighting
from discovery.pages.products.price_chart import HistoryChart, values_chart
from discovery.text import formats

COSTS = (
    ("price", gettext_noop("sell price"), "buy-box"),
    ("cost", gettext_noop("purchase price"), "new"),
)
ROI = (("roi", gettext_noop("ROI"), "rank"),)


def cost_chart(looks: Sequence[Sighting], *, marketplace: str, now: datetime) -> HistoryChart:
    """Sell price and purchase price, landed; ``looks`` are the newest first."""
    market = MARKETPLACES[marketplace]

    def minor(look: Sighting, name: str) -> int | None:
        amount = getattr(look, name)
        return None if amount is None else market.minor(amount)

    def shown(value: float) -> str:
        return formats.money(value / 10**market.exponent, market.currency)

    history = {
        name: _series(looks, lambda look, name=name: minor(look, name))  # type: ignore[misc]
        for name, _label, _kind in COSTS
    }
    return values_chart("costs", COSTS, history, now=now, shown=shown)


def roi_chart(looks: Sequence[Sighting], *, now: datetime) -> HistoryChart:
    """The ROI in per cent; ``looks`` are the newest first."""

    def whole(look: Sighting) -> int | None:
        return None if look.roi_percent is None else int(look.roi_percent)

    return values_chart("roi", ROI, {"roi": _series(looks, whole)}, now=now, shown=formats.percent)


def _series(looks: Sequence[Sighting], value: Callable[[Sighting], Any]) -> dict[str, list[Any]]:
    """The oldest first, as stored histories are: seconds of the epoch, and whole numbers."""
    ordered = list(reversed(looks))
    return {
        "times": [int(look.seen_at.timestamp()) for look in ordered],
        "values": [value(look) for look in ordered],
    }
