"""What happens to an exception that nobody caught: it is logged, and told once."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Signal, Slot

from gui.jobs import Failure
from gui.window import MainWindow

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Takes the place of `sys.excepthook` and `threading.excepthook`.

    Parameters
    ----------
    window : MainWindow
        Tells the user, in its own thread.
    """

    _crashed = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._telling = False
        self._crashed.connect(self._on_crashed)

    def install(self) -> None:
        """Take over from now on."""
        sys.excepthook = self._handle
        threading.excepthook = self._handle_thread

    def _handle(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        self._crashed.emit(f"Internal error: {kind.__name__}: {error}")

    def _handle_thread(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value or arguments.exc_type()
        self._handle(arguments.exc_type, error, arguments.exc_traceback)

    @Slot(str)
    def _on_crashed(self, message: str) -> None:
        if self._telling:  # an error while telling of an error must not go round in circles
            return
        self._telling = True
        self._window.tell(Failure(message, "The log has the details. Save your work and restart."))
        self._telling = False
