"""From bytes to text: the encoding whose letters look like writing. Pure."""

from __future__ import annotations

import codecs
import re

SAMPLE = 20_000  # characters that are judged
# Eight-bit encodings that office programs and suppliers' systems still write, the likeliest first.
EIGHT_BIT = ("cp1252", "iso-8859-15", "mac_roman", "cp850", "cp1250")

# Letters of the suppliers' languages, and signs that stand between words.
_LETTERS = frozenset("àâäáãåçèéêëìíîïñòóôöõøœæùúûüÿßąćęłńśźżčďěňřšťůž")
_CAPITALS = frozenset("ÀÂÄÁÃÅÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÆÙÚÛÜŸĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽ")
_RARE = frozenset("ãõøåìòÿąćęłńśźżčďěňřšťůžýþð")
_SIGNS = frozenset("«»“”‘’–—…•°²³®™©·×½¼¾€£\u00a0\u202f")
_MOJIBAKE = re.compile(r"[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â[€‚][^\s]?")


def decoded(content: bytes) -> str:
    """The text of a file. What cannot be read becomes U+FFFD; nothing raises."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    # UTF-16 without its mark: every other byte of plain letters is zero.
    head = content[:200]
    if head.count(0) > len(head) / 3:
        little = head[1::2].count(0) > head[::2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    try:
        return _unfolded(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    candidates = [content.decode(name, errors="replace") for name in EIGHT_BIT]
    # A damaged UTF-8 file is still one when most of it reads well.
    candidates.append(content.decode("utf-8-sig", errors="replace"))
    return max(candidates, key=_likeness)


def _likeness(text: str) -> float:
    """How much the letters beyond ASCII look like words; each is judged by its neighbours."""
    score = 0.0
    for found in re.finditer(r"[^\x00-\x7f]", text[:SAMPLE]):
        place = found.start()
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        score += _worth(found[0], before, after)
    return score


def _worth(char: str, before: str, after: str) -> float:
    inside = before.isalpha() and after.isalpha()
    if char in _LETTERS:
        return (0.3 if char in _RARE else 1.0) * (1 if before.isalpha() or after.isalpha() else 0.2)
    if char in _CAPITALS:
        lower_around = before.islower() or (before.isalpha() and after.islower())
        return -2.0 if lower_around else 0.6
    if char == "’":
        return 1.0 if inside else 0.0
    if char in "€£":
        return 1.0 if not before.isalpha() and not after.isalpha() else -1.0
    if char in _SIGNS:
        return -2.0 if inside else 0.1
    return -3.0


def _unfolded(text: str) -> str:
    """``QuantitÃ©`` back to ``Quantité``: UTF-8 that was once read as Windows-1252."""
    if len(_MOJIBAKE.findall(text[:SAMPLE])) < 2:
        return text
    return "\n".join(_unfolded_line(line) for line in text.split("\n"))


def _unfolded_line(line: str) -> str:
    if not _MOJIBAKE.search(line):
        return line
    try:
        return line.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return line
