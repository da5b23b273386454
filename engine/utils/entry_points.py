"""Objects that other packages add by entry points.

One that fails, ends the program or takes too long is reported and left out. One that ends the
process itself (``os._exit``, a crash of compiled code) cannot be stopped from that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, Self, TypeVar

from engine.cancel import Cancelled
from engine.errors import EngineError
from engine.utils.foreign_code import described, exits_as_errors

log = logging.getLogger(__name__)

_PATIENCE_S = 20.0
"""For all imports of plugins that do not end, together; honest ones import torch late."""
_LEAST_S = 1.0
_lost_s = 0.0  # to imports that did not end; only written by who finds the plugins


class _Info(Protocol):
    @property
    def name(self) -> str: ...


class _Plugin(Protocol):
    @property
    def info(self) -> _Info: ...

    def guarded(self) -> Self: ...


Plugin = TypeVar("Plugin", bound=_Plugin)


@dataclass(frozen=True, slots=True)
class SkippedPlugin:
    """An entry point that cannot be used.

    Attributes
    ----------
    name : str
        The entry point and the package that it is in.
    reason : str
        Why not, in one sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery(Generic[Plugin]):
    """The plugins of a group by name, and those that cannot be used."""

    plugins: dict[str, Plugin]
    skipped: tuple[SkippedPlugin, ...]


def discover(group: str, kind: type[Plugin], reserved: Collection[str]) -> Discovery[Plugin]:
    """Import the plugins of an entry point group.

    Parameters
    ----------
    group : str
        Name of the group.
    kind : type
        Class that its plugins must have.
    reserved : collection of str
        Names that plugins must not take.
    """
    plugins: dict[str, Plugin] = {}
    skipped = []
    for entry in _entries(group):
        try:
            plugin = _loaded(entry, kind)
            name = _checked_name(plugin, reserved, plugins)
        except _UnusableError as error:
            skipped.append(SkippedPlugin(_described(entry), str(error)))
            log.warning("The plugin %s is left out: %s", _described(entry), error)
        else:
            plugins[name] = plugin.guarded()
    return Discovery(plugins, tuple(skipped))


def guard(call: Callable[..., Any], name: str, failure: type[EngineError]) -> Callable[..., Any]:
    """Return a plugin's function with its failures told as the program's own."""

    @wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            with exits_as_errors():
                return call(*args, **kwargs)
        except (EngineError, Cancelled):
            raise
        except Exception as error:
            if type(error).__name__ == "OutOfMemoryError":  # of torch, which is not imported here
                raise
            raise failure(
                f"The plugin {name} failed: {described(error)}",
                "Tell its author; the log has the details with --log-level debug.",
            ) from error

    return guarded


class _UnusableError(Exception):
    """A plugin that cannot be used. The text says why."""


def _entries(group: str) -> list[EntryPoint]:
    try:
        return list(entry_points(group=group))
    # What other packages have written into their folders, damaged in any way.
    except Exception:
        log.warning("No plugin of %s is used: a package's list is damaged", group, exc_info=True)
        return []


def _loaded(entry: EntryPoint, kind: type[Plugin]) -> Plugin:
    ended: list[object] = []
    raised: list[BaseException] = []

    def load() -> None:
        try:
            ended.append(entry.load())
        # Importing it runs another author's code, which may fail in any way; the program must not.
        except BaseException as error:  # noqa: BLE001 - of this thread alone, exits included
            raised.append(error)

    _wait(threading.Thread(target=load, name=f"plugin {entry.name}", daemon=True))
    if raised:
        log.debug("importing %s", entry.value, exc_info=raised[0])
        raise _UnusableError(f"it raised {type(raised[0]).__name__}: {raised[0]}") from raised[0]
    (plugin,) = ended
    if not isinstance(plugin, kind):
        raise _UnusableError(f"{entry.value} is a {type(plugin).__name__}, not a {kind.__name__}.")
    return plugin


def _wait(thread: threading.Thread) -> None:
    """Run an import to its end, or until all of them have been waited for too long."""
    global _lost_s
    patience = max(_LEAST_S, _PATIENCE_S - _lost_s)
    began = time.monotonic()
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        _lost_s += time.monotonic() - began
        raise _UnusableError(f"its import did not end within {patience:g} s.")


def _checked_name(plugin: _Plugin, reserved: Collection[str], others: Collection[str]) -> str:
    name: object = getattr(plugin.info, "name", None)
    if not isinstance(name, str):
        raise _UnusableError("it has no name.")
    if name in reserved:
        raise _UnusableError(f"the name {name!r} belongs to a built-in one.")
    if name in others:
        raise _UnusableError(f"another plugin has the name {name!r}, too.")
    return name


def _described(entry: EntryPoint) -> str:
    return entry.name if entry.dist is None else f"{entry.name} of {entry.dist.name}"
