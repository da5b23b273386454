"""The camera: a hand that shakes, and how positions in the scene land in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Movement of the picture against the scene, frame by frame.

    Attributes
    ----------
    shift : float64 array, (T, 2)
        Displacement (x, y), in picture heights.
    angle : float64 array, (T,)
        Roll, in radians.
    zoom : float64 array, (T,)
        Factor about the picture's centre, near 1.
    """

    shift: FloatArray
    angle: FloatArray
    zoom: FloatArray

    def affine(self, frame: int, height: int, width: int) -> FloatArray:
        """Map of scene pixels to picture pixels in one frame, float64 (2, 3)."""
        cosine = np.cos(self.angle[frame]) * self.zoom[frame]
        sine = np.sin(self.angle[frame]) * self.zoom[frame]
        linear = np.array([[cosine, -sine], [sine, cosine]])
        centre = np.array([width / 2, height / 2])
        offset = centre - linear @ centre + self.shift[frame] * height
        return np.column_stack([linear, offset])


def hand_held(rng: np.random.Generator, times_s: FloatArray, strength: float) -> Camera:
    """Shake as of a hand: slow waves of a few frequencies.

    Parameters
    ----------
    rng : numpy Generator
        Decides frequencies and phases.
    times_s : float64 array, (T,)
        Times of the frames, in seconds.
    strength : float
        Typical displacement, in picture heights; 0 is a tripod.
    """
    waves = np.zeros((4, len(times_s)))
    for _ in range(3):
        rate_hz = rng.uniform(0.3, 3.0, (4, 1))
        phase = rng.uniform(0, 2 * np.pi, (4, 1))
        size = rng.normal(0, 1, (4, 1)) / (1 + rate_hz)
        waves += size * np.sin(2 * np.pi * rate_hz * times_s + phase)
    return Camera(
        shift=strength * waves[:2].T,
        angle=0.6 * strength * waves[2],
        zoom=np.asarray(1.0 + 0.6 * strength * waves[3]),
    )
