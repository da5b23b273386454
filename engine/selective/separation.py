"""Selective relevance of a volume that grows and may not fit in memory, at any sigma.

The whole volume is never held: derivatives are made chunk by chunk from a source on disk and
the standard deviation is pooled over chunks, so that the answer is that of `split` on the
whole volume. Frames between two sampled ones are interpolated from their neighbours: the
derivative too, because differentiating an interpolated map would measure the interpolation.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.cancel import Check, never
from engine.selective.chunks import Source, signed_chunk, steps_final
from engine.selective.presets import preset_params
from engine.selective.split import threshold_at
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
    threshold, std : float
        Threshold, and standard deviation of what is compared with it.
    """

    relevance: Float64Array
    motion: Float64Array
    static: Float64Array
    signed_relevance: Float64Array
    changing_share: Float64Array
    clip_changing_share: float
    threshold: float
    std: float


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    relevance: Float32Array
    compared: Float32Array
    count: int
    mean: float
    squares: float


class Separation:
    """One preset on one source, safe to use from several threads.

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
        self._moments: dict[tuple[int, int], tuple[int, float, float]] = {}
        self._extremes: dict[tuple[int, int], tuple[float, float]] = {}
        self._range: tuple[float, float] | None = None
        self._known_spread: tuple[int, np.float32, np.float32] | None = None

    @property
    def steps_ready(self) -> int:
        """Steps whose comparison is final: some fewer than written until all are."""
        return steps_final(self._source, self._params)

    @property
    def frames_ready(self) -> int:
        """Frames from the start of the range that can be separated."""
        return self._frames_of(self.steps_ready)

    def std(self) -> np.float32:
        """Return the standard deviation of the compared values over the sampled frames ready."""
        return self._spread()[1]

    def threshold(self, sigma: float) -> float:
        """Threshold at that sigma, in the unit of what is compared."""
        return self._threshold(sigma, self._spread())

    def _spread(self) -> tuple[np.float32, np.float32]:
        """Mean and standard deviation of what is compared, over the sampled frames ready."""
        with self._lock:
            ready = self.steps_ready
            if self._known_spread is None or self._known_spread[0] != ready:
                self._follow_range()
                self._known_spread = ready, *self._spread_of(list(self._spans(ready)))
            return self._known_spread[1:]

    def _spread_of(self, spans: list[tuple[int, int]]) -> tuple[np.float32, np.float32]:
        count, mean, squares = 0, 0.0, 0.0
        for start, stop in spans:
            n, m, s = self._moments_of(start, stop)
            total = count + n
            squares += s + (m - mean) ** 2 * count * n / total
            mean += (m - mean) * n / total
            count = total
        std = np.sqrt(squares / (count - 1)) if count > 1 else 0.0
        return np.float32(mean), np.float32(std)

    def _threshold(self, sigma: float, spread: tuple[np.float32, np.float32]) -> float:
        return threshold_at(sigma, spread[1], spread[0] if self._params.above_mean else None)

    def frame(self, frame: int, sigma: float) -> FrameMaps:
        """Separate one frame of the range (counted from its start, below `frames_ready`)."""
        threshold = self.threshold(sigma)
        return _separated(*self._frames(frame, frame + 1), threshold)

    def frame_soon(self, frame: int, sigma: float, wait_s: float) -> FrameMaps | None:
        """As `frame`, but None rather than deriving everything or waiting long for who does.

        While the source grows, the threshold may be that of a moment ago.
        """
        if not self._lock.acquire(timeout=wait_s):
            return None
        try:
            if self._known_spread is None:
                return None
            threshold = self._threshold(sigma, self._known_spread[1:])
            return _separated(*self._interpolated(frame, frame + 1), threshold)
        finally:
            self._lock.release()

    def frames(self, start: int, stop: int, sigma: float) -> FrameMaps:
        """Separate frames [start, stop) of the range into maps (n, h, w)."""
        threshold = self.threshold(sigma)
        relevance, compared = self._frames(start, stop)
        mask = compared > threshold
        return FrameMaps(relevance, relevance * mask, relevance * ~mask)

    def curves(self, sigma: float, check: Check = never) -> Curves:
        """Return the numbers of every frame that is ready, calling `check` once a chunk."""
        spread = self._spread()
        threshold = self._threshold(sigma, spread)
        rows = []
        steps = self.steps_ready  # once: the source may grow meanwhile
        ready = self._frames_of(steps)
        for start in range(0, ready, CHUNK_STEPS):
            check()
            relevance, compared = self._frames(start, min(start + CHUNK_STEPS, ready))
            rows.append(_sums(relevance, compared, threshold))
        signed, whole, motion = np.concatenate(rows, axis=1) if rows else np.zeros((3, 0))
        sampled = self._source.step_frames[:steps]
        return Curves(
            relevance=whole,
            motion=motion,
            static=whole - motion,
            signed_relevance=signed,
            changing_share=_ratio(motion, whole),
            clip_changing_share=float(_ratio(motion[sampled].sum(), whole[sampled].sum())),
            threshold=threshold,
            std=float(spread[1]),
        )

    def _frames_of(self, steps: int) -> int:
        """Frames from the start of the range that the first steps cover."""
        frames = self._source.step_frames
        if steps == len(frames):
            return self._source.frame_count
        return int(frames[steps - 1]) + 1 if steps else 0

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
        steps = self._source.step_frames
        position = np.interp(np.arange(start, stop), steps, np.arange(len(steps)))
        first = int(position[0])
        last = min(int(np.ceil(position[-1])) + 1, self.steps_ready)
        relevance, compared = self._steps(first, last)
        if len(relevance) == stop - start and np.all(position == np.arange(first, last)):
            return relevance, compared
        return _between(relevance, position - first), _between(compared, position - first)

    def _steps(self, start: int, stop: int) -> tuple[Float32Array, Float32Array]:
        parts = []
        for low, high in self._spans(self.steps_ready):
            if low < stop and high > start:
                chunk = self._chunk(low, high)
                inside = slice(max(start - low, 0), stop - low)
                parts.append((chunk.relevance[inside], chunk.compared[inside]))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _moments_of(self, start: int, stop: int) -> tuple[int, float, float]:
        if (start, stop) not in self._moments:
            chunk = self._chunk(start, stop)
            self._moments[start, stop] = (chunk.count, chunk.mean, chunk.squares)
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
        relevance, derivative = signed_chunk(self._source, self._params, self._range, start, stop)
        compared = np.abs(derivative) if self._params.two_sided else derivative
        spread = np.abs(derivative) if self._params.std_of_absolute else derivative
        mean = float(spread.mean(dtype=np.float64))
        squares = float(spread.var(dtype=np.float64)) * spread.size
        return _Chunk(relevance, compared, spread.size, mean, squares)

    def _follow_range(self) -> None:
        """Update the extremes of a volume that is rescaled, and drop chunks made with others."""
        if not self._params.rescale:
            return
        spans = list(self._spans(self.steps_ready))  # once: the source may grow meanwhile
        for start, stop in spans:
            if (start, stop) not in self._extremes:
                volume = self._source.read_steps(start, stop)
                self._extremes[start, stop] = (float(volume.min()), float(volume.max()))
        lowest = min((self._extremes[span][0] for span in spans), default=0.0)
        highest = max((self._extremes[span][1] for span in spans), default=0.0)
        extremes = (lowest, highest) if lowest < 0 else None
        if extremes != self._range:
            self._range = extremes
            self._chunks.clear()
            self._moments.clear()
            self._known_spread = None


def _separated(relevance: Float32Array, compared: Float32Array, threshold: float) -> FrameMaps:
    """Return the maps of the only frame of two stacks."""
    mask = compared[0] > threshold
    return FrameMaps(relevance[0], relevance[0] * mask, relevance[0] * ~mask)


def _sums(relevance: Float32Array, compared: Float32Array, threshold: float) -> Float64Array:
    count = len(relevance)
    flat = relevance.reshape(count, -1)
    size = np.abs(flat)
    mask = compared.reshape(count, -1) > threshold
    motion = np.einsum(
        "ij,ij->i", size, mask.astype(np.float32), dtype=np.float64, casting="unsafe"
    )
    return np.stack([flat.sum(1, dtype=np.float64), size.sum(1, dtype=np.float64), motion])


def _between(steps: Float32Array, position: Float64Array) -> Float32Array:
    low = np.clip(position.astype(np.int64), 0, len(steps) - 1)
    high = np.clip(low + 1, 0, len(steps) - 1)
    part = (position - low).astype(np.float32)[:, None, None]
    between: Float32Array = steps[low] * (1 - part) + steps[high] * part
    return between


def _ratio(part: Float64Array, whole: Float64Array) -> Float64Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Float64Array = np.divide(part, whole)
    return ratio
