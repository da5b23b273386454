"""The finder by which Python's import comes to the modules of cards, also by their plain names."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import CodeType, FrameType, ModuleType

from engine.models.own_code.namespace import KEY, PREFIX, Namespace


def install() -> None:
    """Put the finder before all others, and forget plain names of the networks before."""
    if not any(isinstance(finder, CardFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, CardFinder())
    for name, module in list(sys.modules.items()):
        if not name.startswith(PREFIX) and getattr(module, "__name__", "").startswith(PREFIX):
            del sys.modules[name]


class CardFinder(MetaPathFinder):
    """Finds modules beside cards: by their full names, and by plain ones for a card's own code.

    A plain name reaches it from `importlib.import_module`, and from libraries that a card's code
    calls, such as pickle. For these, what is installed comes first.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module, or None for all that is none of a card's."""
        if fullname.startswith(PREFIX):
            return _own_spec(fullname, path)
        parent, _, tail = fullname.rpartition(".")
        if parent:
            full = getattr(sys.modules.get(parent), "__name__", "")
            return _alias(fullname, f"{full}.{tail}") if full.startswith(PREFIX) else None
        namespace, direct = caller()
        if namespace is None or not namespace.is_local(fullname, installed_first=not direct):
            return None
        return _alias(fullname, f"{namespace.name}.{fullname}")


class _Alias(Loader):
    """Gives a card's module to those who ask for its plain name."""

    def __init__(self, full: str) -> None:
        self._full = full
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._full)
        self._spec = module.__spec__
        return module

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code for `runpy`, which runs it under a name of its own."""
        spec = find_spec(self._full)
        loader = None if spec is None else spec.loader
        return loader.get_code(self._full) if isinstance(loader, InspectLoader) else None

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import machinery has just set the alias's


def _alias(name: str, full: str) -> ModuleSpec:
    return ModuleSpec(name, _Alias(full))


def _own_spec(full: str, path: Sequence[str] | None) -> ModuleSpec:
    top, _, plain = full.partition(".")
    namespace = vars(sys.modules[top]).get(KEY) if top in sys.modules else None
    spec = None
    if isinstance(namespace, Namespace) and plain:
        spec = namespace.find(full, path if "." in plain else None)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {plain!r}", name=full)
    return spec


def caller() -> tuple[Namespace | None, bool]:
    """Return the card whose code is running, and whether it is the one that imports."""
    frame: FrameType | None = sys._getframe(1)
    direct = True
    while frame is not None:
        namespace = frame.f_builtins.get(KEY)
        if isinstance(namespace, Namespace):
            return namespace, direct
        module = frame.f_globals.get("__name__", "")
        if module != __name__ and not module.startswith("importlib"):
            direct = False
        frame = frame.f_back
    return None, False
