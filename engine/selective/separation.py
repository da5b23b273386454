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
from typing import Protocol

import numpy as np

from engine.cancel import Check, never
from engine.selective.derivative import derivative_between, time_means
from engine.selective.recipes import recipe_for
from engine.selective.split import rescaled, threshold_at
from engine.types import Float32Array, Float64Array, Int64Array, Preset

CHUNK_STEPS = 32
CACHE_BYTES = 512 * 2**20


class Source(Protocol):
    """Where relevance comes from: sampled steps, each belonging to a frame."""

    @property
    def step_frames(self) -> Int64Array:
        """Frame of each step, counted from the start of the range, int64 (M,), increasing."""

    @property
    def frame_count(self) -> int:
        """Frames in the range, N."""

    @property
    def steps_written(self) -> int:
        """Steps that can be read by now; M when complete."""

    @property
    def time_step(self) -> int:
        """Steps that share one time step of the relevance: 1, or more for coarse maps."""

    def read_steps(self, start: int, stop: int) -> Float32Array:
        """Relevance of steps [start, stop), float32 (n, h, w)."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameMaps:
    """Relevance of one frame and its two parts, each float32 (h, w); motion + static = relevance.

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
    motion_share : float64 array, (n,)
        motion / relevance, 0 to 1; nan where the frame has no relevance.
    clip_motion_share : float
        The same over all sampled frames.
    threshold, std : float
        Threshold and standard deviation of the temporal derivative.
    """

    relevance: Float64Array
    motion: Float64Array
    static: Float64Array
    signed_relevance: Float64Array
    motion_share: Float64Array
    clip_motion_share: float
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
    """One preset on one source; safe to use from several threads.

    Parameters
    ----------
    source : Source
        The relevance, which may still be growing.
    preset : str
        Name of the recipe.
    """

    def __init__(self, source: Source, preset: Preset) -> None:
        self._source = source
        self.preset = preset
        self._recipe = recipe_for(preset)
        self._lock = threading.RLock()
        self._chunks: OrderedDict[tuple[int, int], _Chunk] = OrderedDict()
        self._moments: dict[tuple[int, int], tuple[int, float, float]] = {}
        self._extremes: dict[tuple[int, int], tuple[float, float]] = {}
        self._range: tuple[float, float] | None = None
        self._known_std: tuple[int, np.float32] | None = None

    @property
    def steps_ready(self) -> int:
        """Steps whose derivative is final: a time step fewer than written until all are."""
        written, together = self._source.steps_written, self._source.time_step
        if written == len(self._source.step_frames):
            return written
        return max(written // together - 1, 0) * together

    @property
    def frames_ready(self) -> int:
        """Frames from the start of the range that can be separated."""
        return self._frames_of(self.steps_ready)

    def std(self) -> np.float32:
        """Standard deviation of the temporal derivative over the sampled frames ready."""
        with self._lock:
            ready = self.steps_ready
            if self._known_std is None or self._known_std[0] != ready:
                self._follow_range()
                self._known_std = ready, self._std_of(list(self._spans(ready)))
            return self._known_std[1]

    def _std_of(self, spans: list[tuple[int, int]]) -> np.float32:
        count, mean, squares = 0, 0.0, 0.0
        for start, stop in spans:
            n, m, s = self._moments_of(start, stop)
            total = count + n
            squares += s + (m - mean) ** 2 * count * n / total
            mean += (m - mean) * n / total
            count = total
        return np.float32(np.sqrt(squares / (count - 1))) if count > 1 else np.float32(0)

    def threshold(self, sigma: float) -> float:
        """Threshold at that sigma, in the derivative's unit."""
        return threshold_at(sigma, self.std())

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
            if self._known_std is None:
                return None
            threshold = threshold_at(sigma, self._known_std[1])
            return _separated(*self._interpolated(frame, frame + 1), threshold)
        finally:
            self._lock.release()

    def frames(self, start: int, stop: int, sigma: float) -> FrameMaps:
        """Separate frames [start, stop) of the range; the maps are then (n, h, w)."""
        threshold = self.threshold(sigma)
        relevance, compared = self._frames(start, stop)
        mask = compared > threshold
        return FrameMaps(relevance, relevance * mask, relevance * ~mask)

    def curves(self, sigma: float, check: Check = never) -> Curves:
        """Numbers of every frame that is ready; `check` is called once a chunk."""
        std = self.std()
        threshold = threshold_at(sigma, std)
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
            motion_share=_ratio(motion, whole),
            clip_motion_share=float(_ratio(motion[sampled].sum(), whole[sampled].sum())),
            threshold=threshold,
            std=float(std),
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
        relevance, difference = self._with_neighbours(start, stop)
        derivative = derivative_between(difference, self._recipe.padding)
        if self._source.time_step > 1:
            derivative = derivative.repeat(self._source.time_step, 0)[: stop - start]
        compared = np.abs(derivative) if self._recipe.two_sided else derivative
        spread = np.abs(derivative) if self._recipe.std_of_absolute else derivative
        mean = float(spread.mean(dtype=np.float64))
        squares = float(spread.var(dtype=np.float64)) * spread.size
        return _Chunk(relevance, compared, spread.size, mean, squares)

    def _with_neighbours(self, start: int, stop: int) -> tuple[Float32Array, Float32Array]:
        """Relevance of steps [start, stop), and before minus after each time step in it."""
        total, together = len(self._source.step_frames), self._source.time_step
        low, high = max(start - together, 0), min(stop + together, total)
        volume = self._source.read_steps(low, high)
        if self._range is not None:
            volume = rescaled(volume, *map(np.float32, self._range))
        relevance = volume[start - low : start - low + stop - start]
        mode = "edge" if self._recipe.padding == "edge" else "constant"
        ends = (int(low == start), int(high == stop))
        means = time_means(volume, together)
        padded = np.pad(means, (ends, (0, 0), (0, 0)), mode=mode)  # type: ignore[call-overload]
        return relevance, padded[:-2] - padded[2:]

    def _follow_range(self) -> None:
        """Learn the volume's extremes where the recipe rescales; chunks of other ones are stale."""
        if not self._recipe.rescale:
            return
        spans = list(self._spans(self.steps_ready))  # once: the source may grow meanwhile
        for start, stop in spans:
            if (start, stop) not in self._extremes:
                volume = self._source.read_steps(start, stop)
                self._extremes[start, stop] = (float(volume.min()), float(volume.max()))
        lowest = min((self._extremes[span][0] for span in spans), default=0.0)
        highest = max((self._extremes[span][1] for span in spans), default=0.0)
        wanted = (lowest, highest) if lowest < 0 else None
        if wanted != self._range:
            self._range = wanted
            self._chunks.clear()
            self._moments.clear()
            self._known_std = None


def _separated(relevance: Float32Array, compared: Float32Array, threshold: float) -> FrameMaps:
    """The only frame of two stacks, separated."""
    mask = compared[0] > threshold
    return FrameMaps(relevance[0], relevance[0] * mask, relevance[0] * ~mask)


def _sums(relevance: Float32Array, compared: Float32Array, threshold: float) -> Float64Array:
    count = len(relevance)
    flat = relevance.reshape(count, -1)
    size = np.abs(flat)
    mask = compared.reshape(count, -1) > threshold
    kept = np.einsum("ij,ij->i", size, mask.astype(np.float32), dtype=np.float64, casting="unsafe")
    return np.stack([flat.sum(1, dtype=np.float64), size.sum(1, dtype=np.float64), kept])


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
