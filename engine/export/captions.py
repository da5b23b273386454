"""Captions: texts on a dark ground over the lower edge of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from engine.annotations.notes import Note
from engine.export import style
from engine.export.style import Font, elided, font_for
from engine.types import UInt8Array

MOST_LINES = 4
_SIZE_PX, _LINE_PX, _PADDING_PX, _MARGIN_PX = 17, 24, 8, 10
_COVER = 0.78


def caption_at(captions: Sequence[Note], frame: int) -> str:
    """Join the texts of all captions on a frame, the earlier ones first."""
    return "\n".join(note.text for note in sorted(captions) if note.first <= frame < note.stop)


def draw_caption(picture: UInt8Array, text: str, left: int, bottom: int, width: int) -> None:
    """Draw a text of up to `MOST_LINES` lines into a picture, centred above a row.

    Parameters
    ----------
    picture : uint8 array, (H, W, 3)
        RGB, changed in place.
    text : str
        Wrapped to the width; what is too long ends with an ellipsis.
    left, bottom, width : int
        Where there is room, in pixels.
    """
    if not text:
        return
    box = _box(text, width - 2 * _MARGIN_PX)
    height = min(box.shape[0], bottom)
    x = left + max(width - box.shape[1], 0) // 2
    y = max(bottom - _MARGIN_PX - height, 0)
    part = picture[y : y + height, x : min(x + box.shape[1], left + width)]
    letters = box[: part.shape[0], : part.shape[1], None] / 255.0
    ground = part * (1 - _COVER) + np.array(style.rgb(style.BACKGROUND)) * _COVER
    part[:] = (ground * (1 - letters) + 255 * letters).round()


@lru_cache(maxsize=32)
def _box(text: str, room_px: int) -> UInt8Array:
    """Draw the cover of the letters, uint8 (h, w), with the padding of the caption."""
    font = font_for(text, _SIZE_PX)
    lines = _lines(text, font, max(room_px - 2 * _PADDING_PX, _SIZE_PX))
    widest = max(round(font.getlength(line)) for line in lines)
    size = widest + 2 * _PADDING_PX, len(lines) * _LINE_PX + _PADDING_PX
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        place = size[0] / 2, (number + 0.5) * _LINE_PX + _PADDING_PX / 2
        draw.text(place, line, 255, font, anchor="mm")
    return np.array(image)


def _lines(text: str, font: Font, room_px: float) -> list[str]:
    lines = [part for line in text.splitlines() for part in _wrapped(line, font, room_px)]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]}…"]
    return [elided(line, font, room_px) for line in lines]


def _wrapped(line: str, font: Font, room_px: float) -> list[str]:
    """Break a line at spaces, and within words that are longer than a line."""
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= room_px:
            lines[-1] = longer
        else:
            lines += _pieces(word, font, room_px)
    return [line for line in lines if line]


def _pieces(word: str, font: Font, room_px: float) -> list[str]:
    pieces = [""]
    for sign in word:
        if pieces[-1] and font.getlength(pieces[-1] + sign) > room_px:
            pieces.append("")
        pieces[-1] += sign
    return pieces
