"""Binds the transport, the timeline and the panes' titles to the view state."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot

from engine.store import Analysis
from gui.commands.command import Command
from gui.panes.pane_grid import PaneGrid
from gui.panes.pane_menu import show_pane_menu
from gui.playback.transport import Transport
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.timeline.timeline import Timeline

_WINDOW_FRAMES = 16


class ViewBindings(QObject):
    """Turns what the user does to the parts of the view into its next state.

    Parameters
    ----------
    view : ViewModel
    transport, timeline, panes
        Where the user does it.
    analysis : callable
        The analysis that is shown, or None.

    Signals
    -------
    told(message) : str
        For the status line.
    """

    told = Signal(str)

    def __init__(
        self,
        view: ViewModel,
        transport: Transport,
        timeline: Timeline,
        panes: PaneGrid,
        analysis: Callable[[], Analysis | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._timeline, self._panes = view, timeline, panes
        self._transport = transport
        self._analysis = analysis
        view.changed.connect(self._on_view_changed)
        panes.kinds_changed.connect(view.setter("panes"))
        panes.menu_requested.connect(self._on_panes_menu_requested)
        timeline.frame_requested.connect(self.seek)
        timeline.range_changed.connect(view.setter("range"))
        timeline.span_changed.connect(self._align_later)
        transport.resized.connect(self._align_later)
        transport.frame_requested.connect(self.seek)
        transport.stepped.connect(view.step)
        transport.range_changed.connect(view.setter("range"))
        transport.loop_changed.connect(view.setter("loop"))
        transport.speed_changed.connect(view.setter("speed"))
        transport.pace_changed.connect(view.setter("pace"))

    @Slot(int)
    def seek(self, frame: int) -> None:
        """Stop playing, and go to a frame."""
        self._view.update(playing=False)
        self._view.go_to(frame)

    def step_window(self, windows: int) -> None:
        """Step by windows of the model, or of sixteen frames without an analysis."""
        analysis = self._analysis()
        starts = [] if analysis is None else [w.start_step for w in analysis.windows[:2]]
        length = _WINDOW_FRAMES
        if analysis is not None and len(starts) == 2:
            length = int(np.diff(analysis.header.step_frames[starts])[0])
        self._view.step(windows * max(length, 1))

    def go_to_peak(self, direction: int) -> None:
        """Go to the next peak of motion relevance (1), or to the previous one (-1)."""
        frame = self._timeline.peak_frame(self._view.state.frame, direction)
        if frame is None:
            self.told.emit("No motion peak there")
        else:
            self.seek(frame)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that step by windows and peaks."""
        back, on = (partial(self.step_window, by) for by in (-1, 1))
        following, previous = (partial(self.go_to_peak, by) for by in (1, -1))
        return (
            Command("step.window_back", "One window back", back, ("Ctrl+Left",)),
            Command("step.window_on", "One window on", on, ("Ctrl+Right",)),
            Command("step.moment", "Next motion peak", following, ("Return",)),
            Command("step.moment_before", "Previous motion peak", previous, ("Shift+Return",)),
        )

    @Slot()
    def _align_later(self) -> None:
        """Align slider and plots once both are laid out."""
        QTimer.singleShot(0, self, self._align)

    @Slot()
    def _align(self) -> None:
        self._transport.align(*self._timeline.span())

    @Slot(ViewState, ViewState)
    def _on_view_changed(self, old: ViewState, new: ViewState) -> None:
        if old.range != new.range:
            self._timeline.set_range(new.range)

    @Slot(str, QPoint)
    def _on_panes_menu_requested(self, kind: str, position: QPoint) -> None:
        show_pane_menu(self._panes, kind, position, self._view.state)
