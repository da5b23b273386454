"""Errors of code that others wrote: told with the line they come from, ends of the program too."""

from __future__ import annotations

import linecache
import signal
import sys
import sysconfig
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_ENGINE = str(Path(__file__).parents[1])
_LIBRARY = str(Path(sysconfig.get_path("stdlib")))
_INSTALLED = ("site-packages", "dist-packages")
_MOST_CHARACTERS = 300


class CodeExit(Exception):
    """Code of others asked for the end of the program; its cause is what it raised."""


class _Interrupt(KeyboardInterrupt):
    """A Ctrl-C of the user's, which no code raises by itself."""


@contextmanager
def exits_as_errors() -> Iterator[None]:
    """Turn what would end the program into an error of the code that raises it.

    `SystemExit`, `KeyboardInterrupt` and the like pass all that takes errors, so that code of
    others would look like the user's wish. A real Ctrl-C passes.

    Raises
    ------
    CodeExit
        For any exception that is no `Exception`.
    """
    replaced = _watch_interrupts()
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if isinstance(error, _Interrupt) or (
            isinstance(error, KeyboardInterrupt) and _may_be_the_users()
        ):
            raise
        raise CodeExit(str(error)) from error
    finally:
        if replaced:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def described(error: BaseException) -> str:
    """Return an exception's type and first line, and the line of code outside torch it is from.

    For example "AssertionError: expected 16 frames (net.py, line 14, in forward)", and where it
    says nothing itself, the code: "AssertionError (net.py, line 14: assert x.shape[2] == 16)".
    """
    if isinstance(error, CodeExit) and error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0].rstrip(".")[:_MOST_CHARACTERS] if lines else ""
    name = type(error).__name__
    said = f"{name}: {text}" if text else name
    place = _place(error, with_code=not text)
    return f"{said} ({place})" if place else said


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _may_be_the_users() -> bool:
    """Tell whether an interrupt that is not ours may be a Ctrl-C: another handler raises such.

    Where interrupts are ignored, as behind ``nohup`` and ``&``, none is.
    """
    handler = signal.getsignal(signal.SIGINT)
    return _in_main_thread() and handler not in (_interrupt, signal.SIG_IGN)


def _watch_interrupts() -> bool:
    """Take the place of Python's own answer to Ctrl-C, and tell whether that was possible."""
    if not _in_main_thread() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return False
    signal.signal(signal.SIGINT, _interrupt)
    return True


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Interrupt


def _place(error: BaseException, *, with_code: bool) -> str:
    """Return the innermost line of a network's author, "" where there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = (_ENGINE, *getattr(sys.modules.get("torch"), "__path__", ()))
    theirs = [frame for frame in frames if _is_theirs(frame.filename, ours)]
    if not theirs:
        return ""
    last = theirs[-1]
    code = linecache.getline(last.filename, last.lineno or 0).strip() if with_code else ""
    where = f": {code}" if code else f", in {last.name}"
    return f"{Path(last.filename).name}, line {last.lineno}{where}"


def _is_theirs(filename: str, ours: tuple[str, ...]) -> bool:
    """Tell whether a file is neither torch's nor this program's nor Python's own."""
    if filename.startswith((*ours, "<")):
        return False
    own = filename.startswith(_LIBRARY) and not any(part in filename for part in _INSTALLED)
    return not own
