"""How prices and ROI of a pick are drawn."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import override

from discovery.models import Sighting
from discovery.pages.sourcing.sighting_charts import cost_chart, roi_chart
from tests.discovery.builders import NOW, seen

LATER = NOW + timedelta(days=1)


def looks(*changes: dict[str, Any]) -> list[Sighting]:
    """Looks, the newest first, a day apart."""
    return [
        Sighting(**seen(seen_at=NOW - timedelta(days=day), **change))
        for day, change in enumerate(changes)
    ]


def test_both_prices_are_drawn_and_said_in_the_currency() -> None:
    with override("en"):
        chart = cost_chart(
            looks({"cost": Decimal("7.5")}, {"cost": Decimal(9)}), marketplace="fr", now=LATER
        )
    assert [(line.label, line.last) for line in chart.lines] == [
        ("sell price", "€20.00"), ("purchase price", "€7.50"),
    ]  # fmt: skip
    assert "€7.50" in chart.summary


def test_a_look_without_a_cost_leaves_a_gap() -> None:
    chart = cost_chart(looks({}, {"cost": None}, {"cost": Decimal(9)}), marketplace="fr", now=LATER)
    assert chart.lines[1].path.count("M") == 2


def test_without_any_figure_nothing_is_drawn() -> None:
    assert roi_chart(looks({"roi_percent": None}), now=LATER).lines == ()
    assert cost_chart([], marketplace="jp", now=LATER).lines == ()


def test_the_roi_is_in_per_cent() -> None:
    with override("en"):
        (line,) = roi_chart(looks({"roi_percent": 52.9}, {"roi_percent": -3.0}), now=LATER).lines
    assert line.last == "52%"
