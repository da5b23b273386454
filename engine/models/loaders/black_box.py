"""Models that are nothing but a function from clips to scores: no gradients, no layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.cancel import Cancelled
from engine.errors import AttributionError, EngineError
from engine.models.model import VideoModel
from engine.types import Float32Array, ModelSpec
from engine.utils.foreign_code import described, exits_as_errors

Kind = Literal["logits", "probabilities"]
Score = Callable[[Float32Array], tuple[object, Kind]]
"""From clips, float32 (N, 3, T, h, w), to scores (N, K) and what they are."""

_PLACE = "docs/black-boxes.md says what a black box is given and returns."
_LEAST = float(np.finfo(np.float32).tiny)  # a probability of 0 has no logit
_OFF = 0.02  # of one, that the probabilities of a clip may add up to


class BlackBox(nn.Module):
    """A function from clips to scores as a module.

    Parameters
    ----------
    score : callable
        The function.
    spec : ModelSpec
        Of the model: its labels are counted, its activation turns probabilities into logits.
    most : int
        Clips that the function is given at once.
    """

    def __init__(self, score: Score, spec: ModelSpec, most: int) -> None:
        super().__init__()
        self._score = score
        self._spec = spec
        self._most = most

    def forward(self, clips: Tensor) -> Tensor:
        """Return the logits (N, K) of clips (N, 3, T, h, w), without history.

        Raises
        ------
        AttributionError
            If the function fails, or its scores are not finite, not one a class, or no
            probabilities where they should be.
        """
        parts = torch.split(clips.detach().to("cpu", torch.float32), self._most)
        rows = [self._logits(np.ascontiguousarray(part.numpy())) for part in parts]
        return torch.from_numpy(np.concatenate(rows)).to(clips.device)

    def __deepcopy__(self, memo: dict[int, Any]) -> BlackBox:
        """Return itself: there are no weights, and what stands behind it is one."""
        return self

    def _logits(self, clips: Float32Array) -> Float32Array:
        try:
            with exits_as_errors():
                answer, kind = self._score(clips)
                scores = _as_array(answer)
        except (EngineError, Cancelled):
            raise
        except Exception as error:  # whatever a function of the user's raises
            text = f"{self._spec.name} failed on a clip: {described(error)}."
            raise AttributionError(text, _PLACE) from error
        scores = self._checked(scores, len(clips))
        if kind == "logits" or self._spec.activation == "none":
            return scores.astype(np.float32)
        self._check_probabilities(scores)
        return self._undone(scores).astype(np.float32)

    def _checked(self, scores: npt.NDArray[Any], clips: int) -> npt.NDArray[np.float64]:
        """Return the scores as (N, K)."""
        labels = len(self._spec.labels)
        if scores.shape == (clips,) and labels <= 2:
            scores = scores[:, None]
        wanted = [labels, 1] if labels == 2 else [labels]
        if scores.ndim != 2 or len(scores) != clips or scores.shape[1] not in wanted:
            raise AttributionError(
                f"{self._spec.name} returns scores of shape {scores.shape} for {clips} clip(s) and "
                f"{labels} labels, not ({clips}, {labels}).",
                "Return one row a clip and one number a label.",
            )
        if not np.isfinite(scores).all():
            raise AttributionError(
                f"{self._spec.name} returns scores that are not finite (nan or inf).",
                "Check its weights and the value range of its input.",
            )
        return scores

    def _check_probabilities(self, scores: npt.NDArray[np.float64]) -> None:
        inside = bool(((scores >= -1e-6) & (scores <= 1 + 1e-6)).all())
        apart = self._each_by_itself(scores)
        if inside and (apart or bool((np.abs(scores.sum(axis=1) - 1) < _OFF).all())):
            return
        asked = "from 0 to 1" if apart else "from 0 to 1 that add up to one"
        raise AttributionError(
            f"{self._spec.name} returns probabilities that are not numbers {asked}.",
            "Call them logits, or say activation 'sigmoid' where each class is true by itself.",
        )

    def _undone(self, chances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return logits that give the probabilities back."""
        logits = np.log(np.maximum(chances, _LEAST))
        if self._each_by_itself(chances):
            logits -= np.log(np.maximum(1 - chances, _LEAST))
        return logits

    def _each_by_itself(self, scores: npt.NDArray[np.float64]) -> bool:
        return self._spec.activation == "sigmoid" or scores.shape[1] == 1


def black_box(spec: ModelSpec, score: Score, kind: str, *, batch: int = 8) -> VideoModel:
    """Return a model around a function from clips to scores.

    Parameters
    ----------
    spec : ModelSpec
        Its input and the names of its classes.
    score : callable
        The function.
    kind : str
        What it is, for people: "a Python function".
    batch : int
        Clips that it is given at once.
    """
    module = BlackBox(score, spec, batch).eval()
    return VideoModel(spec, module, torch.device("cpu"), closed=kind, scores_only=True)


def from_callable(
    function: Callable[[Float32Array], object],
    labels: Sequence[str],
    *,
    frames: int,
    size: int | tuple[int, int],
    fps: float | None = None,
    stride: int | None = None,
    outputs: Kind = "logits",
    activation: Literal["softmax", "sigmoid", "none"] = "softmax",
    name: str = "function",
    value_range: tuple[float, float] = (0.0, 1.0),
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
    std: tuple[float, float, float] = (1.0, 1.0, 1.0),
    batch: int = 8,
) -> VideoModel:
    """Return a model around a Python function, of any library.

    Parameters
    ----------
    function : callable
        From clips, float32 (N, 3, T, h, w), RGB after ``value_range``, ``mean`` and ``std``, to
        scores (N, K): an array, a tensor, or lists.
    labels : sequence of str
        One name a class; one or two for a function that gives one score (see `ModelSpec`).
    frames : int
        Frames in a clip, T.
    size : int or (int, int)
        Side, or height and width, of a clip in pixels.
    fps, stride : float or None, int or None
        Frames per second of a clip, or every how many frames of a video one is taken; every
        frame where neither is given.
    outputs : str
        "logits", or "probabilities", from which logits are made that give them back.
    activation : str
        "softmax" where one class is true, "sigmoid" where each is true or not by itself.
    name : str
        In results and messages.
    value_range, mean, std
        As in `ModelSpec`.
    batch : int
        Clips that the function is given at once.

    Raises
    ------
    ValueError
        If both ``fps`` and ``stride`` are given, or a number is below 1.
    """
    height, width = (size, size) if isinstance(size, int) else size
    spec = ModelSpec(
        name=name,
        labels=tuple(labels),
        frames=frames,
        fps=fps,
        stride=1 if fps is None and stride is None else stride,
        resize=min(height, width) if height == width else (height, width),
        crop=(height, width),
        mean=mean,
        std=std,
        value_range=value_range,
        activation=activation,
    )
    return black_box(spec, lambda clips: (function(clips), outputs), "a function", batch=batch)


def _as_array(answer: object) -> npt.NDArray[Any]:
    if isinstance(answer, Tensor):
        answer = answer.detach().cpu().numpy()
    array: npt.NDArray[Any] = np.asarray(answer, np.float64)
    return array
