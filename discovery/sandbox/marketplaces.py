"""The eleven Amazon marketplaces Keepa follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Marketplace:
    """What differs from one Amazon store to the next.

    `price_scale` turns a price in US cents into the store's smallest unit (yen have no cents);
    `demand` is the size of the market, the US being 1; `closing_fee` is taken on media.
    """

    domain: int
    code: str
    language: str
    price_scale: float
    demand: float
    closing_fee: int
    amazon_seller: str
    isbn_group: str
    ean_prefix: str
    has_cents: bool = True


MARKETPLACES: Final = {
    market.domain: market
    for market in (
        Marketplace(1, "us", "en", 1.0, 1.0, 180, "ATVPDKIKX0DER", "1", "0"),
        Marketplace(2, "uk", "en", 0.85, 0.35, 50, "A3P5ROKL5A1OLE", "0", "50"),
        Marketplace(3, "de", "de", 0.95, 0.4, 81, "A3JWKAKR8XB7XF", "3", "40"),
        Marketplace(4, "fr", "fr", 0.95, 0.3, 61, "A1X6FK5RDHNB96", "2", "3"),
        Marketplace(5, "jp", "ja", 1.5, 0.5, 80, "AN1VRQENFRJN5", "4", "49", has_cents=False),
        Marketplace(6, "ca", "en", 1.35, 0.12, 100, "A3DWYIK6Y9EEQB", "1", "0"),
        Marketplace(8, "it", "it", 0.95, 0.25, 81, "A11IL2PNWYJU7H", "88", "80"),
        Marketplace(9, "es", "es", 0.95, 0.22, 81, "A1AT7YVPFBWXBL", "84", "84"),
        Marketplace(10, "in", "en", 45.0, 0.3, 2000, "AT95IG9ONZD7S", "93", "890"),
        Marketplace(11, "mx", "es", 17.0, 0.15, 1700, "AVDBXBAVVSXLQ", "607", "750"),
        Marketplace(12, "br", "pt", 5.2, 0.15, 500, "A1ZZFT5FULY4LN", "85", "789"),
    )
}

KNOWN_DOMAINS: Final = frozenset(MARKETPLACES)
"""Domains Keepa answers for; 7 is unused."""
