"""Functions of the user's own code, found by the targets that model cards name."""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.errors import EngineError, ModelError
from engine.models.cards.trust import require_trust
from engine.models.own_code import finder, guard
from engine.models.own_code.namespace import Namespace
from engine.models.own_code.places import installed_spec, is_of_python
from engine.utils.bounded_files import read_bounded
from engine.utils.foreign_code import described, exits_as_errors
from engine.utils.hints import did_you_mean

_MOST_BYTES = 2**26


@contextmanager
def own_function(target: str, folder: Path) -> Iterator[tuple[Callable[..., Any], Path]]:
    """Give a function of the user's and its file, to be called inside of the context.

    Parameters
    ----------
    target : str
        ``file.py:function`` or ``module:function``, also of a package.
    folder : Path
        Of the card. Files that it names elsewhere are at home in their own folders.

    Raises
    ------
    UntrustedError
        If the user has not agreed to the function, or to a file that is imported.
    ModelError
        If there is no such function, or its file cannot be imported.
    """
    where, _, name = target.rpartition(":")
    finder.install()
    guard.install()
    path = _file(where, folder)
    home = Path(os.path.realpath(folder))
    if path is not None and not path.is_relative_to(home):
        home = Path(os.path.realpath(path)).parent
        path = home / Path(os.path.realpath(path)).name
    namespace = Namespace(home)
    specs = [namespace.module_of(path)] if path is not None else namespace.located(where)
    if path is None and not specs:
        yield _installed(where, name, home)
        return
    if path is None and (len(specs) <= where.count(".") or specs[-1].origin is None):
        raise _missing(where, folder)
    origin = Path(str(specs[-1].origin))
    namespace.gather(specs)
    namespace.sources.require_trust(f"{_shown(origin, home)}:{name}")
    with namespace.building():
        with _imports(origin):
            if path is not None:
                module = namespace.run(specs[-1])
            else:
                module = importlib.import_module(f"{namespace.name}.{where}")
        yield _function(module, name, origin), origin


def _file(where: str, folder: Path) -> Path | None:
    """Return the file that a target names, without links followed, or None for a module."""
    home = os.path.realpath(folder)
    if not where.endswith(".py"):
        path = Path(home, f"{where}.py")
        return path if path.is_file() else None
    path = Path(os.path.normpath(Path(home, where)))
    if not path.is_file():
        raise ModelError(f"There is no file {path} with a network.", "Check the card's path.")
    return path


def _shown(origin: Path, home: Path) -> str:
    return str(origin.relative_to(home) if origin.is_relative_to(home) else origin)


def _installed(where: str, name: str, home: Path) -> tuple[Callable[..., Any], Path]:
    """Return a function of an installed package, which is imported as always."""
    if is_of_python(where.partition(".")[0]):
        raise ModelError(
            f"{where} is a part of Python, which has no networks.",
            "Name a file beside the card, such as 'my_network.py:build'.",
        )
    spec = installed_spec(where)
    if spec is None or spec.origin is None or spec.loader is None:
        raise _missing(where, home)
    origin = Path(spec.origin)
    try:
        text = read_bounded(origin, _MOST_BYTES)
    except OSError as error:
        raise ModelError(f"{origin} cannot be read: {error}.", "Check its package.") from error
    digests = {Path(os.path.realpath(origin)): hashlib.sha256(text).hexdigest()}
    require_trust(home, digests, f"{where}:{name}")
    with _imports(origin):
        module = importlib.import_module(where)
    return _function(module, name, origin), origin


@contextmanager
def _imports(origin: Path) -> Iterator[None]:
    try:
        with exits_as_errors():
            yield
    except EngineError:
        raise
    except Exception as error:
        raise ModelError(
            f"{origin} cannot be imported: {described(error)}.",
            "Run it with Python by itself, and install what it needs.",
        ) from error


def _missing(where: str, folder: Path) -> ModelError:
    return ModelError(
        f"There is no module {where!r} beside the card in {folder}, nor installed.",
        "Name a file beside the card, such as 'my_network.py:build'.",
    )


def _function(module: ModuleType, name: str, origin: Path) -> Callable[..., Any]:
    function = getattr(module, name, None)
    if not callable(function):
        names = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise ModelError(f"{origin} has no function {name!r}.", did_you_mean(name, names))
    result: Callable[..., Any] = function
    return result
