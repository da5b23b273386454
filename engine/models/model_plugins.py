"""Models of other packages, which name a `ModelPlugin` as an entry point. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from engine.descriptions import ModelInfo
from engine.errors import ModelError
from engine.models.catalogue import MODELS
from engine.utils.entry_points import Discovery, discover, guard

MODEL_GROUP = "motion_inspector.models"


@dataclass(frozen=True, slots=True)
class ModelPlugin:
    """A model of another package.

    Attributes
    ----------
    info : ModelInfo
        What lists show; ``info.name`` is what it is asked for by.
    load : callable
        ``load(weights, labels, device, report, check)`` gives an `engine.models.VideoModel`.
        ``weights`` and ``labels`` are paths or None, ``device`` is "auto", "cpu", "mps", "cuda"
        or "cuda:N"; ``report`` takes a `Progress`, and ``check`` raises `Cancelled`.
    """

    info: ModelInfo
    load: Callable[..., Any]

    def guarded(self) -> ModelPlugin:
        """Return the plugin with its failures told as the program's own."""
        return replace(self, load=guard(self.load, self.info.name, ModelError))


def plugin_models() -> Mapping[str, ModelPlugin]:
    """Return the models that plugins add, by name."""
    return discovered_models().plugins


@cache
def discovered_models() -> Discovery[ModelPlugin]:
    """Find the models of plugins once."""
    return discover(MODEL_GROUP, ModelPlugin, MODELS)
