"""Reliability badges: how far an analysis can be trusted, from its own figures in milliseconds.

A new badge is a function of the `Evidence` and its entry in `BADGES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.diagnostics.out_of_distribution import (
    advice,
    in_distribution_score,
    is_out_of_distribution,
)
from engine.metrics import FlowPrecision
from engine.models.preprocess.frame_sampling import repeated_share, repeats_sentence
from engine.store import Analysis
from engine.store.scores import probabilities_of
from engine.types import EMPTY_MAP, SELF_TEST, Window
from engine.what_if.checks import Cost, FreezeCheck

Level = Literal["ok", "caution", "error"]

_EXACT = 1e-3  # of the ratio: rounding of float32 stays below
_CLOSE = 0.05
_BAND = 0.1  # of height and width, on each side
_SOME_BORDER, _MUCH_BORDER = 1.1, 1.5  # times the share of a uniform map
_LIFT = 1.5  # precision over chance from which agreement is worth the name
_MANY_CONTESTED = 0.2  # of the frames
_CAMERA_LOST = "The camera's motion could not be told from that of things"
_AGREED, _DISAGREED = 0.05, 0.15  # of a frame's changing share
_SURE, _LOST = 0.5, 0.25  # mean probability of the top class
_BLOCKS, _BLOCK_STEPS = 4, 16  # 64 steps are looked at, whatever the length of the video


@dataclass(frozen=True, slots=True)
class Badge:
    """A warning or confirmation about an analysis.

    Attributes
    ----------
    name : str
        Key: "empty", "conservation", "time steps", "windows", "border", "padding", "repeats",
        "cuts", "interpolation", "unlike", "flow", "freezing", "device" or "notes".
    text : str
        A few words, with the figure.
    level : str
        "ok", "caution" (read on with care) or "error" (do not conclude from it).
    explanation : str
        Its meaning, and the remedy.
    advice : str
        A sentence to show in full at once; usually empty.
    """

    name: str
    text: str
    level: Level
    explanation: str
    advice: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Facts that badges judge.

    Attributes
    ----------
    analysis : Analysis
        With at least one window; it may still grow. Badges read up to 64 steps of its relevance.
    method_conserves : bool
        Whether the method's relevance sums to the explained score.
    flow : FlowPrecision or None
        Agreement with optical flow, `engine.diagnostics.flow_agreement.FlowCheck.overall`.
    freezing : FreezeCheck or None
        Scores with what the map calls motion frozen, `engine.what_if.check_runs.freeze_check`.
    """

    analysis: Analysis
    method_conserves: bool
    flow: FlowPrecision | None
    freezing: FreezeCheck | None


def reliability_badges(
    analysis: Analysis,
    method_conserves: bool,
    *,
    flow: FlowPrecision | None = None,
    freezing: FreezeCheck | None = None,
) -> tuple[Badge, ...]:
    """Return the badges that apply to an analysis, none before its first window.

    Parameters are the attributes of `Evidence`.
    """
    if not analysis.windows:
        return ()
    evidence = Evidence(analysis, method_conserves, flow, freezing)
    badges = (judge(evidence) for judge in BADGES)
    return tuple(badge for badge in badges if badge is not None)


def _empty(evidence: Evidence) -> Badge | None:
    windows = evidence.analysis.windows
    empty = sum(EMPTY_MAP in window.notices for window in windows)
    if not empty:
        return None
    text = "the map is zero" if len(windows) == empty else f"zero in {empty} of {len(windows)}"
    explanation = (
        f"{EMPTY_MAP} There is nothing to see in it: choose another method, and check whether the "
        "model answers the same whatever it is shown (motion-inspector check-model)."
    )
    return Badge("empty", text, "error", explanation, EMPTY_MAP)


def _conservation(evidence: Evidence) -> Badge | None:
    ratio = evidence.analysis.conservation
    if not (evidence.method_conserves and math.isfinite(ratio)):
        return None
    off = abs(ratio - 1)
    level: Level = "ok" if off < _EXACT else "caution" if off < _CLOSE else "error"
    advice = {
        "ok": "Nothing was lost on the way through the network.",
        "caution": "A little was lost on the way: biases, or a rule that does not conserve. "
        "Shares stay readable; compare sums of different clips with care.",
        "error": "Much was lost or made up on the way, so the map is not a share of the score. "
        "Set the method's options back, or compare with another method.",
    }
    text = f"sums to {ratio:.1%} of the score"
    explanation = f"Relevance should sum to the explained score. {advice[level]}"
    return Badge("conservation", text, level, explanation)


def _time_steps(evidence: Evidence) -> Badge:
    frames_a_map = evidence.analysis.time_step
    if frames_a_map <= 1:
        explanation = "Every frame that the model takes has a map of its own."
        return Badge("time steps", "Full temporal resolution", "ok", explanation)
    whole = frames_a_map >= evidence.analysis.header.spec.frames
    explanation = (
        f"The maps are coarse in time: {frames_a_map} frames share one. Motion between them is "
        "guessed. Take a method with a map a frame, such as LRP, or an earlier layer."
    )
    text = f"1 map in {frames_a_map} frames"
    return Badge("time steps", text, "error" if whole else "caution", explanation)


