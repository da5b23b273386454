"""Clip + target -> relevance, by any method. The model is the same before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.attribution.base.batches import fitting, halved, release_memory
from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel, check_clip
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.base.precision import is_same_map, matmul_precision, may_round
from engine.attribution.base.targets import Target, resolve_goal
from engine.attribution.catalogue import DEFAULT_METHOD
from engine.attribution.registry import Method, find_method
from engine.cancel import Check, never
from engine.errors import AttributionError
from engine.models.loaders.user_networks import ClosedNetwork
from engine.models.model import Clip, VideoModel
from engine.types import EMPTY_MAP, Activation, Float32Array, Report, Step, unreported

_SATURATED = 15.0  # logits from which float32 has few probabilities left before one
_UNSURE = (
    "The network is {}, and its last activation is saturated: the logits behind it are not known "
    "exactly, and gradients vanish. Export it without that activation."
)


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Relevance of one clip for one target.

    Attributes
    ----------
    relevance : float32 array, (T, h, w)
        Signed relevance of each pixel of the network's input, colour channels summed.
    target : int or None
        Index of the class explained; None for a function of the logits.
    logits : float32 array, (K,)
        The model's outputs, before any softmax or sigmoid.
    explained : float
        What the relevance of a conserving method sums to: the explained score, or for integrated
        gradients its difference to the baseline's.
    native : float32 array, (t, h', w'), or None
        The map at the resolution it was made in, where that is coarser.
    steps : int
        Time steps that the relevance really has: T, or fewer.
    notices : tuple of str
        What the user should know: where the logits were found, what had to be done otherwise.
    activation : str
        What makes probabilities of the logits.
    by_input : float32 array, (I, T, h, w), or None
        Relevance of each of the model's ``spec.inputs``, which together are ``relevance``; None
        for a model that takes the clip, and of methods that do not tell them apart.
    positions : float
        What of the relevance's sum came with position embeddings, in units of the score; nan where
        the network has none, or the method does not tell.
    step_logits : float32 array, (S, K), or None
        The outputs at each of the network's time steps, where it has some.
    """

    relevance: Float32Array
    target: int | None
    logits: Float32Array
    explained: float
    native: Float32Array | None
    steps: int
    notices: tuple[str, ...]
    activation: Activation = "softmax"
    by_input: Float32Array | None = None
    positions: float = math.nan
    step_logits: Float32Array | None = None

    def __post_init__(self) -> None:
        arrays = (self.relevance, self.logits, self.native, self.by_input, self.step_logits)
        for array in arrays:
            if array is not None:
                array.setflags(write=False)

    @property
    def time_step(self) -> int:
        """Frames that share one time step of the relevance, for `engine.selective.split`."""
        return max(1, round(len(self.relevance) / self.steps))

    @property
    def conservation(self) -> float:
        """Sum of relevance over the sum it should have, nan where that is exactly zero."""
        whole = float(self.relevance.sum(dtype="float64"))
        return whole / self.explained if self.explained else float("nan")


def attribute(
    model: VideoModel,
    clip: Clip,
    target: Target = None,
    method: str = DEFAULT_METHOD,
    *,
    step: Step | None = None,
    report: Report = unreported,
    check: Check = never,
    **options: Any,
) -> Attribution:
    """Explain one decision of a model.

    Parameters
    ----------
    model : VideoModel
        Left bit for bit as it was, also after an error or a cancel.
    clip : Clip
        From ``model.preprocess``.
    target : int, str, Contrast, callable or None
        Class by index or name; ``Contrast(a, b)`` for the difference of two; a function from
        logits (N, K) to scores (N,); None takes the class scored highest.
    method : str
        A key of `METHODS`.
    step : int, str or None
        Of a network that gives scores a time step: which is explained, see `Step`; None leaves it
        to the model.
    report, check : callable
        Told the progress of methods that take many passes; raises `Cancelled` to stop.
    **options
        Options of the method, see ``METHODS[method].options``.

    Raises
    ------
    AttributionError
        If the method, an option or the class is unknown, the clip or the model does not fit the
        method, its outputs are not finite, or memory runs out.
    Cancelled
        If ``check`` says so.
    """
    model = model.at_step(step)
    (result,) = attribute_all(model, [clip], target, method, report=report, check=check, **options)
    return result


def attribute_all(
    model: VideoModel,
    clips: Sequence[Clip],
    target: Target = None,
    method: str = DEFAULT_METHOD,
    *,
    report: Report = unreported,
    check: Check = never,
    **options: Any,
) -> list[Attribution]:
    """Explain several clips of one shape, together where the method can.

    Parameters and errors are those of `attribute`.
    """
    return Explainer(model, target, method, report=report, check=check, **options).explain(clips)


