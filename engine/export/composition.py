"""One picture of the annotated clip: panes, numbers above, captions, timeline below."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from engine import render
from engine.attribution.catalogue import METHODS
from engine.evidence.words import share_text
from engine.export import style
from engine.export.captions import caption_at, draw_caption
from engine.export.clip_layout import BAR_PX, GAP_PX, MARGIN_PX, TIMELINE_PX, TITLE_PX, clip_layout
from engine.export.clip_panes import ClipPanes
from engine.export.style import elided, font_for
from engine.export.timeline_picture import Timeline, clock, draw_timeline
from engine.render.export_clip_settings import ClipSettings
from engine.render.panes import PANES
from engine.store import Analysis
from engine.types import UInt8Array, separation_text
from engine.utils.score_text import score_text
from engine.video import Video


class Composition:
    """Draws the pictures of an annotated clip, all of one size.

    Parameters
    ----------
    analysis : Analysis
        Complete.
    video : Video
        The video that was explained.
    look : ClipSettings
        Panes and settings.
    frames : (int, int)
        First frame and the frame after the last, counted in the video.

    Attributes
    ----------
    size : (int, int)
        Width and height of the pictures, both even.

    Raises
    ------
    ExportError
        If the pictures would be too large.
    """

    def __init__(
        self, analysis: Analysis, video: Video, look: ClipSettings, frames: tuple[int, int]
    ) -> None:
        self._analysis, self._look, self._frames = analysis, look, frames
        self._layout = clip_layout(look, video.display_size)
        self.size = self._layout.size
        self._panes = ClipPanes(analysis, video, look, self._layout.pane)
        self._curves = analysis.separation(look.preset).curves(look.sigma)
        self._evidence, self._shares = analysis.clip_evidence(), analysis.evidence_curves()
        self._scores, self._targets = analysis.target_scores(), analysis.targets()
        self._sampled = analysis.sampled
        self._timeline = self._drawn_timeline() if look.timeline else None
        self._ground = self._drawn_ground()

    def picture(self, frame: int) -> UInt8Array:
        """Picture of one frame of the video, uint8 RGB (height, width, 3)."""
        picture = self._ground.copy()
        width, height = self._layout.pane
        drawn = self._panes.pictures(frame)
        for (left, top), pane in zip(self._layout.corners, drawn, strict=True):
            picture[top : top + height, left : left + width] = pane
        if self._look.numbers:
            self._draw_numbers(picture, frame)
        if self._timeline is not None:
            self._draw_cursor(picture, frame, self._timeline)
        self._draw_caption(picture, frame)
        return picture

    def _drawn_timeline(self) -> Timeline:
        return draw_timeline(
            self._analysis,
            preset=self._look.preset,
            sigma=self._look.sigma,
            size=(self.size[0], TIMELINE_PX),
            frames=self._frames,
        )

    def _drawn_ground(self) -> UInt8Array:
        image = Image.new("RGB", self.size, style.rgb(style.BACKGROUND))
        draw = ImageDraw.Draw(image)
        _write(draw, (MARGIN_PX, 8), self._headline(), 17, self.size[0] - 2 * MARGIN_PX)
        for (left, top), pane in zip(self._layout.corners, self._look.panes, strict=True):
            _write(draw, (left, top - TITLE_PX + 4), PANES[pane].title, 15, self._layout.pane[0])
        if self._layout.has_bar:
            self._draw_bar(image, draw)
        ground = np.array(image)
        if self._timeline is not None:
            top = self._layout.timeline_top
            ground[top : top + TIMELINE_PX] = self._timeline.picture
        return ground

    def _headline(self) -> str:
        header, look = self._analysis.header, self._look
        method = METHODS[header.request.method].title
        return (
            f"{header.request.video.name}   {header.spec.name}   {self._verdict()}{method}   "
            f"{separation_text(look.preset, look.sigma)}   "
            f"changing share of the map {_percent(self._curves.clip_changing_share)}"
        )

    def _verdict(self) -> str:
        whole = self._evidence
        if whole is None:
            return ""
        share = share_text(whole.share, whole.interval)
        return f"{whole.verdict}: motion share {share}   "

    def _draw_bar(self, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        left = self._layout.panes_right + GAP_PX + 2
        top, height = self._layout.corners[0][1], self._layout.pane[1]
        bar = render.colour_bar((12, height), self._look.heat)
        image.paste(Image.fromarray(bar), (left, top))
        scale = self._panes.scale
        texts = [(0.0, f"{scale:+.1e}"), (0.5, "0"), (1.0, f"{-scale:+.1e}")]
        if self._look.heat.scale_text:
            texts.append((16 / height, self._look.heat.scale_text))
        for share, text in texts:
            place = (left + 16, round(top + share * (height - 13)))
            _write(draw, place, text, 11, BAR_PX, style.FAINT)

    def _score(self, i: int) -> str:
        return score_text(float(self._scores[i]), self._analysis.header.spec.score_unit)

    def _draw_numbers(self, picture: UInt8Array, frame: int) -> None:
        header = self._analysis.header
        i = frame - header.start
        label = header.spec.label(int(self._targets[i]))
        text = (
            f"frame {frame}   {clock(header.timestamps_s[i])}   {label} {self._score(i)}   "
            f"{self._frame_evidence(i)}changing share {_percent(self._curves.changing_share[i])}"
        )
        room = self.size[0] - 2 * MARGIN_PX
        strip = Image.new("RGB", (self.size[0], 28), style.rgb(style.BACKGROUND))
        draw = ImageDraw.Draw(strip)
        _write(draw, (MARGIN_PX, 0), text, 17, room, style.MOTION)
        if not self._sampled[i]:
            left = MARGIN_PX + round(font_for(text, 17).getlength(text)) + 24
            _write(draw, (left, 2), "interpolated", 15, room - left, style.FAINT)
        top = self._layout.numbers_top
        picture[top : top + 28] = np.asarray(strip)

    def _frame_evidence(self, i: int) -> str:
        if self._evidence is None:
            return ""
        curves = self._shares
        first, after = (int(window) for window in curves.windows[i])
        numbers = str(first) if after == first + 1 else f"{first} to {after - 1}"
        share = share_text(curves.share[i], (curves.low[i], curves.high[i]))
        return f"motion share {share} of window {numbers}   "

    def _draw_cursor(self, picture: UInt8Array, frame: int, timeline: Timeline) -> None:
        column = round(float(timeline.columns[frame - self._frames[0]]))
        top = self._layout.timeline_top
        rows = slice(top + timeline.top, top + timeline.bottom)
        picture[rows, max(column - 1, 0) : column + 1] = style.rgb(style.CURSOR)

    def _draw_caption(self, picture: UInt8Array, frame: int) -> None:
        layout, text = self._layout, caption_at(self._look.captions, frame)
        width = layout.panes_right - layout.panes_left
        draw_caption(picture, text, layout.panes_left, layout.panes_bottom, width)


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size_px: int,
    room_px: int,
    colour: str = style.TEXT,
) -> None:
    font = font_for(text, size_px)
    draw.text(place, elided(text, font, room_px), style.rgb(colour), font)


def _percent(share: float) -> str:
    return f"{share:.0%}" if np.isfinite(share) else "-"
