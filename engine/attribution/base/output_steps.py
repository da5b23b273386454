"""Scores a time step: found in what a network returns, and made scores of the clip."""

from __future__ import annotations

from torch import Tensor

from engine.errors import AttributionError
from engine.types import ModelSpec, OutputLayout, Step

_SAID: dict[str | int | None, str] = {
    "max": "the highest of each class is",
    "mean": "their mean is",
    None: "their mean is",
}


def steps_of(scores: Tensor, clips: int, spec: ModelSpec) -> Tensor | None:
    """Return the scores of each time step, (N, S, K), or None where there is one row a clip.

    A row a time step is (N, K, S) or (N, S, K), told apart by the number of labels, of no more
    steps than frames, or as the spec says; also with sizes of 1 behind; (N S, K) with a row for
    each frame of each clip; or, only where the spec says so, (N, S) of a single output.

    Parameters
    ----------
    scores : Tensor
        What a network returned.
    clips : int
        Clips it was given, N.
    spec : ModelSpec

    Raises
    ------
    AttributionError
        If both orders fit and the spec does not say which it is.
    """
    if spec.output_layout == "NT":
        return _of_single(scores, clips)
    scores = _without_ones(scores)
    if scores.dim() == 2:
        return _unfolded(scores, clips, spec)
    if scores.dim() != 3 or len(scores) != clips or not scores.numel():
        return None
    layout = spec.output_layout or _layout(scores, spec)
    if layout is None or (layout == "NKT" and scores.shape[2] == 1):
        return None
    return scores.transpose(1, 2) if layout == "NKT" else scores


def of_clip(steps: Tensor, step: Step | None) -> Tensor:
    """Return the scores of clips, (N, K), from those of time steps, (N, S, K).

    Raises
    ------
    AttributionError
        If there is no such step.
    """
    if step == "max":
        return steps.amax(1)
    if step is None or step == "mean":
        return steps.mean(1)
    if step >= steps.shape[1]:
        raise AttributionError(
            f"There is no time step {step}: the network scores {steps.shape[1]} of a clip.",
            f"Use a step from 0 to {steps.shape[1] - 1}, mean or max.",
        )
    return steps[:, step]


def step_notice(steps: Tensor, step: Step | None) -> str:
    """Return what a user should know of scores a time step."""
    said = _SAID.get(step, f"step {step} is")
    return f"The network scores {steps.shape[1]} time steps of a clip; {said} explained."


def check_no_step(step: Step | None) -> None:
    """Refuse a time step that is asked of a network without any.

    Raises
    ------
    AttributionError
    """
    if step is not None:
        raise AttributionError(
            f"The time step {step!r} is asked for, but the network gives one row of scores a clip.",
            "Leave step out.",
        )


def _of_single(scores: Tensor, clips: int) -> Tensor | None:
    if scores.dim() == 1 and clips == 1:
        scores = scores[None]
    scores = _without_ones(scores)
    return scores[:, :, None] if scores.dim() == 2 and len(scores) == clips else None


def _without_ones(scores: Tensor) -> Tensor:
    """Drop sizes of 1 behind the third: (N, K, S, 1, 1), of a network without a last pooling."""
    while scores.dim() > 3 and scores.shape[-1] == 1:
        scores = scores[..., 0]
    return scores


def _unfolded(scores: Tensor, clips: int, spec: ModelSpec) -> Tensor | None:
    """Return rows for each frame of each clip by clip: of a network that takes them as a batch."""
    folded = len(scores) == clips * spec.frames and spec.frames > 1
    if not folded or scores.shape[1] not in _counts(spec):
        return None
    return scores.reshape(clips, spec.frames, scores.shape[1])


def _counts(spec: ModelSpec) -> tuple[int, ...]:
    """Return how many scores a row may have: one a label, or one for two labels."""
    labels = len(spec.labels)
    return (labels, 1) if labels == 2 and spec.activation != "none" else (labels,)


def _layout(scores: Tensor, spec: ModelSpec) -> OutputLayout | None:
    second, third = scores.shape[1:]
    for count in _counts(spec):
        if second == third == count > 1 and count <= spec.frames:
            raise AttributionError(
                f"The network returns a tensor of shape {tuple(scores.shape)}: {count} classes and "
                f"{count} time steps, and which is which cannot be told.",
                'Say output_layout = "NKT" (classes first) or "NTK" in the model card.',
            )
        if second == count and third <= spec.frames:
            return "NKT"
        if third == count and second <= spec.frames:
            return "NTK"
    return None
