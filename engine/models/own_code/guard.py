"""Files of a card's folder that its code runs without importing them: `runpy`, loaders, hubs.

They reach Python as compiled code with the path of a file, which is compared with what the file
holds. Text that is run as code has no path, and is what agreed code does by itself.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import CodeType

from engine.models.own_code.finder import caller


@cache
def install() -> None:
    """Watch what is executed from now on. Python has no way to stop that."""
    sys.addaudithook(_watch)


def _watch(event: str, given: tuple[object, ...]) -> None:
    if event != "exec" or not given or not isinstance(given[0], CodeType):
        return
    code = given[0]
    if not code.co_filename.endswith((".py", ".pyc")) or code.co_name != "<module>":
        return
    namespace, _ = caller()
    if namespace is not None:
        namespace.check_executed(code, Path(code.co_filename))
