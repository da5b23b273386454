"""The range of frames to explain: its first and its last frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QWidget

from gui.widgets.form_widgets import hbox, vbox
from gui.widgets.number_edits import WholeNumberEdit
from gui.widgets.plain_text import PlainLabel

_NUMBER_PX = 56


class FrameRange(QWidget):
    """Two frame numbers that keep their order.

    Signals
    -------
    changed()
        Other frames are chosen.
    edited(frames) : (int, int) or None
        They are by the user, or as the video grew: the first frame and the one after the last, or
        None for all of the video.
    """

    changed = Signal()
    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = WholeNumberEdit(), WholeNumberEdit()
        for box, name in ((self.first, "First frame"), (self.last, "Last frame")):
            box.setButtonSymbols(WholeNumberEdit.ButtonSymbols.NoButtons)
            box.setKeyboardTracking(False)  # of "82" the "8" would push the other end
            box.setRange(0, 0)
            box.setMinimumWidth(_NUMBER_PX)
            box.setEnabled(False)
            box.setAccessibleName(name)
            box.setToolTip(f"{name}, counted from 0")
        self.first.valueChanged.connect(self._on_first_changed)
        self.last.valueChanged.connect(self._on_last_changed)
        vbox(self, hbox(self.first, PlainLabel("to"), self.last))

    @property
    def frames(self) -> tuple[int, int]:
        """The first frame, and the one after the last, as they stand in the fields."""
        for box in (self.first, self.last):
            box.interpretText()  # what is still being typed counts
        return self.first.value(), self.last.value() + 1

    @property
    def part(self) -> tuple[int, int] | None:
        """The same, or None where that is all of the video."""
        frames = self.frames
        return None if frames == (0, self.last.maximum() + 1) else frames

    def set_count(self, count: int) -> None:
        """Offer the frames of another video, and choose all."""
        with self._quietly():
            for box in (self.first, self.last):
                box.setRange(0, max(count - 1, 0))
                box.setEnabled(count > 0)
        self.choose(None)

    def extend(self, count: int) -> None:
        """Offer more frames of the same video, keeping a chosen end."""
        to_the_end = self.last.value() == self.last.maximum()
        with self._quietly():
            for box in (self.first, self.last):
                box.setMaximum(max(count - 1, 0))
            if to_the_end:
                self.last.setValue(self.last.maximum())
        self._tell_edited()

    def choose(self, frames: tuple[int, int] | None) -> None:
        """Choose a range, as far as the video has it, or all of the video."""
        start, stop = frames or (0, self.last.maximum() + 1)
        with self._quietly():
            self.first.setValue(start)
            self.last.setValue(stop - 1)
        self.changed.emit()

    def _tell_edited(self) -> None:
        self.changed.emit()
        self.edited.emit(self.part)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        with ExitStack() as stack:
            for box in (self.first, self.last):
                stack.enter_context(QSignalBlocker(box))
            yield

    @Slot(int)
    def _on_first_changed(self, first: int) -> None:
        with self._quietly():
            self.last.setValue(max(first, self.last.value()))
        self._tell_edited()

    @Slot(int)
    def _on_last_changed(self, last: int) -> None:
        with self._quietly():
            self.first.setValue(min(last, self.first.value()))
        self._tell_edited()
