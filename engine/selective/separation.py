"""Selective relevance of a volume that grows and may not fit in memory, at any sigma.

The whole volume is never held: derivatives are made chunk by chunk from a source on disk. Each
step is compared within the volume of one window around it (`engine.selective.spread`), so that
the answer for a range of one window is that of `split`, and the numbers of a frame in a longer
one do not depend on what is far away. Frames between two sampled ones are interpolated from their
neighbours: the derivative too, because differentiating an interpolated map would measure the
interpolation.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.cancel import Check, never
from engine.selective.chunks import Source, signed_chunk, steps_final
from engine.selective.interpolation import Span, counted_frames, frames_of_steps
from engine.selective.presets import preset_params
from engine.selective.rescaling import Extremes, Rescaling, extremes_of, rescaling_of
from engine.selective.spread import Moments, Spread, moments_of, spread_of
from engine.types import Float32Array, Float64Array, Preset

CHUNK_STEPS = 32
CACHE_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class FrameMaps:
    """Relevance of one frame and its parts, ``motion + static == relevance``.

    Attributes
    ----------
    relevance, motion, static : float32 array, (h, w)
    """

    relevance: Float32Array
    motion: Float32Array
    static: Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Numbers per frame for the frames that are ready.

    Attributes
    ----------
    relevance, motion, static : float64 array, (n,)
        Sum over the frame of absolute relevance, of its motion part, of its static part.
    signed_relevance : float64 array, (n,)
        Plain sum over the frame.
    changing_share : float64 array, (n,)
        motion / relevance, 0 to 1; nan where the frame has no relevance.
    clip_changing_share : float
        The same over all sampled frames.
    threshold, std : float32 array, (n,)
        Threshold of each frame, and standard deviation of what is compared with it, in the volume
        of one window around the frame.
    """

    relevance: Float64Array
    motion: Float64Array
    static: Float64Array
    signed_relevance: Float64Array
    changing_share: Float64Array
    clip_changing_share: float
    threshold: Float32Array
    std: Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    relevance: Float32Array
    compared: Float32Array
    moments: Moments


