"""Settings of the panel as requests for the video that is open."""

from __future__ import annotations

from dataclasses import replace

from engine.types import Request
from gui.state.video_info import VideoInfo
from gui.state.view_state import ViewState


def of_video(settings: Request, video: VideoInfo) -> Request:
    """Return settings for a video, read as it is shown."""
    source = video.request
    return replace(settings, video=video.path, stream=source.stream, deinterlace=source.deinterlace)


def as_viewed(settings: Request, video: VideoInfo, state: ViewState) -> Request:
    """Return settings for a video, read as it is shown, with the separation of the view."""
    return replace(of_video(settings, video), preset=state.preset, sigma=state.sigma)
