"""Objects that other packages add by entry points. One that fails is reported and left out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, Self, TypeVar

from engine.cancel import Cancelled
from engine.errors import EngineError

log = logging.getLogger(__name__)


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
    for entry in entry_points(group=group):
        try:
            plugin = _loaded(entry, kind)
            _check_name(plugin.info.name, reserved, plugins)
        except _UnusableError as error:
            skipped.append(SkippedPlugin(_described(entry), str(error)))
            log.warning("The plugin %s is left out: %s", _described(entry), error)
        else:
            plugins[plugin.info.name] = plugin.guarded()
    return Discovery(plugins, tuple(skipped))


def guard(call: Callable[..., Any], name: str, failure: type[EngineError]) -> Callable[..., Any]:
    """Return a plugin's function with its failures told as the program's own."""

    @wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except (EngineError, Cancelled):
            raise
        except Exception as error:
            if type(error).__name__ == "OutOfMemoryError":  # of torch, which is not imported here
                raise
            raise failure(
                f"The plugin {name} failed: {type(error).__name__}: {error}",
                "Tell its author; the log has the details with --log-level debug.",
            ) from error

    return guarded


class _UnusableError(Exception):
    """A plugin that cannot be used. The text says why."""


def _loaded(entry: EntryPoint, kind: type[Plugin]) -> Plugin:
    try:
        plugin = entry.load()
    # Importing it runs another author's code, which may fail in any way; the program must not.
    except (Exception, SystemExit) as error:
        log.debug("importing %s", entry.value, exc_info=True)
        raise _UnusableError(f"it raised {type(error).__name__}: {error}") from error
    if not isinstance(plugin, kind):
        raise _UnusableError(f"{entry.value} is a {type(plugin).__name__}, not a {kind.__name__}.")
    return plugin


def _check_name(name: str, reserved: Collection[str], others: Collection[str]) -> None:
    if name in reserved:
        raise _UnusableError(f"the name {name!r} belongs to a built-in one.")
    if name in others:
        raise _UnusableError(f"another plugin has the name {name!r}, too.")


def _described(entry: EntryPoint) -> str:
    return entry.name if entry.dist is None else f"{entry.name} of {entry.dist.name}"
