"""The encodings of office programs: accents are recovered, and never cost a column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from discovery.lists.reading.encodings import decoded
from tests.discovery.lists.reading.examples import E1, E2, lines, uploaded

TEXT = (
    "Référence;Désignation;EAN;Prix d’achat HT;Quantité\n"
    f"R1;Cafetière émaillée – nœud;{E1};9,60 €;3\nR2;Pâte brûlée à l’érable;{E2};4,15 €;2\n"
)
PLAIN = TEXT.replace("’", "'").replace("–", "-").replace("œ", "oe").replace("€", "EUR")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "utf-8"), (TEXT, "utf-8-sig"), (TEXT, "utf-16"), (TEXT, "utf-16-le"),
        (TEXT, "utf-16-be"), (TEXT, "cp1252"), (TEXT, "mac_roman"), (PLAIN, "cp850"),
        (TEXT.replace("’", "'").replace("–", "-"), "iso-8859-15"), (PLAIN, "iso-8859-1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_the_same_two_lines_from_every_encoding(text: str, encoding: str, ends: str) -> None:
    content = text.replace("\n", ends).encode(encoding)
    read = uploaded(content)
    assert lines(read) == [(E1, Decimal("9.6"), 3), (E2, Decimal("4.15"), 2)]
    assert read.headings == tuple(text.split("\n")[0].split(";"))


def test_text_encoded_twice_is_unfolded() -> None:
    assert decoded(TEXT.encode().decode("cp1252", errors="ignore").encode()).startswith("Référence")
    broken = PLAIN.encode().decode("cp1252").encode()
    assert decoded(broken) == PLAIN


def test_a_heading_whose_accents_are_lost_keeps_its_column() -> None:
    text = f"EAN;Co\ufffdt;Quantit\ufffd\n{E1};9,60;3\n"
    assert lines(uploaded(text.encode())) == [(E1, Decimal("9.6"), 3)]


def test_a_damaged_utf_8_file_is_read_as_such() -> None:
    content = TEXT.encode().replace("nœud".encode(), b"n\xffud")
    assert "Référence" in decoded(content)
    assert "brûlée" in decoded(content)
