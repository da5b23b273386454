"""The keys that the user has changed: stored in a small file, shown and edited in dialogs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from engine.errors import EngineError
from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import convert, parse_json
from gui.commands.cheat_sheet import CheatSheet
from gui.commands.command import Command, CommandTable
from gui.commands.shortcut_dialog import KeyDialog
from gui.tasks.jobs import Failure

_MOST_BYTES = 2**20


class Shortcuts(QObject):
    """Loads, saves, shows and edits the keys of a window's commands.

    Parameters
    ----------
    path : Path
        The file of changed keys.
    window : QWidget
        Parent of the dialogs.

    Signals
    -------
    failed(failure) : Failure
    """

    failed = Signal(object)

    def __init__(self, path: Path, window: QWidget) -> None:
        super().__init__(window)
        self._path, self._window = path, window
        self._table: CommandTable | None = None

    def attach(self, table: CommandTable) -> None:
        """Give the commands of a table the saved keys."""
        self._table = table
        self._guarded(load_keys)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that show and change keys."""
        return (
            Command("help.keys", "All keys", self._show, ("?", "F1")),
            Command("help.rebind", "Keyboard shortcuts...", self._edit),
        )

    @Slot()
    def save(self) -> None:
        """Save the keys that the user has changed."""
        self._guarded(save_keys)

    def _guarded(self, act: Callable[[Path, CommandTable], None]) -> None:
        if self._table is None:
            return
        try:
            act(self._path, self._table)
        except EngineError as error:
            self.failed.emit(Failure(str(error), error.hint))

    def _show(self) -> None:
        if self._table is not None:
            CheatSheet(self._table, self._window).open()

    def _edit(self) -> None:
        if self._table is not None:
            dialog = KeyDialog(self._table, self._window)
            dialog.saved.connect(self.save)
            dialog.open()


def load_keys(path: Path, table: CommandTable) -> None:
    """Give the commands the saved keys, if there is a file.

    Raises
    ------
    EngineError
        If the file cannot be used; all keys are then the defaults. Unknown commands (of
        another version) are passed over.
    """
    if not path.exists():
        return
    try:
        keys_of = convert(parse_json(read_bounded(path, _MOST_BYTES)), dict[str, tuple[str, ...]])
        for text in itertools.chain.from_iterable(keys_of.values()):
            _check(text)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The keys in {path} cannot be used: {error}.",
            "The default keys are in use; choose yours again under Keyboard shortcuts.",
        ) from error
    for name, keys in keys_of.items():
        if name in table.commands:
            table.rebind(name, keys)


def save_keys(path: Path, table: CommandTable) -> None:
    """Save the keys that differ from the defaults.

    Raises
    ------
    EngineError
        If the file cannot be written.
    """
    text = json.dumps(table.changed_keys(), indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise EngineError(
            f"The keys cannot be saved in {path}: {error.strerror}.", "Free some disk space."
        ) from error


def _check(text: str) -> None:
    if not QKeySequence(text).toString():  # a key it does not know is not "empty" to Qt
        raise ValueError(f"{text!r} is no key")
