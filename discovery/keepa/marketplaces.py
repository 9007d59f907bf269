"""The Amazon marketplaces Keepa follows, and what differs between them on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from discovery.keepa.errors import UnknownMarketplace


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace. ``exponent`` is the number of decimals of its currency (yen: none).

    Keepa's prices are integers in the smallest unit of the currency; ``decimal`` and ``minor``
    convert. ``domain_id`` is Keepa's number for it, ``amazon_seller_id`` Amazon's own as a seller.
    """

    code: str
    domain_id: int
    currency: str
    host: str
    amazon_seller_id: str
    exponent: int = 2

    def decimal(self, minor_units: int) -> Decimal:
        """An amount of the currency, with its own number of decimals."""
        return Decimal(minor_units).scaleb(-self.exponent)

    def minor(self, amount: Decimal) -> int:
        """An amount in the smallest unit, rounded half to even."""
        return int(amount.scaleb(self.exponent).to_integral_value())

    def product_url(self, asin: str) -> str:
        """The address of a product's page on Amazon."""
        return f"https://{self.host}/dp/{asin}"


# Keepa's domain ids (AmazonLocale of the vendor's Java client, February 2026). Mexico and Brazil
# are quoted in centavos.
MARKETPLACES: dict[str, Marketplace] = {
    marketplace.code: marketplace
    for marketplace in (
        Marketplace("us", 1, "USD", "www.amazon.com", "ATVPDKIKX0DER"),
        Marketplace("uk", 2, "GBP", "www.amazon.co.uk", "A3P5ROKL5A1OLE"),
        Marketplace("de", 3, "EUR", "www.amazon.de", "A3JWKAKR8XB7XF"),
        Marketplace("fr", 4, "EUR", "www.amazon.fr", "A1X6FK5RDHNB96"),
        Marketplace("jp", 5, "JPY", "www.amazon.co.jp", "AN1VRQENFRJN5", exponent=0),
        Marketplace("ca", 6, "CAD", "www.amazon.ca", "A3DWYIK6Y9EEQB"),
        Marketplace("it", 8, "EUR", "www.amazon.it", "A11IL2PNWYJU7H"),
        Marketplace("es", 9, "EUR", "www.amazon.es", "A1AT7YVPFBWXBL"),
        Marketplace("in", 10, "INR", "www.amazon.in", "AT95IG9ONZD7S"),
        Marketplace("mx", 11, "MXN", "www.amazon.com.mx", "AVDBXBAVVSXLQ"),
        Marketplace("br", 12, "BRL", "www.amazon.com.br", "A1ZZFT5FULY4LN"),
    )
}


def marketplace_of(code: object) -> Marketplace:
    """Return the marketplace of a code such as ``"fr"``, in any case.

    Raises ``UnknownMarketplace``.
    """
    if isinstance(code, str) and (found := MARKETPLACES.get(code.strip().lower())):
        return found
    raise UnknownMarketplace(code, tuple(MARKETPLACES))
