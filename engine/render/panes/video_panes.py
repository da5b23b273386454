"""Panes of the video: the frame, its optical flow, and the frame as the model is given it."""

from __future__ import annotations

from engine.render.model_view import FLOW_FULL_SHARE, flow_picture, flow_wheel
from engine.render.panes.base import PaneFrame, PaneKind, RenderedPane


def _draw_video(kind: PaneKind, frame: PaneFrame) -> RenderedPane:
    return RenderedPane(frame.canvas.picture)


def _draw_flow(kind: PaneKind, frame: PaneFrame) -> RenderedPane:
    if frame.flow is None:
        return RenderedPane(None, kind.placeholder)
    height, width = frame.flow.shape[:2]
    visible = frame.visible
    part = frame.flow[
        int(visible.top * height) : max(round(visible.bottom * height), 1),
        int(visible.left * width) : max(round(visible.right * width), 1),
    ]
    picture = flow_picture(frame.canvas.picture, part, FLOW_FULL_SHARE * max(width, height))
    return RenderedPane(picture, f"full colour: {FLOW_FULL_SHARE:.0%} of the picture a frame")


def _draw_model_view(kind: PaneKind, frame: PaneFrame) -> RenderedPane:
    if frame.model_view is None:
        return RenderedPane(None, kind.placeholder)
    height, width = frame.model_view.shape[:2]
    unused = "" if frame.sampled else ", this frame is not given to the model"
    return RenderedPane(frame.model_view, f"{width}x{height}{unused}")


VIDEO = PaneKind("video", "Video", "", _draw_video)
FLOW = PaneKind(
    "flow",
    "Optical flow",
    "How the picture moves to the next frame, where that can be told from noise",
    _draw_flow,
    needs=frozenset({"flow"}),
    legend=flow_wheel,
)
MODEL_VIEW = PaneKind(
    "model",
    "Model's view",
    "Choose a model and explain, to see the frame as the model is given it",
    _draw_model_view,
    needs=frozenset({"model_view"}),
    fits_frame=False,
)
