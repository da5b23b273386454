"""Photographs: frames with an EXIF block, which says how the camera was held.

FFmpeg turns that into a display matrix. PyAV 18 knows no side data of the block's type and then
gives none at all, so the block has to go before anybody can look.
"""

from __future__ import annotations

from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame

_EXIF = 31  # AV_FRAME_DATA_EXIF; the filter knows no name for it


def without_exif(frame: VideoFrame) -> VideoFrame:
    """Return the same picture without an EXIF block, so that its side data can be read."""
    try:
        len(frame.side_data)
    except ValueError:
        return filtered(frame, [("sidedata", f"mode=delete:type={_EXIF}")])
    return frame


def filtered(frame: VideoFrame, steps: list[tuple[str, str]]) -> VideoFrame:
    """Pass a frame through FFmpeg's filters, each a name and its options."""
    graph = Graph()
    start = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 25),
    )
    nodes = [graph.add(name, options) for name, options in steps]
    graph.link_nodes(start, *nodes, graph.add("buffersink")).configure()
    graph.push(frame)
    result = graph.pull()
    assert isinstance(result, VideoFrame)
    return result