class Separation:
    """One preset that splits relevance, on one source, safe to use from several threads.

    Parameters
    ----------
    source : Source
        The relevance, which may still be growing.
    preset : str
        Name of the preset.
    """

    def __init__(self, source: Source, preset: Preset) -> None:
        self._source = source
        self.preset = preset
        self._params = preset_params(preset)
        self._lock = threading.RLock()
        self._chunks: OrderedDict[tuple[int, int], _Chunk] = OrderedDict()
        self._moments: dict[tuple[int, int], Moments] = {}
        self._extremes: dict[tuple[int, int], Extremes] = {}
        self._rescaling: Rescaling | None = None
        self._known_spread: Spread | None = None

    @property
    def steps_ready(self) -> int:
        """Steps whose comparison is final: some fewer than written until all are."""
        return steps_final(self._source, self._params)

    @property
    def frames_ready(self) -> int:
        """Frames from the start of the range that can be separated."""
        return self._frames_of(self.steps_ready)

    @property
    def is_rescaled(self) -> bool:
        """True for signed relevance that the preset scales to 0..1, once anything is separated."""
        return self._rescaling is not None

    def _spread(self) -> Spread:
        """Mean and standard deviation of what is compared, of every step that is ready."""
        with self._lock:
            ready = self.steps_ready
            if self._known_spread is None or len(self._known_spread.std) != ready:
                self._follow_range()
                self._known_spread = self._spread_over(list(self._spans(ready)))
            return self._known_spread

    def _spread_over(self, spans: list[tuple[int, int]]) -> Spread:
        parts = [self._moments_of(start, stop) for start, stop in spans]
        moments = Moments(
            np.concatenate([part.mean for part in parts] or [np.zeros(0)]),
            np.concatenate([part.squares for part in parts] or [np.zeros(0)]),
            parts[0].count if parts else 0,
        )
        return spread_of(moments, self._source.window_steps, self._source.time_step)

    def _thresholds(self, spread: Spread, sigma: float, start: int, stop: int) -> Float32Array:
        """Thresholds of frames [start, stop), interpolated as what is compared with them."""
        steps = spread.thresholds(sigma, above_mean=self._params.above_mean)
        return self._at_frames(steps, start, stop)

    def _at_frames(self, steps: Float32Array, start: int, stop: int) -> Float32Array:
        frames = self._source.step_frames[: len(steps)]
        return np.interp(np.arange(start, stop), frames, steps).astype(np.float32)

    def _unit(self, steps: int, frames: int) -> Float32Array:
        """Relevance that became 1 in the scale of each frame, or 1 where nothing is scaled."""
        scale = self._rescaling
        if scale is None:
            return np.ones(frames, np.float32)
        return self._at_frames(scale.extent[:steps], 0, frames)

    def frame(self, frame: int, sigma: float) -> FrameMaps:
        """Separate one frame of the range (counted from its start, below `frames_ready`)."""
        (threshold,) = self._thresholds(self._spread(), sigma, frame, frame + 1)
        return _separated(*self._frames(frame, frame + 1), threshold)

    def frame_soon(self, frame: int, sigma: float, wait_s: float) -> FrameMaps | None:
        """As `frame`, but None rather than deriving everything or waiting long for who does.

        While the source grows, the threshold may be that of a moment ago.
        """
        if not self._lock.acquire(timeout=wait_s):
            return None
        try:
            self._follow_range()
            if self._known_spread is None or not len(self._known_spread.std):
                return None
            (threshold,) = self._thresholds(self._known_spread, sigma, frame, frame + 1)
            return _separated(*self._interpolated(frame, frame + 1), threshold)
        finally:
            self._lock.release()

    def frames(self, start: int, stop: int, sigma: float) -> FrameMaps:
        """Separate frames [start, stop) of the range into maps (n, h, w)."""
        thresholds = self._thresholds(self._spread(), sigma, start, stop)
        relevance, compared = self._frames(start, stop)
        mask = compared > thresholds[:, None, None]
        return FrameMaps(relevance, relevance * mask, relevance * ~mask)

    def curves(self, sigma: float, check: Check = never) -> Curves:
        """Return the numbers of every frame that is ready, calling `check` once a chunk."""
        spread = self._spread()
        rows = []
        steps = len(spread.std)  # not those ready by now: the source may grow meanwhile
        ready = self._frames_of(steps)
        thresholds = self._thresholds(spread, sigma, 0, ready) if steps else spread.std
        for start in range(0, ready, CHUNK_STEPS):
            check()
            stop = min(start + CHUNK_STEPS, ready)
            rows.append(_sums(*self._frames(start, stop), thresholds[start:stop]))
        unit = self._unit(steps, ready)
        signed, whole, motion = np.concatenate(rows, axis=1) if rows else np.zeros((3, 0))
        sampled = counted_frames(self._source, steps, ready)
        return Curves(
            relevance=whole,
            motion=motion,
            static=whole - motion,
            signed_relevance=signed,
            changing_share=ratio(motion, whole),
            clip_changing_share=float(ratio(motion[sampled].sum(), whole[sampled].sum())),
            threshold=thresholds / unit,
            std=(self._at_frames(spread.std, 0, ready) if steps else spread.std) / unit,
        )

    def _frames_of(self, steps: int) -> int:
        """Frames from the start of the range that the first steps cover."""
        return frames_of_steps(self._source.step_frames, self._source.frame_count, steps)

    def _spans(self, ready: int) -> Iterator[tuple[int, int]]:
        together = self._source.time_step
        length = max(CHUNK_STEPS // together, 1) * together
        for start in range(0, ready, length):
            yield start, min(start + length, ready)

    def _frames(self, start: int, stop: int) -> tuple[Float32Array, Float32Array]:
        """Relevance and compared derivative of frames [start, stop), interpolated between steps."""
        with self._lock:
            self._follow_range()
            return self._interpolated(start, stop)

    def _interpolated(self, start: int, stop: int) -> tuple[Float32Array, Float32Array]:
        span = Span(self._source.step_frames, start, stop, self.steps_ready)
        relevance, compared = self._steps(span.first, span.last)
        scaled = self._rescaling is not None  # to 0..1, of which there is no sum
        return (span.means if scaled else span.sums)(relevance), span.means(compared)

    def _steps(self, start: int, stop: int) -> tuple[Float32Array, Float32Array]:
        parts = []
        for low, high in self._spans(self.steps_ready):
            if low < stop and high > start:
                chunk = self._chunk(low, high)
                inside = slice(max(start - low, 0), stop - low)
                relevance = chunk.relevance[inside]
                if self._rescaling is not None:
                    relevance = self._rescaling.of_steps(relevance, max(start, low))
                parts.append((relevance, chunk.compared[inside]))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _moments_of(self, start: int, stop: int) -> Moments:
        if (start, stop) not in self._moments:
            self._moments[start, stop] = self._chunk(start, stop).moments
        return self._moments[start, stop]

    def _chunk(self, start: int, stop: int) -> _Chunk:
        chunk = self._chunks.get((start, stop))
        if chunk is None:
            chunk = self._made_chunk(start, stop)
            self._chunks[start, stop] = chunk
            size = chunk.relevance.nbytes + chunk.compared.nbytes
            while len(self._chunks) > max(2, CACHE_BYTES // size):
                self._chunks.popitem(last=False)
        self._chunks.move_to_end((start, stop))
        return chunk

    def _made_chunk(self, start: int, stop: int) -> _Chunk:
        relevance, derivative = signed_chunk(
            self._source, self._params, self._beyond(), start, stop
        )
        compared = np.abs(derivative) if self._params.two_sided else derivative
        spread = np.abs(derivative) if self._params.std_of_absolute else derivative
        return _Chunk(relevance, compared, moments_of(spread))

    def _beyond(self) -> tuple[float, float]:
        """Relevance before and after the range, of a preset that has zeros there."""
        scale = self._rescaling
        return (0.0, 0.0) if scale is None else (float(scale.low[0]), float(scale.low[-1]))

    def _follow_range(self) -> None:
        """Update the scale of a volume that is rescaled, and drop the chunk made with another."""
        if not self._params.rescale:
            return
        spans = list(self._spans(self.steps_ready))  # once: the source may grow meanwhile
        for start, stop in spans:
            if (start, stop) not in self._extremes:
                self._extremes[start, stop] = extremes_of(self._source.read_steps(start, stop))
        parts = [self._extremes[span] for span in spans]
        before = self._beyond()[0]
        self._rescaling = _rescaling(parts, self._source) if parts else None
        if self._beyond()[0] != before:
            self._known_spread = None
            for made in [span for span in self._chunks if not span[0]]:
                del self._chunks[made]
            for made in [span for span in self._moments if not span[0]]:
                del self._moments[made]


def _rescaling(parts: list[Extremes], source: Source) -> Rescaling | None:
    low, high = (np.concatenate([getattr(part, end) for part in parts]) for end in ("low", "high"))
    return rescaling_of(Extremes(low, high), source.window_steps, source.time_step)


def _separated(relevance: Float32Array, compared: Float32Array, threshold: np.float32) -> FrameMaps:
    """Return the maps of the only frame of two stacks."""
    mask = compared[0] > threshold
    return FrameMaps(relevance[0], relevance[0] * mask, relevance[0] * ~mask)


def _sums(relevance: Float32Array, compared: Float32Array, threshold: Float32Array) -> Float64Array:
    count = len(relevance)
    flat = relevance.reshape(count, -1)
    size = np.abs(flat)
    mask = compared.reshape(count, -1) > threshold[:, None]
    motion = np.einsum(
        "ij,ij->i", size, mask.astype(np.float32), dtype=np.float64, casting="unsafe"
    )
    return np.stack([flat.sum(1, dtype=np.float64), size.sum(1, dtype=np.float64), motion])


def ratio(part: Float64Array, whole: Float64Array) -> Float64Array:
    """Return part / whole, nan where both are zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Float64Array = np.divide(part, whole)
    return share
