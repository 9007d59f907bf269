"""What cannot be stored is out of an answer before anything reads it, keys and values alike."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.keepa.storable import read_json

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "b\u0000c"}', {"a": "bc"}),
        (r'{"a\u0000b": 1}', {"ab": 1}),
        (r'["\ud83d", "\uDE00", "x\ud83dy"]', ["", "", "xy"]),
        (r'["\ud83d\ude00", "\uD83D\uDE00"]', ["😀", "😀"]),
        (r'["\ud83d\ud83d\ude00\ude00"]', ["😀"]),
        (r'["\ud83d\\\ude00"]', ["\\"]),
        (r'["a\\u0000", "a\\\u0000"]', ["a\\u0000", "a\\"]),
        (r'["\\\\ud800", "\n\t\u00e9\""]', ["\\\\ud800", '\n\té"']),
        ('["a\x00b", "a\x01\nb"]', ["ab", "a\x01\nb"]),
        ('{"productGroup": "\\u0000", "csv": [[1, 2], null]}',
         {"productGroup": "", "csv": [[1, 2], None]}),
        ("[1, " + "9" * 5000 + ", 2.5]", [1, None, 2.5]),
    ],
)  # fmt: skip
def test_only_what_cannot_be_stored_goes(text: str, value: Any) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize("text", ["", "{", '{"a": }', "[1, 2", '["a" "b"]', "[" + "9" * 5000])
def test_what_is_no_json_stays_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda below: st.lists(below) | st.dictionaries(st.text(st.characters(codec=None)), below),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_any_answer_can_be_stored_and_a_clean_one_is_itself(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace").decode()
    read = read_json(text)
    shown = json.dumps(read, ensure_ascii=False)
    shown.encode()
    assert "\\u0000" not in shown.replace("\\\\", "")
    if not UNSTORABLE.search(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\x00")):
        assert read == json.loads(text)
