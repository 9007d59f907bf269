"""Rows of a file as purchases and sales, or as what is wrong with them; nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop, override
from django.utils.translation import gettext as _

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.products.identifiers import (
    Identifier,
    IdentifierKind,
    NotAnIdentifier,
    parse_identifier,
)
from discovery.products.purchase_columns import COLUMNS, bare, code_of, column_names
from discovery.products.purchases import Bought, Sold
from discovery.products.scored import StatedCost
from discovery.scoring import PurchaseVat, ShownVerdict, VatBasis, VatRegime
from discovery.text.cells import without_formula
from discovery.text.numbers import read_number, short

MOST_MONEY, MOST_UNITS = Decimal("999999.99"), 999_999
FIRST_DAY = date(1995, 1, 1)
HEADING_ROWS = 10  # among which the headings stand
# Names the references of lines that bring none: the same line is the same purchase.
LINES = UUID("6f0d7a54-0f0e-4b6c-9a52-0a1f6f1a7c11")

PROBLEMS = {
    "no_product": gettext_noop("No ASIN, ISBN or EAN."),
    "not_a_product": gettext_noop("“%(value)s” is neither an ASIN nor a valid ISBN, EAN or UPC."),
    "unknown_code": gettext_noop(
        "No product is known for the code %(value)s: analyse it in a list first, or give its ASIN."
    ),
    "marketplace": gettext_noop("“%(value)s” is no marketplace."),
    "no_cost": gettext_noop("No cost."),
    "no_date": gettext_noop("No date of purchase."),
    "date": gettext_noop("“%(value)s” is not a date, or has two readings: write 2026-11-20."),
    "future": gettext_noop("The date %(value)s is in the future."),
    "amount": gettext_noop("“%(value)s” is not an amount above zero."),
    "quantity": gettext_noop("The quantity “%(value)s” is not a whole number from 1."),
    "vat": gettext_noop("“%(value)s” says neither incl. VAT nor excl. VAT."),
    "half_a_sale": gettext_noop("A sale needs its date, its quantity and its price."),
    "sold_before": gettext_noop("Sold on %(value)s, before it was bought."),
    "more_than_bought": gettext_noop("More units sold than bought: %(value)s left."),
    "reference": gettext_noop("“%(value)s” is not a reference of a purchase or sale."),
}


class BadCell(ValueError):
    """A line cannot be used: ``code`` of ``PROBLEMS`` and the cell it is about."""

    def __init__(self, code: str, value: object = "") -> None:
        super().__init__(code)
        self.code, self.value = code, short(value)


@dataclass(frozen=True, slots=True)
class BadPurchase:
    """A line that is left out, under the number an editor shows beside it."""

    number: int
    text: str
    code: str
    value: str

    def __str__(self) -> str:
        return _(PROBLEMS[self.code]) % {"value": self.value}


@dataclass(frozen=True, slots=True)
class Told:
    """What an export says of a purchase beyond what a user types; ``vat`` where it is whole."""

    title: str = ""
    vat: PurchaseVat | None = None
    verdict: str = ""
    roi_percent: Decimal | None = None
    expected_profit: Decimal | None = None
    engine_version: str = ""
    profile: str = ""
    profile_revision: int | None = None


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """A line as it was understood; ``asin`` is empty while its code is not looked up.

    ``has_reference``: the file names the purchase itself, else it is known by what it says.
    """

    number: int
    text: str
    marketplace: str
    asin: str
    code: str
    bought: Bought
    reference: UUID | None
    sale: Sold | None
    has_sale_reference: bool = False
    told: Told = field(default_factory=Told)


Rows = Sequence[tuple[int, Sequence[str]]]


class NoHeadings(Exception):
    """No row names a column of products and one of costs."""

    code = "no_headings"

    def __str__(self) -> str:
        return _(
            "No line of headings was found: name at least the columns ASIN (or EAN), date and cost."
        )


def read_lines(
    rows: Rows, *, marketplace: str, usual_vat: Callable[[str], VatBasis]
) -> tuple[list[PurchaseLine], list[BadPurchase]]:
    """Every row below the headings. ``marketplace`` is that of lines that name none.

    ``usual_vat`` tells of a marketplace whether its costs hold VAT where a line does not say.
    Raises ``NoHeadings``.
    """
    at, start, is_plain = _headings(rows)
    good: list[PurchaseLine] = []
    bad: list[BadPurchase] = []
    # A file for programs has points for decimals, whatever the reader's language.
    with override("en" if is_plain else get_language()):
        for number, cells in rows[start:]:
            named = {name: _said(cells, place) for name, place in at.items()}
            if not any(named.values()):
                continue
            try:
                good.append(_line(number, named, marketplace, usual_vat))
            except BadCell as error:
                text = named.get("asin") or named.get("ean") or ""
                bad.append(BadPurchase(number, short(text), error.code, error.value))
    return good, bad


def content_reference(marketplace: str, asin: str, bought: Bought) -> UUID:
    """By what a purchase without a reference is known again: what was said of it, notes apart."""
    said = (
        marketplace,
        asin,
        bought.bought_on,
        f"{bought.cost.amount.normalize():f}",
        bought.cost.vat.value,
        bought.quantity,
        bare(bought.place),
    )
    return uuid5(LINES, "|".join(map(str, said)))


def sale_reference(purchase: UUID, *, sold_on: date, quantity: int, price: Decimal) -> UUID:
    """By what a sale without a reference is known again."""
    return uuid5(purchase, f"{sold_on}|{quantity}|{price.normalize():f}")


def _headings(rows: Rows) -> tuple[dict[str, int], int, bool]:
    """Where each column stands, the first row below, and whether the file is for programs."""
    names = column_names()
    for index, (_number, cells) in enumerate(rows[:HEADING_ROWS]):
        at: dict[str, int] = {}
        for place, cell in enumerate(cells):
            name = names.get(bare(cell))
            if name is not None:
                at.setdefault(name, place)
        if {"asin", "ean"} & at.keys() and "unit_cost" in at:
            said = {cells[place].strip() for place in at.values()}
            return at, index + 1, said <= COLUMNS.keys()
    raise NoHeadings


def _said(cells: Sequence[str], place: int) -> str:
    text = cells[place].strip() if place < len(cells) else ""
    # What an export has put behind an apostrophe comes back as it was.
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text


def _line(
    number: int,
    named: Mapping[str, str],
    marketplace: str,
    usual_vat: Callable[[str], VatBasis],
) -> PurchaseLine:
    store = named.get("marketplace", "").strip().casefold() or marketplace
    if store not in MARKETPLACES:
        raise BadCell("marketplace", named.get("marketplace", ""))
    text = named.get("asin") or named.get("ean") or ""
    product = _product(text)
    if not named.get("unit_cost"):
        raise BadCell("no_cost")
    if not named.get("bought_on"):
        raise BadCell("no_date")
    bought_on = _day(named["bought_on"])
    bought = Bought(
        cost=StatedCost(_amount(named["unit_cost"]), _basis(named, usual_vat(store))),
        quantity=_units(named["quantity"]) if named.get("quantity") else 1,
        bought_on=bought_on,
        place=named.get("where", "")[:120],
        note=named.get("note", "")[:500],
    )
    is_code = product.kind is IdentifierKind.CODE
    return PurchaseLine(
        number=number,
        text=text,
        marketplace=store,
        asin="" if is_code else product.value,
        code=product.value if is_code else "",
        bought=bought,
        reference=_reference(named.get("purchase_reference", "")),
        sale=_sale(named, bought_on),
        has_sale_reference=bool(named.get("sale_reference")),
        told=_told(named),
    )


def _product(text: str) -> Identifier:
    if not text:
        raise BadCell("no_product")
    try:
        return parse_identifier(text)
    except NotAnIdentifier:
        raise BadCell("not_a_product", text) from None


def _basis(named: Mapping[str, str], usual: VatBasis) -> VatBasis:
    text = named.get("cost_vat", "")
    if not text:
        return usual
    code = code_of("cost_vat", text, tuple(VatBasis))
    if not code:
        raise BadCell("vat", text)
    return VatBasis(code)


def _sale(named: Mapping[str, str], bought_on: date) -> Sold | None:
    needed = [named.get(name, "") for name in ("sold_on", "sold_quantity", "sale_price")]
    if not any(needed):
        return None
    if not all(needed):
        raise BadCell("half_a_sale")
    sold_on = _day(needed[0])
    if sold_on < bought_on:
        raise BadCell("sold_before", sold_on)
    said: dict[str, Any] = {
        "sold_on": sold_on,
        "quantity": _units(needed[1]),
        "price": _amount(needed[2]),
        "note": named.get("sale_note", "")[:500],
    }
    if named.get("received"):
        said["received"] = _money(named["received"])
        flag = code_of("received_estimated", named.get("received_estimated", ""), ("yes", "no"))
        said["is_estimated"] = flag == "yes"
    if reference := _reference(named.get("sale_reference", "")):
        said["reference"] = reference
    return Sold(**said)


def _told(named: Mapping[str, str]) -> Told:
    """Beyond what is needed: what cannot be read is left out, and the line stays."""

    def number(name: str, *, most: int = 10**9) -> Decimal | None:
        try:
            found = _number(named.get(name, ""), "amount")
        except BadCell:
            return None
        return found if abs(found) < most else None

    regime = code_of("vat_regime", named.get("vat_regime", ""), tuple(VatRegime))
    sale, purchase = number("sale_vat_percent", most=100), number("purchase_vat_percent", most=100)
    is_whole = regime and sale is not None and purchase is not None and min(sale, purchase) >= 0
    revision = number("profile_revision", most=2**31)
    return Told(
        title=named.get("title", "")[:500],
        vat=PurchaseVat(VatRegime(regime), sale or Decimal(0), purchase or Decimal(0))
        if is_whole
        else None,
        verdict=code_of("verdict", named.get("verdict", ""), tuple(ShownVerdict)),
        roi_percent=number("roi_percent"),
        expected_profit=number("expected_profit"),
        engine_version=named.get("engine_version", "")[:20],
        profile=named.get("profile", "")[:60],
        profile_revision=int(revision) if revision is not None and revision > 0 else None,
    )


def _reference(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise BadCell("reference", text) from None


def _number(text: str, code: str) -> Decimal:
    try:
        return read_number(text)
    except ValidationError:
        raise BadCell(code, text) from None


def _amount(text: str) -> Decimal:
    found = _money(text)
    if found <= 0:
        raise BadCell("amount", text)
    return found


def _money(text: str) -> Decimal:
    """An amount as the tables keep it, a loss too."""
    found = _number(text, "amount")
    if abs(found) > MOST_MONEY:
        raise BadCell("amount", text)
    return found.quantize(Decimal("0.0001"))


def _units(text: str) -> int:
    found = _number(text, "quantity")
    if found != found.to_integral_value() or not 1 <= found <= MOST_UNITS:
        raise BadCell("quantity", text)
    return int(found)


_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T].*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})(?:[ T].*)?")


def _day(text: str) -> date:
    """``2026-11-20``, ``20/11/2026``; in English ``11/20/2026`` too, unless it has two readings."""
    parts: list[Any] = []
    if found := _YEAR_FIRST.fullmatch(text):
        parts = [[int(part) for part in found.groups()]]
    elif found := _DAY_FIRST.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        year += 2000 if year < 100 else 0
        parts = [[year, second, first]]
        if not (get_language() or "fr").startswith("fr"):
            parts.append([year, first, second])
    days = set()
    for year, month, day in parts:
        try:
            days.add(date(year, month, day))
        except ValueError:
            continue
    if len(days) != 1 or min(days) < FIRST_DAY:
        raise BadCell("date", text)
    (only,) = days
    if only > timezone.localdate():
        raise BadCell("future", only)
    return only
