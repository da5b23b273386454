"""Maps of clips: a Zarr group for each, with the relevance of every window as it was computed.

``relevance`` is float16 (W, T, h, w), each window divided by its own ``scale``, float64 (W,), so
that the largest value is 1; zeros have the scale 0. A window is a chunk, and the windows are those
of the table of windows, in its order.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import numpy as np

from engine.attribution import Attribution
from engine.errors import EngineError, os_errors
from engine.store.zarr_files import Layout, write_chunk, write_description, write_group
from engine.study.place import remove
from engine.types import Float32Array

_HINT = "Make room there, or keep the maps of the telling clips alone (--maps telling)."


class MapKeeper:
    """The maps of a clip while it is measured, a context.

    Parameters
    ----------
    target : Path
        The group, which is there once it is whole.
    room : Path
        Where it grows, a folder that nobody else writes to.
    """

    def __init__(self, target: Path, room: Path) -> None:
        self._target, self._room = target, room
        self._scales: list[float] = []
        self._shape: tuple[int, ...] = ()

    def __enter__(self) -> MapKeeper:
        remove(self._room)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        remove(self._room)

    def keep(self, relevance: Attribution) -> None:
        """Add the map of the next window.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        values: Float32Array = relevance.relevance if relevance.native is None else relevance.native
        scale = float(np.abs(values).max(initial=0))
        self._shape = values.shape
        layout = Layout((1, *values.shape), (1, *values.shape), "float16")
        place = (len(self._scales), *(0 for _ in values.shape))
        self._scales.append(scale)
        with os_errors(EngineError, f"{self._target} cannot be written", _HINT):
            scaled = values / (scale or 1.0)
            write_chunk(self._room / "relevance", layout, place, scaled[None].astype(np.float16))

    def publish(self) -> None:
        """Move the group to its place. One that is there is of an earlier try, and equal.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        count = len(self._scales)
        layout = Layout((count, *self._shape), (1, *self._shape), "float16")
        scales = Layout((count,), (count,), "float64")
        with os_errors(EngineError, f"{self._target} cannot be written", _HINT):
            write_group(self._room)
            write_description(self._room / "relevance", layout.describe())
            write_description(self._room / "scale", scales.describe())
            write_chunk(self._room / "scale", scales, (0,), np.array(self._scales))
            self._target.parent.mkdir(parents=True, exist_ok=True)
            remove(self._target)
            os.rename(self._room, self._target)
