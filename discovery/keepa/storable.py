"""What no database stores, taken out of an answer of Keepa's before anything reads it.

PostgreSQL takes neither NUL nor half of a surrogate pair in any text. Every string of an answer is
freed of them here, keys included, once for all its readers.
"""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST_NUMBER = 4000  # digits; Python reads no more than 4300
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
# Every escape is read, so that an escaped backslash before a "u" is not taken for one of these. A
# whole pair is one character, and stays.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lost>u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))|.)",
    re.DOTALL,
)


def read_json(text: str) -> Any:
    """The value a JSON text stands for, without what cannot be stored in any of its strings.

    Control characters that stand in a string as they are do not make it unreadable, nor does a
    number too long for Python, which is read as ``None``. Raises ``ValueError`` for what is no
    JSON, ``RecursionError`` for what is too deep.
    """
    cleaned = _cleaned(text)
    try:
        return json.loads(cleaned, strict=False)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(cleaned, strict=False, parse_int=_whole)


def _cleaned(text: str) -> str:
    # An answer holds megabytes of figures and hardly an escape: looking is much cheaper than
    # cleaning, and cleaning the text much cheaper than walking through the values.
    text = text.replace("\x00", "")
    return _ESCAPE.sub(_kept, text) if _SUSPECT.search(text) else text


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= LONGEST_NUMBER else None


def _kept(escape: re.Match[str]) -> str:
    return "" if escape["lost"] else escape[0]
