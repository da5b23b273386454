"""A video in words and in numbers: for ``probe`` and for "About this video"."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.utils.frame_ranges import range_text
from engine.video.facts import UNTAGGED, is_constant_rate
from engine.video.video import Video

_MOST_RANGES = 8


def as_numbers(video: Video) -> dict[str, Any]:
    """Return facts of a video as JSON values, times in seconds, frames from 0."""
    file, picture = video.file_facts, video.picture_facts
    times_s = video.timestamps_s
    return {
        "path": str(video.path),
        "bytes": file.size_bytes,
        "container": file.container,
        "codec": file.codec,
        "profile": file.profile,
        "stream": file.stream,
        "streams": file.streams,
        "sound": file.sound,
        "frames": len(video),
        "fps": video.fps,
        "constant_rate": is_constant_rate(times_s, video.tick_s),
        "first_frame_s": float(times_s[0]),
        "duration_s": video.duration_s,
        "stated_duration_s": file.stated_duration_s,
        "width": video.size[0],
        "height": video.size[1],
        "pixel_aspect": str(file.pixel_aspect),
        "display_width": video.display_size[0],
        "display_height": video.display_size[1],
        **asdict(picture),
        "fields": file.fields,
        "damaged_frames": sorted(video.damaged_frames),
        "damaged_ranges": [list(frames) for frames in video.damaged_ranges],
    }


def in_words(video: Video) -> list[tuple[str, str]]:
    """Return facts of a video as pairs of a name and a text."""
    file, picture = video.file_facts, video.picture_facts
    rate = "constant" if is_constant_rate(video.timestamps_s, video.tick_s) else "variable"
    pairs = [
        ("File", f"{video.path.name}, {_bytes(file.size_bytes)}"),
        ("Container", file.container),
        ("Codec", file.codec + (f" ({file.profile})" if file.profile else "")),
        ("Frames", f"{len(video)} in {video.duration_s:.2f} s"),
        ("Rate", f"{video.fps:.6g} frames/s, {rate}"),
        ("Picture", _picture(video)),
        ("Pixels", f"{picture.pixel_format}, {picture.bit_depth} bits" + _alpha(video)),
        ("Colours", _colours(video)),
        ("Interlaced", (file.fields or "field order not stated") if picture.interlaced else ""),
        ("Video streams", f"{file.streams}, number {file.stream} shown" * (file.streams > 1)),
        ("Sound", file.sound or "none"),
        ("Missing", _missing(video)),
        ("Damaged", _damaged(video)),
    ]
    return [(name, text) for name, text in pairs if text]


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _picture(video: Video) -> str:
    text = "{} x {}".format(*video.size)
    if video.display_size == video.size:
        return text
    return f"{text}, shown as {video.display_size[0]} x {video.display_size[1]}"


def _alpha(video: Video) -> str:
    return ", with transparency" if video.picture_facts.alpha else ""


def _colours(video: Video) -> str:
    facts = video.picture_facts
    if facts.matrix == UNTAGGED:
        return f"{UNTAGGED}: taken as BT.601"
    tone = f", {facts.transfer} (HDR, tone-mapped to SDR)" if facts.hdr else ""
    range_ = "" if facts.colour_range == UNTAGGED else f", {facts.colour_range} range"
    return facts.matrix + range_ + tone


def _missing(video: Video) -> str:
    stated = video.file_facts.stated_duration_s
    if stated is None or stated - video.duration_s <= max(1.0, 0.05 * stated):
        return ""
    return f"the file promises {stated:.2f} s"


def _damaged(video: Video) -> str:
    ranges = video.damaged_ranges
    shown = ", ".join(range_text(first, stop) for first, stop in ranges[:_MOST_RANGES])
    more = f" and {len(ranges) - _MOST_RANGES} more places" * (len(ranges) > _MOST_RANGES)
    return f"frames {shown}{more}" if ranges else ""
