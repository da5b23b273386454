"""Files of a card's folder that its code runs without importing them: `runpy`, loaders, hubs.

They reach Python as compiled code with the path of a file, which is compared with what the file
holds. Text that is run as code has no path, and is what agreed code does by itself. Bytecode says
itself what path and name it has, so that it is not read at all: Python then compiles the source.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from types import CodeType

from engine.models.own_code.finder import caller


@cache
def install() -> None:
    """Watch what is opened and executed from now on. Python has no way to stop that."""
    sys.addaudithook(_watch)


def _watch(event: str, given: tuple[object, ...]) -> None:
    if event == "exec" and given and isinstance(given[0], CodeType):
        if given[0].co_filename.endswith((".py", ".pyc")):
            namespace, _ = caller()
            if namespace is not None:
                namespace.check_executed(given[0], Path(given[0].co_filename))
    elif event == "open" and given and isinstance(given[0], (str, bytes)):
        path = os.fsdecode(given[0])
        if path.endswith(".pyc"):
            namespace, _ = caller()
            if namespace is not None:
                namespace.check_bytecode(Path(path))
