"""What was typed in the box of every page: one product, several lines, or words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.reading.addresses import IS_ADDRESS
from discovery.lists.reading.codes import Code, is_whole_code, read_code
from discovery.lists.reading.model import BadCell, BadLine, BadReason
from discovery.products.identifiers import Identifier

LONGEST = 20_000  # characters of a question that travels in an address
SHORTEST_CODE = 10  # characters that are no code by chance, in the middle of words
LONGEST_WORDS = 100

_SEPARATORS = re.compile(r"[\s,;|]+")
_STORES = {market.host.removeprefix("www."): code for code, market in MARKETPLACES.items()}


class Kind(StrEnum):
    """What a text is."""

    NOTHING = "nothing"
    PRODUCT = "product"
    LINES = "lines"
    WORDS = "words"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Question:
    """A text as it was understood.

    ``text`` is what was typed, for ``LINES`` one product a line; ``identifier`` that of a
    ``PRODUCT``, ``marketplace`` the one its address names. ``foreign_store`` is the store of an
    address that Keepa does not follow. ``has_more``: the line holds more than its code, a cost
    perhaps. ``wrong`` tells what is wrong with an ``UNREADABLE`` one.
    """

    kind: Kind
    text: str = ""
    identifier: Identifier | None = None
    marketplace: str = ""
    foreign_store: str = ""
    has_more: bool = False
    wrong: BadLine | None = None


def read_question(text: str) -> Question:
    """Tell a product from a list from words."""
    text = text[:LONGEST].strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return Question(Kind.NOTHING)
    if len(lines) > 1:
        return _of_lines(lines)
    pieces = _SEPARATORS.split(text)
    if len(pieces) > 1 and not is_whole_code(text) and all(map(_names_product, pieces)):
        return Question(Kind.LINES, "\n".join(pieces))
    return _of_line(text)


def _of_lines(lines: list[str]) -> Question:
    """A list, unless all but one of the lines are words around a product, as when it is shared."""
    read = [_of_line(line) for line in lines]
    products = [one for one in read if one.kind is Kind.PRODUCT]
    if not products:
        wrong = next((one for one in read if one.kind is Kind.UNREADABLE), None)
        return wrong or Question(Kind.WORDS, " ".join(lines)[:LONGEST_WORDS])
    others = [one for one in read if one.kind is not Kind.PRODUCT]
    if len(products) == 1 and not products[0].has_more and all(map(_is_words, others)):
        return products[0]
    return Question(Kind.LINES, "\n".join(lines))


def _of_line(text: str) -> Question:
    try:
        code = read_code(text)
    except BadCell as error:
        is_words = error.reason is BadReason.NOT_AN_IDENTIFIER and not IS_ADDRESS.search(text)
        if is_words:
            return Question(Kind.WORDS, text[:LONGEST_WORDS])
        wrong = BadLine(1, text, error.reason, error.value)
        return Question(Kind.UNREADABLE, text, wrong=wrong)
    is_whole = is_whole_code(text) or bool(code.store)
    if not is_whole and (code.restored or len(code.identifier.value) < SHORTEST_CODE):
        return Question(Kind.WORDS, text[:LONGEST_WORDS])
    return _of_code(code, text, has_more=not is_whole)


def _of_code(code: Code, text: str, *, has_more: bool) -> Question:
    marketplace = _STORES.get(code.store, "")
    return Question(
        Kind.PRODUCT,
        text,
        identifier=code.identifier,
        marketplace=marketplace,
        foreign_store="" if marketplace else code.store,
        has_more=has_more,
    )


def _is_words(question: Question) -> bool:
    return question.kind is Kind.WORDS


def _names_product(piece: str) -> bool:
    return is_whole_code(piece) and _of_line(piece).kind is Kind.PRODUCT
