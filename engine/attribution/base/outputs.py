"""From whatever a network returns to logits (N, K): its head found, dicts and tuples opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from engine.attribution.base.network_faults import network_faults
from engine.attribution.base.output_parts import OUTPUT_HINT, chosen_part
from engine.attribution.base.output_steps import check_no_step, of_clip, step_notice, steps_of
from engine.attribution.base.softmax_parts import PART, class_numbers, log_odds_of_part
from engine.attribution.base.tensor_tags import newest
from engine.errors import AttributionError
from engine.types import Activation, ModelSpec

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
_MOVING = frozenset(
    getattr(owner, name)
    for owner in (torch, Tensor)
    for name in (
        *("squeeze", "unsqueeze", "flatten", "unflatten", "reshape", "view", "clone", "select"),
        *("permute", "transpose", "movedim", "swapaxes", "contiguous", "__getitem__", "narrow"),
        *("float", "double", "half", "to", "cpu", "cuda"),
    )
    if hasattr(owner, name)
)
_SAME = frozenset(
    getattr(owner, name)
    for owner in (torch, Tensor)
    for plain in ("log", "clamp", "clip", "clamp_min", "clamp_max", "nan_to_num")
    for name in (plain, f"{plain}_")
)
"""What a head is made safe with, or logarithms of: the logits before it are the same. Of a
softmax, a logarithm gives them up to a constant."""
_NEAREST = 2**-24  # to 0 and 1, of a probability in float32 whose logit is finite
_LESS = frozenset((torch.rsub, Tensor.__rsub__))
_JOINING = frozenset((torch.cat, torch.concat, torch.stack, torch.hstack))
_LOGARITHMS = frozenset((torch.log, torch.log_, Tensor.log, Tensor.log_))
_COUNTING = frozenset(
    getattr(owner, name)
    for owner in (torch, Tensor, functional)
    for name in (
        *("mean", "sum", "amax", "amin", "max", "min", "maximum", "minimum", "prod", "nanmean"),
        *("add", "sub", "subtract", "rsub", "mul", "multiply", "div", "divide", "true_divide"),
        *("add_", "sub_", "mul_", "div_", "pow", "sqrt", "square", "lerp", "quantile"),
        *("__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "__isub__", "__pow__"),
        *("__mul__", "__rmul__", "__imul__", "__truediv__", "__rtruediv__", "__itruediv__"),
        *("matmul", "bmm", "__matmul__", "einsum"),
        *(f"{kind}_pool{n}d" for kind in ("avg", "adaptive_avg") for n in (1, 2, 3)),
    )
    if hasattr(owner, name)
)
"""What makes other chances of chances: their averages, products, and what is scaled."""
_ACTIVATION_OF: dict[str, Activation] = {
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    PART: "sigmoid",
}
_COMBINED = (
    "The network averages or combines the results of sigmoids; logits are made of what comes out."
)
_COMPUTED = (
    "The network computes its outputs from the results of a {}, and they are no probabilities of "
    "classes: what is made of them as logits means little. If they are values, the card says "
    'activation = "none"; else let the network return what goes into its {}.'
)


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
    steps : Tensor, (N, S, K), or None
        The same for each time step, of a network that gives scores a time step.
    """

    logits: Tensor
    activation: Activation
    notices: list[str]
    steps: Tensor | None = None


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
            if kind == "softmax":
                result._classes = class_numbers(given, args, kwargs)
        elif args:
            _remember(func, result, args, kwargs)
        return result


def _remember(func: Callable[..., Any], result: Any, args: Any, kwargs: Any) -> None:
    """Note on a result what went into the softmax or sigmoid that it is made of."""
    first = args[0]
    if func in _JOINING and isinstance(first, list | tuple):
        kinds = {getattr(part, "_before", ("", None))[0] for part in first}
        if kinds and kinds <= {"sigmoid", PART}:  # several heads; softmaxes are none together
            whole = func([part._before[1] for part in first], *args[1:], **kwargs)
            result._before = ("sigmoid", whole)
        return
    chances = _chances_after(func, args)
    if hasattr(first, "_before") and _is_overwritten(func, result, first):
        del first._before
    elif hasattr(first, "_before"):
        _pass_on(func, result, args, kwargs)
    part: Any = result if isinstance(result, Tensor) or not isinstance(result, tuple) else result[0]
    if isinstance(part, Tensor) and (chances or part is first) and not hasattr(part, "_before"):
        part._chances = chances  # type: ignore[attr-defined]


def _pass_on(func: Callable[..., Any], result: Any, args: Any, kwargs: Any) -> None:
    """Note on what is moved or made safe what its logits are."""
    first = args[0]
    kind, before = first._before
    classes = getattr(first, "_classes", None)

    def move(values: Tensor) -> Tensor:
        moved: Tensor = func(values, *args[1:], **kwargs)
        return moved

    if func in _SAME:
        result._before, result._classes = (kind, before), classes
    elif func in _MOVING:
        odds = None if classes is None else log_odds_of_part(move, before, classes)
        result._before = (kind, move(before)) if odds is None else (PART, odds)
        result._classes = None if classes is None or odds is not None else move(classes)
    elif func in _LESS and kind in ("sigmoid", PART) and args[1] == 1:
        result._before = (kind, -before)  # of the contrary


