"""Findings by their level, and the checks of the input: frame rate and value range."""

from __future__ import annotations

from pathlib import Path

from engine.descriptions import Finding
from engine.models.preprocess.frame_sampling import repeats_sentence, sample_frames
from engine.types import ModelSpec
from engine.video import open_video


def passed(check: str, text: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(check, "pass", text)


def warned(check: str, text: str) -> Finding:
    """Return a finding that is often, but not always, a mistake."""
    return Finding(check, "warn", text)


def failed(check: str, text: str) -> Finding:
    """Return a finding that makes results misleading or impossible."""
    return Finding(check, "fail", text)


def rate_finding(spec: ModelSpec, path: Path, start: int) -> Finding:
    """Check whether the video has the frames that the model expects, at its rate."""
    with open_video(path) as video:
        fps, frames = video.fps, sample_frames(spec, video.timestamps_s, start, len(video))
    repeats = repeats_sentence(spec, fps, frames)
    if repeats:
        return warned("rate", repeats)
    if len(frames) < spec.frames:
        return warned(
            "rate",
            f"{path.name} gives {len(frames)} of the {spec.frames} frames of a clip from frame "
            f"{start}; the last one is repeated.",
        )
    taken = f"{spec.fps:g} frames/s" if spec.fps else f"every frame of {spec.stride}"
    return passed("rate", f"{taken} of a video of {fps:.3g} frames/s.")


def value_finding(spec: ModelSpec) -> Finding:
    """Check whether range, mean and std belong together."""
    low, high = spec.value_range
    if not all(low <= value <= high for value in spec.mean):
        return failed(
            "values",
            f"The mean {_list(spec.mean)} lies outside the range {low:g} to {high:g}: "
            f"{'set range = [0, 255]' if max(spec.mean) > 1 else 'check range and mean'}.",
        )
    if high > 2 and max(spec.mean) <= 1 and max(spec.std) <= 1 and any(spec.mean):
        return failed(
            "values",
            f"The mean {_list(spec.mean)} is of values from 0 to 1, but the range goes to "
            f"{high:g}: leave range out.",
        )
    ends = [(end - m) / s for end in (low, high) for m, s in zip(spec.mean, spec.std, strict=True)]
    return passed("values", f"Black to white becomes {min(ends):.3g} to {max(ends):.3g}.")


def _list(values: tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{value:g}" for value in values) + "]"