def _windows(evidence: Evidence) -> Badge | None:
    """Judge by what a frame's number owes to the place where windows begin."""
    gaps = [window.disagreement for window in evidence.analysis.counted_windows]
    known = [gap for gap in gaps if math.isfinite(gap)]
    if not known:
        return None
    gap = float(np.mean(known))
    points = round(100 * gap)
    text = f"frames: \u00b1{points} points by window"
    explanation = (
        f"Two neighbouring windows give the changing share of a frame that both hold {points} "
        "points apart on average (recommended, sigma 1): so much does the number of one frame "
        "depend on where the windows begin. Over many frames it evens out."
    )
    if gap < _AGREED:
        return Badge("windows", text, "ok", explanation)
    explanation += (
        " Read stretches, not single frames; more overlap averages over more windows a frame."
    )
    return Badge("windows", text, "caution" if gap < _DISAGREED else "error", explanation)


def _border(evidence: Evidence) -> Badge | None:
    share, chance = _border_share(evidence.analysis)
    if not math.isfinite(share):
        return None
    text = f"{share:.0%} at the border"
    explanation = (
        f"The outermost 10 % on each side hold {share:.0%} of the relevance; a uniform map would "
        f"have {chance:.0%} there."
    )
    if share <= _SOME_BORDER * chance:
        return Badge("border", text, "ok", explanation)
    explanation += (
        " Zero padding of the network draws relevance there. Crop the video so that the action is "
        "in the middle, and do not read the edges."
    )
    level: Level = "error" if share > _MUCH_BORDER * chance else "caution"
    return Badge("border", text, level, explanation)


def _border_share(analysis: Analysis) -> tuple[float, float]:
    """Return the share of |relevance| in the border band, or nan, and that of a uniform map."""
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
    """Return ranges of steps, spread evenly: all steps if there are few of them."""
    if steps <= _BLOCKS * _BLOCK_STEPS:
        return [(0, steps)]
    starts = np.linspace(0, steps - _BLOCK_STEPS, _BLOCKS).astype(int).tolist()
    return [(start, start + _BLOCK_STEPS) for start in starts]


def _padding(evidence: Evidence) -> Badge | None:
    windows = evidence.analysis.windows
    padded = sum(window.padded for window in windows)
    if not padded:
        return None
    frames = sum(len(window.frame_indices) for window in windows)
    level: Level = "error" if padded > frames / 2 else "caution"
    explanation = (
        "The range is shorter than the model's window, so its last frame was repeated: the model "
        "saw a still end. Choose a longer range."
    )
    return Badge("padding", f"{padded} of {frames} frames repeated", level, explanation)


def _cuts(evidence: Evidence) -> Badge | None:
    analysis = evidence.analysis
    sentence = analysis.cuts_sentence
    if not sentence:
        return None
    crossing, windows = sum(w.crosses_cut for w in analysis.windows), len(analysis.windows)
    level: Level = "error" if crossing == windows else "caution"
    text = (
        "the window crosses a cut" if windows == 1 else f"cuts in {crossing} of {windows} windows"
    )
    explanation = (
        f"{sentence} A model takes the frames of a window for one movement; across a cut there is "
        "none. The timeline shows the cuts. Choose a range of one shot."
    )
    return Badge("cuts", text, level, explanation)


def _repeats(evidence: Evidence) -> Badge | None:
    header = evidence.analysis.header
    sentence = repeats_sentence(header.spec, header.fps, header.step_frames)
    if not sentence:
        return None
    share = repeated_share(header.step_frames)
    text = f"{share:.0%} of frames repeated"
    level: Level = "error" if share > 0.5 else "caution"
    return Badge("repeats", text, level, f"{sentence} Use a video of a higher rate.")


def _interpolation(evidence: Evidence) -> Badge | None:
    share = float(np.mean(~evidence.analysis.sampled))
    if share == 0:
        return None
    explanation = (
        "The model takes fewer frames than the video has. Heat between those that it took is "
        "interpolated, and left out of every figure of the clip."
    )
    return Badge("interpolation", f"{share:.0%} of frames interpolated", "caution", explanation)


def _flow(evidence: Evidence) -> Badge | None:
    flow = evidence.flow
    if flow is None:
        return None
    if flow.refused == 1:
        return Badge("flow", "flow: camera not told", "caution", f"{_CAMERA_LOST} in any frame.")
    text = f"flow: {flow.precision:.0%} moves, chance {flow.chance:.0%}"
    doubts = _flow_doubts(flow)
    if not math.isfinite(flow.precision) or flow.chance == 0:
        empty = "nothing is kept as motion" if flow.chance > 0 else "nothing moves"
        explanation = "There is nothing to compare with optical flow. Try another sigma or range."
        return Badge("flow", empty, "caution", explanation + doubts)
    lift = flow.precision / flow.chance
    explanation = (
        f"Of the area kept as motion {flow.precision:.0%} moves by optical flow; of the whole "
        f"picture {flow.chance:.0%} does, which is what keeping places at random would reach."
    )
    if lift < _LIFT:
        explanation += " So it says little about motion here: raise sigma, or look at the flow."
        return Badge("flow", text, "caution" if lift > 1 else "error", explanation + doubts)
    if flow.contested >= _MANY_CONTESTED:
        return Badge("flow", f"{text}, camera uncertain", "caution", explanation + doubts)
    return Badge("flow", text, "ok", explanation + doubts)


