"""The explained score: a class, the difference of two, or any function of the logits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import AttributionError
from engine.types import ModelSpec
from engine.utils.hints import did_you_mean

_EXAMPLE = (
    "It takes logits (N, K) and must return a tensor (N,), for example lambda logits: logits[:, 3]."
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Contrast:
    """Why one class rather than another: the difference of two logits is explained.

    Attributes
    ----------
    first, second : int or str
        Classes by index or name; the score is logit(first) - logit(second).
    """

    first: int | str
    second: int | str


Target = int | str | Contrast | Callable[[Tensor], Tensor] | None
"""A class by index or name, a `Contrast`, a function from logits (N, K) to scores (N,), or None
for the class scored highest, of values for the first."""


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """A target as resolved for one model.

    Attributes
    ----------
    index : int or None
        The class; None for the one scored highest, in each clip its own.
    against : int or None
        The class whose logit is subtracted.
    function : callable or None
        From logits (N, K) to scores (N,); the classes are not used then.
    """

    index: int | None = None
    against: int | None = None
    function: Callable[[Tensor], Tensor] | None = None

    def indices(self, logits: Tensor) -> list[int | None]:
        """Return the class explained in each clip, or None for a function."""
        if self.function is not None:
            return [None] * len(logits)
        if self.index is None:
            return [int(index) for index in logits.argmax(1)]
        return [self.index] * len(logits)

    def scores(self, logits: Tensor) -> Tensor:
        """Return the explained score of each clip, (N,), from logits (N, K).

        Raises
        ------
        AttributionError
            If the class does not exist, or the function does not give one score a clip.
        """
        if self.function is not None:
            return self._called(logits)
        for index in (self.index, self.against):
            if index is not None and index >= logits.shape[1]:
                raise AttributionError(
                    f"Class {index} is outside the {logits.shape[1]} outputs of the model.",
                    f"Use an index from 0 to {logits.shape[1] - 1}.",
                )
        rows = torch.arange(len(logits), device=logits.device)
        scores = logits[rows, logits.argmax(1) if self.index is None else self.index]
        return scores if self.against is None else scores - logits[rows, self.against]

    def _called(self, logits: Tensor) -> Tensor:
        assert self.function is not None
        try:
            scores = self.function(logits)
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            raise AttributionError(
                f"The target function failed on logits of shape {tuple(logits.shape)}: {error}.",
                _EXAMPLE,
            ) from error
        if isinstance(scores, Tensor) and scores.dim() == 0 and len(logits) == 1:
            scores = scores[None]
        if not isinstance(scores, Tensor) or scores.shape != (len(logits),):
            raise AttributionError(
                "The target function does not return one score a clip.", _EXAMPLE
            )
        self._check(scores, traced=logits.requires_grad)
        return scores

    @staticmethod
    def _check(scores: Tensor, *, traced: bool) -> None:
        if traced and not scores.requires_grad:
            raise AttributionError(
                "The target function's score cannot be traced back to the logits.",
                "It must not use detach, argmax or NumPy.",
            )
        if not bool(torch.isfinite(scores.detach()).all()):
            raise AttributionError("The target function's score is not finite.", _EXAMPLE)


def resolve_goal(spec: ModelSpec, target: Target) -> Goal:
    """Resolve a target for a model.

    Raises
    ------
    AttributionError
        If the model has no such class, or several of that name.
    """
    if target is None:
        return Goal(0) if spec.activation == "none" else Goal()  # values cannot be compared
    if isinstance(target, Contrast):
        first, second = (resolve_target(spec, side) for side in (target.first, target.second))
        return Goal(first, second)
    if callable(target):
        return Goal(function=target)
    return Goal(resolve_target(spec, target))


def resolve_target(spec: ModelSpec, target: int | str) -> int:
    """Index of a class given by index, by digits, or by name (case is ignored).

    Raises
    ------
    AttributionError
        If the model has no such class, or several of that name.
    """
    text = str(target).strip()
    if _NUMBER.fullmatch(text):
        return _checked_index(spec, int(text))
    matches = [i for i, label in enumerate(spec.labels) if label.casefold() == text.casefold()]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise AttributionError(
            f"{spec.name} has {len(matches)} classes called {text!r}.",
            f"Give one of their indices: {', '.join(map(str, matches))}.",
        )
    raise AttributionError(
        f"{spec.name} has no class called {text!r}.", did_you_mean(text, spec.labels)
    )


def _checked_index(spec: ModelSpec, index: int) -> int:
    if 0 <= index < len(spec.labels):
        return index
    raise AttributionError(
        f"Class {index} is outside the {len(spec.labels)} classes of {spec.name}.",
        f"Use an index from 0 to {len(spec.labels) - 1}, or a class name.",
    )
