"""Commands with names: menus order them, and their keys can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

Menus = Mapping[str, tuple[tuple[str, ...], ...]]
"""Path of a menu, as "&View/Theme" -> names of its commands, a line between each group of them."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """Something that the user can ask for.

    Attributes
    ----------
    name : str
        Stable key, as "play.toggle"; keys are stored under it.
    text : str
        As the menu shows it.
    run : callable
        Called without arguments; with the new state if the command can be checked.
    keys : tuple of str
        Its default keys, in Qt's portable text.
    enabled : callable
        () -> whether the command can be run now.
    checked : callable or None
        () -> whether the command is checked now; None if it cannot be.
    repeats : bool
        Whether a held key repeats it.
    """

    name: str
    text: str
    run: Callable[..., object]
    keys: tuple[str, ...] = ()
    enabled: Callable[[], bool] = _always
    checked: Callable[[], bool] | None = None
    repeats: bool = False


class CommandTable(QObject):
    """The commands of a window as actions with keys.

    Parameters
    ----------
    commands : iterable of Command
        In any order.
    menus : mapping
        The place of each command.

    Attributes
    ----------
    commands : dict of str to Command
        By name, in the order of the menus.
    menu_of : dict of str to str
        Path of the menu by the name of the command.

    Signals
    -------
    changed()
        A command has other keys.
    """

    changed = Signal()

    def __init__(
        self, commands: Iterable[Command], menus: Menus, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._menus = menus
        self.menu_of = {name: path for path, groups in menus.items() for name in chain(*groups)}
        known = {command.name: command for command in commands}
        if known.keys() != self.menu_of.keys():
            raise ValueError(f"in no menu, or no command: {known.keys() ^ self.menu_of.keys()}")
        self.commands = {name: known[name] for name in self.menu_of}
        self._actions = {name: self._made(command) for name, command in self.commands.items()}
        self.refresh()

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Make the menus and return them by path."""
        menus: dict[str, QMenu] = {}
        for path, groups in self._menus.items():
            menu = _menu(bar, menus, path)
            for position, group in enumerate(groups):
                if position:
                    menu.addSeparator()
                menu.addActions([self._actions[name] for name in group])
        return menus

    def refresh(self) -> None:
        """Enable and check every command as it stands now."""
        for name, command in self.commands.items():
            self._actions[name].setEnabled(command.enabled())
            if command.checked is not None:
                self._actions[name].setChecked(command.checked())

    def action(self, name: str) -> QAction:
        """Return the action of a command."""
        return self._actions[name]

    def keys(self, name: str) -> tuple[str, ...]:
        """Return the keys of a command as they are now, in portable text."""
        return tuple(_text(keys) for keys in self._actions[name].shortcuts())

    def owner_of(self, keys: str) -> str | None:
        """Return the name of the command that has these keys, if any."""
        sequence = _text(QKeySequence(keys))
        return next((name for name in self.commands if sequence in self.keys(name)), None)

    def rebind(self, name: str, keys: Iterable[str]) -> None:
        """Give a command other keys, and take them from the command that had them."""
        sequences = [_text(QKeySequence(text)) for text in keys]
        for other in self.commands:
            rest = [text for text in self.keys(other) if text not in sequences]
            if other != name and len(rest) < len(self.keys(other)):
                self._actions[other].setShortcuts([QKeySequence(text) for text in rest])
        self._actions[name].setShortcuts([QKeySequence(text) for text in sequences])
        self.changed.emit()

    def reset(self) -> None:
        """Give every command its default keys again."""
        for name, command in self.commands.items():
            self._actions[name].setShortcuts([QKeySequence(text) for text in command.keys])
        self.changed.emit()

    def changed_keys(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of the commands whose keys differ from the defaults."""
        return {
            name: self.keys(name)
            for name, command in self.commands.items()
            if self.keys(name) != tuple(_text(QKeySequence(text)) for text in command.keys)
        }

    def _made(self, command: Command) -> QAction:
        action = QAction(command.text, self)
        action.setShortcuts([QKeySequence(text) for text in command.keys])
        action.setAutoRepeat(command.repeats)
        action.setCheckable(command.checked is not None)
        action.triggered.connect(partial(self._run, command))
        return action

    def _run(self, command: Command, *_: object) -> None:
        if command.checked is None:
            command.run()
        else:
            command.run(self._actions[command.name].isChecked())


def _menu(bar: QMenuBar, menus: dict[str, QMenu], path: str) -> QMenu:
    if path not in menus:
        above, _, title = path.rpartition("/")
        menus[path] = _menu(bar, menus, above).addMenu(title) if above else bar.addMenu(title)
    return menus[path]


def native_text(keys: str) -> str:
    """Return keys in portable text as this platform shows them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _text(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.PortableText)
