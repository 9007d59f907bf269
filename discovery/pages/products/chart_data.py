"""What the chart of a product's page is drawn from in the browser: few points, nothing lost.

Two panels share the dates: prices with the rank above, offers with monthly sales below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from discovery.pages.products.price_chart import WINDOWS
from discovery.products.series import steps, thinned
from discovery.text import formats


@dataclass(frozen=True, slots=True)
class Charted:
    """A series of the chart: ``unit`` is money, rank, offers or sold and decides on its axis.

    ``kind`` names its colour and dashes in the style sheet; ``is_shown`` until its reader says
    otherwise.
    """

    name: str
    label: str
    unit: str
    kind: str
    is_shown: bool


CHARTED = (
    Charted("BUY_BOX_SHIPPING", gettext_noop("Buy Box"), "money", "buy-box", is_shown=True),
    Charted("AMAZON", gettext_noop("Amazon"), "money", "amazon", is_shown=True),
    Charted("NEW", gettext_noop("Lowest new"), "money", "new", is_shown=True),
    Charted("NEW_FBA", gettext_noop("New, FBA"), "money", "fba", is_shown=False),
    Charted("NEW_FBM_SHIPPING", gettext_noop("New, FBM"), "money", "fbm", is_shown=False),
    Charted("USED", gettext_noop("Lowest used"), "money", "used", is_shown=False),
    Charted(
        "BUY_BOX_USED_SHIPPING", gettext_noop("Used Buy Box"), "money", "used-box", is_shown=False
    ),
    Charted("LISTPRICE", gettext_noop("List price"), "money", "list-price", is_shown=False),
    Charted("SALES", gettext_noop("Rank"), "rank", "rank", is_shown=True),
    Charted("COUNT_NEW", gettext_noop("New offers"), "offers", "offers", is_shown=True),
    Charted("COUNT_NEW_FBA", gettext_noop("FBA offers"), "offers", "offers-fba", is_shown=False),
    Charted("COUNT_USED", gettext_noop("Used offers"), "offers", "offers-used", is_shown=False),
    Charted("MONTHLY_SOLD", gettext_noop("Sold a month"), "sold", "sold", is_shown=True),
)


def chart_data(
    history: Mapping[str, Any],
    *,
    now: datetime,
    window: str,
    currency: str,
    exponent: int,
    shown: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """All that ``chart.js`` is told; values are whole (smallest unit of ``currency``).

    ``times`` are minutes of the epoch, each after the first as the minutes since the one before.
    ``shown`` are series to show beside the usual ones.
    """
    until = int(now.timestamp())
    found = []
    for series in CHARTED:
        points = thinned(steps(history.get(series.name), until), now=until)
        if any(value is not None for _moment, value in points):
            minutes = [moment // 60 for moment, _value in points]
            found.append(
                {
                    "name": series.name,
                    "label": _(series.label),
                    "unit": series.unit,
                    "kind": series.kind,
                    "shown": series.is_shown or series.name in shown,
                    "times": [*minutes[:1], *(after - at for at, after in pairwise(minutes))],
                    "values": [value for _moment, value in points],
                }
            )
    return {
        "language": get_language() or "fr",
        "now": until // 60,
        "symbol": formats.symbol(currency),
        "exponent": exponent,
        "window": window,
        "windows": {name: days for name, (days, _label) in WINDOWS.items()},
        "series": found,
        "none": formats.MISSING,
        "captions": {
            "money": _("Price"),
            "rank": _("Rank"),
            "offers": _("Offers"),
            "sold": _("Sold a month"),
        },
    }
