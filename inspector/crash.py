"""Uncaught exceptions: logged, the session saved, shown in one dialog."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.utils.paths import log_folder
from gui.dialogs.about_dialog import versions
from gui.dialogs.crash_dialog import CrashDialog
from inspector.logs import NativeCrash

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Takes the place of Python's hooks for uncaught exceptions, of all threads.

    PySide gives `sys.excepthook` what is raised in slots and in overridden methods, and goes on.

    Parameters
    ----------
    window : QWidget
        Closed on Ctrl-C and on the user's wish; the dialog opens over it.
    save_session : callable
        () -> Path or None; called in the GUI thread before the dialog opens. It returns where the
        session was saved, or None if there is nothing to save.
    """

    _crashed = Signal(str, str)
    _interrupted = Signal()

    def __init__(self, window: QWidget, save_session: Callable[[], Path | None]) -> None:
        super().__init__(window)
        self._window = window
        self._save_session = save_session
        self._dialog: CrashDialog | None = None
        self._replaced = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        # queued also within the GUI thread: a dialog must not open while a widget is painted
        queued = Qt.ConnectionType.QueuedConnection
        self._crashed.connect(self._on_crashed, queued)
        self._interrupted.connect(self._on_interrupted, queued)

    def install(self) -> None:
        """Take over until the application ends."""
        self._replaced = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._handle
        threading.excepthook = self._handle_thread
        sys.unraisablehook = self._handle_unraisable
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.uninstall)

    @Slot()
    def uninstall(self) -> None:
        """Put back the hooks that were there before."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._replaced

    def tell_last(self, crash: NativeCrash) -> None:
        """Show the crash of an earlier run. Nothing is saved, so that its autosave stays."""
        if self._dialog is None:
            self._dialog = self._open_dialog(f"The details are in {crash.path}")
        self._dialog.add("The last run of Motion Inspector ended in a crash.", crash.text)

    def _handle(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._interrupted.emit()
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        message = traceback.format_exception_only(kind, error)[-1].strip()
        self._crashed.emit(message, "".join(traceback.format_exception(kind, error, trace)))

    def _handle_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if issubclass(arguments.exc_type, SystemExit):  # ends a thread, as Python has it
            return
        error = arguments.exc_value or arguments.exc_type()
        self._handle(arguments.exc_type, error, arguments.exc_traceback)

    def _handle_unraisable(self, unraisable: UnraisableHookArgs) -> None:
        error = unraisable.exc_value or unraisable.exc_type()
        self._handle(unraisable.exc_type, error, unraisable.exc_traceback)

    def _saved(self) -> str:
        try:
            path = self._save_session()
        except Exception as error:  # whatever it is, the first error must still be told
            log.exception("the session cannot be saved")
            return f"The session could not be saved: {error}"
        if path is None:
            return "There was no session to save."
        return f"The session was saved to {path}"

    def _open_dialog(self, saved: str) -> CrashDialog:
        dialog = CrashDialog(saved, versions(), log_folder(), self._window)
        dialog.quit_requested.connect(self._window.close)
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()
        return dialog

    @Slot(str, str)
    def _on_crashed(self, message: str, trace: str) -> None:
        try:
            self._dialog = self._dialog or self._open_dialog(self._saved())
            self._dialog.add(message, trace)
        except Exception:  # told of by this very slot, it would go round in circles
            log.exception("an error cannot be told")

    @Slot()
    def _on_dialog_finished(self) -> None:
        self._dialog = None

    @Slot()
    def _on_interrupted(self) -> None:
        self._window.close()
