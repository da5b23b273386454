"""Maps of evidence of an analysis on disk: two volumes beside the relevance, as long as it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.cancel import Check
from engine.errors import EngineError
from engine.store.arrays import Facts, GrowingArray, Growth, Shape, StoredArray
from engine.types import Float32Array
from engine.utils.schema import Finite, convert

NAMES = ("evidence_motion", "evidence_appearance")
"""Names of the arrays."""

_Array = GrowingArray | StoredArray
Maps = tuple[Float32Array, Float32Array]
"""Maps of motion and of appearance, float32 (n, h, w) each."""


@dataclass(frozen=True, slots=True, eq=False)
class MapsWritten:
    """The written part of both volumes.

    Attributes
    ----------
    growths : tuple of Growth
        Of motion and of appearance.
    quantiles : tuple of float
        What their scale is made of, as that of `Analysis.scale`.
    """

    growths: tuple[Growth, Growth]
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Settings:
    """The scale of maps, as analysis.json has it."""

    scale: Finite


class MapVolumes:
    """Both volumes, which grow or are finished."""

    def __init__(self, arrays: tuple[_Array, _Array], quantiles: list[float]) -> None:
        self._arrays = arrays
        self._quantiles = quantiles

    @classmethod
    def create(cls, group: Path, shape: Shape) -> MapVolumes:
        """Start both."""
        motion, appearance = (GrowingArray(group, name, shape) for name in NAMES)
        return cls((motion, appearance), [])

    @classmethod
    def open(cls, arrays: tuple[StoredArray, StoredArray], settings: object) -> MapVolumes:
        """Open finished ones, with the `settings` that were kept.

        Raises
        ------
        ValueError
            If these are none.
        """
        return cls(arrays, [convert(settings, _Settings, "maps").scale])

    @property
    def facts(self) -> Facts:
        """Facts of the files of maps that were written."""
        growing = [array for array in self._arrays if isinstance(array, GrowingArray)]
        return {name: facts for array in growing for name, facts in array.facts.items()}

    @classmethod
    def resumed(cls, group: Path, shape: Shape, done: MapsWritten, check: Check) -> MapVolumes:
        """Go on with both, after reading all of them.

        Raises
        ------
        KeyError, ValueError, OSError
            If what is stored is not what was written.
        """
        motion, appearance = (
            GrowingArray.resumed(group, name, shape, growth, check)
            for name, growth in zip(NAMES, done.growths, strict=True)
        )
        return cls((motion, appearance), list(done.quantiles))

    @property
    def written(self) -> int:
        """Steps whose maps can be read."""
        return min(array.written for array in self._arrays)

    @property
    def scale(self) -> float:
        """Absolute value of the sum of both drawn in the full colour, 0 before any."""
        return float(np.median(self._quantiles)) if self._quantiles else 0.0

    @property
    def settings(self) -> dict[str, float]:
        """What `open` needs, for JSON."""
        return {"scale": self.scale}

    @property
    def progress(self) -> MapsWritten:
        """The written part, for `resumed`."""
        motion, appearance = self._arrays
        if not (isinstance(motion, GrowingArray) and isinstance(appearance, GrowingArray)):
            raise TypeError("maps that were opened cannot grow")
        return MapsWritten((motion.growth, appearance.growth), tuple(self._quantiles))

    def append(self, maps: Maps) -> None:
        """Add the maps of further steps."""
        if maps[0].size:
            self._quantiles.append(high_quantile(np.abs(maps[0] + maps[1])))
        for array, part in zip(self._arrays, maps, strict=True):
            if isinstance(array, GrowingArray):
                array.append(part)

    def read(self, start: int, stop: int) -> Maps:
        """Return the maps of steps [start, stop)."""
        motion, appearance = (array.read(start, stop) for array in self._arrays)
        return motion, appearance


def high_quantile(values: Float32Array) -> float:
    """Return the 99.5 % quantile, of some of the values where they are many."""
    flat = values.ravel()
    return float(np.quantile(flat[:: max(1, flat.size // 200_000)], 0.995))


def no_maps(wanted: bool) -> EngineError:
    """Return the error of an analysis without maps, which were asked for or not."""
    if wanted:
        return EngineError(
            "Maps of evidence could not be made in this analysis.",
            "Choose another separation; the notes of the analysis say why.",
        )
    return EngineError(
        "This analysis has no maps of evidence.",
        "Explain again with the separation evidence, or choose another one.",
    )
