"""Maps of an analysis at the frame that the panes show, made once a frame and setting."""

from __future__ import annotations

from engine.errors import EngineError
from engine.render.panes import FrameHeat
from engine.store import Analysis
from engine.utils.frame_ranges import range_text
from gui.state.view_state import ViewState

NOT_YET = "Not explained yet"
SEPARATING = "Separating motion from static"
_WAIT_S = 0.008


class MapSource:
    """Reads the maps of an analysis, which may still grow.

    Whoever makes the curves derives the maps; here is only waited for a moment, since this runs
    in the GUI's thread: draw again once the curves are made.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._key: tuple[int, str, float, int] | None = None
        self._heat = FrameHeat(None, NOT_YET)

    def at(self, frame: int, state: ViewState) -> FrameHeat:
        """Return the maps of a frame of the video, as the state separates them."""
        shown = self.analysis.shown_preset(state.preset)
        key = (frame, shown, state.sigma, self.analysis.steps_written)
        if key != self._key:
            self._heat = self._read(frame, state)
            self._key = key if self._heat.reason != SEPARATING else None
        return self._heat

    def _read(self, frame: int, state: ViewState) -> FrameHeat:
        header = self.analysis.header
        index = frame - header.start
        if not 0 <= index < header.stop - header.start:
            explained = range_text(header.start, header.stop)
            return FrameHeat(None, f"Outside the explained frames {explained}")
        shown = self.analysis.shown_preset(state.preset)
        separation = self.analysis.separation(shown)
        if index >= separation.frames_ready:
            return FrameHeat(None, NOT_YET)
        marks: tuple[str, ...] = () if self.analysis.sampled[index] else ("interpolated",)
        try:
            maps = separation.frame_soon(index, state.sigma, _WAIT_S)
        except EngineError as error:  # a chunk that is missing, or is not what was written
            return FrameHeat(None, str(error))
        marks += ("scaled to 0..1",) if separation.is_rescaled else ()
        return FrameHeat(maps, SEPARATING if maps is None else "", marks)
