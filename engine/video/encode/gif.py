"""GIF in two passes: a palette of all frames, then the frames drawn with it.

The frames wait in a lossless file, so memory does not grow with their number.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.types import Progress, UInt8Array
from engine.video.encode.writer import Writer

STAGE = "Writing the GIF"

_TICK = Fraction(1, 100)
_SHORTEST_TICKS = 2
_PALETTE_SIZE = (16, 16)
_LOSSLESS = {"qp": "0", "preset": "ultrafast"}
_COARSE, _MIDDLE = np.uint8(0xFC), np.uint8(2)


class GifWriter(Writer):
    """Writes an endlessly repeated GIF with one palette of 256 colours, without dithering.

    Dots of dithered colours would be read as structure in a heatmap. Times are kept to 1/100 s,
    which is what GIF stores, without adding up the rounding. Players show nothing for less than
    2/100 s, so frames that come sooner than that after the one before are left out.

    Parameters are those of `Writer`.
    """

    _store: OutputContainer | None = None
    _target: OutputContainer | None = None

    def _open(self, path: Path) -> None:
        self._path = path
        self._stored = path.with_name("frames.mkv")
        self._store = av.open(f"file:{self._stored}", "w", format="matroska")
        stream = self._store.add_stream("libx264rgb", rate=self._rate, options=_LOSSLESS)
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "rgb24"
        self._store_stream = stream
        self._palette = Graph()
        sink = self._palette.add("buffersink")
        source = self._input(self._palette, (self._width, self._height))
        choice = self._palette.add("palettegen", "stats_mode=full:reserve_transparent=0")
        self._palette.link_nodes(source, choice, sink).configure()
        self._times: list[int] = []

    def _append(self, rgb: UInt8Array, tick: int) -> None:
        assert self._store is not None
        due = round(tick * self._time_base / _TICK)
        if self._times and due - self._times[-1] < _SHORTEST_TICKS:
            return
        # 64 steps a channel are finer than any palette, and bound the memory of the count
        self._palette.push(_bgra(rgb & _COARSE | _MIDDLE, len(self._times)))
        frame = VideoFrame.from_ndarray(rgb, "rgb24")
        frame.pts, frame.time_base = len(self._times), 1 / self._rate
        self._store.mux(self._store_stream.encode(frame))
        self._times.append(due)

    def _complete(self) -> None:
        assert self._store is not None
        self._store.mux(self._store_stream.encode(None))
        self._store.close()
        self._palette.push(None)
        palette = self._palette.vpull()
        self._target = self._open_target()
        stream = self._target.add_stream("gif", rate=100)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "pal8"
        stream.codec_context.time_base = _TICK
        for frame in self._drawn(palette):
            self._target.mux(stream.encode(frame))
        self._target.mux(stream.encode(None))
        self._target.close()

    def _open_target(self) -> OutputContainer:
        end = (self._last_tick * self._time_base + 1 / self._rate) / _TICK
        last_ticks = max(round(end) - self._times[-1], _SHORTEST_TICKS)
        return av.open(
            f"file:{self._path}", "w", format="gif", options={"final_delay": str(last_ticks)}
        )

    def _drawn(self, palette: VideoFrame) -> Iterator[VideoFrame]:
        """Frames in the colours of the palette, with progress."""
        graph, frames = self._drawing(palette)
        began, total = time.monotonic(), len(self._times)
        with av.open(f"file:{self._stored}") as stored:
            for done, frame in enumerate(stored.decode(video=0), 1):
                self._check()
                frame.pts, frame.time_base = self._times[done - 1], _TICK
                frames.push(frame.reformat(format="bgra"))
                yield from _pulled(graph)
                left = (time.monotonic() - began) / done * (total - done)
                self._report(Progress(STAGE, done, total, left))
        frames.push(None)
        yield from _pulled(graph)

    def _drawing(self, palette: VideoFrame) -> tuple[Graph, FilterContext]:
        graph = Graph()
        sink = graph.add("buffersink")
        frames = self._input(graph, (self._width, self._height))
        colours = self._input(graph, _PALETTE_SIZE)
        draw = graph.add("paletteuse", "dither=none")
        frames.link_to(draw, 0, 0)
        colours.link_to(draw, 0, 1)
        draw.link_to(sink)
        graph.configure()
        palette.pts, palette.time_base = 0, _TICK
        colours.push(palette)
        colours.push(None)
        return graph, frames

    @staticmethod
    def _input(graph: Graph, size: tuple[int, int]) -> FilterContext:
        return graph.add_buffer(
            width=size[0], height=size[1], format=VideoFormat("bgra"), time_base=_TICK
        )

    def _expected(self) -> int:
        return len(self._times)

    def _let_go(self) -> None:
        for container in (self._store, self._target):
            if container is not None:
                # does nothing after a success; after a failure it would hide the first error
                with contextlib.suppress(av.FFmpegError, OSError, ValueError):
                    container.close()


def _bgra(rgb: UInt8Array, number: int) -> VideoFrame:
    frame = VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="bgra")
    frame.pts, frame.time_base = number, _TICK
    return frame


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    with contextlib.suppress(av.BlockingIOError, av.EOFError):
        while True:
            frame = graph.pull()
            assert isinstance(frame, VideoFrame)
            frame.time_base = _TICK
            yield frame
