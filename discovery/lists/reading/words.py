"""The words of a heading: accents, dots, capitals and compounds undone. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from discovery.lists.reading.words_tables import WORDS, Sense

# What compounds are glued with: "einkauf-s-preis".
GLUE = ("", "s", "n", "en", "de", "d")
SHORTEST_PART = 2
UNREADABLE = "\ufffd"

_BUY_BOX = re.compile(r"\bbuy[\s_-]?box\b", re.I)
_QUANTITY = re.compile(r"\bq\. ?t(?=[^\W\d_]?\b)", re.I)  # "Q.tà", "Q.té"
_PER_CARTON = re.compile(r"(?:\bx|/) ?ct\b", re.I)  # "Pz x ct": Italian for "per cartone"
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}[^\W\d_]?\b|\b(?:[^\W\d_]\.){1,}[^\W\d_]\b")
_CAMEL = re.compile(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z])(?<!Mw)")
_DIGITS = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
_SIGNS = {"/": " per ", "+": " plus ", "%": " taux ", "€": " eur ", "$": " usd ", "£": " gbp "}


def plain(text: str) -> str:
    """``Prix d’achat (€ H.T.)`` -> ``prix d achat eur ht``: words in lower case, no accent."""
    text = _BUY_BOX.sub("buybox", unicodedata.normalize("NFKC", text))
    text = _PER_CARTON.sub(" per cartone", _QUANTITY.sub("qt", text))
    text = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = _DIGITS.sub(" ", _CAMEL.sub(" ", text))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (
        c if c.isalnum() or c == UNREADABLE else _SIGNS.get(c, " ")
        for c in decomposed
        if not unicodedata.combining(c)
    )
    return " ".join("".join(kept).split())


@lru_cache(maxsize=4096)
def senses(word: str) -> frozenset[Sense]:
    """What a plain word says; empty for a word that is not known."""
    if word in WORDS:
        return WORDS[word]
    if UNREADABLE in word:
        return _damaged(word)
    parts = _parts(word)
    return frozenset().union(*(WORDS[part] for part in parts))


def words(text: str) -> tuple[str, ...]:
    """The words of a heading, compounds taken apart: ``PAHT`` -> ``pa``, ``ht``."""
    found: list[str] = []
    for word in plain(text).split():
        found.extend([word] if word in WORDS else _parts(word) or [word])
    return tuple(found)


def _damaged(word: str) -> frozenset[Sense]:
    """A word whose accents were lost in an encoding: those it can be must agree."""
    letters = [c for c in word if c != UNREADABLE]
    if len(letters) < 2:
        return frozenset()
    shape = re.compile(".".join(map(re.escape, word.split(UNREADABLE))))
    found = {meant for known, meant in WORDS.items() if shape.fullmatch(known)}
    return found.pop() if len(found) == 1 else frozenset()


@lru_cache(maxsize=4096)
def _parts(word: str) -> tuple[str, ...]:
    """The known words a compound is made of, the longest first; empty when it is none."""
    for length in range(len(word), SHORTEST_PART - 1, -1):
        first = word[:length]
        if first not in WORDS:
            continue
        rest = word[length:]
        if not rest or rest == "s":
            return (first,)
        for glue in GLUE:
            if rest.startswith(glue) and (others := _parts(rest[len(glue) :])):
                return (first, *others)
    return ()


def follows(found: tuple[str, ...], first: Sense, second: Sense) -> bool:
    """Whether a word of one sense stands right before one of another."""
    return any(first in senses(one) and second in senses(two) for one, two in pairwise(found))
