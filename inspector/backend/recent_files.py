"""The videos and sessions last opened."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import parse_json
from gui.backend import RecentFile

log = logging.getLogger(__name__)

MOST_RECENT = 12
_MOST_BYTES = 2**20


class RecentFiles:
    """The videos and sessions last opened, the newest first, in a file of the settings.

    Parameters
    ----------
    settings : Path
        Folder of the settings.
    """

    def __init__(self, settings: Path) -> None:
        self._path = settings / "recent.json"

    def entries(self) -> tuple[RecentFile, ...]:
        """Return at most `MOST_RECENT` files, none if the list is missing or broken."""
        return tuple(RecentFile(path, os.path.exists(path)) for path in self._read())

    def add(self, path: Path) -> None:
        """Put a file first."""
        path = path.absolute()
        self._write([path, *(other for other in self._read() if other != path)])

    def remove(self, path: Path) -> None:
        """Take a file off the list."""
        self._write([other for other in self._read() if other != path.absolute()])

    def clear(self) -> None:
        """Empty the list."""
        self._write([])

    def _read(self) -> list[Path]:
        try:
            values = parse_json(read_bounded(self._path, _MOST_BYTES))
            if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
                raise ValueError("it is no list of texts")
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            log.warning("%s cannot be used: %s", self._path, error)
            return []
        return [Path(text) for text in values if "\0" not in text][:MOST_RECENT]

    def _write(self, paths: Sequence[Path]) -> None:
        text = json.dumps([str(path) for path in paths[:MOST_RECENT]], indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, text, sync=True)
        except OSError:  # the list is a convenience
            log.warning("%s cannot be written", self._path, exc_info=True)
