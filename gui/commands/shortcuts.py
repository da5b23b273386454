"""The keys that the user has changed, kept in a small file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from PySide6.QtGui import QKeySequence

from engine.errors import EngineError
from gui.commands.command import CommandTable


def load_keys(path: Path, table: CommandTable) -> None:
    """Give the commands the keys that were saved; no file means none were changed.

    Raises
    ------
    EngineError
        If the file cannot be used; all keys are then as at first. Commands that are not known
        (of another version) are passed over.
    """
    if not path.exists():
        return
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        wanted = {name: _checked(keys) for name, keys in saved.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise EngineError(
            f"The keys in {path} cannot be used: {error}.",
            "The usual keys are in place; choose yours again under Keyboard shortcuts.",
        ) from error
    for name, keys in wanted.items():
        if name in table.commands:
            table.rebind(name, keys)


def save_keys(path: Path, table: CommandTable) -> None:
    """Save the keys that differ from the first ones.

    Raises
    ------
    EngineError
        If the file cannot be written.
    """
    text = json.dumps(table.changed_keys(), indent=2)
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        raise EngineError(
            f"The keys cannot be saved in {path}: {error.strerror}.", "Free some room."
        ) from error


def _checked(keys: object) -> tuple[str, ...]:
    if not isinstance(keys, list) or not all(isinstance(text, str) for text in keys):
        raise ValueError("keys are lists of texts")
    for text in keys:
        if not QKeySequence(text).toString():  # a key it does not know is not "empty" to Qt
            raise ValueError(f"{text!r} is no key")
    return tuple(keys)
