from __future__ import annotations

import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.utils.printable import PrintableFormatter, printable, printable_lines, text_cell

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x1b]8;;http://x\x1b\\link", r"\x1b]8;;http://x\x1b\link"),
        ("\x1b]52;c;cm0=\x07", r"\x1b]52;c;cm0=\x07"),
        ("\x9b2J\x85\x7f\0", r"\x9b2J\x85\x7f\x00"),
        ("walk\u202e4pm.exe\u2066", r"walk\u202e4pm.exe\u2066"),
        ("a\nb\rc\td\u2028e", r"a\nb\rc\td\u2028e"),
        ("\udcff.mp4\ufeff\u200b\U000e0041", r"\udcff.mp4\ufeff\u200b\U000e0041"),
    ],
)
def test_printable_shows_what_a_terminal_would_obey(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["Füße", "走る", "می‌روم", "👩‍🦰 ☕", "a  b", "C:\\x", ""])
def test_printable_leaves_honest_text(text: str) -> None:
    assert printable(text) == text


@given(ANY)
def test_printable_leaves_one_line_that_can_be_written(text: str) -> None:
    shown = printable(text)
    assert shown.encode() is not None
    assert len(f"{shown}.".splitlines()) == 1
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown


def test_printable_lines_keep_their_number() -> None:
    assert printable_lines(["walk\nPASS all", "b"]) == "walk\\nPASS all\nb"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", " =", "＝", "\u00a0-"])
def test_text_cell_is_no_formula(begin: str) -> None:
    assert text_cell(f"{begin}1+1") == f"'{begin}1+1"


@given(ANY)
def test_text_cell_begins_with_nothing_that_spreadsheets_compute(text: str) -> None:
    assert text_cell(text)[:1] not in tuple("=+-@\t\r\n")


@pytest.mark.parametrize("text", ["walking", "'quoted'", "a=b", "1-2", ""])
def test_text_cell_leaves_other_texts(text: str) -> None:
    assert text_cell(text) == text


def test_formatter_lets_no_message_pass_for_another() -> None:
    log = logging.LogRecord("a", logging.INFO, "", 1, "bad %s", ("\x1b[2J\nINFO b: fine",), None)
    assert PrintableFormatter("%(levelname)s %(name)s: %(message)s").format(log) == (
        "INFO a: bad \\x1b[2J\n  INFO b: fine"
    )
