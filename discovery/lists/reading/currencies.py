"""Currencies as lists name them: symbols, ISO codes, words; and what ``$`` means where. Pure."""

from __future__ import annotations

import re

# ISO 4217 codes a supplier of an Amazon reseller invoices in.
CODES = frozenset(
    [
        "EUR",
        "USD",
        "GBP",
        "CHF",
        "JPY",
        "CAD",
        "AUD",
        "NZD",
        "CNY",
        "INR",
        "MXN",
        "BRL",
        "PLN",
        "SEK",
        "DKK",
        "NOK",
        "CZK",
        "HUF",
        "RON",
        "BGN",
        "TRY",
        "HKD",
        "SGD",
        "AED",
        "SAR",
        "ZAR",
        "KRW",
        "THB",
        "TWD",
        "ILS",
        "UAH",
        "RUB",
        "RSD",
        "MAD",
        "TND",
        "EGP",
        "CLP",
        "COP",
        "ARS",
    ]
)
# Several countries share a symbol: it means the marketplace's currency where that is one of them.
SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "HKD", "SGD", "TWD", "CLP", "COP", "ARS"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "DKK", "NOK"),
}
SIGNS = {
    "US$": "USD", "$US": "USD", "U$S": "USD", "CA$": "CAD", "C$": "CAD", "$CA": "CAD",
    "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "MX$": "MXN",
    "NT$": "TWD", "R$": "BRL",
    "€": "EUR", "₹": "INR", "₺": "TRY", "₩": "KRW", "₪": "ILS", "₽": "RUB", "₴": "UAH",
    "$": "$", "£": "GBP", "¥": "¥", "\uffe5": "¥", "円": "JPY", "元": "CNY",
}  # fmt: skip
NAMES = {
    "euro": "EUR", "euros": "EUR", "dollar": "$", "dollars": "$", "pound": "GBP",
    "pounds": "GBP", "sterling": "GBP", "gbp": "GBP", "yen": "JPY", "zloty": "PLN", "zlotys": "PLN",
    "zl": "PLN", "zł": "PLN", "kč": "CZK", "kc": "CZK", "lei": "RON", "ft": "HUF", "rmb": "CNY",
    "yuan": "CNY", "kr": "kr", "sek": "SEK", "rs": "INR", "rupee": "INR", "rupees": "INR",
    "fr": "CHF", "sfr": "CHF", "frs": "CHF", "franken": "CHF", "real": "BRL", "reais": "BRL",
}  # fmt: skip

_BY_LENGTH = sorted(SIGNS, key=len, reverse=True)
_SIGN = "|".join(re.escape(sign) for sign in _BY_LENGTH)
_WORD = "|".join(sorted((*CODES, *NAMES), key=len, reverse=True))
_LETTER = r"[^\W\d_]"
TOKEN = re.compile(
    rf"(?P<sign>(?<!{_LETTER})(?:{_SIGN})|[€$£¥₹])|(?<!{_LETTER})(?P<word>{_WORD})\.?(?!{_LETTER})",
    re.I,
)
# Currencies beside a number only, and of these what may be one in a heading too.
_IN_PROSE = frozenset({"rs", "fr", "frs", "ft", "kr", "kc", "real", "lei", "pound", "pounds"})
_IN_HEADINGS = frozenset({"rs", "ft", "kr", "kc", "lei", "pound", "pounds"})


def named(text: str, *, in_heading: bool = False) -> set[str]:
    """The currencies that a text names: ISO codes, or a shared sign such as ``$``."""
    doubtful = _IN_PROSE - _IN_HEADINGS if in_heading else _IN_PROSE
    found = set()
    for token in TOKEN.finditer(text):
        if sign := token["sign"]:
            found.add(SIGNS[sign.upper()])
        elif token["word"].casefold() not in doubtful:
            found.add(_of_word(token["word"]))
    return _settled(found)


def taken_out(text: str) -> tuple[str, set[str]]:
    """An amount without its currency, and the currencies that stood there."""
    found = set()
    for token in TOKEN.finditer(text):
        found.add(SIGNS[token["sign"].upper()] if token["sign"] else _of_word(token["word"]))
    return (TOKEN.sub(" ", text), _settled(found)) if found else (text, found)


def of_cell(text: str) -> str:
    """The currency a cell of a column of currencies names; empty when it names none."""
    bare = text.strip()
    if len(found := taken_out(bare)[1]) == 1:
        return found.pop()
    return bare.upper() if re.fullmatch(r"[A-Za-z]{3}", bare) else ""


def is_currency(text: str) -> bool:
    """Whether a cell names a currency and nothing else."""
    bare = text.strip().upper()
    return bare in CODES or bare in SIGNS


def settled(name: str, *, home: str) -> str:
    """The ISO code of a name; a shared sign is the currency at ``home`` where it can be."""
    shared = SHARED.get(name)
    if shared is None:
        return name
    return home if home in shared else shared[0]


def may_be(name: str, code: str) -> bool:
    """Whether a name (``$``, ``USD``) can mean the currency of that ISO code."""
    return name == code or code in SHARED.get(name, ())


def _of_word(word: str) -> str:
    return NAMES.get(word.casefold()) or word.upper()


def _settled(found: set[str]) -> set[str]:
    """``$12.50 CAD`` is in one currency: the sign says no more than the code."""
    codes = {name for name in found if name not in SHARED}
    return {
        name for name in found if name in codes or not any(may_be(name, code) for code in codes)
    }
