"""Checks of the head: what makes probabilities of the outputs, and in which order they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.outputs import Outputs, read_outputs
from engine.descriptions import Finding
from engine.errors import AttributionError
from engine.model_check.input_checks import failed, passed, warned
from engine.models.model import Clip, VideoModel
from engine.pipeline.single_clip import noise_clip
from engine.types import Activation, ModelSpec

Forward = Callable[[VideoModel, Tensor], Any]

_ALIKE = 1e-3  # relative; batches round otherwise than single clips
_BELOW = -1.0  # logits of one class of many lie around zero
_HEADS: dict[Activation, str] = {
    "softmax": "One of the classes is true (softmax); is each true or not by itself, the card says "
    'activation = "sigmoid".',
    "sigmoid": "Each class is true or not by itself (sigmoid).",
    "binary": "The one output is the logit of {1!r}; {0!r} is its contrary (sigmoid).",
    "probabilities": "They are taken as they are.",
    "none": "They are values, taken as they are.",
}
_INSIDE = (
    "All outputs lie between 0 and 1, but no sigmoid or softmax was found at the end of the "
    "forward. They are taken for logits; if they are probabilities, let the network return what "
    "goes into its last activation."
)
_SEVERAL = (
    "All outputs are below zero, as they usually are where each class is true or not by itself "
    '(several labels a clip). Is it so, the card says activation = "sigmoid"; now one is taken to '
    "be true (softmax)."
)
_FAR = 15.0  # a logit whose probability float32 hardly tells from 1
_VALUES = (
    "The one output is {:.3g} or more for every clip, as a value is (a heart rate, an age). Is it "
    'one, the card says its unit, unit = "bpm" say, or activation = "none"; now it is taken for a '
    "logit."
)
_MIXED = (
    "The network gives a row a frame, and the rows of several clips are mixed: the frames of one "
    "clip must come after each other. Let it return (clips, frames, classes)."
)


def head_findings(
    model: VideoModel, clip: Clip, outputs: Outputs, forward: Forward
) -> Iterator[Finding]:
    """Say how probabilities are made of the outputs, and whether card and network agree.

    Parameters
    ----------
    model, clip : VideoModel, Clip
    outputs : Outputs
        Of the clip.
    forward : callable
        Returns what the network returns for clips.
    """
    yield _head(model, clip, outputs, forward)
    if outputs.steps is not None and _are_mixed(model, clip, outputs.steps, forward):
        yield failed("head", _MIXED)


def _head(model: VideoModel, clip: Clip, outputs: Outputs, forward: Forward) -> Finding:
    spec = model.spec
    found = _HEADS[outputs.activation].format(spec.label(0), spec.label(1))
    if outputs.notices:
        found = "" if outputs.activation == "softmax" else found
        agrees = spec.activation in (outputs.activation, "softmax")
        said = [*outputs.notices, found, "" if agrees else "The card says otherwise."]
        return warned("head", " ".join(filter(None, said)))
    if outputs.activation == "none":
        unit = f" in {spec.unit}" if spec.unit else ""
        return passed("head", f"The outputs are values{unit}, taken as they are.")
    lowest, highest = _range(model, clip, outputs, forward)
    if lowest >= 0 and highest <= 1:
        return warned("head", f"{_INSIDE} {found}")
    if outputs.activation == "binary" and lowest > _FAR:
        return warned("head", _VALUES.format(lowest))
    if highest < _BELOW and outputs.activation == "softmax":
        return warned("head", _SEVERAL)
    return passed("head", f"The outputs are logits. {found}")


def _range(
    model: VideoModel, clip: Clip, outputs: Outputs, forward: Forward
) -> tuple[float, float]:
    """Return the lowest and highest output for the clip, its negative, and noise."""
    rows = [outputs.logits.detach()]
    for values in (clip.low + clip.high - clip.tensor, noise_clip(model).tensor):
        rows.append(read_outputs(forward(model, values), 1, model.spec).logits.detach())
    every = torch.cat(rows)
    if outputs.activation == "binary":
        every = every[:, 1]
    return float(every.min()), float(every.max())


def _are_mixed(model: VideoModel, clip: Clip, steps: Tensor, forward: Forward) -> bool:
    """Tell whether the scores of a clip are others when it is shown together with another one."""
    both = torch.cat([clip.tensor, clip.low + clip.high - clip.tensor])
    try:
        together = read_outputs(forward(model, both), 2, model.spec).steps
    except (AttributionError, RuntimeError, ValueError):
        return False  # it takes one clip only, which is no fault of the head
    if together is None:
        return False
    scale = float(steps.abs().max()) or 1.0
    return float((together[0] - steps[0]).abs().max()) > _ALIKE * scale


def count_finding(spec: ModelSpec, outputs: Outputs) -> Finding:
    """Check whether there is a label for every output."""
    count, known = outputs.logits.shape[1], len(spec.labels)
    if count != known:
        return failed(
            "classes",
            f"The network has {count} outputs, but there are {known} labels: names would be wrong.",
        )
    said = "1 output" if outputs.activation == "binary" else f"{count} output{'s' * (count > 1)}"
    return passed("classes", f"{said}, {known} labels.")
