"""Mask of the pixels that move against the scenery, the truth for explanations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.body import JOINT_INDEX, SIDES, FloatArray
from benchmarks.motion_figures.layout import Layout
from benchmarks.motion_figures.props import DISTRACTOR_LABEL, Distractor
from benchmarks.motion_figures.render import PARTS

MOVES_PX = 0.5
"""From this speed on a part moves, in pixels per frame of a picture 112 pixels high."""


def moving_mask(
    labels: npt.NDArray[np.uint8], layout: Layout, distractor: Distractor | None, size: int
) -> npt.NDArray[np.bool_]:
    """Mark moving pixels, and those that were just left or are about to be covered.

    A part moves in a frame if one of its two joints does, against the scenery, by at least
    `MOVES_PX` to or from a frame beside it. The mask of a frame holds the moving parts in it
    and in the frames before and after: there the picture changes because something moves.

    Parameters
    ----------
    labels : uint8 array, (T, H, W)
        As in `dataset.FigureClip`.
    layout : Layout
        Where the joints are, and how the scenery slides.
    distractor : Distractor, optional
        What else moves.
    size : int
        Height of the picture, in pixels.

    Returns
    -------
    bool array, (T, H, W)
    """
    speeds = np.zeros((len(labels), DISTRACTOR_LABEL + 1))
    for part, joints in enumerate(_JOINTS, start=1):
        places = layout.joints[:, [JOINT_INDEX[joint] for joint in joints]]
        speeds[:, part] = speed(places, layout.slide).max(axis=1)
    if distractor is not None:
        centre = distractor.corners.mean(axis=1, keepdims=True)
        speeds[:, DISTRACTOR_LABEL] = speed(centre, layout.slide)[:, 0]
    moves = speeds >= MOVES_PX * size / 112
    now = np.take_along_axis(moves, labels.reshape(len(labels), -1), axis=1).reshape(labels.shape)
    swept = now.copy()
    swept[1:] |= now[:-1]
    swept[:-1] |= now[1:]
    return swept


def speed(places: FloatArray, slide: FloatArray) -> FloatArray:
    """Return the speed against the scenery in pixels per frame, the larger of to and from.

    Parameters
    ----------
    places : float64 array, (T, K, 2)
        Positions in the picture, in pixels.
    slide : float64 array, (T,)
        Movement of the scenery to the right, in pixels.

    Returns
    -------
    float64 array, (T, K)
    """
    placed = places.copy()
    placed[..., 0] -= slide[:, None]
    steps = np.linalg.norm(np.diff(placed, axis=0), axis=2)
    to, from_ = np.concatenate([steps[:1], steps]), np.concatenate([steps, steps[-1:]])
    return np.asarray(np.maximum(to, from_))


def _joints() -> tuple[tuple[str, str], ...]:
    """Return the two joints of each part, in the order of `PARTS`, less the background."""
    pairs: list[tuple[str, str]] = [("pelvis", "chest"), ("head", "chest")]
    for chain in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")):
        for side, _ in SIDES:
            upper, middle, lower = (f"{joint}_{side}" for joint in chain)
            pairs += [(upper, middle), (middle, lower)]
    return tuple(pairs)


_JOINTS = _joints()
if len(_JOINTS) != len(PARTS) - 1:
    raise AssertionError("every part of the figure needs its two joints")
