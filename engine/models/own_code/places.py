"""Places of modules: those of Python and of installed packages, and all others."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_OWN_ROOT = Path(__file__).resolve().parents[3]
_OWN_PACKAGES = ("engine", "gui", "inspector", "resources")
_SCHEMES = ("stdlib", "platstdlib", "purelib", "platlib")


def is_of_python(name: str) -> bool:
    """Tell whether a module is Python's own, which no file of the same name takes the place of."""
    return name in sys.stdlib_module_names or name in sys.builtin_module_names


def is_of_program(name: str, place: str) -> bool:
    """Tell whether a place holds this program, and the name is one of its packages."""
    return name in _OWN_PACKAGES and Path(place).resolve() == _OWN_ROOT


@lru_cache(maxsize=1024)
def is_installed(place: str) -> bool:
    """Tell whether an entry of ``sys.path`` is Python's or of installed packages.

    The working folder, PYTHONPATH and what code adds are not, although Python searches them.
    """
    path = Path(os.path.abspath(place)).resolve()  # an empty entry is the working folder
    return any(path.is_relative_to(root) for root in _installed_roots())


def installed_spec(name: str, places: list[str] | None = None) -> ModuleSpec | None:
    """Find an installed module without importing anything, not even the packages around it.

    Parameters
    ----------
    name : str
        With dots.
    places : list of str, optional
        Where to look for its first part; by default all of ``sys.path`` that is installed.
    """
    if places is None:
        places = [place for place in sys.path if is_installed(os.path.abspath(place))]
    spec = None
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), places)
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or [])
    return spec


@cache
def _installed_roots() -> tuple[Path, ...]:
    roots = [sysconfig.get_path(scheme) for scheme in _SCHEMES]
    roots += site.getsitepackages()
    if site.ENABLE_USER_SITE:
        roots.append(site.getusersitepackages())
    roots += [place for place in sys.path if place.endswith(".zip") and _is_bundled(place)]
    return tuple({Path(root).resolve() for root in roots})


def _is_bundled(place: str) -> bool:
    """Tell whether a place is Python's own archive of its library, as embedded ones have it."""
    name = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    parents = (Path(sys.base_prefix), Path(sys.base_prefix) / sys.platlibdir)
    return Path(place).name == name and Path(place).parent in parents
