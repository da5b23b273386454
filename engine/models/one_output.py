"""The two directions of a network with one output: the class, and its contrary."""

from __future__ import annotations

from dataclasses import replace

from engine.models.model import VideoModel

_CONTRARY = "not {}"


def both_directions(labels: tuple[str, ...], activation: str | None) -> tuple[str, ...]:
    """Return the labels of a model, with the contrary in front of that of a single class.

    Parameters
    ----------
    labels : tuple of str
    activation : str or None
        As `ModelSpec.activation`; a value has no contrary.
    """
    single = len(labels) == 1 and activation != "none"
    return (_CONTRARY.format(labels[0]), *labels) if single else labels


def with_both_directions(model: VideoModel) -> VideoModel:
    """Return the model with its labels as of `both_directions`."""
    spec = model.spec
    labels = both_directions(spec.labels, spec.activation)
    return model if labels == spec.labels else replace(model, spec=replace(spec, labels=labels))
