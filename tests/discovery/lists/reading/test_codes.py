"""Codes in the dressings of people, spreadsheets, browsers and booksellers."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from discovery.lists.reading.codes import BARCODE, ISBN, is_placeholder, is_whole_code, read_code
from discovery.lists.reading.model import BadCell, BadReason, NoteCode
from tests.discovery.lists.reading.examples import E1, E2, UPC, ean

BOOK, BOOK13 = "080442957X", "9780804429573"


def reason(text: str, promised: str = "") -> BadReason:
    with pytest.raises(BadCell) as caught:
        read_code(text, promised=promised)
    return caught.value.reason


def noted(text: str, promised: str = "") -> set[NoteCode]:
    return {note.code for note in read_code(text, promised=promised).notes}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'="{E1}"', E1), (f"'{E1}", E1), (f"#{E1}", E1), (f"@{E1}", E1), (f'"=""{E1}"""', E1),
        (f"EAN : {E1}", E1), (f"{E1}.0", E1), (f"0{E1}", E1), (f"00{UPC}", UPC),
        ("036-000-291-452", UPC), (f"{UPC}-FNSKU", UPC), (f"{UPC}_NEW", UPC), (f"{UPC}/1", UPC),
        (f"{E1}-FBA", E1), (f"{E1} (lot)", E1), ("0-8044-2957-X", BOOK), (BOOK13, BOOK),
        ("978 0 8044 2957 3", BOOK), ("ISBN : 0-8044-2957-x", BOOK), (f"{BOOK13} (pbk.)", BOOK),
        (f"ISBN-13: {BOOK13} (br.)", BOOK), (f"{BOOK13}, {BOOK}", BOOK), (f"{BOOK13}/B·87", BOOK),
        ("bt00fake77", "BT00FAKE77"), ("B0-FAKE-0077", "B0FAKE0077"),
        ("B0FAKE0077-FBA", "B0FAKE0077"),
        ("9791032702284", "9791032702284"),
    ],
)  # fmt: skip
def test_a_code_is_read_through_its_dressing(text: str, value: str) -> None:
    assert read_code(text).identifier.value == value


def test_several_codes_in_a_cell_are_said_unless_they_are_one_product() -> None:
    assert read_code(f"{E1} / {E2}").identifier.value == E1
    assert NoteCode.SEVERAL_CODES in noted(f"{E1} / {E2}")
    assert NoteCode.SEVERAL_CODES in noted(f"{E1} {E2}")
    assert noted(f"{BOOK13} / {BOOK}") == set()
    assert noted(f"{UPC}, 0{UPC}") == set()


def test_what_is_dropped_after_a_code_is_said() -> None:
    (note,) = read_code(f"{UPC}-FNSKU").notes
    assert (note.code, note.value) == (NoteCode.SUFFIX_DROPPED, "FNSKU")


@pytest.mark.parametrize(
    "text",
    ["000000000000", "0000000000000", "9999999999994", "999999999999", "1111111111116",
     "1234567890123", "1234567890128", "123456789012", "9876543210"],
)  # fmt: skip
def test_fillers_are_no_codes(text: str) -> None:
    assert reason(text) is BadReason.PLACEHOLDER


def test_a_carton_is_told_from_its_unit() -> None:
    assert reason("1" + E1[:12] + "9") in {BadReason.CARTON_CODE, BadReason.NOT_AN_IDENTIFIER}
    assert reason("14006381333938") is BadReason.CARTON_CODE
    assert read_code("04006381333931").identifier.value == "4006381333931"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9780804429574", BadReason.WRONG_CHECK_DIGIT),
        ("97808044295733", BadReason.NOT_AN_IDENTIFIER),
        ("Bouilloire", BadReason.NOT_AN_IDENTIFIER), ("BLACKBERRY", BadReason.NOT_AN_IDENTIFIER),
        ("3,76012E+12", BadReason.LOST_DIGITS), ("5,44890E+11", BadReason.LOST_DIGITS),
        ("https://amzn.eu/d/xYz123", BadReason.SHORT_LINK), ("", BadReason.NOT_AN_IDENTIFIER),
    ],
)  # fmt: skip
def test_what_cannot_be_a_code_says_why(text: str, why: BadReason) -> None:
    assert reason(text) is why


def test_scientific_notation_with_all_its_digits_is_complete() -> None:
    assert read_code(f"{E1[0]}.{E1[1:]}E+12").identifier.value == E1
    assert read_code(f"{E1[0]},{E1[1:]}E+12").identifier.value == E1


class TestEatenZeros:
    def test_the_check_digit_proves_what_is_put_back(self) -> None:
        assert read_code("36000291452", promised=BARCODE).identifier.value == UPC
        assert read_code("131103628", promised=ISBN).identifier.value == "0131103628"
        assert NoteCode.ZEROS_RESTORED in noted("36000291452")

    def test_two_readings_are_a_guess_that_is_said(self) -> None:
        assert NoteCode.GUESS in noted("26256207")
        assert NoteCode.GUESS not in noted("26256207", promised=ISBN)

    def test_the_heading_decides_between_isbn_and_upc(self) -> None:
        assert read_code("60906235", promised=ISBN).identifier.value == "0060906235"


@given(
    number=st.integers(min_value=10, max_value=10**8 - 1),
    dressing=st.sampled_from(
        ["{}", " {} ", '="{}"', "'{}", "#{}", "EAN {}", "EAN: {}", "{}-FBA", "{} (neuf)", "{}/1",
         "{}.0", "0{}", "{}\u200b", "[{}]", "{}, {}", "=“{}”", "«{}»"]
    ),
    spaced=st.sampled_from(["", " ", "-", "\u2011", "\u00a0"]),
)  # fmt: skip
def test_any_ean_in_any_dressing_reads_as_itself(number: int, dressing: str, spaced: str) -> None:
    code = ean(number)
    assume(not is_placeholder(code))
    shown = spaced.join((code[0], code[1:7], code[7:]))
    assert read_code(dressing.format(*(shown, shown))).identifier.value == code


@given(st.text(max_size=80))
def test_no_text_is_too_strange_for_a_code(text: str) -> None:
    if is_whole_code(text):
        assert read_code(text).identifier.value
