"""Lists in words: how the columns were read, what is wrong with a line, or with the whole."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.reading.model import MOST_LINES, BadLine, Doubt, LineNote, NoteCode
from discovery.lists.reading.tables import MOST_BYTES
from discovery.models import Run, RunLine
from discovery.products.asin_lookup import UNKNOWN_FOR
from discovery.scoring.marketplaces import has_vat
from discovery.text import costs, formats
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
    "bad_quantity": gettext_noop("The quantity must be a whole number, at least 1: “%(value)s”."),
    "no_price": gettext_noop("No price: “%(value)s”."),
    "bad_discount": gettext_noop("The discount “%(value)s” cannot be read."),
    "foreign_currency": gettext_noop(
        "The cost “%(value)s” is in another currency than the marketplace’s."
    ),
    "case_price": gettext_noop(
        "The cost “%(value)s” is for a whole case, and nothing says how many units it holds."
    ),
    "carton_code": gettext_noop(
        "“%(value)s” is the code of a carton, not of the unit: its price is to be divided by the "
        "number of units."
    ),
    "placeholder": gettext_noop("“%(value)s” fills a cell; it is the code of no product."),
    "short_link": gettext_noop(
        "“%(value)s” is a short link: open it and copy the whole address of the product."
    ),
    "out_of_stock": gettext_noop("Set aside: out of stock at the supplier (“%(value)s”)."),
}
UNREADABLE = {
    "empty": gettext_noop("This list is empty: paste some lines or choose a file."),
    "too_long": gettext_noop("This list is too long: at most %(lines)s lines at once."),
    "too_large": gettext_noop("This file is too large: at most %(size)s."),
    "not_a_list": gettext_noop(
        "This file is not a list we can read. Give a CSV, a text, an Excel or an OpenDocument file."
    ),
    "protected_excel": gettext_noop(
        "This spreadsheet is protected by a password. Save it without one, or as CSV."
    ),
    "no_such_sheet": gettext_noop("This workbook has no sheet of that name."),
    "broken_excel": gettext_noop(
        "This spreadsheet is damaged, or is none. Save it again as “.xlsx” or as CSV."
    ),
    "bloated_excel": gettext_noop(
        "This spreadsheet unpacks to far more than a list. Copy the columns into a new file."
    ),
    "bloated_text": gettext_noop(
        "This list holds far more than we can read. Copy the columns you need into a new file."
    ),
    "too_slow": gettext_noop(
        "Reading this list takes too long. Copy the columns you need into a new file."
    ),
    "reader_failed": gettext_noop(
        "Reading this list has failed. Save it again as “.xlsx” or as CSV."
    ),
    "reader_busy": gettext_noop("Another list of yours is being read. Try again in a few seconds."),
    "no_reader": gettext_noop("Lists cannot be read at the moment. Try again in a minute."),
}
DOUBTS = {
    "no_cost_column": gettext_noop("No column of costs was found: which one is it?"),
    "several_cost_columns": gettext_noop(
        "Several columns could hold the cost (%(columns)s): “%(column)s” was taken."
    ),
    "which_sheet": gettext_noop("Sheet read: %(sheet)s. Left out: %(others)s."),
    "foreign_currency": gettext_noop(
        "Costs in %(currency)s (%(lines)s): confirm a rate, or these lines are left out."
    ),
    "mixed_currencies": gettext_noop("The costs are in several currencies: %(currency)s."),
    "case_price": gettext_noop(
        "“%(column)s” is the price of a case (%(lines)s), and nothing says how many units it "
        "holds: which column does?"
    ),
    "no_identifier_column": gettext_noop(
        "No column of ASIN, EAN, UPC or ISBN was found: which one is it?"
    ),
    "only_public_prices": gettext_noop(
        "The only prices are those paid by the public (%(columns)s): they are no costs."
    ),
}
NOTES = {
    "zeros_restored": gettext_noop("zeros put back"),
    "suffix_dropped": gettext_noop("“%(value)s” dropped after the code"),
    "several_codes": gettext_noop("several codes in the cell, the first was read"),
    "other_store": gettext_noop("the address is one of %(value)s"),
    "guess": gettext_noop("the code is a guess: it can be read in two ways"),
    "pack_price": gettext_noop("price of a case of %(value)s, divided"),
    "line_total": gettext_noop("total of the line, divided by %(value)s"),
    "discounted": gettext_noop("list price less %(value)s"),
    "price_breaks": gettext_noop("%(value)s prices for one product"),
    "mean_cost": gettext_noop("mean of %(value)s costs"),
    "first_cost": gettext_noop("%(value)s costs without quantities, the first was kept"),
    "stock_as_quantity": gettext_noop("the supplier’s stock, taken for the quantity"),
    "converted": gettext_noop("converted from %(value)s"),
}
UNKNOWN = {
    "no_product": gettext_noop("No product bears this code on this marketplace."),
    "no_data": gettext_noop("Keepa has no data for this product."),
    "undecodable": gettext_noop("The data of this product could not be read."),
    "unread_code": gettext_noop("Keepa's answer does not say which product bears this code."),
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
    # As the form says it: a file of 5 MB by either way of counting is taken.
    size = _("%(size)s MB") % {"size": formats.number(MOST_BYTES // 1024**2)}
    limits = {"lines": formats.number(MOST_LINES), "size": size}
    return _(UNREADABLE[code]) % limits


def doubt_text(doubt: Doubt) -> str:
    """What the reader of the list was not sure of, as a sentence for its owner."""
    params = dict(doubt.params)
    if "lines" in params:
        lines = int(params["lines"])
        params["lines"] = ngettext("%(count)s line", "%(count)s lines", lines) % {
            "count": formats.number(lines)
        }
    if "column" in params:
        params["column"] = column_text(params["column"])
    return _(DOUBTS[doubt.code]) % params


def note_text(note: LineNote) -> str:
    """What was done to read a line, in a few words."""
    return _(NOTES[note.code]) % {"value": note.value}


def ignored_text(count: int) -> str:
    """How many rows without a code were left out, in one sentence; empty for none."""
    if not count:
        return ""
    sentence = ngettext(
        "%(count)s row without a code left out (title, section or total).",
        "%(count)s rows without a code left out (titles, sections, totals).",
        count,
    )
    return sentence % {"count": formats.number(count)}


def columns_text(columns: Mapping[str, Any]) -> str:
    """``identifier: ASIN, EAN · cost: Prix d’achat · quantity: column 3``."""
    read = {
        _("identifier"): columns.get("identifiers") or (),
        _("cost"): [name for name in (columns.get("cost"),) if name],
        _("quantity"): [name for name in (columns.get("quantity"),) if name],
        _("units in a case"): [name for name in (columns.get("pack"),) if name],
    }
    return joined(
        [
            _("%(what)s: %(columns)s")
            % {"what": what, "columns": ", ".join(map(column_text, names))}
            for what, names in read.items()
            if names
        ]
    )


def reading_facts(run: Run) -> list[str]:
    """How a list was read, each fact in a few words: columns, sheet, VAT, rate, rows left out."""
    how = run.columns
    facts = [columns_text(how)]
    if how.get("sheet"):
        facts.append(_("sheet: %(sheet)s") % {"sheet": how["sheet"]})
    if how.get("cost_vat") and has_vat(run.marketplace):
        facts.append(_("costs %(basis)s") % {"basis": costs.basis_label(how["cost_vat"])})
    if how.get("pack_priced"):
        facts.append(_("costs of a case, divided by its units"))
    # A rate is kept when the list is said to be in the marketplace's own currency after all.
    if how.get("rate") and how.get("currency") != MARKETPLACES[run.marketplace].currency:
        facts.append(rate_text(run))
    facts.append(ignored_text(how.get("ignored") or 0))
    return [fact for fact in facts if fact]


def rate_text(run: Run) -> str:
    """The rate its owner confirmed: ``1 USD = 0,92 EUR``."""
    return _("1 %(foreign)s = %(rate)s %(currency)s") % {
        "foreign": run.columns.get("currency") or "",
        "rate": formats.exact(Decimal(run.columns["rate"])),
        "currency": MARKETPLACES[run.marketplace].currency,
    }


def bad_text(line: BadLine) -> str:
    """Why a line that was just read is left out."""
    return _(BAD[line.reason]) % {"value": line.value}


def notes_text(line: RunLine) -> str:
    """What was done to read a stored line, in a few words; empty for nothing."""
    notes = (LineNote(NoteCode(note["code"]), note["value"]) for note in line.notes)
    return joined([note_text(note) for note in notes])


def column_text(name: str) -> str:
    """A column by its heading, or by its place where it has none (``#3``)."""
    return _("column %(number)s") % {"number": name[1:]} if name.startswith("#") else name
