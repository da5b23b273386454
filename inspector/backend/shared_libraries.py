"""Shared libraries of torch, loaded while Python's other threads go on.

Python loads an extension module, with all libraries below it, under its global lock: for torch, a
gigabyte of them, that is half a second in which the window stands still. The loader of the system,
called as a foreign function, is called without the lock. What is loaded by then, Python's own
import finds and takes over.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

# Nothing that needs Python when it is loaded: torch's own extension module is left to the import.
_LIBRARIES = ("torch/lib/libtorch_global_deps", "torch/lib/libtorch", "triton/_C/libtriton")
_ENDINGS = {"linux": ".so", "darwin": ".dylib"}


def load_libraries() -> None:
    """Load the large libraries of torch, those that are there and can be loaded.

    What cannot is left to the import, which tells. Windows has another loader: nothing is done.
    """
    ending = _ENDINGS.get(sys.platform)
    if ending is None:
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for path in _paths(ending):
        shared = os.RTLD_GLOBAL if path.stem.endswith("_deps") else os.RTLD_LOCAL  # as torch does
        load(os.fsencode(path), os.RTLD_NOW | shared)


def _paths(ending: str) -> Iterator[Path]:
    """Return the libraries that are installed, each after those that it needs."""
    for name in _LIBRARIES:
        package, _, rest = name.partition("/")
        spec = find_spec(package)
        for folder in () if spec is None else spec.submodule_search_locations or ():
            path = Path(folder, rest + ending)
            if path.is_file():
                yield path
