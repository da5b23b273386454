"""The panes of a clip, drawn for one frame."""

from __future__ import annotations

import numpy as np

from engine.export import style
from engine.render.export_clip_settings import ClipSettings
from engine.render.model_view import flow_at, model_view
from engine.render.panes import PANES, WHOLE, Canvas, FrameHeat, PaneFrame, enlarged, needs_of
from engine.store import Analysis
from engine.types import Float32Array, UInt8Array
from engine.video import Video


class ClipPanes:
    """Draws the panes of a frame, all of one size.

    Parameters
    ----------
    analysis : Analysis
    video : Video
        The video that was explained.
    look : ClipSettings
    size : (int, int)
        Width and height of a pane in pixels.
    """

    def __init__(
        self, analysis: Analysis, video: Video, look: ClipSettings, size: tuple[int, int]
    ) -> None:
        self._analysis, self._video, self._look, self._size = analysis, video, look, size
        self._separation, self._sampled = analysis.separation(look.preset), analysis.sampled
        if look.heat.percentile is not None:
            analysis.measure_contrast(look.preset)

    @property
    def scale(self) -> float:
        """Absolute relevance that gets the full colour, once a frame was separated."""
        heat, preset = self._look.heat, self._look.preset
        if heat.scale is not None:
            return heat.scale
        return self._analysis.full_colour(preset, heat.percentile)

    def pictures(self, frame: int) -> list[UInt8Array]:
        """Draw a frame of the video, one picture a pane, uint8 RGB (height, width, 3)."""
        kinds, needs = [PANES[pane] for pane in self._look.panes], needs_of(self._look.panes)
        inputs = PaneFrame(
            canvas=Canvas(self._video.picture(frame, *self._size)),
            visible=WHOLE,
            look=self._look.heat,
            heat=lambda pinned: self._heat(frame),
            scale=lambda kind: self.scale,
            flow=self._flow(frame) if "flow" in needs else None,
            model_view=self._model_view(frame) if "model_view" in needs else None,
            sampled=bool(self._sampled[frame - self._analysis.header.start]),
        )
        return [self._fitted(kind.draw(kind, inputs).picture) for kind in kinds]

    def _heat(self, frame: int) -> FrameHeat:
        header = self._analysis.header
        maps = self._separation.frame(frame - header.start, self._look.sigma)
        full = self._analysis.full_colour(self._look.preset, self._look.heat.percentile)
        return FrameHeat(maps, seen=header.seen, clip_scale=full)

    def _flow(self, frame: int) -> Float32Array:
        flow = flow_at(self._video, frame)
        return np.zeros((2, 2, 2), np.float32) if flow is None else flow

    def _model_view(self, frame: int) -> UInt8Array:
        whole = self._video.picture(frame, *self._video.display_size)
        return model_view(whole, self._analysis.header.spec)

    def _fitted(self, picture: UInt8Array | None) -> UInt8Array:
        """Return a picture as large as the pane, dark around the drawn one."""
        width, height = self._size
        if picture is not None and picture.shape[:2] == (height, width):
            return picture
        fitted = np.full((height, width, 3), style.rgb(style.BACKGROUND), np.uint8)
        if picture is not None:
            large = enlarged(picture, self._size)
            top, left = (height - large.shape[0]) // 2, (width - large.shape[1]) // 2
            fitted[top : top + large.shape[0], left : left + large.shape[1]] = large
        return fitted