def _chances_after(func: Callable[..., Any], args: Any) -> str:
    """Return of which head's results alone an operation makes others: "" where of anything else."""
    if func in _COUNTING:
        parts = [part for part in args if isinstance(part, Tensor) and part.dim()]
    elif func in _SAME | _MOVING:
        parts = [args[0]]
    else:
        return ""
    kinds = {_made_of(part) for part in parts}
    if not kinds or "" in kinds or (kinds == {"softmax"} and func in _LOGARITHMS):
        return ""
    return "softmax" if kinds == {"softmax"} else "sigmoid"


def _made_of(part: Any) -> str:
    kind: str = getattr(part, "_before", (getattr(part, "_chances", ""), None))[0]
    return "sigmoid" if kind == PART else kind


def _is_overwritten(func: Callable[..., Any], result: Any, first: Tensor) -> bool:
    """Tell whether an operation makes something else of a tensor that it was given."""
    return func is Tensor.__setitem__ or (result is first and func not in _SAME | _MOVING)


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
    with network_faults(f"The output of {spec.name} cannot be read", OUTPUT_HINT):
        scores, notices = _chosen(output, clips, spec)
    _check_numbers(scores)
    values = spec.activation == "none"  # what it gives is meant, whatever it ends in
    found, before = (None, scores) if values else _before(scores)
    if found is not None:
        notices.append(f"The network ends in a {found}; the logits before it are explained.")
    rows = newest(before)
    made_of = "" if values or found is not None else getattr(scores, "_chances", "")
    if made_of == "sigmoid" and _are_chances(rows.detach()):
        notices.append(_COMBINED)
        found, rows = made_of, torch.special.logit(rows, eps=_NEAREST)
    steps = steps_of(rows, clips, spec)
    if steps is not None and steps.shape[1] == 1:
        rows, steps = steps[:, 0], None
    if steps is None:
        check_no_step(spec.step)
        single = len(spec.labels) <= (1 if values else 2)
        logits = _two_dimensional(rows, clips, single=single)
    else:
        notices.append(step_notice(steps, spec.step))
        logits = of_clip(steps, spec.step)
    if made_of and found is None and not _are_probabilities(logits.detach()):
        notices.append(_COMPUTED.format(made_of, made_of))
    if values:
        return Outputs(logits, "none", notices, steps)
    kind = spec.activation if found is None else _ACTIVATION_OF[found]
    return _with_head(Outputs(logits, kind, notices, steps), spec, found)


def _chosen(output: Any, clips: int, spec: ModelSpec) -> tuple[Tensor, list[str]]:
    def of_steps(part: Tensor) -> bool:
        try:
            return steps_of(part, clips, spec) is not None
        except AttributionError:
            return True  # told once it is chosen

    return chosen_part(output, clips, len(spec.labels), of_steps)


def _with_head(outputs: Outputs, spec: ModelSpec, found: str | None) -> Outputs:
    """Return outputs that may be one logit for two classes, or probabilities already."""
    logits, notices = outputs.logits, outputs.notices
    if logits.shape[1] == 1:
        if len(spec.labels) != 2:
            return replace(outputs, activation="sigmoid")
        steps = outputs.steps
        both = None if steps is None else torch.cat([-steps, steps], 2)
        return Outputs(torch.cat([-logits, logits], 1), "binary", notices, both)
    if (
        outputs.activation == "sigmoid"
        and found
        and logits.shape[1] == 2
        and torch.equal(logits[:, 0], -logits[:, 1])
    ):
        return replace(outputs, activation="binary")  # p and 1 - p, side by side
    if found is None and spec.activation == "softmax" and _are_probabilities(logits.detach()):
        notices.append(
            "The network's outputs are probabilities, and the logits behind them could not be "
            "found; the probabilities are explained."
        )
        return replace(outputs, activation="probabilities")
    return outputs


def _before(scores: Tensor) -> tuple[str | None, Tensor]:
    """Return the activation that the scores come from, and what went into it."""
    return getattr(scores, "_before", (None, scores))


def probabilities_of(logits: Tensor, activation: Activation) -> Tensor:
    """Return the probabilities of logits (N, K), as the head of their network makes them.

    Values stay as they are.
    """
    if activation in ("probabilities", "none"):
        return logits
    return logits.softmax(1) if activation == "softmax" else logits.sigmoid()


def _check_numbers(scores: Tensor) -> None:
    if scores.layout is not torch.strided or not scores.is_floating_point():
        kind = str(scores.dtype if scores.layout is torch.strided else scores.layout)
        raise AttributionError(
            f"The network returns a tensor of {kind.removeprefix('torch.')}, not logits as floats.",
            OUTPUT_HINT,
        )


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
            OUTPUT_HINT,
        )
    return scores


def _are_chances(values: Tensor) -> bool:
    """Tell whether values are probabilities, of classes that are true each by itself."""
    inside = bool(((values >= 0) & (values <= 1)).all())
    return inside and not (values.dim() == 2 and _are_probabilities(values))


def _are_probabilities(values: Tensor) -> bool:
    if values.shape[1] < 2 or bool((values < 0).any()):
        return False
    sums = values.float().sum(1)
    return bool(((sums - 1).abs() < 1e-3).all())
