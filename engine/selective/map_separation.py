"""The separation "evidence": two maps that were computed, read from disk while they grow.

Nothing is derived and nothing is compared with a threshold. Frames between two sampled ones are
interpolated as those of `engine.selective.separation`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

import numpy as np

from engine.cancel import Check, never
from engine.selective.interpolation import SampledSteps, Span, counted_frames, frames_of_steps
from engine.selective.separation import Curves, FrameMaps, ratio
from engine.types import Float32Array, Float64Array, Preset

CHUNK_STEPS = 32
CACHE_BYTES = 256 * 2**20

_Maps = tuple[Float32Array, Float32Array]


class MapsSource(SampledSteps, Protocol):
    """Source of two maps of sampled steps."""

    @property
    def maps_written(self) -> int:
        """Steps whose maps can be read by now."""

    def read_maps(self, start: int, stop: int) -> _Maps:
        """Return motion and appearance of steps [start, stop), float32 (n, h, w) each."""


class MapSeparation:
    """Maps of evidence as a separation, safe to use from several threads.

    Motion is what movement changes, static is what the picture gives, and relevance is their
    sum. Sigma changes nothing.

    Parameters
    ----------
    source : MapsSource
        The maps, which may still be growing.
    """

    preset: Preset = "evidence"
    is_rescaled = False

    def __init__(self, source: MapsSource) -> None:
        self._source = source
        self._lock = threading.RLock()
        self._chunks: OrderedDict[tuple[int, int], _Maps] = OrderedDict()

    @property
    def steps_ready(self) -> int:
        """Steps that can be read: all that are written."""
        return self._source.maps_written

    @property
    def frames_ready(self) -> int:
        """Frames from the start of the range that can be read."""
        return self._frames_of(self.steps_ready)

    def frame(self, frame: int, sigma: float) -> FrameMaps:
        """Return the maps of one frame of the range, below `frames_ready`."""
        motion, static = self._frames(frame, frame + 1)
        return FrameMaps(motion[0] + static[0], motion[0], static[0])

    def frame_soon(self, frame: int, sigma: float, wait_s: float) -> FrameMaps | None:
        """As `frame`, but None rather than waiting long for who reads."""
        if not self._lock.acquire(timeout=wait_s):
            return None
        try:
            return self.frame(frame, sigma)
        finally:
            self._lock.release()

    def frames(self, start: int, stop: int, sigma: float) -> FrameMaps:
        """Return the maps of frames [start, stop) of the range, (n, h, w)."""
        motion, static = self._frames(start, stop)
        return FrameMaps(motion + static, motion, static)

    def curves(self, sigma: float, check: Check = never) -> Curves:
        """Return the numbers of every frame that is ready, calling `check` once a chunk.

        The two maps may cancel in a pixel, so ``relevance`` is here the sum of both sizes, and
        the changing share sum|motion| / (sum|motion| + sum|static|). There is no threshold: nan.
        """
        steps, rows = self.steps_ready, []
        ready = self._frames_of(steps)  # once: the source may grow meanwhile
        for start in range(0, ready, CHUNK_STEPS):
            check()
            rows.append(_sums(*self._frames(start, min(start + CHUNK_STEPS, ready))))
        signed, motion, static = np.concatenate(rows, axis=1) if rows else np.zeros((3, 0))
        whole = motion + static
        sampled = counted_frames(self._source, steps, ready)
        undefined = np.full(ready, np.nan, np.float32)
        return Curves(
            relevance=whole,
            motion=motion,
            static=static,
            signed_relevance=signed,
            changing_share=ratio(motion, whole),
            clip_changing_share=float(ratio(motion[sampled].sum(), whole[sampled].sum())),
            threshold=undefined,
            std=undefined,
        )

    def _frames_of(self, steps: int) -> int:
        return frames_of_steps(self._source.step_frames, self._source.frame_count, steps)

    def _frames(self, start: int, stop: int) -> _Maps:
        """Both maps of frames [start, stop), interpolated between steps."""
        with self._lock:
            span = Span(self._source.step_frames, start, stop, self.steps_ready)
            motion, static = self._steps(span.first, span.last)
        return span.sums(motion), span.sums(static)

    def _steps(self, start: int, stop: int) -> _Maps:
        ready, parts = self.steps_ready, []
        for low in range(start // CHUNK_STEPS * CHUNK_STEPS, stop, CHUNK_STEPS):
            chunk = self._chunk(low, min(low + CHUNK_STEPS, ready))
            parts.append([one[max(start - low, 0) : stop - low] for one in chunk])
        motion, static = zip(*parts, strict=True)
        if len(parts) == 1:
            return motion[0], static[0]
        return np.concatenate(motion), np.concatenate(static)

    def _chunk(self, start: int, stop: int) -> _Maps:
        chunk = self._chunks.get((start, stop))
        if chunk is None:
            chunk = self._chunks[start, stop] = self._source.read_maps(start, stop)
            most = max(2, CACHE_BYTES // (2 * max(chunk[0].nbytes, 1)))
            while len(self._chunks) > most:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end((start, stop))
        return chunk


def _sums(motion: Float32Array, static: Float32Array) -> Float64Array:
    """Return the plain sum, and the sums of sizes of both maps, float64 (3, n)."""
    signed = motion.sum((1, 2), dtype=np.float64) + static.sum((1, 2), dtype=np.float64)
    sizes = (np.abs(one).sum((1, 2), dtype=np.float64) for one in (motion, static))
    return np.stack([signed, *sizes])
