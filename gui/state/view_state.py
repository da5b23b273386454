"""State of the view in numbers and names, without arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from msgspec import Meta

from engine.render import HeatLook
from engine.render.export_clip_settings import USUAL_PANES
from engine.types import DEFAULT_SIGMA, Index, Preset, Sigma

Loop = Literal["off", "loop", "ping-pong"]
LOOPS: tuple[Loop, ...] = ("off", "loop", "ping-pong")
Pace = Literal["real time", "every frame"]
PACES: tuple[Pace, ...] = ("real time", "every frame")
PANE_COUNTS = (1, 2, 4, 6)
SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)


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
    heat : HeatLook
        How relevance is coloured.
    panes : tuple of str
        Names of `engine.render.panes.PANES`, row by row; as many as one of `PANE_COUNTS`.
    range : (int, int) or None
        The frames chosen for looping and exporting: the first, and the one after the last.
    loop : str
        What playback does at the end of the range.
    pace : str
        Whether playback keeps time and skips, or shows every frame and may be late.
    speed : float
        Playback speed, 0.1 to 4 times the video's own.
    """

    frame: Index = 0
    frame_count: Index = 0
    playing: bool = False
    preset: Preset = "evidence"
    sigma: Sigma = DEFAULT_SIGMA
    heat: HeatLook = field(default_factory=HeatLook)
    panes: tuple[str, ...] = USUAL_PANES
    range: tuple[Index, Index] | None = None
    loop: Loop = "loop"
    pace: Pace = "real time"
    speed: Annotated[float, Meta(ge=SPEEDS[0], le=SPEEDS[-1])] = 1.0


def at_frame(state: ViewState, frame: int) -> ViewState:
    """Return the state with the playhead at a frame, or at the nearest end."""
    return replace(state, frame=max(0, min(frame, state.frame_count - 1)))


def played_range(state: ViewState) -> tuple[int, int]:
    """Return the frames that playback goes over: the chosen range, or the whole video."""
    return state.range if state.range is not None else (0, state.frame_count)
