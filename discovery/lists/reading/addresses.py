"""Addresses of products, at Amazon and in its tools: which product, in which store. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

from discovery.lists.reading.model import SHOWN, BadCell, BadReason
from discovery.products.identifiers import Identifier, NotAnIdentifier, parse_identifier

# Keepa's domain ids (AmazonLocale of the vendor's Java client) -> stores.
KEEPA_STORES = {
    "1": "amazon.com", "2": "amazon.co.uk", "3": "amazon.de", "4": "amazon.fr",
    "5": "amazon.co.jp", "6": "amazon.ca", "8": "amazon.it", "9": "amazon.es", "10": "amazon.in",
    "11": "amazon.com.mx", "12": "amazon.com.br",
}  # fmt: skip
# Currencies of the stores, to notice an address of another marketplace.
STORE_CURRENCIES = {
    "amazon.com": "USD", "amazon.co.uk": "GBP", "amazon.de": "EUR", "amazon.fr": "EUR",
    "amazon.co.jp": "JPY", "amazon.ca": "CAD", "amazon.it": "EUR", "amazon.es": "EUR",
    "amazon.in": "INR", "amazon.com.mx": "MXN", "amazon.com.br": "BRL", "amazon.nl": "EUR",
    "amazon.com.be": "EUR", "amazon.ie": "EUR", "amazon.pl": "PLN", "amazon.se": "SEK",
    "amazon.com.tr": "TRY", "amazon.com.au": "AUD", "amazon.ae": "AED", "amazon.sa": "SAR",
    "amazon.eg": "EGP", "amazon.sg": "SGD", "amazon.co.za": "ZAR", "amazon.cn": "CNY",
}  # fmt: skip
MOST_ENCODINGS = 3  # an address inside an address inside a redirect

IS_ADDRESS = re.compile(
    r"https?://|www\.|\bamazon\.[a-z]{2,3}\b|\bamzn\.|\ba\.co/|keepa\.com|%2f", re.I
)
_STORE = re.compile(r"(?<![\w-])amazon\.((?:com?\.)?[a-z]{2,3})(?![\w-])", re.I)
_SHORT = re.compile(r"(?<![\w-])(?:amzn\.[a-z]{2,4}|a\.co|bit\.ly|tinyurl\.com|t\.co)/\S*", re.I)
_MARKED = re.compile(
    r"(?:/dp/(?:product/)?|/gp/(?:product|aw/d|aw/ol|offer-listing|aw/reviews)/(?:glance/)?"
    r"|/product-reviews/|/exec/obidos/(?:asin|tg/detail/-)/|/o/asin/|/asin/|/review/product/"
    r"|/d/(?:[^/?#\s]+/)+(?=\d)|[?&/#](?:asin|asins?\.1|creativeasin|asin_list)=|product/\d{1,2}-)([A-Za-z0-9]{10})"
    r"(?![A-Za-z0-9])",
    re.I,
)
_KEEPA = re.compile(r"keepa\.com/?#!?/?product/(\d{1,2})-", re.I)
_SEGMENT = re.compile(r"/(B[A-Za-z0-9]{9})(?=[/?#&\s)\"';]|$)", re.I)
_SEARCHED = re.compile(r"[?&](?:k|keywords|field-keywords)=([A-Za-z0-9+-]{8,20})(?=[&#\s)\"';]|$)")


@dataclass(frozen=True, slots=True)
class Address:
    """What an address leads to; ``store`` is ``amazon.de``, empty where it names none."""

    identifier: Identifier
    store: str


def read_address(text: str) -> Address | None:
    """The product an address leads to; ``None`` for a text that is no address.

    Short links hold no product and are never followed. Raises ``BadCell``.
    """
    if not IS_ADDRESS.search(text):
        return None
    whole = _decoded(text)
    for shape in (_MARKED, _SEGMENT, _SEARCHED):
        for found in shape.finditer(whole):
            try:
                identifier = parse_identifier(found[1].strip("+"))
            except NotAnIdentifier:
                continue
            return Address(identifier, _store(whole))
    if short := _SHORT.search(whole):
        raise BadCell(BadReason.SHORT_LINK, short[0][:SHOWN])
    raise BadCell(BadReason.NOT_AN_IDENTIFIER, text.strip()[:SHOWN])


def is_other_store(store: str, *, home: str, currency: str) -> bool:
    """Whether an address is of another marketplace than ``home`` (``www.amazon.fr``).

    Where ``home`` is not known, the currency tells some of them apart.
    """
    if not store:
        return False
    home = home.removeprefix("www.")
    return store != home if home else STORE_CURRENCIES.get(store, currency) != currency


def _decoded(text: str) -> str:
    whole = html.unescape(text)
    for _ in range(MOST_ENCODINGS):
        if "%" not in whole:
            break
        whole = unquote(whole)
    return whole


def _store(text: str) -> str:
    if keepa := _KEEPA.search(text):
        return KEEPA_STORES.get(keepa[1], "")
    found = _STORE.search(text)
    return f"amazon.{found[1].lower()}" if found else ""
