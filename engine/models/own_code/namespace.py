"""Modules of one network: named apart from all others, and run only from bytes agreed to.

Python's own import would read ``__pycache__``, take the first file of a name that it finds, and
keep it for whoever asks for that name next. Here a module ``parts`` beside a card is
``motion_inspector_card_1.parts``. Its code gets an ``__import__`` that looks beside the card
first, so that statements find it as ``parts``; nobody else does, and ``sys.path`` stays.
"""

from __future__ import annotations

import builtins
import errno
import importlib
import linecache
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from importlib.util import decode_source, module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from engine.errors import EngineError, UntrustedError
from engine.models.own_code.places import installed_spec, is_installed, is_of_program, is_of_python
from engine.models.own_code.sources import MOST_SOURCE_BYTES, Sources
from engine.models.own_code.static_imports import named_imports
from engine.utils.bounded_files import read_bounded

PREFIX = "motion_inspector_card_"
KEY = "__motion_inspector_card__"
"""In the builtins of a card's code: its namespace, by which its frames are known."""
_MOST_NAMES = 20_000
"""Looked up before the question; what code names beyond is found when it is imported."""

_numbers = count(1)


class Namespace:
    """The modules that one network is built with.

    Parameters
    ----------
    folder : Path
        Of the card, absolute, without links.
    """

    def __init__(self, folder: Path) -> None:
        self.sources = Sources(folder)
        self.name = f"{PREFIX}{next(_numbers)}"
        self._builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import, KEY: self}
        self._local: dict[str, bool] = {}
        self._codes: list[CodeType] = []
        self._finders: dict[str, FileFinder] = {}
        self._at_first = tuple(sys.path)
        self._added: list[str] = []
        self._is_building = True
        top = ModuleType(self.name)
        top.__path__ = []
        vars(top)[KEY] = self
        sys.modules[self.name] = top

    def module_of(self, path: Path) -> ModuleSpec:
        """Return the module that a file beside the card is, without running it."""
        beside = path.parent == self.sources.folder and path.stem.isidentifier()
        name = path.stem if beside else "file_" + re.sub(r"\W", "_", path.stem)
        full = f"{self.name}.{name}"
        spec = spec_from_file_location(full, path, loader=_Source(self, full, str(path)))
        assert spec is not None
        return spec

    def located(self, name: str) -> list[ModuleSpec]:
        """Find a module that is not installed, and the packages around it, without running any.

        Parameters
        ----------
        name : str
            As written, or the full name that it has here.

        Returns
        -------
        list of ModuleSpec
            Of each part of the name, as far as they exist.
        """
        specs: list[ModuleSpec] = []
        name = name.removeprefix(f"{self.name}.")
        if not self.is_local(name.partition(".")[0]):
            return specs
        full = self.name
        for part in name.split("."):
            full = f"{full}.{part}"
            places = specs[-1].submodule_search_locations if specs else None
            spec = None if specs and places is None else self.find(full, places)
            if spec is None:
                break
            specs.append(spec)
        return specs

    def gather(self, specs: Sequence[ModuleSpec]) -> None:
        """Read files and all that they import, as far as their texts tell, for one question."""
        waiting, seen, names = list(specs), set[str](), 0
        while waiting:
            spec = waiting.pop()
            if spec.name in seen or not isinstance(spec.loader, _Source):
                continue
            seen.add(spec.name)
            for name in named_imports(spec.loader.get_source(), spec.parent or ""):
                names += 1
                if names < _MOST_NAMES:
                    waiting += self.located(name)

    def run(self, spec: ModuleSpec) -> ModuleType:
        """Run a module of a file, which the user has agreed to."""
        module = module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look for their own module there
        assert spec.loader is not None
        spec.loader.exec_module(module)
        return module

    def is_local(self, name: str, *, installed_first: bool = False) -> bool:
        """Tell whether the first part of a name is a module that is not installed.

        Parameters
        ----------
        name : str
            Without dots.
        installed_first : bool
            Whether an installed one of that name comes before the card's folder.
        """
        if is_of_python(name) or (installed_first and installed_spec(name) is not None):
            return False
        if name not in self._local:
            found = self._is_local(name)
            if found is None:
                return False  # a place for it may be added yet
            self._local[name] = found
        return self._local[name]

    def code_of(self, loader: _Source) -> CodeType:
        """Compile a file that the user has agreed to.

        Raises
        ------
        UntrustedError
            It names the file, and what else it imports.
        """
        path = Path(loader.path)
        try:
            text = self.sources.trusted(path)
        except UntrustedError:
            package = path.stem == "__init__"
            self.gather([ModuleSpec(loader.name, loader, origin=loader.path, is_package=package)])
            self.sources.require_trust()
            raise
        code: CodeType = loader.source_to_code(text, loader.path)
        self._codes.append(code)
        # What inspect and tracebacks show is what runs, also if the file is changed meanwhile.
        lines = decode_source(text).splitlines(keepends=True)
        linecache.cache[loader.path] = (len(text), None, lines, loader.path)
        return code

    def find(self, full: str, places: Sequence[str] | None = None) -> ModuleSpec | None:
        """Find a module by the full name that it has here, in the places of its package."""
        spec, portions = None, []
        for place in self._places() if places is None else places:
            spec = self._finder(place).find_spec(full)
            if spec is not None and spec.loader is not None:
                return spec
            portions += [] if spec is None else spec.submodule_search_locations or []
        if not portions:
            return None
        spec = ModuleSpec(full, None, is_package=True)
        spec.submodule_search_locations = portions
        return spec

    @contextmanager
    def building(self) -> Iterator[None]:
        """Take off ``sys.path``, at the end, what the code of the network added to it.

        Raises
        ------
        ModelError
            If something was refused, also where the code went on without it.
        """
        try:
            yield
        except EngineError:
            raise
        except Exception:
            self.sources.settle()  # most likely it failed for that
            raise
        finally:
            self._take_paths()
            self._is_building = False
        self.sources.settle()

    def prepare(self, module: ModuleType) -> None:
        """Give a module the ``__import__`` of this namespace before it is run."""
        vars(module)["__builtins__"] = self._builtins

    def check_executed(self, code: CodeType, path: Path) -> None:
        """Refuse compiled code of a file that was not imported, unless it is what was agreed to.

        Raises
        ------
        UntrustedError
            If the user has not agreed to the file.
        ModelError
            If the code is not what the file holds.
        """
        if any(code is known for known in self._codes):
            return
        real = Path(os.path.realpath(path))
        if not self._is_at_home(real):
            return
        is_python = real.suffix in (*SOURCE_SUFFIXES, *BYTECODE_SUFFIXES)
        if not is_python and not self._is_source(real, code, path):
            return  # code that names a file of another kind, such as a template
        text = self.sources.trusted(real)
        if code != compile(text, str(path), "exec", dont_inherit=True):
            raise self.sources.refuse(path, "run from another code than its source")

    def check_library(self, path: Path) -> None:
        """Refuse a library of compiled code that was not imported, unless it was agreed to.

        Raises
        ------
        UntrustedError
            If the user has not agreed to the file.
        """
        real = Path(os.path.realpath(path))
        if self._is_at_home(real):
            with self.sources.copied(real):
                return

    def check_bytecode(self, path: Path) -> None:
        """Refuse to open compiled code of a file; beside its source, Python does without it.

        Raises
        ------
        PermissionError
            If it lies where the network's code does.
        """
        if not self._is_at_home(Path(os.path.realpath(path))):
            return
        if path.parent.name != "__pycache__":
            self.sources.refuse(path, "bytecode without its source")
        raise PermissionError(errno.EACCES, "bytecode is not read", str(path))

    @staticmethod
    def _is_source(real: Path, code: CodeType, path: Path) -> bool:
        """Tell whether code is what a file that need not be one of Python compiles to."""
        try:
            text = read_bounded(real, MOST_SOURCE_BYTES)
            return bool(code == compile(text, str(path), "exec", dont_inherit=True))
        except (OSError, SyntaxError, ValueError):
            return False

    def _is_at_home(self, real: Path) -> bool:
        """Tell whether a file is the network's own, in no virtual environment of the folder."""
        homes = (str(self.sources.folder), *self._added)
        at_home = any(real.is_relative_to(os.path.realpath(home)) for home in homes)
        return at_home and not is_installed(str(real.parent))

    def _places(self) -> list[str]:
        """Return the card's folder, and all of ``sys.path`` that is not installed."""
        entries = map(os.path.abspath, (*self._added, *sys.path))
        others = [place for place in entries if not is_installed(place)]
        return [str(self.sources.folder), *others]

    def _is_local(self, name: str) -> bool | None:
        """Search as Python would, the card's folder first, or return None without one."""
        folder = str(self.sources.folder)
        portion = False
        for place in map(os.path.abspath, (folder, *self._added, *sys.path)):
            if is_of_program(name, place):
                return False
            if is_installed(place) and place != folder:
                spec = installed_spec(name, [place])
                if spec is not None and spec.loader is not None:
                    return False
                continue
            spec = self._finder(place).find_spec(name)
            if spec is not None and spec.loader is not None:
                return True
            portion = portion or spec is not None
            self._refuse_archive(name, place)
        return True if portion else None

    def _take_paths(self) -> None:
        """Take off ``sys.path`` what the code added, and search it for this code alone."""
        if type(sys.path) is not list:  # the code gave it another kind
            sys.path = list(sys.path)
        for place in [place for place in sys.path if place not in self._at_first]:
            inside = Path(os.path.realpath(place)).is_relative_to(self.sources.folder)
            if (inside or self._is_building) and not is_installed(os.path.abspath(place)):
                sys.path.remove(place)
                self._added.append(place)

    def _refuse_archive(self, name: str, place: str) -> None:
        if os.path.isfile(place) and PathFinder.find_spec(name, [place]) is not None:
            raise self.sources.refuse(Path(place), "an archive of modules")

    def _finder(self, place: str) -> FileFinder:
        if place not in self._finders:
            loaders: tuple[Any, ...] = (  # each is called as a class of loaders would be
                (partial(_Compiled, self), EXTENSION_SUFFIXES),
                (partial(_Source, self), SOURCE_SUFFIXES),
                (partial(_Bytecode, self), BYTECODE_SUFFIXES),
            )
            self._finders[place] = FileFinder(place, *loaders)
        return self._finders[place]

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Do what ``__import__`` does, with the modules of this namespace before the installed."""
        self._take_paths()
        top = name.partition(".")[0]
        if level or not self.is_local(top):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        if fromlist == []:  # pickle's, in C, which takes the plain name from sys.modules then
            importlib.import_module(name)
            return sys.modules[top]
        module = builtins.__import__(f"{self.name}.{name}", globals, locals, fromlist or (), 0)
        return module if fromlist else sys.modules[f"{self.name}.{top}"]


class _Source(SourceFileLoader):
    """A file of Python, compiled from the bytes that were agreed to. No ``__pycache__``."""

    def __init__(self, namespace: Namespace, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self.namespace = namespace

    def get_code(self, fullname: str) -> CodeType:
        return self.namespace.code_of(self)

    def get_source(self, fullname: str = "") -> str:
        _, text = self.namespace.sources.read(Path(self.path))
        try:
            return decode_source(text)
        except (SyntaxError, UnicodeError):  # which running it will tell
            return ""

    def exec_module(self, module: ModuleType) -> None:
        self.namespace.prepare(module)
        super().exec_module(module)


class _Compiled(ExtensionFileLoader):
    """A compiled module, loaded from a copy of the bytes that were agreed to."""

    def __init__(self, namespace: Namespace, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._sources = namespace.sources

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        with self._sources.copied(Path(self.path)) as copy:
            return super().create_module(ModuleSpec(spec.name, self, origin=str(copy)))


class _Bytecode(SourceFileLoader):
    """A module without its source, which is refused."""

    def __init__(self, namespace: Namespace, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._sources = namespace.sources

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        raise self._sources.refuse(Path(self.path), "bytecode without its source")
