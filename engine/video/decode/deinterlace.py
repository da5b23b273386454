"""One whole picture made of an interlaced one and its neighbours, by FFmpeg's bwdif."""

from __future__ import annotations

from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame

_TIME_BASE = Fraction(1, 1000)


def deinterlaced(
    before: VideoFrame | None, frame: VideoFrame, after: VideoFrame | None
) -> VideoFrame:
    """Return the picture of a frame's first field, the other field's lines filled in.

    The same for the same three frames, whatever was read before. The field order is that of
    the frame.

    Parameters
    ----------
    before, after : VideoFrame or None
        Its neighbours in display order; None, or one of another size, counts as absent.
    frame : VideoFrame
        Interlaced.
    """
    beside = [_fits(other, frame) for other in (before, after)]
    inputs = [beside[0] or frame, frame, beside[1] or frame]
    graph = _graph(frame)
    for number, part in enumerate(inputs):
        _push(graph, part, number)
    graph.push(None)
    for number in range(len(inputs)):
        picture = graph.pull()
        assert isinstance(picture, VideoFrame)
        if number == 1:
            return picture
    raise AssertionError("unreachable")


def _fits(other: VideoFrame | None, frame: VideoFrame) -> VideoFrame | None:
    if other is None:
        return None
    kind = (other.width, other.height, other.format.name)
    return other if kind == (frame.width, frame.height, frame.format.name) else None


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    start = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_TIME_BASE
    )
    whole = graph.add("bwdif", "mode=send_frame:parity=auto:deint=all")
    graph.link_nodes(start, whole, graph.add("buffersink")).configure()
    return graph


def _push(graph: Graph, frame: VideoFrame, number: int) -> None:
    """Push a shared frame under another time, then restore its own."""
    stamp = frame.pts, frame.time_base
    frame.pts, frame.time_base = number, _TIME_BASE
    try:
        graph.push(frame)
    finally:
        frame.pts = stamp[0]
        if stamp[1] is not None:
            frame.time_base = stamp[1]
