"""Purchases and their sales as the text of a CSV file: one line a sale, or an unsold purchase."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from discovery.models import Purchase, Sale
from discovery.products.purchase_columns import COLUMNS
from discovery.text.cells import without_formula

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as Latin-1
CENT = Decimal("0.01")
CHUNK = 500
LEFT_OUT = {"ean"}  # read, never written


def csv_of(purchases: QuerySet[Purchase], *, language: str | None) -> str:
    """For a spreadsheet in this language, or for a program without one."""
    names = [name for name in COLUMNS if name not in LEFT_OUT]
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";" if language else ",")
    mark = "," if language and language.startswith("fr") else "."
    with transaction.atomic(), override(language):
        if language:
            file.write(BOM)
            writer.writerow([_(COLUMNS[name].heading) for name in names])
        else:
            writer.writerow(names)
        for purchase, sale in _lines(purchases):
            writer.writerow(
                [
                    _cell(name, COLUMNS[name].of(purchase, sale), mark, is_plain=not language)
                    for name in names
                ]
            )
    return file.getvalue()


def _lines(purchases: QuerySet[Purchase]) -> Iterator[tuple[Purchase, Sale | None]]:
    for purchase in purchases.prefetch_related("sales").iterator(chunk_size=CHUNK):
        sales: list[Sale | None] = list(purchase.sales.all())
        yield from ((purchase, sale) for sale in sales or [None])


def _cell(name: str, value: Any, mark: str, *, is_plain: bool) -> Any:
    words = COLUMNS[name].words
    match value:
        case None:
            return ""
        case Decimal():
            return amount(value).replace(".", mark)
        case int():
            return value
        case date():
            return value.isoformat()
        case _:
            text = str(value)
            return without_formula(words(text) if words and not is_plain else text)


def amount(value: Decimal) -> str:
    """With two decimals, or four where they are needed: three would have two readings."""
    cents = value.quantize(CENT)
    return f"{cents if cents == value else value.quantize(Decimal('0.0001')):f}"
