"""A model as every method sees it: clips in, checked logits and the explained score out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from engine.attribution.base.dropout import NOTICE as DROPOUT_NOTICE
from engine.attribution.base.network_call import Called, called
from engine.attribution.base.network_faults import NOT_THEIRS, is_memory, network_faults
from engine.attribution.base.network_habits import habits_of
from engine.attribution.base.outputs import probabilities_of, read_outputs
from engine.attribution.base.targets import Goal
from engine.cancel import Check, checked_by, never
from engine.errors import AttributionError
from engine.models.model import Clip, VideoModel
from engine.types import Activation, Report, unreported
from engine.utils.foreign_code import CodeExit, described

Result = TypeVar("Result")

_NO_BACKWARD = "Choose a perturbation method, such as occlusion."
_CUT = (
    "Part of what the network computes from the clip is under torch.no_grad, and has no share in "
    "gradients or relevance."
)


class UntracedError(AttributionError):
    """The network's outputs have no history back to its input."""


class ExplainedModel:
    """The model under explanation, for the time of one call.

    Parameters
    ----------
    model : VideoModel
        The model; its module is in evaluation mode meanwhile (`evaluating`).
    goal : Goal
        What is explained.
    report, check : callable
        Progress of methods that take many passes; raises `Cancelled` to stop them.
    """

    def __init__(
        self, model: VideoModel, goal: Goal, report: Report = unreported, check: Check = never
    ) -> None:
        self.model = model
        self.goal = goal
        self.report = report
        self.check = check
        self.notices: dict[str, None] = dict.fromkeys(model.notices)
        self.pass_bytes = 0  # memory that one pass took; known on CUDA, after the first
        self.activation: Activation = model.spec.activation  # as found, after the first pass
        self.has_steps = False  # whether it gives scores a time step, known likewise
        self.dtype = _dtype_of(model.module)
        self.habits = habits_of(model)
        self.notices.update(dict.fromkeys(self.habits.notices))
        self._keeps_gradients = False

    def logits(self, values: Tensor) -> Tensor:
        """Score clips (N, 3, T, h, w), which the network may change, as `logits_of` planes."""
        return self.logits_of(self.model.planes(values))

    def logits_of(self, planes: Tensor) -> Tensor:
        """Score what the network's inputs are made of.

        Parameters
        ----------
        planes : Tensor, (N, C, T, h, w)
            As `VideoModel.planes` makes them, with history where relevance is traced to them.

        Returns
        -------
        Tensor, (N, K)
            In float32 or float64; with history where gradients are on.

        Raises
        ------
        AttributionError
            If the network cannot take the clip, or its outputs cannot be explained.
        """
        if self.habits.one_by_one and len(planes) > 1:
            return torch.cat([self.logits_of(part) for part in torch.split(planes, 1)])
        output = self._called(planes.to(self.dtype))
        outputs = read_outputs(output, len(planes), self.model.spec)
        self.activation = outputs.activation
        self.has_steps = outputs.steps is not None
        self.notices.update(dict.fromkeys(outputs.notices))
        logits = outputs.logits
        self._check_logits(logits)
        return logits if logits.dtype == torch.float64 else logits.float()

    def step_logits(self, values: Tensor) -> Tensor | None:
        """Return the logits of each time step of clips, (N, S, K), or None where there are none.

        Without history, by a pass more.
        """
        if not self.has_steps:
            return None
        with torch.no_grad():
            output = self._called(self.model.planes(values.clone()).to(self.dtype))
            return read_outputs(output, len(values), self.model.spec).steps

    def scores(self, logits: Tensor) -> Tensor:
        """Return the explained score of each clip, (N,), from logits (N, K)."""
        return self.goal.scores(logits)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the probabilities of logits (N, K) of this model, as its head makes them."""
        return probabilities_of(logits, self.activation)

    def fixed_on(self, values: Tensor) -> tuple[ExplainedModel, Tensor]:
        """Return the same model fixed on the class it gives one clip, and the clip's logits.

        Methods that show the model many variants of a clip explain that class in all of them.
        """
        with torch.no_grad(), self.measured():
            logits = self.logits(values.clone()).detach()
        index = self.goal.indices(logits)[0]
        fixed = copy.copy(self)
        fixed.goal = self.goal if index is None else replace(self.goal, index=index)
        return fixed, logits

    def score_of(self, values: Tensor, *, probability: bool = False) -> Tensor:
        """Return the explained score of clips, (N,), without history, of probabilities if told."""
        with torch.no_grad():
            logits = self.logits(values.clone())
            return self.scores(self.probabilities(logits) if probability else logits).detach()

    def note(self, text: str) -> None:
        """Tell the user something once."""
        self.notices[text] = None

    def traced(self, run: Callable[[], Result]) -> Result:
        """Return what a run of this model gives, with gradients kept on if it needs that.

        A frozen part of a network is often under ``torch.no_grad``, which is for training alone.
        """
        before = dict(self.notices)
        try:
            return run()
        except UntracedError:
            if self._keeps_gradients:
                raise
        self._keeps_gradients = True
        self.notices.clear()
        self.notices.update(before)
        result = run()
        self.note(
            "The network turns gradients off in its forward (torch.no_grad); they are kept on "
            "to explain it."
        )
        return result

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Learn on CUDA how much memory the passes inside take at most."""
        if self.model.device.type != "cuda":
            yield
            return
        torch.cuda.reset_peak_memory_stats(self.model.device)
        before = torch.cuda.memory_allocated(self.model.device)
        yield
        self.pass_bytes = torch.cuda.max_memory_allocated(self.model.device) - before

    def gradient(self, scores: Tensor, leaf: Tensor, start: Tensor | None = None) -> Tensor:
        """Return the gradient of scores by a leaf, or what a method's rules make of it.

        Raises
        ------
        AttributionError
            If the network's backward fails, or the scores do not depend on the leaf.
        """
        (gradient,) = self.gradients(scores, [leaf], start)
        if gradient is None:
            raise AttributionError(
                f"The backward pass of {self.model.spec.name} ends before it reaches the clip.",
                _NO_BACKWARD,
            )
        return gradient

    def gradients(
        self, scores: Tensor, leaves: Sequence[Tensor], start: Tensor | None = None
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients by several leaves, None for those that scores do not depend on.

        Raises
        ------
        AttributionError
            If the network's backward fails.
        """
        faults = f"The backward pass of {self.model.spec.name} failed"
        with network_faults(faults, _NO_BACKWARD):
            return torch.autograd.grad(scores, leaves, start, allow_unused=True)

    def _called(self, values: Tensor) -> object:
        self.check()
        model = self.model
        faults = network_faults(
            f"{model.spec.name} failed on a clip of shape {tuple(values.shape)}",
            _advice(model, tuple(values.shape)),
        )
        with faults, self.habits.minded(model.module), checked_by(self.check):
            try:
                made = called(model, values, keeps_gradients=self._keeps_gradients)
            except (*NOT_THEIRS, CodeExit):
                raise
            except Exception as error:
                self._blame(values, error)
                raise
        self._note_call(made)
        return made.output

    def _note_call(self, made: Called) -> None:
        if made.had_dropout:
            self.note(DROPOUT_NOTICE)
        if made.is_cut:
            self.note(_CUT)

    def _blame(self, values: Tensor, error: Exception) -> None:
        """Raise a network's own error as it is without a method watching, else the method's.

        Raises
        ------
        AttributionError
            If the network works by itself.
        """
        if is_memory(error):
            return
        with torch.no_grad(), torch._C.DisableTorchFunction():
            self.model.output(values.detach().clone())
        raise AttributionError(
            f"{self.model.spec.name} works, but this method cannot follow it: {described(error)}.",
            f"{_NO_BACKWARD} Please report it, with the lines of the network.",
        ) from error

    def _check_logits(self, logits: Tensor) -> None:
        if torch.is_grad_enabled() and not logits.requires_grad:
            raise UntracedError(
                "The model's outputs cannot be traced back to its input.",
                "Its forward must not use inference_mode, detach or NumPy; or choose a "
                "perturbation method, such as occlusion.",
            )
        if not bool(torch.isfinite(logits.detach()).all()):
            raise AttributionError(
                "The model's outputs are not finite (nan or inf).",
                "Check its weights and the value range of its input.",
            )


def check_clip(model: VideoModel, clip: Clip) -> None:
    """Refuse a clip that no network could take.

    Raises
    ------
    AttributionError
        If it is not a finite floating tensor (N, C, T, h, w).
    """
    values = clip.tensor
    if values.dim() != 5 or not values.is_floating_point() or not values.numel():
        raise AttributionError(
            f"The clip is a {values.dtype} tensor of shape {tuple(values.shape)}, but a float "
            "tensor (1, channels, frames, height, width) is needed.",
            f"{model.spec.name} expects {_expected_shape(model)}; use model.preprocess(frames).",
        )
    if not bool(torch.isfinite(values).all()):
        raise AttributionError(
            "The clip has values that are not finite (nan or inf).",
            "Check the frames and the mean and standard deviation of the model.",
        )


def _dtype_of(module: nn.Module) -> torch.dtype:
    """Precision of the network: that of its first floating parameter."""
    floating = (part.dtype for part in module.parameters() if part.is_floating_point())
    return next(floating, torch.float32)


def _advice(model: VideoModel, shape: tuple[int, ...]) -> str:
    """Return what to do about a network that fails on clips of a shape."""
    expected = _expected_shape(model)
    if str(shape) != expected:
        return f"It expects {expected}; check the clip and the model."
    return (
        "The clip is as its card says: change frames, crop, layout or channels there to what the "
        "network was made for ('motion-inspector check-model' tries other orders), or mend the "
        "network."
    )


def _expected_shape(model: VideoModel) -> str:
    height, width = model.spec.crop
    return f"(1, 3, {model.spec.frames}, {height}, {width})"
