"""Colours and fonts of exported pictures.

The colours are those of the window's dark theme. The fonts are the same on every machine wherever
one has the signs.

Texts in Latin letters are set in Pillow's own font, other alphabets in DejaVu Sans, which comes
with matplotlib, and what that has not (Chinese, Japanese, Korean ...) in a font of the machine. A
sign that no font has is drawn as an empty box; letters that join are joined only where Pillow was
built with raqm.
"""

from __future__ import annotations

import engine.utils.own_matplotlib  # noqa: F401 - before matplotlib itself

# isort: split
import logging
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from PIL import ImageFont

log = logging.getLogger(__name__)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

BACKGROUND = "#16181d"
TEXT = "#e8e8ea"
FAINT = "#8b8f98"
GRID = "#3a3e47"
MOTION = "#F0A500"
STATIC = "#4CA3DD"
SEVERAL = "#cc79a7"
SCORE = "#3fd0b6"
CURSOR = "#ffffff"

_LAST_LATIN = 0x17F
_MOST_TRIED = 5
_OTHER_PLAIN = set("–—‘’“”…€•·")


def rgb(colour: str) -> tuple[int, int, int]:
    """Convert "#rrggbb" to red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def font_for(text: str, size_px: int) -> Font:
    """Return a font that has the signs of a text, or most of them."""
    signs = frozenset(ord(sign) for sign in text if sign not in _OTHER_PLAIN and sign.isprintable())
    beyond = frozenset(sign for sign in signs if sign > _LAST_LATIN)
    if not beyond:
        return _plain(size_px)
    return _loaded(_files_with(beyond), size_px)


def write_as_it_is(figure: Figure) -> None:
    """Have no text of a figure taken for a formula: names may hold signs of the dollar."""
    for text in figure.findobj(Text):
        text.set_parse_math(False)


def elided(text: str, font: Font, room_px: float) -> str:
    """Shorten a text with an ellipsis where it is wider than the room."""
    if font.getlength(text) <= room_px:
        return text
    fits, breaks = 0, len(text)
    while breaks - fits > 1:
        middle = (fits + breaks) // 2
        if font.getlength(text[:middle].rstrip() + "…") <= room_px:
            fits = middle
        else:
            breaks = middle
    return text[:fits].rstrip() + "…"


@cache
def _plain(size_px: int) -> Font:
    return ImageFont.load_default(size_px)


@cache
def _files_with(signs: frozenset[int]) -> tuple[str, ...]:
    """List font files by how many of the signs they have, matplotlib's own first among equals."""
    own = str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))
    if signs <= _signs_of(own):
        return (own,)
    files = dict.fromkeys((own, *(font.fname for font in font_manager.fontManager.ttflist)))
    best = sorted(files, key=lambda file: -len(signs & _signs_of(file)))
    return (*best[:_MOST_TRIED], own)


@cache
def _loaded(files: tuple[str, ...], size_px: int) -> Font:
    for file in files:
        try:
            return ImageFont.truetype(file, size_px)
        except OSError:  # a font of pictures has its own sizes alone, as those of emoji do
            log.info("%s cannot be used at %d px", file, size_px)
    return _plain(size_px)


@cache
def _signs_of(file: str) -> frozenset[int]:
    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError):  # a font of the machine that is gone, or broken
        return frozenset()
