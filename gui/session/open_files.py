"""Opens files of every kind: videos, sessions, analyses, weights, notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from gui.backend import RecentBackend
from gui.commands.command import Command
from gui.state.session_file import SUFFIX
from gui.widgets.dialogs import file_dialog, folder_dialog
from gui.widgets.plain_text import menu_text, tip
from resources import resource_path

VIDEO_KINDS = "*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.mpg *.mpeg *.ts *.gif *.ogv *.flv *.wmv"
_WEIGHTS = (".pth", ".pt", ".safetensors", ".ckpt", ".pt2", ".pyth")
_NOTES = ".vtt"
_ANALYSIS = "analysis.json"
_KINDS = f"Videos and sessions ({VIDEO_KINDS} *{SUFFIX});;All files (*)"

Receiver = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Receivers:
    """Callables that take a file of each kind."""

    video: Receiver
    session: Receiver
    analysis: Receiver
    weights: Receiver
    notes: Receiver


class FileOpener:
    """Opens each file or folder as what it is.

    Parameters
    ----------
    window : QWidget
        Parent of the dialogs.
    recent : RecentBackend
    receivers : Receivers
    ask_unsaved : callable
        Runs its argument once unsaved changes are saved or discarded.
    """

    def __init__(
        self,
        window: QWidget,
        recent: RecentBackend,
        receivers: Receivers,
        ask_unsaved: Callable[[Callable[[], object]], None],
    ) -> None:
        self._window, self._recent = window, recent
        self._receivers, self._ask_unsaved = receivers, ask_unsaved
        self._bundled = ExitStack()  # bundled files that are open

    def open(self, path: Path) -> None:
        """Open a file or folder, of an unknown kind as a video."""
        to = self._receivers
        if path.name.endswith(SUFFIX):
            self._ask_unsaved(partial(to.session, path))
        elif (path / _ANALYSIS).exists():
            self._ask_unsaved(partial(to.analysis, path))
        elif path.suffix.lower() in _WEIGHTS:
            to.weights(path)
        elif path.suffix.lower() == _NOTES:
            to.notes(path)
        else:
            self._ask_unsaved(partial(to.video, path))

    def open_together(self, paths: Sequence[Path]) -> None:
        """Open files that were dropped together: the weights, then one of the others."""
        weights = [path for path in paths if path.suffix.lower() in _WEIGHTS]
        others = [path for path in paths if path not in weights]
        for path in (*weights, *others[:1]):
            self.open(path)

    def list_recent(self, menu: QMenu) -> None:
        """Fill a menu with the files last opened."""
        menu.clear()
        for entry in self._recent.entries():
            action = menu.addAction(menu_text(entry.path.name))
            action.setToolTip(tip(str(entry.path)))
            action.setEnabled(entry.is_there)
            if not entry.is_there:
                action.setText(f"{menu_text(entry.path.name)} (missing)")
            action.triggered.connect(partial(self.open, entry.path))
        if menu.isEmpty():
            menu.addAction("Nothing yet").setEnabled(False)
        else:
            menu.addSeparator()
            menu.addAction("Clear this list").triggered.connect(self._recent.clear)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that open files."""
        choose, folder = self._choose_file, self._choose_analysis
        return (
            Command("file.open", "Open video or session...", choose, ("Ctrl+O",)),
            Command("file.demo", "Open the demo clip", self._open_demo),
            Command("file.open_analysis", "Open analysis...", folder, ("Ctrl+Shift+O",)),
        )

    def close(self) -> None:
        """Release the bundled files."""
        self._bundled.close()

    def _choose_file(self) -> None:
        file_dialog(self._window, "Open", self.open, _KINDS).open()

    def _choose_analysis(self) -> None:
        folder_dialog(self._window, "Open an analysis", self.open).open()

    def _open_demo(self) -> None:
        self.open(self._bundled.enter_context(resource_path("demo.mp4")))
