from __future__ import annotations

import struct

import pytest

from tools.check_catalogue import faults_of, hidden_in_f_strings, read_mo, read_po

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
SOUND = (
    HEADER
    + 'msgid "Buy"\nmsgstr "Acheter"\n\n'
    + '#, python-format\nmsgctxt "verb"\nmsgid ""\n"Skip "\n"it"\nmsgstr "Passer"\n\n'
    + 'msgid "%d pick"\nmsgid_plural "%d picks"\nmsgstr[0] "%d choix"\nmsgstr[1] "%d choix"\n\n'
    + '#~ msgid "Old"\n#~ msgstr "Vieux"\n'
)
COMPILED = {
    "": "Content-Type: text/plain; charset=UTF-8\n",
    "Buy": "Acheter",
    "verb\x04Skip it": "Passer",
    "%d pick\0%d picks": "%d choix\0%d choix",
}


def compile_mo(messages: dict[str, str]) -> bytes:
    """The GNU format: a header, a table of keys, one of values, the texts."""
    count = len(messages)
    texts, keys, values = b"", b"", b""
    base = 28 + 16 * count
    for key, value in sorted(messages.items()):
        for text, is_key in ((key.encode(), True), (value.encode(), False)):
            entry = struct.pack("<2I", len(text), base + len(texts))
            keys, values = (keys + entry, values) if is_key else (keys, values + entry)
            texts += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    return head + keys + values + texts


def test_a_sound_catalogue_has_no_fault() -> None:
    assert faults_of(read_po(SOUND), read_mo(compile_mo(COMPILED))) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('msgstr "Acheter"', 'msgstr ""'), "not translated: 'Buy'"),
        (('msgid "Buy"', '#, fuzzy\nmsgid "Buy"'), "fuzzy: 'Buy'"),
        (('msgstr[1] "%d choix"', 'msgstr[1] ""'), "not translated: '%d pick'"),
        (('"Passer"', '"Sauter"'), "the .mo is not what the .po says"),
    ],
)
def test_a_faulty_entry_is_named(change: tuple[str, str], fault: str) -> None:
    faults = faults_of(read_po(SOUND.replace(*change)), COMPILED)
    assert any(line.startswith(fault) for line in faults), faults


def test_a_message_inside_an_f_string_is_named() -> None:
    source = 'a = f"{x} {_(\'No task\')}"\nb = f"{_(PROBLEMS[code])}"\nc = _("Seen")\n'
    assert hidden_in_f_strings(source) == ["No task"]
