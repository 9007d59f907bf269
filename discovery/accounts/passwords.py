"""Which passwords are refused, wherever one is chosen: those a stranger would try first.

Configured in ``AUTH_PASSWORD_VALIDATORS``. Passwords chosen before are not looked at again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NAMES = ("username", "email", "first_name", "last_name")  # the user's fields
PRODUCT = ("arbitragevault", "arbitrage", "vault", "keepa", "amazon")
SHORTEST_NAME = 3  # letters; shorter ones are part of too many words
FEWEST_LETTERS_BESIDE = 8  # letters that are nobody's name, when a name is in it
FEWEST_BESIDE_ROWS = 6  # characters
FEWEST_DIFFERENT = 5  # characters
# Rows of a keyboard, and what one counts with; four neighbours in either direction are a pattern.
ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "azertyuiop", "qsdfghjklm", "wxcvbn",
)  # fmt: skip
PATTERN = 4
_LOOK_ALIKES = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
                "@": "a", "$": "s", "€": "e"}  # fmt: skip
# 1, ! and | are read as i and as l.
READINGS = tuple(
    str.maketrans(_LOOK_ALIKES | dict.fromkeys("1!|", letter)) for letter in ("i", "l")
)


class NotTheNameValidator:
    """Refuses what is made of the user's name or address, or of the product's: in parts, backwards,
    with accents, digits or look-alikes (4 for a), with anything between or around it.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ``ValidationError`` unless enough is left of the password beside the names."""
        plain = _plain(password)
        names = set(_names(user))
        for reading in READINGS:
            read = {name.translate(reading) for name in names}
            covered = _covered(plain.translate(reading), [*read, *(name[::-1] for name in read)])
            beside = sum(char.isalpha() and i not in covered for i, char in enumerate(plain))
            if covered and beside < FEWEST_LETTERS_BESIDE:
                raise ValidationError(
                    _("This password is made of your name, your address or the product's name."),
                    code="password_of_names",
                )

    def get_help_text(self) -> str:
        """The rule, as the pages show it."""
        return _("It must not be made of your name, your address or the product's name.")


class NotCommonValidator(CommonPasswordValidator):
    """Django's list, also with digits and signs around a word or look-alikes in it, and repeated;
    rows of the keyboard; a handful of characters over and over.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ``ValidationError`` for a password that many others have thought of."""
        for text in _cores(password):
            super().validate(text, user)
        plain = _plain(password)
        beside = len(plain) - len(_covered(plain, _patterns()))
        if len(set(plain)) < FEWEST_DIFFERENT or beside < FEWEST_BESIDE_ROWS:
            raise ValidationError(self.get_error_message(), code="password_too_common")


def _plain(text: str) -> str:
    """Small letters without accents, and digits and look-alikes; nothing that only separates."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if char.isalnum() or char in "@$€!|")


def _names(user: User | None) -> Iterator[str]:
    for field in NAMES:
        value = str(getattr(user, field, None) or "")
        for part in (value.partition("@")[0], *re.split(r"[^\w]+|_", value)):
            name = "".join(char for char in _plain(part) if char.isalnum())
            if len(name) >= SHORTEST_NAME:
                yield name
            if len(letters := name.strip("0123456789")) >= SHORTEST_NAME:
                yield letters
    yield from PRODUCT


def _covered(text: str, words: Iterable[str]) -> set[int]:
    """The places in the text where one of the words stands, overlapping ones too."""
    places: set[int] = set()
    for word in words:
        start = text.find(word)
        while start >= 0:
            places.update(range(start, start + len(word)))
            start = text.find(word, start + 1)
    return places


def _cores(password: str) -> Iterator[str]:
    """The password, and the word somebody may have dressed up as this password."""
    yield password
    plain = _plain(password)
    yield _once(plain)
    # What was added at the end, and in front, is not read as letters.
    bare = re.sub(r"^[\W\d]+|[\W\d]+$", "", plain)
    for reading in READINGS:
        yield _once(bare.translate(reading))
        yield _once(plain.translate(reading))


def _once(text: str) -> str:
    """The part that the text repeats; the text itself when it repeats none."""
    return text[: (text + text).find(text, 1)] if text else text


def _patterns() -> Iterator[str]:
    for row in ROWS:
        for start in range(len(row) - PATTERN + 1):
            four = row[start : start + PATTERN]
            yield from (four, four[::-1])
