"""Facts of a video for people and programs: container, codec, colours, rate, streams."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame

from engine.types import Float64Array
from engine.video.container.source import Source

UNTAGGED = "not tagged"

_MATRICES = {
    0: "RGB",
    1: "BT.709",
    4: "FCC",
    5: "BT.601",
    6: "BT.601",
    7: "SMPTE 240M",
    9: "BT.2020",
}
_PRIMARIES = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
_TRANSFERS = {1: "BT.709", 6: "BT.601", 8: "linear", 13: "sRGB", 14: "BT.2020", 15: "BT.2020"}
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
_RANGES = {1: "limited", 2: "full"}
_FIELD_ORDERS = {
    2: "top field first",
    3: "bottom field first",
    4: "top field first",
    5: "bottom field first",
}
_MICROSECONDS = 1e-6
_GRID_S = 1e-4


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts that a file states of itself and of the stream that is shown.

    Attributes
    ----------
    container, codec : str
        FFmpeg's names for people.
    size_bytes : int
        Size of the file.
    profile : str or None
        Profile of the codec.
    pixel_aspect : Fraction
        Width of a stored pixel over its height, as it is to be shown.
    fields : str or None
        Which field comes first; None where the stream is not marked as interlaced.
    tick_s : float
        Unit of the stream's clock in seconds.
    stated_duration_s : float or None
        How long the container says it is, in seconds.
    stream, streams : int
        Number of the stream that is shown, and how many video streams there are.
    sound : str or None
        Codec of the first sound stream.
    """

    container: str
    codec: str
    size_bytes: int
    profile: str | None = None
    pixel_aspect: Fraction = Fraction(1)
    fields: str | None = None
    tick_s: float = 0.0
    stated_duration_s: float | None = None
    stream: int = 0
    streams: int = 1
    sound: str | None = None


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Facts that a decoded picture states of itself.

    Attributes
    ----------
    pixel_format : str
        FFmpeg's name.
    bit_depth : int
        Bits of one component.
    alpha : bool
        Whether pictures can be transparent.
    matrix, primaries, transfer, colour_range : str
        Meaning of the colours, `UNTAGGED` where the file does not say.
    hdr : bool
        Whether the transfer is PQ or HLG: shown tone-mapped.
    interlaced : bool
        Whether it is marked as two fields.
    """

    pixel_format: str
    bit_depth: int
    alpha: bool
    matrix: str
    primaries: str
    transfer: str
    colour_range: str
    hdr: bool
    interlaced: bool


def file_facts(source: Source) -> FileFacts:
    """Collect the facts that an open source states of itself."""
    container, context = source.container, source.stream.codec_context
    sound = [stream.codec_context for stream in container.streams.audio]
    duration = container.duration or 0
    return FileFacts(
        container=container.format.long_name or container.format.name,
        codec=context.codec.long_name or context.name,
        profile=context.profile,
        pixel_aspect=_pixel_aspect(source),
        fields=_FIELD_ORDERS.get(context.field_order),
        tick_s=float(source.stream.time_base or 0),
        stated_duration_s=duration * _MICROSECONDS if duration > 0 else None,
        stream=source.number,
        streams=source.stream_count,
        sound=sound[0].name if sound and sound[0] else None,
        size_bytes=container.size,
    )


def picture_facts(frame: VideoFrame) -> PictureFacts:
    """Collect the facts that a frame states of itself."""
    components = frame.format.components
    return PictureFacts(
        pixel_format=frame.format.name,
        bit_depth=max(component.bits for component in components),
        alpha=any(component.is_alpha for component in components),
        matrix=_MATRICES.get(frame.colorspace, UNTAGGED),
        primaries=_PRIMARIES.get(frame.color_primaries, UNTAGGED),
        transfer=(_TRANSFERS | _HDR_TRANSFERS).get(frame.color_trc, UNTAGGED),
        colour_range=_RANGES.get(frame.color_range, UNTAGGED),
        hdr=frame.color_trc in _HDR_TRANSFERS,
        interlaced=frame.interlaced_frame,
    )


def is_constant_rate(times_s: Float64Array, tick_s: float) -> bool:
    """Return true if the frames lie on an even grid, but for the rounding of the file's clock.

    Parameters
    ----------
    times_s : float64 array, (N,)
        Presentation times in seconds.
    tick_s : float
        Unit of the file's clock in seconds.
    """
    if len(times_s) < 3:
        return True
    grid = np.linspace(times_s[0], times_s[-1], len(times_s))
    return bool(np.abs(times_s - grid).max() <= max(tick_s, _GRID_S) * 1.01)


def _pixel_aspect(source: Source) -> Fraction:
    aspect = source.stream.sample_aspect_ratio or source.stream.codec_context.sample_aspect_ratio
    return aspect if aspect and aspect > 0 else Fraction(1)
