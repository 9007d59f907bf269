"""Picks as the text of a CSV file, for a spreadsheet or for a program."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Pick
from discovery.products.purchase_export import BOM, amount
from discovery.sourcing import pick_text
from discovery.sourcing.shown import decision_of
from discovery.text import labels
from discovery.text.cells import without_formula

CHUNK = 500

# Name -> heading, and what it is of a pick; what a person reads of it is in ``WORDS``.
COLUMNS: Mapping[str, tuple[str, Callable[[Pick], Any]]] = {
    "asin": (gettext_noop("ASIN"), lambda pick: pick.asin),
    "marketplace": (gettext_noop("Marketplace"), lambda pick: pick.marketplace),
    "title": (gettext_noop("Title"), lambda pick: pick.title),
    "verdict": (gettext_noop("Verdict"), lambda pick: pick.shown_verdict.value),
    "class": (gettext_noop("Class of the pick"), lambda pick: pick.pick_class),
    "cost_kind": (gettext_noop("Kind of cost"), lambda pick: pick.cost_kind),
    "cost_source": (gettext_noop("Bought at"), lambda pick: pick.cost_source),
    "cost": (gettext_noop("Cost"), lambda pick: pick.cost),
    "max_cost": (gettext_noop("Buy at most"), lambda pick: pick.max_cost),
    "price": (gettext_noop("Sell price"), lambda pick: pick.price),
    "profit": (gettext_noop("Profit"), lambda pick: pick.profit),
    "roi_percent": (gettext_noop("ROI %"), lambda pick: _rounded(pick.roi_percent)),
    "currency": (
        gettext_noop("Currency"),
        lambda pick: MARKETPLACES[pick.marketplace].currency,
    ),
    "quantity": (gettext_noop("Quantity"), lambda pick: pick.quantity),
    "confidence": (gettext_noop("Confidence"), lambda pick: _rounded(pick.confidence)),
    "offers": (gettext_noop("Offers"), lambda pick: pick.offers),
    "bsr": (gettext_noop("BSR"), lambda pick: pick.bsr),
    "sightings": (gettext_noop("Times seen"), lambda pick: pick.sightings_count),
    "first_seen": (gettext_noop("First seen"), lambda pick: pick.first_seen_at),
    "seen": (gettext_noop("Last seen"), lambda pick: pick.seen_at),
    "gone": (gettext_noop("Gone since"), lambda pick: pick.gone_at),
    "decision": (gettext_noop("Decision"), decision_of),
    "job": (gettext_noop("Job"), lambda pick: pick.job.name if pick.job else ""),
}
WORDS: Mapping[str, Callable[[Pick], str]] = {
    "verdict": lambda pick: labels.verdict_label(pick.shown_verdict),
    "class": lambda pick: pick_text.class_label(pick.pick_class),
    "cost_kind": lambda pick: pick_text.kind_label(pick.cost_kind),
    "cost_source": lambda pick: pick_text.place_text(pick, pick.marketplace),
    "decision": lambda pick: pick_text.decision_label(decision_of(pick)),
}


def csv_of(picks: QuerySet[Any], *, language: str | None) -> str:
    """For a spreadsheet in this language, or for a program without one (codes, UTC, points)."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";" if language else ",")
    mark = "," if language and language.startswith("fr") else "."
    with override(language):
        if language:
            file.write(BOM)
            writer.writerow([_(heading) for heading, _value in COLUMNS.values()])
        else:
            writer.writerow(COLUMNS)
        for pick in picks.iterator(chunk_size=CHUNK):
            writer.writerow([_cell(name, pick, mark, language) for name in COLUMNS])
    return file.getvalue()


def _cell(name: str, pick: Pick, mark: str, language: str | None) -> Any:
    if language and name in WORDS:
        return without_formula(WORDS[name](pick))
    match COLUMNS[name][1](pick):
        case None:
            return ""
        case Decimal() as value:
            return amount(value).replace(".", mark)
        case datetime() as moment:
            return f"{localtime(moment):%Y-%m-%d %H:%M}" if language else moment.isoformat()
        case int() as whole:
            return whole
        case value:
            return without_formula(str(value))


def _rounded(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(round(value, 2)))
