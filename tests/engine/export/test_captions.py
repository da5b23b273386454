from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFont

from engine.annotations.notes import Note
from engine.export.captions import MOST_LINES, caption_at, draw_caption
from engine.export.style import elided, font_for
from engine.types import UInt8Array

GREY = 128
TEXTS = {
    "short": "a step",
    "long": "the arm rises " * 40,
    "one word": "x" * 500,
    "lines": "first\nsecond\nthird\nfourth\nfifth\nsixth",
    "greek": "Κίνηση του χεριού",
    "cyrillic": "Движение руки",
    "arabic": "حركة الذراع",
    "chinese": "手臂的動作",
    "emoji": "🏃 running",
}


def captioned(text: str, size: tuple[int, int] = (640, 360)) -> UInt8Array:
    picture = np.full((size[1], size[0], 3), GREY, np.uint8)
    draw_caption(picture, text, 0, size[1], size[0])
    return picture


@pytest.mark.parametrize("name", TEXTS)
def test_caption_is_white_on_dark_at_the_lower_edge(name: str) -> None:
    picture = captioned(TEXTS[name])
    rows = np.flatnonzero((picture != GREY).any(axis=(1, 2)))
    assert picture.max() > 220
    assert picture[rows[0] : rows[-1] + 1].min() < 60
    assert rows[0] > 360 - (MOST_LINES + 1) * 24 - 20
    assert rows[-1] == 360 - 10 - 1


@pytest.mark.parametrize("name", TEXTS)
def test_caption_stays_inside_its_room(name: str) -> None:
    picture = np.full((240, 640, 3), GREY, np.uint8)
    draw_caption(picture, TEXTS[name], 200, 200, 240)
    changed = (picture != GREY).any(axis=2)
    assert changed.any()
    assert not changed[:, :200].any()
    assert not changed[:, 440:].any()
    assert not changed[200:].any()


def test_caption_in_little_room_does_not_fail() -> None:
    assert captioned(TEXTS["long"], (24, 10)).shape == (10, 24, 3)


def test_no_caption_leaves_the_picture_alone() -> None:
    assert (captioned("") == GREY).all()


def test_captions_of_a_frame_stand_in_their_order() -> None:
    notes = (Note(5, 9, "second"), Note(2, 8, "first"), Note(9, 12, "later"))
    assert caption_at(notes, 7) == "first\nsecond"
    assert caption_at(notes, 1) == ""


@pytest.mark.parametrize("name", ["greek", "cyrillic", "arabic"])
def test_fonts_have_the_signs_of_other_alphabets(name: str) -> None:
    font = font_for(TEXTS[name], 17)
    unknown = bytes(font.getmask("\U0010fffd"))
    letters = [sign for sign in TEXTS[name] if not sign.isspace()]
    assert all(bytes(font.getmask(sign)) != unknown for sign in letters)


def test_elided_keeps_what_fits_and_shortens_the_rest() -> None:
    font = font_for("abc", 15)
    assert elided("abc", font, 200) == "abc"
    short = elided("a long name of a file.mp4", font, 80)
    assert short.endswith("…")
    assert font.getlength(short) <= 80


def test_a_font_that_cannot_be_used_gives_way_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = ImageFont.truetype

    def refusing(file: str, size: int) -> ImageFont.FreeTypeFont:
        asked.append(file)
        if len(asked) == 1:
            raise OSError("invalid pixel size")
        return real(file, size)

    monkeypatch.setattr(ImageFont, "truetype", refusing)
    font = font_for("\U0001f3c3\ufffc", 18)
    assert font.getlength("abc") > 0
    assert len(asked) == 2
