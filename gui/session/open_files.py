"""Files of every kind that the window opens: videos, sessions, analyses, weights, notes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gui.session.dialogs import ask_unsaved
from gui.state.session_file import SUFFIX
from resources import resource_path

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow

VIDEO_KINDS = "*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.mpg *.mpeg *.ts *.gif *.ogv *.flv *.wmv"
_WEIGHTS = (".pth", ".pt", ".safetensors", ".ckpt", ".pt2", ".pyth")
_NOTES = ".vtt"
_ANALYSIS = "analysis.json"


def open_demo(window: MainWindow) -> None:
    """Open the bundled clip."""
    window.open_file(window.open_resources.enter_context(resource_path("demo.mp4")))


def open_file(window: MainWindow, path: Path) -> None:
    """Open a file or folder as what it is; what is not known is taken for a video."""
    if path.name.endswith(SUFFIX):
        ask_unsaved(window, lambda: window.sessions.open(path))
    elif (path / _ANALYSIS).exists():
        ask_unsaved(window, lambda: window.open_analysis(path))
    elif path.suffix.lower() in _WEIGHTS:
        window.panel.model_choice.use_weights(path)
        window.docks.show("explain")
    elif path.suffix.lower() == _NOTES:
        window.notes.load(path)
        window.docks.show("notes")
    else:
        ask_unsaved(window, lambda: window.open_video(path))


def open_files(window: MainWindow, paths: Sequence[Path]) -> None:
    """Open what was dropped together: weights first, then what makes way for it."""
    extras = [path for path in paths if path.suffix.lower() in _WEIGHTS]
    others = [path for path in paths if path not in extras]
    for path in (*extras, *others[:1]):
        open_file(window, path)
