"""The window with its engine. Torch is imported in the worker threads."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from engine.attribution import METHODS
from engine.models import known_models
from engine.models.cards.card_schema import CARD_KEYS
from engine.models.cards.trust import trust
from engine.types import Request
from engine.utils.paths import config_folder, log_folder
from gui.backend import Backend, CardBackend, CardField, SessionBackend
from gui.main_window.window import MainWindow
from gui.tasks.endings import endings
from gui.theme.theme import apply_theme
from gui.widgets.number_edits import use_plain_numbers
from inspector.backend import explain as explaining
from inspector.backend.autosave import Autosave, find_recoverable, forget
from inspector.backend.cards import check_texts, save_texts
from inspector.backend.export import export_services
from inspector.backend.flow_agreement import flow_agreement
from inspector.backend.moved_videos import difference, relink
from inspector.backend.recent_files import RecentFiles
from inspector.backend.results import result_services
from inspector.backend.what_if import what_if_services
from inspector.crash import CrashReporter
from inspector.leftovers import tidy_in_background
from inspector.logs import Logs

_SIGNAL_POLL_MS = 250
_INTERRUPTED = 130
_END_S = 3.5
_WARM_MS = 400  # torch is imported then: later, while something runs, it would be felt
_SWITCH_S = 0.001  # at Python's 5 ms a few busy threads hold the window up for tens of ms


def run_window(path: Path | None, request: Request | None = None, *, start: bool = False) -> int:
    """Show the window, open a path, run until it is closed, and return the exit code.

    Parameters
    ----------
    path : Path or None
        A video, a folder with an analysis, or nothing.
    request : Request or None
        Settings to begin with; only the model is taken.
    start : bool
        Whether to start explaining once the video is open.
    """
    logs = Logs(log_folder())
    logs.start()
    tidy_in_background()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if isinstance(application, QApplication):
        application.setApplicationName("Motion Inspector")
        apply_theme(application)
    use_plain_numbers()
    window = make_window()
    window.appearance.set_scheme(window.appearance.look.scheme)
    reporter = CrashReporter(window, window.sessions.autosave_now)
    reporter.install()
    interrupted = _close_on_interrupt(window)
    if request is not None:
        models = window.panel.model_choice.model
        models.setCurrentIndex(models.findData(request.model))
    window.show()
    QTimer.singleShot(_WARM_MS, window.explain, window.explain.load_labels)
    crash = logs.last_crash()
    if crash is not None:
        reporter.tell_last(crash)
    QTimer.singleShot(0, window, window.session_dialogs.offer_lost)
    if path is not None:
        QTimer.singleShot(0, window, lambda: open_in(window, path, start=start))
    window.closing.connect(_end_by_force_later)
    code = application.exec()
    logs.stop()
    return ended(_INTERRUPTED if interrupted else code)


def ended(code: int) -> int:
    """Return the exit code, or end the process with it where a thread is stuck."""
    if endings.stuck:
        _end_by_force(code)
    faulthandler.cancel_dump_traceback_later()
    return code


def make_window() -> MainWindow:
    """Build the window with the real engine behind it."""
    sys.setswitchinterval(_SWITCH_S)
    cards = CardBackend(_card_fields(), check_texts, save_texts, trust)
    settings = config_folder()
    return MainWindow(
        Backend(
            models=known_models(),
            methods=METHODS,
            explain=explaining.explain,
            is_cached=explaining.is_cached,
            labels=explaining.labels,
            export=export_services(),
            cards=cards,
            estimate=explaining.estimate,
            agreement=flow_agreement,
            log_folder=log_folder(),
            device=_device,
            settings=settings,
            sessions=keep_services(settings),
            what_if=what_if_services(),
            results=result_services(),
        )
    )


def keep_services(settings: Path, state: Path | None = None) -> SessionBackend:
    """Return the backend of sessions for a settings folder and a state folder, or the user's."""
    return SessionBackend(
        autosave=Autosave(state),
        recent=RecentFiles(settings),
        lost=partial(find_recoverable, state),
        forget=forget,
        relink=relink,
        difference=difference,
    )


def _card_fields() -> tuple[CardField, ...]:
    return tuple(
        CardField(
            name=key.name,
            text=key.text,
            example=key.example.partition("=")[2].strip().strip('"'),
            is_file=key.is_file,
            choices=key.choices,
        )
        for key in CARD_KEYS.values()
        if key.name != "pass_as"  # it belongs to tables, for which a form has no place
    )


def open_in(window: MainWindow, path: Path, *, start: bool = False) -> None:
    """Open any file that the window knows, and explain a video at once with ``start``."""
    if start:
        window.open_video(path, explain=True)
    else:
        window.open_file(path)


def _close_on_interrupt(window: MainWindow) -> list[int]:
    """Close the window on Ctrl-C and SIGTERM, and return a list that is filled when it happened.

    The second of them ends the program at once.
    """
    caught: list[int] = []

    def handle(number: int, frame: object) -> None:
        if caught:
            _end_by_force(_INTERRUPTED)
        caught.append(number)
        window.end_now()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    timer = QTimer(window)  # Python sees signals only when it runs, and Qt's loop is not Python
    timer.timeout.connect(_nothing)
    timer.start(_SIGNAL_POLL_MS)
    return caught


def _end_by_force_later() -> None:
    """End the program some seconds from now, even if a worker holds the interpreter for ever.

    All that is to be kept is on the disk by then: sessions and what was explained.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)  # of the system: it must outlive this function
    faulthandler.dump_traceback_later(_END_S, exit=True, file=nowhere)


def _end_by_force(code: int) -> NoReturn:
    """End the program without waiting for its threads, which Python would."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _nothing() -> None:
    """Let the interpreter run."""


def _device() -> str:
    cores = f"{os.cpu_count()} CPU cores"
    torch = sys.modules.get("torch")  # not loaded for this: it takes seconds
    if torch is None or not torch.cuda.is_available():
        return cores
    return f"{torch.cuda.get_device_name()}, {cores}"