class Explainer:
    """Explains clips by one method, in batches that fit the memory.

    What does not fit the device's memory is tried in halves; a single clip that does not fit a
    GPU is explained on the CPU, with a notice, and so are those after it. A method that may be
    computed in TensorFloat-32 is so from the second batch on, if the map of the first clip is the
    same in it and in float32. Parameters and errors are those of `attribute`.
    """

    def __init__(
        self,
        model: VideoModel,
        target: Target = None,
        method: str = DEFAULT_METHOD,
        *,
        report: Report = unreported,
        check: Check = never,
        **options: Any,
    ) -> None:
        self._method = find_method(method, options)
        _check_open(model, self._method, method)
        self._explained = ExplainedModel(model, resolve_goal(model.spec, target), report, check)
        self._most: int | None = None  # clips at once, once it is known
        self._rounded: bool | None = (
            None if self._method.rounded and may_round(model.device) else False
        )

    @property
    def batch(self) -> int:
        """Best number of clips at once, on a GPU known after the first."""
        device = self._explained.model.device
        if not self._together or device.type != "cuda":
            return 1
        if self._most is None:
            return fitting(device, self._explained.pass_bytes) if self._explained.pass_bytes else 1
        return self._most

    @property
    def _together(self) -> bool:
        return self._method.batched and not self._explained.habits.one_by_one

    def explain(self, clips: Sequence[Clip]) -> list[Attribution]:
        """Explain clips of one shape."""
        for clip in clips:
            check_clip(self._explained.model, clip)
        size = len(clips) if self._together else 1
        results: list[Attribution] = []
        while len(results) < len(clips):
            part = clips[len(results) : len(results) + size]
            try:
                results += self._explain(joined(part))
            except torch.OutOfMemoryError as error:
                if size > 1:
                    size = self._most = halved(size)
                else:
                    self._explained = _on_cpu(self._explained, error)
        return results

    def state(self) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Return the arithmetic that the next clips are explained in, for `restore`."""
        return {} if self._rounded is None else {"rounded": np.array(self._rounded)}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue in the arithmetic of a `state`, if it was known by then."""
        if "rounded" in state:
            self._rounded = bool(state["rounded"])

    def _explain(self, clip: Clip) -> list[Attribution]:
        results = _explain(self._explained, clip, self._method, rounded=self._rounded or False)
        if self._rounded is None:
            again = _explain(self._explained, clip, self._method, rounded=True)
            pairs = zip(again, results, strict=True)
            self._rounded = all(is_same_map(one.relevance, two.relevance) for one, two in pairs)
        return results


def _check_open(model: VideoModel, method: Method, name: str) -> None:
    """Refuse a method that needs more of a closed model than it shows."""
    if model.scores_only and (method.inside or method.gradients):
        raise AttributionError(
            f"{name} needs the gradients or layers of a network, but {model.spec.name} is "
            f"{model.closed}, which gives scores alone.",
            "Choose occlusion, rise or temporal_mask.",
        )
    if model.closed and method.inside:
        raise AttributionError(
            f"{name} works on what is inside a network, but {model.spec.name} is "
            f"{model.closed}, which is closed.",
            "Choose gradient, integrated_gradients, smooth_grad, occlusion or rise; or load "
            "the network from its Python code.",
        )


def joined(clips: Sequence[Clip]) -> Clip:
    """One clip with the tensors of several, (N, C, T, h, w)."""
    if len(clips) == 1:
        return clips[0]
    return replace(clips[0], tensor=torch.cat([clip.tensor for clip in clips]))


def _explain(
    explained: ExplainedModel, clip: Clip, method: Method, *, rounded: bool
) -> list[Attribution]:
    model = explained.model
    exact = matmul_precision(model.device, rounded=rounded)
    with evaluating(model.module), exact, explained.measured():
        clip = clip.moved_to(model.device)
        output = explained.traced(lambda: method.explain(explained, clip, method.options))
        steps = explained.step_logits(clip.tensor)
    return _separate(output, explained, steps)


def _on_cpu(explained: ExplainedModel, error: torch.OutOfMemoryError) -> ExplainedModel:
    """Return the same model on the CPU, for a clip that does not fit the memory of a GPU."""
    if explained.model.device.type == "cpu":
        raise AttributionError(
            "The memory ran out while explaining.",
            "Close other programs, or choose a smaller model or batch.",
        ) from error
    release_memory()
    model = explained.model.copied_to(torch.device("cpu"))
    moved = ExplainedModel(model, explained.goal, explained.report, explained.check)
    moved.note(f"The memory of {explained.model.device} is too small; explained on the CPU.")
    return moved


def _separate(
    output: MethodOutput, explained: ExplainedModel, steps: Tensor | None
) -> list[Attribution]:
    frames = output.relevance.shape[1]
    targets = explained.goal.indices(output.logits)
    return [
        Attribution(
            relevance=_on_host(output.relevance[row]),
            target=targets[row],
            logits=_on_host(output.logits[row]),
            explained=float(output.explained[row]),
            native=None if output.native is None else _on_host(output.native[row]),
            steps=min(output.steps or frames, frames),
            notices=(*explained.notices, *_of_row(explained, output, row)),
            activation=explained.activation,
            by_input=None if output.by_input is None else _on_host(output.by_input[row]),
            positions=math.nan if output.positions is None else float(output.positions[row]),
            step_logits=None if steps is None else _on_host(steps[row]),
        )
        for row in range(len(output.relevance))
    ]


def _of_row(explained: ExplainedModel, output: MethodOutput, row: int) -> tuple[str, ...]:
    """Return what the user should know of one map, and of the logits that it is of."""
    empty = () if bool(output.relevance[row].any()) else (EMPTY_MAP,)
    module = explained.model.module
    undone = isinstance(module, ClosedNetwork) and module.head  # from outside, by its inverse
    if undone and float(output.logits[row].abs().max()) > _SATURATED:
        return (_UNSURE.format(explained.model.closed), *empty)
    return empty


def _on_host(values: Tensor) -> Float32Array:
    array: Float32Array = values.detach().float().cpu().numpy().copy()
    return array
