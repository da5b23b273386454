"""What each pane of a clip shows of a frame."""

from __future__ import annotations

import cv2
import numpy as np

from engine import render
from engine.export import palette
from engine.render.clip_settings import ClipPane, ClipSettings
from engine.render.model_view import FLOW_FULL_SHARE, flow_at, flow_picture, model_view
from engine.store import Analysis
from engine.types import UInt8Array
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
        self._separation = analysis.separation(look.preset)
        self.scale = analysis.scale if look.heat.scale is None else look.heat.scale

    def pictures(self, frame: int) -> list[UInt8Array]:
        """One picture a pane of a frame of the video, uint8 RGB (height, width, 3)."""
        source = self._video.picture(frame, *self._size)
        return [self._picture(pane, frame, source) for pane in self._look.panes]

    def _picture(self, pane: ClipPane, frame: int, source: UInt8Array) -> UInt8Array:
        if pane == "video":
            return source
        if pane == "flow":
            return self._flow(frame, source)
        if pane == "model":
            return self._model(frame)
        header = self._analysis.header
        maps = self._separation.frame(frame - header.start, self._look.sigma)
        heat = getattr(maps, pane)
        return render.overlay(source, heat, header.seen, self.scale, self._look.heat)

    def _flow(self, frame: int, source: UInt8Array) -> UInt8Array:
        flow = flow_at(self._video, frame)
        if flow is None:
            flow = np.zeros((2, 2, 2), np.float32)
        return flow_picture(source, flow, FLOW_FULL_SHARE * max(flow.shape[:2]))

    def _model(self, frame: int) -> UInt8Array:
        """The model's input with its pixels left visible, and what is around it left dark."""
        whole = self._video.picture(frame, *self._video.display_size)
        view = model_view(whole, self._analysis.header.spec)
        factor = min(self._size[0] / view.shape[1], self._size[1] / view.shape[0])
        width, height = (max(round(side * factor), 1) for side in (view.shape[1], view.shape[0]))
        picture = np.empty((self._size[1], self._size[0], 3), np.uint8)
        picture[:] = palette.rgb(palette.BACKGROUND)
        top, left = (self._size[1] - height) // 2, (self._size[0] - width) // 2
        large = cv2.resize(view, (width, height), interpolation=cv2.INTER_NEAREST)
        picture[top : top + height, left : left + width] = large
        return picture
