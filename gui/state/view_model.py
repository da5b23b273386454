"""Holds the ViewState and signals its changes. Equality ends loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.state.view_state import ViewState, at_frame


class ViewModel(QObject):
    """The one place where the view state changes.

    Signals
    -------
    changed(old, new) : ViewState, ViewState
        After each change that makes a difference.
    """

    changed = Signal(ViewState, ViewState)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = ViewState()

    @property
    def state(self) -> ViewState:
        """The state now."""
        return self._state

    def set(self, state: ViewState) -> None:
        """Set a state, and emit `changed` if it differs."""
        old, self._state = self._state, state
        if old != state:
            self.changed.emit(old, state)

    def update(self, **changes: Any) -> None:
        """Change some fields."""
        self.set(replace(self._state, **changes))

    def setter(self, field: str) -> Callable[[Any], None]:
        """Return a function that changes one field, to connect a signal to."""
        return lambda value: self.update(**{field: value})

    def go_to(self, frame: int) -> None:
        """Move the playhead, within the video."""
        if self._state.frame_count:
            self.set(at_frame(self._state, frame))

    def go_into(self, start: int, stop: int) -> None:
        """Move the playhead to the nearest frame from ``start`` to before ``stop``."""
        self.go_to(min(max(self._state.frame, start), stop - 1))

    def step(self, frames: int) -> None:
        """Stop playing and move the playhead by some frames."""
        self.update(playing=False)
        self.go_to(self._state.frame + frames)
