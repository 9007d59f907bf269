"""Per marketplace: currency, VAT rates, what is not banded by price. Dated, sourced constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

D = Decimal


class VatClass(StrEnum):
    """Which VAT rate a product is sold at."""

    STANDARD = "standard"
    BOOKS = "books"
    FOOD = "food"


@dataclass(frozen=True, slots=True)
class VatRates:
    """VAT rates contained in a marketplace's prices, in percent."""

    standard: Decimal
    books: Decimal
    food: Decimal
    effective_from: date
    source: str
    to_check: bool = False

    def of(self, vat_class: VatClass) -> Decimal:
        """The rate of a class, in percent."""
        rate: Decimal = getattr(self, vat_class)
        return rate


@dataclass(frozen=True, slots=True)
class Marketplace:
    """What the engine knows of one Amazon store.

    ``inbound_per_kg`` is the default price of sending a kilogram to Amazon, excl. VAT. ``vat`` is
    the VAT that the seller's regime settles. ``holds_sales_tax``: prices hold a tax outside it,
    which a seller may or may not owe; ``sales_tax`` are its rates where they are known.
    """

    code: str
    currency: str
    minor_digits: int
    vat: VatRates | None
    inbound_per_kg: Decimal
    inbound_to_check: bool
    holds_sales_tax: bool = False
    sales_tax: VatRates | None = None

    @property
    def cent(self) -> Decimal:
        """The smallest amount of the currency."""
        return Decimal(1).scaleb(-self.minor_digits)


_VAT_FR = VatRates(D(20), D("5.5"), D("5.5"), date(2014, 1, 1), "CGI art. 278, 278-0 bis")
_VAT_DE = VatRates(D(19), D(7), D(7), date(2021, 1, 1), "UStG § 12", to_check=True)
_VAT_IT = VatRates(D(22), D(4), D(4), date(2013, 10, 1), "DPR 633/1972", to_check=True)
_VAT_ES = VatRates(D(21), D(4), D(4), date(2012, 9, 1), "Ley 37/1992", to_check=True)
_VAT_UK = VatRates(D(20), D(0), D(0), date(2011, 1, 4), "VAT Act 1994", to_check=True)

# Contained in the prices of these stores. Whether a seller from abroad owes it depends on where his
# stock lies, on thresholds and on his being registered: the profile must say (see ``fees.vat``).
_TAX_JP = VatRates(D(10), D(10), D(8), date(2019, 10, 1), "消費税法, reduced rate on food", True)
_TAX_IN = VatRates(D(18), D(0), D(5), date(2025, 9, 22), "GST, rates since September 2025", True)
_TAX_MX = VatRates(D(16), D(0), D(0), date(2010, 1, 1), "Ley del IVA", True)

POUNDS_PER_KG = D("2.2046226")
_INBOUND_EUR = D("0.90")
_INBOUND_USD = (D("0.40") * POUNDS_PER_KG).quantize(D("0.0001"))
# The same order of magnitude elsewhere (``currencies``).
_INBOUND_CAD, _INBOUND_JPY, _INBOUND_INR = D("1.35"), D(135), D(90)
_INBOUND_MXN, _INBOUND_BRL = D(18), D("5.40")

_ALL = (
    Marketplace("us", "USD", 2, None, _INBOUND_USD, False),
    Marketplace("uk", "GBP", 2, _VAT_UK, _INBOUND_EUR, True),
    Marketplace("de", "EUR", 2, _VAT_DE, _INBOUND_EUR, True),
    Marketplace("fr", "EUR", 2, _VAT_FR, _INBOUND_EUR, False),
    Marketplace("jp", "JPY", 0, None, _INBOUND_JPY, True, True, _TAX_JP),
    Marketplace("ca", "CAD", 2, None, _INBOUND_CAD, True),
    Marketplace("it", "EUR", 2, _VAT_IT, _INBOUND_EUR, True),
    Marketplace("es", "EUR", 2, _VAT_ES, _INBOUND_EUR, True),
    Marketplace("in", "INR", 2, None, _INBOUND_INR, True, True, _TAX_IN),
    Marketplace("mx", "MXN", 2, None, _INBOUND_MXN, True, True, _TAX_MX),
    Marketplace("br", "BRL", 2, None, _INBOUND_BRL, True, True),
)
MARKETPLACES: Mapping[str, Marketplace] = {market.code: market for market in _ALL}


class UnknownMarketplace(LookupError):
    """The facts name a store the engine does not know."""


def marketplace(code: str) -> Marketplace:
    """The store of that code; raises ``UnknownMarketplace``."""
    try:
        return MARKETPLACES[code]
    except KeyError:
        raise UnknownMarketplace(code) from None


def has_vat(code: str) -> bool:
    """Whether the store's prices hold VAT; a store the engine does not know has none."""
    return code in MARKETPLACES and MARKETPLACES[code].vat is not None


@dataclass(frozen=True, slots=True)
class CountryTerms:
    """What Amazon adds to its fees for a seller established in a country, in percent."""

    fee_vat: Decimal
    digital_services: Decimal
    effective_from: date
    source: str
    to_check: bool


# Keyed by the seller's country; both hold whichever store the seller uses, VAT excepted: a store
# without VAT in its prices is computed without VAT throughout.
COUNTRY_TERMS: Mapping[str, CountryTerms] = {
    "FR": CountryTerms(D(20), D(3), date(2024, 8, 1), "Seller Central, TVA et frais DST", False),
    "DE": CountryTerms(D(19), D(0), date(2024, 8, 1), "standard VAT rate", True),
    "IT": CountryTerms(D(22), D(0), date(2024, 8, 1), "standard VAT rate", True),
    "ES": CountryTerms(D(21), D(0), date(2024, 8, 1), "standard VAT rate", True),
    "UK": CountryTerms(D(20), D(0), date(2024, 8, 1), "standard VAT rate", True),
    "US": CountryTerms(D(0), D(0), date(2024, 8, 1), "no VAT", False),
    "OTHER": CountryTerms(D(0), D(0), date(2024, 8, 1), "not known", True),
}
