"""The Amazon marketplaces the sandbox has products for, and those it merely knows of."""

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
    )
}

KNOWN_DOMAINS: Final = frozenset({1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12})
"""Domains Keepa answers for; 7 is unused. Those not in MARKETPLACES are empty stores here."""
