"""Lists in words: how the columns were read, what is wrong with a line, or with the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.lists.reading.model import MOST_LINES
from discovery.lists.reading.tables import MOST_BYTES
from discovery.models import RunLine
from discovery.products.asin_lookup import UNKNOWN_FOR
from discovery.text import formats
from discovery.text.conditions import joined

BAD = {
    "no_identifier": gettext_noop("There is no identifier on this line."),
    "not_an_identifier": gettext_noop("“%(value)s” is neither an ASIN nor an ISBN, EAN or UPC."),
    "wrong_check_digit": gettext_noop(
        "“%(value)s” looks like a code, but its check digit is wrong: a digit was mistyped."
    ),
    "lost_digits": gettext_noop(
        "“%(value)s”: the spreadsheet has rounded this code and its last digits are lost. "
        "Format the column as text and enter the code again."
    ),
    "bad_cost": gettext_noop("The cost “%(value)s” is not an amount above zero."),
    "bad_quantity": gettext_noop("The quantity “%(value)s” is not a whole number above zero."),
}
UNREADABLE = {
    "empty": gettext_noop("This list is empty: paste some lines or choose a file."),
    "too_long": gettext_noop("This list is too long: at most %(lines)s lines at once."),
    "too_large": gettext_noop("This file is too large: at most %(size)s."),
    "not_a_list": gettext_noop(
        "This file is not a list we can read. Give a CSV, a text or an Excel (.xlsx) file."
    ),
    "old_excel": gettext_noop(
        "This is an old or a protected Excel file. Save it as “.xlsx” without a password, or as "
        "CSV."
    ),
    "broken_excel": gettext_noop(
        "This Excel file is damaged, or is none. Save it again as “.xlsx” or as CSV."
    ),
    "bloated_excel": gettext_noop(
        "This Excel file unpacks to far more than a list. Copy the columns into a new file."
    ),
}
UNKNOWN = {
    "no_product": gettext_noop("No product bears this code on this marketplace."),
    "no_data": gettext_noop("Keepa has no data for this product."),
    "undecodable": gettext_noop("The data of this product could not be read."),
}


def no_answer_text(line: RunLine) -> str:
    """Why a line has no score; empty when it has one, the code itself when it is not known."""
    sentences = BAD if line.state == RunLine.State.BAD else UNKNOWN
    if line.reason not in sentences:
        return line.reason
    text = _(sentences[line.reason])
    if line.reason == "no_product" and (since := parse_datetime(line.value or "")):
        asked = _("Asked on %(moment)s; asked again after %(days)s days.")
        return f"{text} {asked % {'moment': formats.when(since), 'days': UNKNOWN_FOR.days}}"
    return text % {"value": line.value} if line.state == RunLine.State.BAD else text


def unreadable_text(code: str) -> str:
    """Why nothing of a list can be used, from the code of ``UnreadableList``."""
    limits = {"lines": formats.number(MOST_LINES), "size": formats.size(MOST_BYTES)}
    return _(UNREADABLE[code]) % limits


def columns_text(columns: Mapping[str, Any]) -> str:
    """``identifier: ASIN, EAN · cost: Prix d’achat · quantity: column 3``."""
    read = {
        _("identifier"): columns.get("identifiers") or (),
        _("cost"): [name for name in (columns.get("cost"),) if name],
        _("quantity"): [name for name in (columns.get("quantity"),) if name],
    }
    return joined(
        [
            _("%(what)s: %(columns)s") % {"what": what, "columns": ", ".join(map(_column, names))}
            for what, names in read.items()
            if names
        ]
    )


def _column(name: str) -> str:
    return _("column %(number)s") % {"number": name[1:]} if name.startswith("#") else name
