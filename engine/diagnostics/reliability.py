"""What to mind when reading an analysis, as badges: told from the analysis alone, in milliseconds.

Apart from the figures themselves: those say what came out, these say how far it can be trusted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.diagnostics.out_of_distribution import advice, familiarity, is_out_of_distribution
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.types import ModelSpec, Window

Level = Literal["good", "mind", "bad"]

_EXACT = 1e-3  # of the ratio: rounding of float32 stays below
_CLOSE = 0.05
_BAND = 0.1  # of height and width, on each side
_SOME_BORDER, _MUCH_BORDER = 1.1, 1.5  # times the share of a uniform map
_LIFT = 1.5  # precision over chance from which agreement is worth the name
_SURE, _LOST = 0.5, 0.25  # mean probability of the top class
_BLOCKS, _BLOCK_STEPS = 4, 16  # 64 steps are looked at, whatever the length of the video


@dataclass(frozen=True, slots=True)
class Badge:
    """One thing to know about an analysis.

    Attributes
    ----------
    name : str
        Key: "conservation", "time steps", "border", "padding", "interpolation", "unlike",
        "flow" or "notes".
    text : str
        A few words, with the figure.
    level : str
        "good", "mind" (read on with care) or "bad" (do not conclude from it).
    explanation : str
        What it means, and what to do.
    advice : str
        What has to be said in full, before anybody asks; usually empty.
    """

    name: str
    text: str
    level: Level
    explanation: str
    advice: str = ""


def reliability_badges(
    analysis: Analysis,
    method_conserves: bool,
    *,
    flow: FlowPrecision | None = None,
) -> tuple[Badge, ...]:
    """Badges of an analysis, which may still grow.

    Parameters
    ----------
    analysis : Analysis
        Its windows by now, and up to 64 steps of its relevance, are looked at.
    method_conserves : bool
        Whether the method's relevance sums to the explained score.
    flow : FlowPrecision, optional
        Its agreement with optical flow, `engine.diagnostics.flow_agreement.FlowCheck.overall`.

    Returns
    -------
    tuple of Badge
        None for what does not apply; empty before the first window.
    """
    if not analysis.windows:
        return ()
    badges = (
        _conservation(analysis.conservation) if method_conserves else None,
        _time_steps(analysis.time_step, analysis.header.spec.frames),
        _border(analysis),
        _padding(analysis),
        _interpolation(float(np.mean(~analysis.sampled))),
        _unlike(analysis.header.spec, analysis.windows),
        None if flow is None else _flow(flow),
        _notes(analysis.notices),
    )
    return tuple(badge for badge in badges if badge is not None)


def _conservation(ratio: float) -> Badge | None:
    if not math.isfinite(ratio):
        return None
    off = abs(ratio - 1)
    level: Level = "good" if off < _EXACT else "mind" if off < _CLOSE else "bad"
    advice = {
        "good": "Nothing was lost on the way through the network.",
        "mind": "A little was lost on the way: biases, or a rule that does not conserve. "
        "Shares stay readable; compare sums of different clips with care.",
        "bad": "Much was lost or made up on the way, so the map is not a share of the score. "
        "Set the method's options back, or compare with another method.",
    }
    text = f"sums to {ratio:.1%} of the score"
    explanation = f"Relevance should sum to the explained score. {advice[level]}"
    return Badge("conservation", text, level, explanation)


def _time_steps(frames_a_map: int, window_frames: int) -> Badge:
    if frames_a_map <= 1:
        explanation = "Every frame that the model takes has a map of its own."
        return Badge("time steps", "Full temporal resolution", "good", explanation)
    whole = frames_a_map >= window_frames
    explanation = (
        f"The maps are coarse in time: {frames_a_map} frames share one. Motion between them is "
        "guessed. Take a method with a map a frame, such as LRP, or an earlier layer."
    )
    text = f"1 map in {frames_a_map} frames"
    return Badge("time steps", text, "bad" if whole else "mind", explanation)


def _border(analysis: Analysis) -> Badge | None:
    share, chance = _border_share(analysis)
    if not math.isfinite(share):
        return None
    text = f"{share:.0%} at the border"
    explanation = (
        f"The outermost 10 % on each side hold {share:.0%} of the relevance; a uniform map would "
        f"have {chance:.0%} there."
    )
    if share <= _SOME_BORDER * chance:
        return Badge("border", text, "good", explanation)
    explanation += (
        " Zero padding of the network draws relevance there. Crop the video so that the action is "
        "in the middle, and do not read the edges."
    )
    return Badge("border", text, "bad" if share > _MUCH_BORDER * chance else "mind", explanation)


def _border_share(analysis: Analysis) -> tuple[float, float]:
    """Share of |relevance| in the border band, nan where there is none; and of a uniform map."""
    total = np.zeros(analysis.header.spec.crop)
    for start, stop in _sampled_blocks(analysis.steps_written):
        total += np.abs(analysis.read_steps(start, stop)).sum(axis=0)
    height, width = total.shape
    rows, columns = (max(1, round(_BAND * length)) for length in total.shape)
    inner = total[rows : height - rows, columns : width - columns]
    whole = float(total.sum())
    share = 1 - float(inner.sum()) / whole if whole > 0 else float("nan")
    return share, 1 - inner.size / total.size


def _sampled_blocks(steps: int) -> list[tuple[int, int]]:
    """Ranges of steps, spread evenly: all where there are few. Neighbours lie in one chunk."""
    if steps <= _BLOCKS * _BLOCK_STEPS:
        return [(0, steps)]
    starts = np.linspace(0, steps - _BLOCK_STEPS, _BLOCKS).astype(int).tolist()
    return [(start, start + _BLOCK_STEPS) for start in starts]


def _padding(analysis: Analysis) -> Badge | None:
    padded = sum(window.padded for window in analysis.windows)
    if not padded:
        return None
    frames = sum(len(window.frame_indices) for window in analysis.windows)
    level: Level = "bad" if padded > frames / 2 else "mind"
    explanation = (
        "The range is shorter than the model's window, so its last frame was repeated: the model "
        "saw a still end. Choose a longer range."
    )
    return Badge("padding", f"{padded} of {frames} frames repeated", level, explanation)


def _interpolation(share: float) -> Badge | None:
    if share == 0:
        return None
    explanation = (
        "The model takes fewer frames than the video has. Heat between those that it took is "
        "interpolated, and left out of every figure of the clip."
    )
    return Badge("interpolation", f"{share:.0%} of frames interpolated", "mind", explanation)


def _flow(flow: FlowPrecision) -> Badge:
    text = f"flow: {flow.precision:.0%} moves, chance {flow.chance:.0%}"
    if not math.isfinite(flow.precision) or flow.chance == 0:
        empty = "nothing is kept as motion" if flow.chance > 0 else "nothing moves"
        explanation = "There is nothing to compare with optical flow. Try another sigma or range."
        return Badge("flow", empty, "mind", explanation)
    lift = flow.precision / flow.chance
    explanation = (
        f"Of the area kept as motion {flow.precision:.0%} moves by optical flow; of the whole "
        f"picture {flow.chance:.0%} does, which is what keeping places at random would reach."
    )
    if lift >= _LIFT:
        return Badge("flow", text, "good", explanation)
    explanation += " So it says little about motion here: raise sigma, or look at the flow pane."
    return Badge("flow", text, "mind" if lift > 1 else "bad", explanation)


def _unlike(spec: ModelSpec, windows: Sequence[Window]) -> Badge | None:
    """What the model itself can tell, else doubt by the highest probability."""
    if not is_out_of_distribution(spec, windows):
        return _unsure(windows)
    lower, limit = familiarity(windows), spec.least_familiar
    explanation = (
        f"In a quarter of the windows the highest logit is below {lower:.2f}; in 95 % of clips "
        f"like the training data it is above {limit:.2f}. The classes, and what explains them, "
        "mean nothing here."
    )
    text = f"unlike {spec.trained_on}"
    said = f"This video is unlike what the model knows. {advice(spec)}"
    return Badge("unlike", text, "bad", explanation, said)


def _unsure(windows: Sequence[Window]) -> Badge | None:
    """Doubt by the highest probability (Hendrycks and Gimpel 2017, arXiv 1610.02136)."""
    logits = np.stack([window.logits for window in windows]).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    top = float((powers / powers.sum(axis=1, keepdims=True)).max(axis=1).mean())
    if logits.shape[1] < 2 or not math.isfinite(top) or top >= _SURE:
        return None
    bad = top < max(_LOST, 2 / logits.shape[1])
    explanation = (
        f"The model gives its top class {top:.0%} on average, and one that knows a video is surer. "
        "A low score is the usual sign of a video unlike the training data; the classes, and what "
        "explains them, may then mean nothing. (The reverse does not hold: models are also "
        "sure of things that they never saw.)"
    )
    text = "unlike the training data?" if bad else "unsure"
    return Badge("unlike", f"{text} top class {top:.0%}", "bad" if bad else "mind", explanation)


def _notes(notices: tuple[str, ...]) -> Badge | None:
    if not notices:
        return None
    text = "1 note" if len(notices) == 1 else f"{len(notices)} notes"
    return Badge("notes", text, "mind", " ".join(notices))
