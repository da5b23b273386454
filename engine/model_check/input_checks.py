"""What a network is given: frames at its rate, and values in its range."""

from __future__ import annotations

from pathlib import Path

from engine.model_check.findings import failed, passed, warned
from engine.models.preprocess.frame_sampling import sample_frames
from engine.types import Finding, ModelSpec
from engine.video import open_video

_SAME_RATE = 0.03


def rate_finding(spec: ModelSpec, path: Path, start: int) -> Finding:
    """Whether the video has the frames that the model wants, at its rate."""
    with open_video(path) as video:
        fps, count = video.fps, len(sample_frames(spec, video.timestamps_s, start, len(video)))
    if spec.fps is not None and fps < spec.fps * (1 - _SAME_RATE):
        return warned(
            "rate",
            f"{path.name} has {fps:.3g} frames/s and the model wants {spec.fps:g}: every frame is "
            f"taken, and movement looks {spec.fps / fps:.2g} times as fast to it.",
        )
    if count < spec.frames:
        return warned(
            "rate",
            f"{path.name} gives {count} of the {spec.frames} frames of a clip from frame {start}; "
            "the last one is repeated.",
        )
    taken = f"{spec.fps:g} frames/s" if spec.fps else f"every frame of {spec.stride}"
    return passed("rate", f"{taken} of a video of {fps:.3g} frames/s.")


def value_finding(spec: ModelSpec) -> Finding:
    """Whether range, mean and std belong together."""
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
