"""Preview of one picture of the clip, made in the background."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from engine.cancel import Check
from engine.types import Report, UInt8Array
from gui.tasks.jobs import Failure, JobRunner
from gui.widgets.form_widgets import hint_label, vbox
from gui.widgets.picture_strip import image_of
from gui.widgets.plain_text import PlainLabel

Draw = Callable[[Report, Check], UInt8Array]
_LEAST_PX = 320, 240


class ExportPreview(QWidget):
    """Shows the newest picture that was asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture, self.text = PlainLabel(), hint_label()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setWordWrap(True)
        self.picture.setMinimumSize(*_LEAST_PX)
        self.picture.setAccessibleName("Preview")
        self._pixmap = QPixmap()
        self.runner = JobRunner("preview", self)
        self.runner.finished.connect(self._on_runner_finished)
        self.runner.failed.connect(self._on_runner_failed)
        vbox(self, self.picture, self.text).setStretchFactor(self.picture, 1)

    def draw(self, draw: Draw) -> None:
        """Draw in the background and show the result, with the old picture until then."""
        self.text.setText("Drawing the preview ...")
        self.runner.submit(draw)

    def say(self, text: str) -> None:
        """Show a text in place of a picture."""
        self.runner.cancel()
        self._pixmap = QPixmap()
        self.picture.setText(text)
        self.text.setText("")

    def close_runner(self) -> None:
        """End the thread."""
        self.runner.close()

    @Slot(object)
    def _on_runner_finished(self, picture: UInt8Array) -> None:
        height, width = picture.shape[:2]
        self._pixmap = QPixmap.fromImage(image_of(picture))
        self.text.setText(f"{width} x {height} pixels")
        self._fit()

    @Slot(object)
    def _on_runner_failed(self, failure: Failure) -> None:
        self._pixmap = QPixmap()
        self.picture.setText(f"{failure.message}\n{failure.hint}")
        self.text.setText("")

    def _fit(self) -> None:
        if self._pixmap.isNull():
            return
        ratio = self.devicePixelRatioF()
        room = self.picture.size() * ratio
        size = self._pixmap.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        size = size.boundedTo(self._pixmap.size() if ratio == 1 else QSize(room))
        smooth = Qt.TransformationMode.SmoothTransformation
        fitted = self._pixmap.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        fitted.setDevicePixelRatio(ratio)
        self.picture.setPixmap(fitted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the room."""
        super().resizeEvent(event)
        self._fit()
