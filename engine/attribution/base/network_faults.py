"""Errors of a network's own code, told in one sentence with the line they come from.

Whatever a forward or backward raises is a fault of the network, not of this program, and its
author needs the error, the file and the line.
"""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

import engine
from engine.cancel import Cancelled
from engine.errors import AttributionError, EngineError

_OURS = tuple(str(Path(package.__path__[0])) for package in (torch, engine))
_LIBRARY = str(Path(sysconfig.get_path("stdlib")))
_INSTALLED = ("site-packages", "dist-packages")
NOT_THEIRS = (EngineError, Cancelled, torch.OutOfMemoryError)
"""Exceptions that pass through a network and are no fault of it."""

_MOST_CHARACTERS = 300
_NO_MEMORY = ("DefaultCPUAllocator", "can't allocate memory", "not enough memory")


@contextmanager
def network_faults(sentence: str, hint: str) -> Iterator[None]:
    """Turn what a network raises inside into one error with its own words.

    Parameters
    ----------
    sentence : str
        What failed, without a full stop: "tiny failed on a clip of shape (1, 3, 8, 64, 64)".
    hint : str
        What to do about it.

    Raises
    ------
    AttributionError
        For any exception, ``exit()`` included. Errors of the engine, a cancel, and a GPU's lack
        of memory, which smaller batches mend, pass as they are.
    """
    try:
        yield
    except NOT_THEIRS:
        raise
    except (Exception, SystemExit) as error:
        if is_memory(error):
            raise AttributionError(
                f"{sentence}: the memory ran out.",
                "Close other programs, or choose a smaller model or clip.",
            ) from error
        raise AttributionError(f"{sentence}: {described(error)}.", hint) from error


def described(error: BaseException) -> str:
    """Return an exception's type and first line, and the line of code outside torch it is from.

    For example "AssertionError: expected 16 frames (net.py, line 14, in forward)", and where it
    says nothing itself, the code: "AssertionError (net.py, line 14: assert x.shape[2] == 16)".
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0].rstrip(".")[:_MOST_CHARACTERS] if lines else ""
    name = type(error).__name__
    said = f"{name}: {text}" if text else name
    place = _place(error, with_code=not text)
    return f"{said} ({place})" if place else said


def _place(error: BaseException, *, with_code: bool) -> str:
    """Return the innermost line of a network's author, "" where there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if _is_theirs(frame.filename)]
    if not theirs:
        return ""
    last = theirs[-1]
    code = linecache.getline(last.filename, last.lineno or 0).strip() if with_code else ""
    where = f": {code}" if code else f", in {last.name}"
    return f"{Path(last.filename).name}, line {last.lineno}{where}"


def _is_theirs(filename: str) -> bool:
    """Tell whether a file is neither torch's nor this program's nor Python's own."""
    if filename.startswith(_OURS) or filename.startswith("<"):
        return False
    own = filename.startswith(_LIBRARY) and not any(part in filename for part in _INSTALLED)
    return not own


def is_memory(error: BaseException) -> bool:
    """Tell whether an exception means that the memory of the computer ran out."""
    return isinstance(error, MemoryError) or any(text in str(error) for text in _NO_MEMORY)
