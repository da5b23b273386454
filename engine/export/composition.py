"""One picture of the annotated clip: panes in a row, numbers above, timeline below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine import render
from engine.attribution.catalogue import METHODS
from engine.export import palette
from engine.export.timeline import clock, draw_timeline
from engine.selective import FrameMaps
from engine.store import Analysis
from engine.types import Preset, UInt8Array
from engine.video import Video

PaneName = Literal["video", "relevance", "motion", "static"]
PANES: tuple[PaneName, ...] = ("video", "relevance", "motion", "static")

_MOST_WIDTH = 1920
_HEAD, _TITLE, _GAP, _BAR, _MARGIN = 64, 26, 8, 74, 12
_TIMELINE = 240
_FRAME = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """How the clip is drawn.

    Attributes
    ----------
    preset, sigma
        How relevance is separated.
    panes : tuple of str
        Panes from left to right, of `PANES`.
    heat : HeatLook
        How relevance is coloured.
    """

    preset: Preset
    sigma: float
    panes: tuple[PaneName, ...] = PANES
    heat: render.HeatLook = render.DEFAULT_LOOK


class Composition:
    """Draws the pictures of an annotated clip, all of one size.

    Parameters
    ----------
    analysis : Analysis
        Complete.
    video : Video
        The video that was explained.
    look : Look
        Panes and settings.
    frames : (int, int)
        First frame and the frame after the last, counted in the video.
    """

    def __init__(self, analysis: Analysis, video: Video, look: Look, frames: _FRAME) -> None:
        self._analysis, self._video, self._look, self._frames = analysis, video, look, frames
        self._pane = pane_size(video.display_size, len(look.panes))
        panes_width = len(look.panes) * (self._pane[0] + _GAP) - _GAP
        self.size = (
            panes_width + _BAR + 2 * _MARGIN,
            _HEAD + _TITLE + self._pane[1] + _TIMELINE + _MARGIN,
        )
        self._scale = analysis.scale if look.heat.scale is None else look.heat.scale
        self._separation = analysis.separation(look.preset)
        self._curves = self._separation.curves(look.sigma)
        self._scores, self._targets = analysis.target_scores(), analysis.targets()
        self._sampled = analysis.sampled
        self._timeline = draw_timeline(
            analysis,
            preset=look.preset,
            sigma=look.sigma,
            size=(self.size[0], _TIMELINE),
            frames=frames,
        )
        self._ground = self._drawn_ground()

    def picture(self, frame: int) -> UInt8Array:
        """Picture of one frame of the video, uint8 RGB (height, width, 3)."""
        picture = self._ground.copy()
        self._draw_panes(picture, frame)
        self._draw_numbers(picture, frame)
        column = round(float(self._timeline.columns[frame - self._frames[0]]))
        first_row = self.size[1] - _TIMELINE
        rows = slice(first_row + self._timeline.top, first_row + self._timeline.bottom)
        picture[rows, max(column - 1, 0) : column + 1] = palette.rgb(palette.CURSOR)
        return picture

    def _drawn_ground(self) -> UInt8Array:
        height = self.size[1]
        image = Image.new("RGB", self.size, palette.rgb(palette.BACKGROUND))
        draw = ImageDraw.Draw(image)
        draw.text((_MARGIN, 8), self._headline(), palette.rgb(palette.TEXT), font(17))
        for left, name in self._lefts():
            place = (left, _HEAD + 4)
            draw.text(place, name.capitalize(), palette.rgb(palette.TEXT), font(15))
        self._draw_bar(image, draw)
        ground = np.array(image)
        ground[height - _TIMELINE :] = self._timeline.picture
        return ground

    def _headline(self) -> str:
        header, look = self._analysis.header, self._look
        method = METHODS[header.request.method].title
        return (
            f"{header.request.video.name}   {header.spec.name}   {method}   "
            f"{look.preset}, sigma {look.sigma:g}   "
            f"motion share of the clip {_percent(self._curves.clip_motion_share)}"
        )

    def _lefts(self) -> list[tuple[int, PaneName]]:
        step = self._pane[0] + _GAP
        return [(_MARGIN + i * step, name) for i, name in enumerate(self._look.panes)]

    def _draw_bar(self, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        left, top = self.size[0] - _MARGIN - _BAR + 10, _HEAD + _TITLE
        bar = render.colour_bar((12, self._pane[1]), self._look.heat)
        image.paste(Image.fromarray(bar), (left, top))
        scale = self._scale
        for share, text in ((0.0, f"{scale:+.1e}"), (0.5, "0"), (1.0, f"{-scale:+.1e}")):
            place = (left + 16, top + share * (self._pane[1] - 13))
            draw.text(place, text, palette.rgb(palette.FAINT), font(11))

    def _draw_panes(self, picture: UInt8Array, frame: int) -> None:
        header = self._analysis.header
        source = self._video.picture(frame, *self._pane)
        maps = self._separation.frame(frame - header.start, self._look.sigma)
        rows = slice(_HEAD + _TITLE, _HEAD + _TITLE + self._pane[1])
        for left, name in self._lefts():
            picture[rows, left : left + self._pane[0]] = self._pane_picture(name, source, maps)

    def _pane_picture(self, name: PaneName, source: UInt8Array, maps: FrameMaps) -> UInt8Array:
        if name == "video":
            return source
        heat = getattr(maps, name)
        return render.overlay(
            source, heat, self._analysis.header.seen, self._scale, self._look.heat
        )

    def _draw_numbers(self, picture: UInt8Array, frame: int) -> None:
        header = self._analysis.header
        i = frame - header.start
        label = header.spec.label(int(self._targets[i]))
        text = (
            f"frame {frame}   {clock(header.timestamps_s[i])}   {label} {self._scores[i]:.0%}   "
            f"motion share {_percent(self._curves.motion_share[i])}"
        )
        strip = Image.new("RGB", (self.size[0], 28), palette.rgb(palette.BACKGROUND))
        draw = ImageDraw.Draw(strip)
        draw.text((_MARGIN, 2), text, palette.rgb(palette.MOTION), font(17))
        if not self._sampled[i]:
            place = (_MARGIN + draw.textlength(text, font(17)) + 24, 4)
            draw.text(place, "interpolated", palette.rgb(palette.FAINT), font(15))
        picture[34:62] = np.asarray(strip)


def pane_size(source: tuple[int, int], count: int) -> tuple[int, int]:
    """Width and height of a pane: 240 to 360 px high, all of them within 1920 px."""
    width, height = source
    shown = min(max(height, 240), 360)
    room = (_MOST_WIDTH - _BAR - 2 * _MARGIN - (count - 1) * _GAP) // count
    factor = min(shown / height, room / width)
    return max(round(width * factor), 2), max(round(height * factor), 2)


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font at a size in pixels: the same on every machine."""
    return ImageFont.load_default(size)


def _percent(share: float) -> str:
    return f"{share:.0%}" if np.isfinite(share) else "-"
