"""The columns of a file of purchases: as they are written, and under which names they are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Purchase, Sale
from discovery.scoring import ShownVerdict, VatRegime
from discovery.text import costs, labels

LANGUAGES = ("fr", "en")  # whose headings and words are read, whatever the reader's


@dataclass(frozen=True, slots=True)
class Column:
    """``of`` makes its value of a purchase and one of its sales, if any.

    ``words`` says a code in the active language; ``also`` are further headings it is read under.
    """

    heading: str
    of: Callable[[Purchase, Sale | None], Any]
    words: Callable[[str], str] | None = None
    also: tuple[str, ...] = ()


def _purchase(name: str) -> Callable[[Purchase, Sale | None], Any]:
    return lambda purchase, _sale: getattr(purchase, name)


def _sale(name: str) -> Callable[[Purchase, Sale | None], Any]:
    return lambda _purchase, sale: getattr(sale, name) if sale else None


def _profit(purchase: Purchase, sale: Sale | None) -> Any:
    if sale is None or sale.received is None:
        return None
    return (sale.received - sale.vat_due - purchase.cost_net) * sale.quantity


def _basis(code: str) -> str:
    return costs.basis_label(code)


def _regime(code: str) -> str:
    return labels.regime_label(VatRegime(code))


def _verdict(code: str) -> str:
    return labels.verdict_label(ShownVerdict(code)) if code else ""


def _flag(code: str) -> str:
    return _("yes") if code == "yes" else _("no")


def _is_estimated(_purchase: Purchase, sale: Sale | None) -> Any:
    return ("yes" if sale.is_estimated else "no") if sale else None


COLUMNS: dict[str, Column] = {
    "asin": Column("ASIN", _purchase("asin"), also=("product", "produit", "identifiant")),
    "ean": Column(
        "EAN", lambda _purchase, _sale: None, also=("gtin", "upc", "isbn", "code", "code-barres")
    ),
    "marketplace": Column(gettext_noop("Marketplace"), _purchase("marketplace")),
    "title": Column(gettext_noop("Title"), _purchase("title"), also=("titre", "nom", "name")),
    "bought_on": Column(
        gettext_noop("Bought on"),
        _purchase("bought_on"),
        also=("date", "date d'achat", "purchase date", "achete le", "date achat"),
    ),
    "where": Column(
        gettext_noop("Where"),
        _purchase("place"),
        also=("place", "lieu", "fournisseur", "supplier", "source", "magasin", "shop", "store"),
    ),
    "unit_cost": Column(
        gettext_noop("Unit cost"),
        _purchase("unit_cost"),
        also=("cost", "cout", "prix d'achat", "purchase price", "prix achat", "cout d'achat"),
    ),
    "cost_vat": Column(
        gettext_noop("VAT of the cost"), _purchase("cost_vat"), _basis, also=("tva", "vat")
    ),
    "quantity": Column(
        gettext_noop("Quantity"), _purchase("quantity"), also=("qte", "qty", "quantite achetee")
    ),
    "note": Column(gettext_noop("Note"), _purchase("note"), also=("commentaire", "comment")),
    "currency": Column(
        gettext_noop("Currency"),
        lambda purchase, _sale: MARKETPLACES[purchase.marketplace].currency,
    ),
    "cost_paid": Column(gettext_noop("Paid a unit"), _purchase("cost_paid")),
    "cost_net": Column(gettext_noop("Net cost a unit"), _purchase("cost_net")),
    "vat_regime": Column(gettext_noop("VAT regime"), _purchase("vat_regime"), _regime),
    "sale_vat_percent": Column(gettext_noop("VAT rate of the sale"), _purchase("sale_vat_percent")),
    "purchase_vat_percent": Column(
        gettext_noop("VAT rate of the purchase"), _purchase("purchase_vat_percent")
    ),
    "verdict": Column(gettext_noop("Verdict at the purchase"), _purchase("verdict"), _verdict),
    "roi_percent": Column(gettext_noop("ROI at the purchase (%)"), _purchase("roi_percent")),
    "expected_profit": Column(gettext_noop("Expected profit a unit"), _purchase("expected_profit")),
    "engine_version": Column(gettext_noop("Engine version"), _purchase("engine_version")),
    "profile": Column(gettext_noop("Business profile"), _purchase("profile_slug")),
    "profile_revision": Column(
        gettext_noop("Revision of the profile"), _purchase("profile_revision")
    ),
    "sold_on": Column(
        gettext_noop("Sold on"), _sale("sold_on"), also=("date de vente", "sale date", "vendu le")
    ),
    "sold_quantity": Column(
        gettext_noop("Quantity sold"), _sale("quantity"), also=("vendu", "sold", "qte vendue")
    ),
    "sale_price": Column(
        gettext_noop("Sale price a unit"), _sale("price"), also=("prix de vente", "prix vente")
    ),
    "received": Column(
        gettext_noop("Received from Amazon a unit"), _sale("received"), also=("recu", "net")
    ),
    "received_estimated": Column(gettext_noop("Received: estimated"), _is_estimated, _flag),
    "sale_vat_due": Column(gettext_noop("VAT owed a unit"), _sale("vat_due")),
    "sale_profit": Column(gettext_noop("Profit of the sale"), _profit),
    "sale_note": Column(gettext_noop("Note of the sale"), _sale("note")),
    "purchase_reference": Column(gettext_noop("Purchase reference"), _purchase("reference")),
    "sale_reference": Column(gettext_noop("Sale reference"), _sale("reference")),
}


def bare(text: str) -> str:
    """A heading or a word without case, accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]", "", plain)


def column_names() -> dict[str, str]:
    """Every heading that is understood, bare -> the name of its column."""
    found: dict[str, str] = {}
    for name, column in COLUMNS.items():
        for heading in (name, *column.also):
            found.setdefault(bare(heading), name)
    for language in LANGUAGES:
        with override(language):
            for name, column in COLUMNS.items():
                found[bare(_(column.heading))] = name
    return found


def code_of(name: str, text: str, codes: tuple[str, ...]) -> str:
    """Which of the codes a cell of the column means, as a code or in words; empty for none."""
    wanted, words = bare(text), COLUMNS[name].words
    if not wanted:
        return ""
    for language in LANGUAGES:
        with override(language):
            for code in codes:
                if wanted in {bare(code), bare(words(code)) if words else ""}:
                    return code
    return ""
