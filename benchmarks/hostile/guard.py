"""A guard around one reading: its time and memory are bounded, and what it does outside is told."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EngineError

MOST_S = 5.0
MOST_BYTES = 2**30
_MOST_CHARACTERS = 6000
"""Of a sentence; paths alone may have 4096."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_RUNNING = {
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen"),
    *("socket.connect", "socket.getaddrinfo", "urllib.Request", "ctypes.dlopen"),
}
_CHANGING = {
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "os.link"),
    *("os.symlink", "os.utime", "shutil.rmtree", "shutil.move", "shutil.copyfile"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one reading.

    Attributes
    ----------
    fault : str
        What was wrong, alike for the same cause; empty where all was well.
    refused : bool
        Whether it ended in an `EngineError`.
    text : str
        Its sentence, or the traceback.
    seconds, peak_mb : float
        Time, and memory beyond what the process had.
    """

    fault: str
    refused: bool
    text: str
    seconds: float
    peak_mb: float


class _SlowError(BaseException):
    pass


class Guard:
    """Runs readings in this process, whose memory it limits for good.

    Parameters
    ----------
    home : Path
        The only folder in which anything may be changed.
    """

    def __init__(self, home: Path) -> None:
        self._home = str(home)
        self._acts: list[str] | None = None
        signal.signal(signal.SIGALRM, _too_slow)
        sys.addaudithook(self._hear)
        limit_memory(MOST_BYTES)

    def run(self, read: Callable[[Path], Any], path: Path) -> Outcome:
        """Read a file and tell how it ended."""
        before = _reset_peak()
        began = time.perf_counter()
        self._acts = acts = []
        fault, refused, text = _ended(read, path)
        self._acts = None
        seconds = time.perf_counter() - began
        peak_mb = max(_status_mb("VmHWM") - before, 0)
        if acts:
            fault = f"it did what it may not: {acts[0]}"
        elif not fault and seconds > MOST_S:
            fault = f"slower than {MOST_S:g} s"
        elif not fault and peak_mb * 2**20 > MOST_BYTES:
            fault = "more than 1 GB of memory"
        return Outcome(fault, refused, text, seconds, peak_mb)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._acts is None:
            return
        if event in _RUNNING or (event == "exec" and self._is_hostile(arguments[0])):
            self._acts.append(f"{event} {str(arguments)[:100]}")
        elif (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        ) or event in _CHANGING:
            self._check_place(event, arguments[0])

    def _is_hostile(self, code: Any) -> bool:
        """Tell code of the file from what annotations, dataclasses and imports execute."""
        name = str(getattr(code, "co_filename", ""))
        caller = sys._getframe(2).f_code.co_filename
        return name.startswith(self._home) or (
            name == "<string>" and not caller.startswith((sys.base_prefix, "<frozen"))
        )

    def _check_place(self, event: str, place: Any) -> None:
        inside = isinstance(place, str | bytes | os.PathLike) and os.path.realpath(
            os.fsdecode(place)
        ).startswith((self._home, "/dev/null"))
        if not inside and not isinstance(place, int) and self._acts is not None:
            self._acts.append(f"{event} outside: {str(place)[:100]}")


def _writes(flags: Any) -> bool:
    return isinstance(flags, int) and bool(flags & _WRITING)


def _ended(read: Callable[[Path], Any], path: Path) -> tuple[str, bool, str]:
    """Return the fault, whether it was refused, and the text of either."""
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        read(path)
        return "", False, ""
    except EngineError as error:
        return _fault_of_words(error), True, f"{error} {error.hint}"
    except _SlowError as error:
        return f"slower than {MOST_S:g} s in {_place(error)}", False, _trace(error)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
        return f"{type(error).__name__} in {_place(error)}", False, _trace(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _fault_of_words(error: EngineError) -> str:
    text = str(error)
    if not text.strip() or not error.hint.strip():
        return f"no sentence or no hint: {text[:60]!r} in {_place(error)}"
    if re.search(r"Internal error|Traceback \(most", text):
        return f"not a sentence for people in {_place(error)}"
    if "\n" in text or len(text) > _MOST_CHARACTERS:
        return f"a sentence of lines, or of {len(text)} characters, in {_place(error)}"
    return ""


def _place(error: BaseException) -> str:
    """Return the last place in the program's own code, without the number of the line."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if re.search(r"/(engine|gui|inspector)/", f.filename)]
    last = (own or frames)[-1]
    name = re.sub(r".*/(engine|gui|inspector)/", r"\1/", last.filename)
    return f"{name}:{last.name}"


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=-6))[-1500:]


def _too_slow(*_: object) -> None:
    raise _SlowError


def limit_memory(most_bytes: int) -> None:
    """Limit what this process may take beyond what it has, for good."""
    size = int(_status_mb("VmSize") * 2**20) + most_bytes + 2**29  # threads reserve some
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _status_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _reset_peak() -> float:
    Path("/proc/self/clear_refs").write_text("5")
    return _status_mb("VmHWM")
