"""The two directions of a network with one output: the class, and its contrary."""

from __future__ import annotations

from dataclasses import replace

from engine.models.model import VideoModel

_CONTRARY = "not {}"


def both_directions(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels of a model, with the contrary in front of a single one."""
    return (_CONTRARY.format(labels[0]), *labels) if len(labels) == 1 else labels


def with_both_directions(model: VideoModel) -> VideoModel:
    """Return the model with its labels as of `both_directions`."""
    return replace(model, spec=replace(model.spec, labels=both_directions(model.spec.labels)))
