"""Models and methods that other packages add, by entry points: what they need of the program.

A package names a `ModelPlugin` in the group ``motion_inspector.models``, or a `MethodPlugin` in
``motion_inspector.methods``. docs/plugin-template is one. They are found and imported when a
list of models or methods is first asked for. One that fails is reported and left out. No
torch: menus list them, so that plugins should import it, and the names here that need it, only
inside their functions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.attribution.catalogue import discovered_methods, plugin_methods
from engine.attribution.method_plugins import METHOD_GROUP, MethodPlugin
from engine.attribution.options import MethodOptions, option
from engine.models.model_plugins import MODEL_GROUP, ModelPlugin, discovered_models, plugin_models
from engine.utils.entry_points import SkippedPlugin

if TYPE_CHECKING:
    from engine.attribution.base.explained_model import ExplainedModel
    from engine.attribution.base.method_output import MethodOutput
    from engine.models.devices import move, resolve_device
    from engine.models.model import Clip, VideoModel

__all__ = [
    "METHOD_GROUP",
    "MODEL_GROUP",
    "Clip",
    "ExplainedModel",
    "MethodOptions",
    "MethodOutput",
    "MethodPlugin",
    "ModelPlugin",
    "SkippedPlugin",
    "VideoModel",
    "move",
    "option",
    "plugin_methods",
    "plugin_models",
    "resolve_device",
    "skipped_plugins",
]

_NEED_TORCH = {
    "Clip": "engine.models.model",
    "ExplainedModel": "engine.attribution.base.explained_model",
    "MethodOutput": "engine.attribution.base.method_output",
    "VideoModel": "engine.models.model",
    "move": "engine.models.devices",
    "resolve_device": "engine.models.devices",
}


def skipped_plugins() -> tuple[SkippedPlugin, ...]:
    """Return the plugins of both groups that cannot be used, and why."""
    return (*discovered_models().skipped, *discovered_methods().skipped)


def __getattr__(name: str) -> Any:
    """Import a name that needs torch when it is first asked for (PEP 562)."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_NEED_TORCH[name]), name)
