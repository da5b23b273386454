"""Log files, and the report of a crash in native code at the next start."""

from __future__ import annotations

import faulthandler
import logging
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from engine.utils.printable import PrintableFormatter

log = logging.getLogger(__name__)

LOG_NAME = "motion-inspector.log"
FAULT_NAME = "crash.txt"
LAST_FAULT_NAME = "last-crash.txt"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MOST_BYTES = 1_000_000
_FILES = 3
_MOST_SHOWN = 20_000


@dataclass(frozen=True, slots=True)
class NativeCrash:
    """Crash of an earlier run in native code.

    Attributes
    ----------
    text : str
        What its threads were doing, as `faulthandler` wrote it; the beginning, if it is long.
    path : Path
        The file that holds it.
    """

    text: str
    path: Path


class Logs:
    """Log of this run: files of limited length, and one for crashes in native code.

    A folder that cannot be written keeps nobody from working: the log goes to standard error.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._handler: logging.Handler | None = None
        self._faults: TextIO | None = None
        self._crash: NativeCrash | None = None

    def start(self) -> None:
        """Start to log, and read the report of an earlier crash for `last_crash`."""
        try:
            self._start_file()
            self._start_faults()
        except OSError as error:
            logging.basicConfig()
            log.warning("the log folder %s cannot be written: %s", self.folder, error)

    def stop(self) -> None:
        """Close the files."""
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
            self._faults = None
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def last_crash(self) -> NativeCrash | None:
        """Return the crash of an earlier run in native code, if it was not shown yet."""
        return self._crash

    def _start_file(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(
            self.folder / LOG_NAME, maxBytes=_MOST_BYTES, backupCount=_FILES - 1, encoding="utf-8"
        )
        self._handler.setFormatter(PrintableFormatter(LOG_FORMAT))
        root = logging.getLogger()
        _lower(root)
        root.addHandler(self._handler)

    def _start_faults(self) -> None:
        path = self.folder / FAULT_NAME
        # appending: all windows that are open share the file, and it may be emptied below them
        self._faults = path.open("a+", encoding="utf-8", errors="replace")
        self._crash = self._taken_crash(self._faults)
        faulthandler.enable(self._faults)

    def _taken_crash(self, faults: TextIO) -> NativeCrash | None:
        faults.seek(0)
        text = faults.read(_MOST_SHOWN)
        if not text.strip():
            return None
        last = self.folder / LAST_FAULT_NAME
        last.write_text(text, encoding="utf-8")
        faults.truncate(0)
        log.error("an earlier run ended in native code:\n%s", text)
        return NativeCrash(text, last)


def _lower(root: logging.Logger) -> None:
    """Lower the level of the log file below that of the terminal.

    Failed jobs are logged as information, with the traceback that users are spared.
    """
    if root.level <= logging.INFO:
        return
    for handler in root.handlers:
        handler.setLevel(max(handler.level, root.level))
    root.setLevel(logging.INFO)
