"""Models and methods that other packages add, by entry points.

A package names a `ModelPlugin` in the group ``motion_inspector.models``, or a `MethodPlugin` in
``motion_inspector.methods``; docs/plugin-template is one. They are found and imported when a
list of models or methods is first asked for. One that fails is reported and left out. No
torch: menus list them, so that plugins should import it only inside their functions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, wraps
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from engine.attribution.options.values import MethodOptions
from engine.cancel import Cancelled
from engine.errors import AttributionError, EngineError, ModelError
from engine.types import MethodInfo, ModelInfo

log = logging.getLogger(__name__)

MODEL_GROUP = "motion_inspector.models"
METHOD_GROUP = "motion_inspector.methods"


@dataclass(frozen=True, slots=True)
class ModelPlugin:
    """A model of another package.

    Attributes
    ----------
    info : ModelInfo
        What lists show; ``info.name`` is what it is asked for by.
    load : callable
        ``load(weights, labels, device, report, check)`` gives an `engine.models.VideoModel`.
        ``weights`` and ``labels`` are paths or None, ``device`` is "auto", "cpu", "cuda" or
        "cuda:N"; ``report`` takes a `Progress`, and ``check`` raises `Cancelled`.
    """

    info: ModelInfo
    load: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class MethodPlugin:
    """An attribution method of another package.

    Attributes
    ----------
    info : MethodInfo
        What lists show; its ``options`` are made from the field of that name here.
    explain : callable
        ``explain(subject, clip, options)`` gives an
        `engine.attribution.base.method_output.MethodOutput` for one clip, as the
        methods of `engine.attribution.registry` do.
    options : type
        A dataclass of its options, as those in `engine.attribution.options.values`.
    """

    info: MethodInfo
    explain: Callable[..., Any]
    options: type[MethodOptions] = field(default=MethodOptions)


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


Plugin = TypeVar("Plugin", ModelPlugin, MethodPlugin)


def plugin_models() -> Mapping[str, ModelPlugin]:
    """The models that plugins add, by name."""
    return _model_plugins()[0]


def plugin_methods() -> Mapping[str, MethodPlugin]:
    """The methods that plugins add, by name."""
    return _method_plugins()[0]


def skipped_plugins() -> tuple[SkippedPlugin, ...]:
    """The plugins of both groups that cannot be used, and why."""
    return (*_model_plugins()[1], *_method_plugins()[1])


# The built-in names are imported late: the packages that have them ask this module for plugins.
@cache
def _model_plugins() -> tuple[dict[str, ModelPlugin], tuple[SkippedPlugin, ...]]:
    from engine.models.catalogue import MODELS

    found, skipped = _found(MODEL_GROUP, ModelPlugin, MODELS)
    guarded = {
        name: replace(plugin, load=_guarded(plugin.load, name, ModelError))
        for name, plugin in found.items()
    }
    return guarded, skipped


@cache
def _method_plugins() -> tuple[dict[str, MethodPlugin], tuple[SkippedPlugin, ...]]:
    from engine.attribution.catalogue import BUILT_IN

    found, skipped = _found(METHOD_GROUP, MethodPlugin, BUILT_IN)
    guarded = {
        name: replace(plugin, explain=_guarded(plugin.explain, name, AttributionError))
        for name, plugin in found.items()
    }
    return guarded, skipped


def _found(
    group: str, kind: type[Plugin], built_in: Collection[str]
) -> tuple[dict[str, Plugin], tuple[SkippedPlugin, ...]]:
    found: dict[str, Plugin] = {}
    skipped = []
    for entry in entry_points(group=group):
        try:
            plugin = _loaded(entry, kind)
            _check_name(plugin.info.name, built_in, found)
        except _UnusableError as error:
            skipped.append(SkippedPlugin(_described(entry), str(error)))
            log.warning("The plugin %s is left out: %s", _described(entry), error)
        else:
            found[plugin.info.name] = plugin
    return found, tuple(skipped)


class _UnusableError(Exception):
    """A plugin that cannot be used; the text says why."""


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


def _check_name(name: str, built_in: Collection[str], found: Collection[str]) -> None:
    if name in built_in:
        raise _UnusableError(f"the name {name!r} belongs to a built-in one.")
    if name in found:
        raise _UnusableError(f"another plugin has the name {name!r}, too.")


def _described(entry: EntryPoint) -> str:
    return entry.name if entry.dist is None else f"{entry.name} of {entry.dist.name}"


def _guarded(call: Callable[..., Any], name: str, failure: type[EngineError]) -> Callable[..., Any]:
    """A plugin's function whose failures are told as ours are."""

    @wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        import torch  # here: by the time that a plugin is called it is loaded

        try:
            return call(*args, **kwargs)
        except (EngineError, Cancelled, torch.OutOfMemoryError):
            raise
        except Exception as error:
            raise failure(
                f"The plugin {name} failed: {type(error).__name__}: {error}",
                "Tell its author; the log has the details with --log-level debug.",
            ) from error

    return guarded