def _flow_doubts(flow: FlowPrecision) -> str:
    """Return sentences about frames whose camera was not told, or may be a large thing."""
    doubts = ""
    if flow.refused > 0:
        doubts += f" {_CAMERA_LOST} in {flow.refused:.0%} of the frames; these are left out."
    if flow.contested > 0:
        doubts += (
            f" In {flow.contested:.0%} of the frames used, a thing that fills much of the picture "
            "may have been taken for the background: the rest then seems to move, and it not."
        )
    return doubts


def _freezing(evidence: Evidence) -> Badge | None:
    """Judge the gap between the deletion curves of motion and of other voxels."""
    check = evidence.freezing
    if check is None:
        return None
    if check.cost == "nothing":
        said = f"All of the clip can be frozen and {check.label} keeps its score: the model does "
        said += "not need the movement, so no map of it can be checked."
        return Badge("freezing", "freezing changes nothing", "caution", said)
    points = round(100 * check.gap)
    more = f"{abs(points)} points {'less' if points < 0 else 'more'}"
    explanation = (
        f"What the map calls motion was frozen bit by bit, and as many voxels elsewhere: on "
        f"average {check.label} lost {more} by it than by the others. Map: {check.preset}, sigma "
        f"{check.sigma:g}."
    )
    if check.cost != "more":
        explanation += " The model does not need those places more than others."
    levels: dict[Cost, Level] = {"more": "ok", "as much": "caution", "less": "error"}
    return Badge("freezing", f"freezing motion costs {more}", levels[check.cost], explanation)


def _out_of_distribution(evidence: Evidence) -> Badge | None:
    """Judge by the threshold of the model, or by the highest probability."""
    spec, windows = evidence.analysis.header.spec, evidence.analysis.counted_windows
    if not is_out_of_distribution(spec, windows):
        return _unsure(windows)
    lower, limit = in_distribution_score(windows), spec.least_familiar
    explanation = (
        f"In a quarter of the windows the highest logit is below {lower:.2f}; in 95 % of clips "
        f"like the training data it is above {limit:.2f}. The classes, and what explains them, "
        "mean nothing here."
    )
    text = f"unlike {spec.trained_on}"
    sentence = f"This video is unlike what the model knows. {advice(spec)}"
    return Badge("unlike", text, "error", explanation, sentence)


def _unsure(windows: Sequence[Window]) -> Badge | None:
    """Judge by the highest probability (Hendrycks and Gimpel 2017, arXiv 1610.02136)."""
    activation = windows[0].activation
    if activation in ("sigmoid", "none"):
        return None  # that none of its classes is there is an answer too, and a value is none
    logits = np.stack([window.logits for window in windows])
    top = float(probabilities_of(logits, activation).max(axis=1).mean())
    if logits.shape[1] < 2 or not math.isfinite(top) or top >= _SURE:
        return None
    lost = top < max(_LOST, 2 / logits.shape[1])
    explanation = (
        f"The model gives its top class {top:.0%} on average, and one that knows a video is surer. "
        "A low score is the usual sign of a video unlike the training data; the classes, and what "
        "explains them, may then mean nothing. (The reverse does not hold: models are also "
        "sure of things that they never saw.)"
    )
    text = "unlike the training data?" if lost else "unsure"
    level: Level = "error" if lost else "caution"
    return Badge("unlike", f"{text} top class {top:.0%}", level, explanation)


def _device(evidence: Evidence) -> Badge | None:
    """Tell of arithmetic that the self-test of the device switched off."""
    told = [notice for notice in evidence.analysis.notices if notice.startswith(SELF_TEST)]
    if not told:
        return None
    return Badge("device", "the device computes wrong in part", "caution", " ".join(told))


def _notes(evidence: Evidence) -> Badge | None:
    notices = evidence.analysis.notices
    if not notices:
        return None
    text = "1 note" if len(notices) == 1 else f"{len(notices)} notes"
    return Badge("notes", text, "caution", " ".join(notices))


BADGES: tuple[Callable[[Evidence], Badge | None], ...] = (
    _empty,
    _conservation,
    _time_steps,
    _windows,
    _border,
    _padding,
    _repeats,
    _cuts,
    _interpolation,
    _out_of_distribution,
    _flow,
    _freezing,
    _device,
    _notes,
)
"""The badges in their order; each is None where it does not apply."""
