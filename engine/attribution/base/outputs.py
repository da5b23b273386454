"""From whatever a network returns to logits (N, K): its head found, dicts and tuples opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from engine.attribution.base.tensor_tags import newest
from engine.errors import AttributionError
from engine.types import Activation, ModelSpec

_NAMES = ("logits", "output", "out", "pred", "prediction", "scores")
_HINT = "Wrap it in a module that returns logits of shape (clips, classes)."
_SOFTMAX = frozenset(
    getattr(owner, name)
    for owner in (functional, torch, torch.special, Tensor)
    for name in ("softmax", "log_softmax")
)
_SIGMOID_IN_PLACE = frozenset((torch.sigmoid_, Tensor.sigmoid_))
_SIGMOID = _SIGMOID_IN_PLACE | {
    *(functional.sigmoid, functional.logsigmoid, torch.sigmoid, torch.special.expit),
    Tensor.sigmoid,
}
_KEEPING = frozenset(
    (
        *(torch.squeeze, torch.flatten, torch.reshape, torch.log, Tensor.log, Tensor.float),
        *(Tensor.squeeze, Tensor.flatten, Tensor.reshape, Tensor.view, Tensor.__getitem__),
        *(Tensor.clone, Tensor.contiguous),
    )
)
_LOGARITHMS = frozenset((torch.log, Tensor.log))  # of a softmax: logits up to a constant


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """The outputs of a network as they are explained.

    Attributes
    ----------
    logits : Tensor, (N, K)
        Before a final softmax or sigmoid, if there is one.
    activation : str
        What makes probabilities of them.
    notices : list of str
        What a user should know of how they were found.
    """

    logits: Tensor
    activation: Activation
    notices: list[str]


class ActivationWatch(TorchFunctionMode):
    """While active, remembers on the result of each softmax and sigmoid what went into it."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        kind = "softmax" if func in _SOFTMAX else "sigmoid" if func in _SIGMOID else ""
        given = (args[0] if args else kwargs["input"]) if kind else None
        if given is not None and func in _SIGMOID_IN_PLACE:
            given = given.clone()  # it is overwritten
        result = func(*args, **kwargs)
        if given is not None:
            result._before = (kind, given)
        elif func in _KEEPING and args and hasattr(args[0], "_before"):
            kind, before = args[0]._before
            moved = before if func in _LOGARITHMS else func(before, *args[1:], **kwargs)
            result._before = (kind, moved)
        return result


def read_outputs(output: Any, clips: int, spec: ModelSpec) -> Outputs:
    """Find the logits in what a network returned, and the kind of head that they are of.

    Parameters
    ----------
    output : Tensor, mapping, sequence, or object with ``logits``
        What the network returned while an `ActivationWatch` was active.
    clips : int
        Clips it was given, N.
    spec : ModelSpec
        Its labels decide between several tensors; its activation holds where the network ends
        in none.

    Raises
    ------
    AttributionError
        If there are none, or several tensors could be meant.
    """
    scores, notices = _chosen(output, clips, len(spec.labels))
    found, before = _before(scores)
    if found is not None:
        notices.append(f"The network ends in a {found}; the logits before it are explained.")
    logits = _two_dimensional(newest(before), clips, single=len(spec.labels) <= 2)
    if logits.shape[1] == 1:
        return _of_one_output(logits, len(spec.labels), notices)
    if found is None and spec.activation == "softmax" and _are_probabilities(logits.detach()):
        notices.append(
            "The network's outputs are probabilities, and the logits behind them could not be "
            "found; the probabilities are explained."
        )
        return Outputs(logits, "none", notices)
    return Outputs(logits, found or spec.activation, notices)


def _before(scores: Tensor) -> tuple[Literal["softmax", "sigmoid"] | None, Tensor]:
    """Return the activation that the scores come from, and what went into it."""
    return getattr(scores, "_before", (None, scores))


def probabilities_of(logits: Tensor, activation: Activation) -> Tensor:
    """Return the probabilities of logits (N, K), as the head of their network makes them."""
    if activation == "none":
        return logits
    return logits.softmax(1) if activation == "softmax" else logits.sigmoid()


def _of_one_output(logit: Tensor, labels: int, notices: list[str]) -> Outputs:
    """Return the head of a network that tells one class from all else."""
    if labels != 2:
        return Outputs(logit, "sigmoid", notices)
    return Outputs(torch.cat([-logit, logit], 1), "binary", notices)


def _chosen(output: Any, clips: int, classes: int) -> tuple[Tensor, list[str]]:
    if isinstance(output, Tensor):
        return output, []
    named = _named(output)
    candidates = {name: part for name, part in named.items() if _could_be_logits(part, clips)}
    name = _best(candidates, classes)
    if name is None:
        raise AttributionError(_complaint(output, candidates), _HINT)
    kind = type(output).__name__
    return candidates[name], [f"The network returns a {kind}; its part {name!r} is explained."]


def _named(output: Any) -> dict[str, Any]:
    """Return the parts of an output by name: of a mapping, named tuple, sequence or object."""
    if isinstance(output, Mapping):
        return dict(output)
    names = getattr(output, "_fields", None)
    if isinstance(output, list | tuple) and names is None:
        return {str(position): part for position, part in enumerate(output)}
    names = names or getattr(output, "__slots__", None) or getattr(output, "__dict__", {})
    return {name: getattr(output, name, None) for name in names}


def _could_be_logits(part: Any, clips: int) -> bool:
    floating = isinstance(part, Tensor) and part.is_floating_point()
    return floating and part.dim() >= 2 and len(part) == clips and part[0].numel() == part.shape[1]


def _best(candidates: dict[str, Tensor], classes: int) -> str | None:
    """Return the name of the logits, else of the only part with as many columns as classes."""
    for name in _NAMES:
        if name in candidates:
            return name
    fitting = [name for name, part in candidates.items() if part.shape[1] == classes]
    if len(fitting) == 1:
        return fitting[0]
    return next(iter(candidates)) if len(candidates) == 1 else None


def _complaint(output: Any, candidates: dict[str, Tensor]) -> str:
    kind = type(output).__name__
    if not candidates:
        return f"The network returns a {kind} without logits of shape (clips, classes)."
    shapes = ", ".join(f"{name}: {tuple(part.shape)}" for name, part in candidates.items())
    return f"The network returns a {kind} with several tensors that may be logits ({shapes})."


def _two_dimensional(scores: Tensor, clips: int, *, single: bool) -> Tensor:
    """Logits (N, K) from (N, K, 1, 1, 1), from (K,) for a single clip, (N,) for a single class."""
    if single and scores.numel() == clips and scores.dim() < 2:
        scores = scores.reshape(clips, 1)
    if scores.dim() == 1 and clips == 1:
        scores = scores[None]
    if scores.dim() > 2 and len(scores) and scores[0].numel() == scores.shape[1]:
        scores = scores.flatten(1)
    if scores.dim() != 2 or len(scores) != clips or not scores.shape[1]:
        raise AttributionError(
            f"The network returns a tensor of shape {tuple(scores.shape)} for {clips} clip(s), "
            "not logits of shape (clips, classes).",
            _HINT,
        )
    return scores


def _are_probabilities(values: Tensor) -> bool:
    if values.shape[1] < 2 or bool((values < 0).any()):
        return False
    sums = values.float().sum(1)
    return bool(((sums - 1).abs() < 1e-3).all())
