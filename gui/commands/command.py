"""Commands with names: menus are made of them, and their keys can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QMenuBar

_PRESSING = ("Space", "Return")


@dataclass(frozen=True, slots=True)
class Command:
    """Something that the user can ask for.

    Attributes
    ----------
    name : str
        Stable key, as "play.toggle"; keys are stored under it.
    text : str
        As the menu shows it.
    menu : str
        Path of the menu, as "View/Panes".
    keys : tuple of str
        Its first keys, in Qt's portable text.
    run : callable
        Called without arguments.
    checkable, enabled, repeats : bool
        Whether it can be checked; whether it is enabled at first; whether a held key repeats it.
    """

    name: str
    text: str
    menu: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    checkable: bool = False
    enabled: bool = True
    repeats: bool = False


class MenuOf:
    """Makes the commands of one menu.

    Parameters
    ----------
    prefix : str
        Of their names.
    path : str
        Of the menu.
    """

    def __init__(self, prefix: str, path: str) -> None:
        self._prefix, self._path = prefix, path

    def __call__(
        self,
        name: str,
        text: str,
        run: Callable[[], object],
        *keys: str,
        checkable: bool = False,
        enabled: bool = True,
        repeats: bool = False,
    ) -> Command:
        """A command with these first keys."""
        full = f"{self._prefix}.{name}"
        return Command(full, text, self._path, keys, run, checkable, enabled, repeats)


class CommandTable(QObject):
    """The commands of a window as actions with keys.

    Parameters
    ----------
    commands : iterable of Command or None
        In the order of the menus; None draws a line.

    Signals
    -------
    changed()
        A command has other keys.
    """

    changed = Signal()

    def __init__(self, commands: Iterable[Command | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = tuple(commands)
        self.commands = {command.name: command for command in self._order if command is not None}
        self._actions = {name: self._made(command) for name, command in self.commands.items()}

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Make the menus; returns them by path."""
        menus: dict[str, QMenu] = {}
        path = ""
        for command in self._order:
            if command is None:
                menus[path].addSeparator()
                continue
            path = command.menu
            _menu(bar, menus, path).addAction(self._actions[command.name])
        return menus

    def action(self, name: str) -> QAction:
        """The action of a command."""
        return self._actions[name]

    def enable(self, enabled: bool, *names: str) -> None:
        """Enable or disable commands."""
        for name in names:
            self._actions[name].setEnabled(enabled)

    def keys(self, name: str) -> tuple[str, ...]:
        """Keys of a command as they are now, in portable text."""
        return tuple(_text(keys) for keys in self._actions[name].shortcuts())

    def owner_of(self, keys: str) -> str | None:
        """Name of the command that has these keys; None where nobody does."""
        wanted = _text(QKeySequence(keys))
        return next((name for name in self.commands if wanted in self.keys(name)), None)

    def rebind(self, name: str, keys: Iterable[str]) -> None:
        """Give a command other keys; whoever had them loses them."""
        wanted = [_text(QKeySequence(text)) for text in keys]
        for other in self.commands:
            kept = [text for text in self.keys(other) if text not in wanted]
            if other != name and len(kept) < len(self.keys(other)):
                self._actions[other].setShortcuts([QKeySequence(text) for text in kept])
        self._actions[name].setShortcuts([QKeySequence(text) for text in wanted])
        self.changed.emit()

    def reset(self) -> None:
        """Give every command its first keys again."""
        for name, command in self.commands.items():
            self._actions[name].setShortcuts([QKeySequence(text) for text in command.keys])
        self.changed.emit()

    def changed_keys(self) -> dict[str, tuple[str, ...]]:
        """Keys of the commands that have others than at first."""
        return {
            name: self.keys(name)
            for name, command in self.commands.items()
            if self.keys(name) != tuple(_text(QKeySequence(text)) for text in command.keys)
        }

    def _made(self, command: Command) -> QAction:
        action = QAction(command.text, self)
        action.setShortcuts([QKeySequence(text) for text in command.keys])
        action.setAutoRepeat(command.repeats)
        action.setCheckable(command.checkable)
        action.setEnabled(command.enabled)
        action.triggered.connect(partial(self._run, command))
        return action

    def _run(self, command: Command, checked: bool = False) -> None:
        """Run a command, unless its key was meant for the button that has the keyboard."""
        focus = QApplication.focusWidget()
        pressing = any(keys in _PRESSING for keys in self.keys(command.name))
        if pressing and isinstance(focus, QAbstractButton) and focus.isEnabled():
            focus.click()
        else:
            command.run()


def _menu(bar: QMenuBar, menus: dict[str, QMenu], path: str) -> QMenu:
    if path not in menus:
        above, _, title = path.rpartition("/")
        menus[path] = _menu(bar, menus, above).addMenu(title) if above else bar.addMenu(title)
    return menus[path]


def _text(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.PortableText)
