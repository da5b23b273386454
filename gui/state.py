"""What the window shows, as numbers and names; arrays live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.render import DEFAULT_OPACITY
from engine.types import DEFAULT_SIGMA, Preset


@dataclass(frozen=True, slots=True)
class ViewState:
    """One state of the view.

    Attributes
    ----------
    frame : int
        The playhead, counted in the video.
    frame_count : int
        Frames in the video; 0 without one.
    playing : bool
        Whether playback runs.
    preset : str
        How relevance is separated.
    sigma : float
        Threshold in standard deviations, >= 0.
    opacity : float
        Opacity of the heat, 0 to 1.
    """

    frame: int = 0
    frame_count: int = 0
    playing: bool = False
    preset: Preset = "recommended"
    sigma: float = DEFAULT_SIGMA
    opacity: float = DEFAULT_OPACITY


def at_frame(state: ViewState, frame: int) -> ViewState:
    """State with the playhead at a frame, or at the nearest end."""
    return replace(state, frame=max(0, min(frame, state.frame_count - 1)))


def next_played(state: ViewState, steps: int = 1) -> ViewState:
    """State after playing some frames on; playback starts over behind the last one."""
    if not state.frame_count:
        return state
    return replace(state, frame=(state.frame + steps) % state.frame_count)
