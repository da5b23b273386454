"""Files of a card's folder that its code runs without importing them: `runpy`, loaders, libraries.

They reach Python as compiled code with the path of a file, which is compared with what the file
holds. Text that is run as code has no path, and is what agreed code does by itself. Bytecode says
itself what path and name it has, so that it is not read at all: Python then compiles the source.
Libraries of compiled code are hashed when they are about to be loaded.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from types import CodeType

from engine.models.own_code.finder import caller

_LIBRARIES = {"ctypes.dlopen": 0, "import": 1}
"""Events of libraries of compiled code that are loaded, and which of their values is the path."""


@cache
def install() -> None:
    """Watch what is opened and executed from now on. Python has no way to stop that."""
    sys.addaudithook(_watch)


def _watch(event: str, given: tuple[object, ...]) -> None:
    """Check what is about to run; nothing here may cost time where no card's code is running."""
    if event == "exec" and isinstance(given[0], CodeType):
        path = given[0].co_filename
        if not path.startswith("<") and (namespace := caller()[0]) is not None:
            namespace.check_executed(given[0], Path(path))
    elif event == "open" and isinstance(given[0], (str, bytes)):
        path = os.fsdecode(given[0])
        if path.endswith(".pyc") and (namespace := caller()[0]) is not None:
            namespace.check_bytecode(Path(path))
    elif event in _LIBRARIES and isinstance(given[_LIBRARIES[event]], (str, bytes)):
        path = os.fsdecode(given[_LIBRARIES[event]])  # type: ignore[arg-type]
        if os.path.isfile(path) and (namespace := caller()[0]) is not None:
            namespace.check_library(Path(path))
