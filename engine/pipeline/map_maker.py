"""Maps of evidence for each window of a run, blended like its relevance."""

from __future__ import annotations

import torch

from engine.attribution import Attribution
from engine.attribution.base.targets import Contrast, Target
from engine.cancel import Check
from engine.errors import AttributionError
from engine.evidence import EvidenceMaps, evidence_maps
from engine.models import Clip, VideoModel
from engine.store.map_volumes import Maps
from engine.store.resumable import State
from engine.types import Report
from engine.windows import OverlapAdd

_NAMES = ("motion", "appearance")


class MapMaker:
    """Makes the maps of windows one after the other, until they fail once.

    Parameters
    ----------
    model : VideoModel
    target : Target
        What is explained in every window; of a contrast the maps are, too.
    wanted : bool
        Whether there are to be maps at all.
    report, check : callable
        Told the progress of a window; raises `Cancelled` to stop.
    """

    def __init__(
        self, model: VideoModel, target: Target, report: Report, check: Check, *, wanted: bool
    ) -> None:
        self._model, self._target = model, target
        self._report, self._check = report, check
        self._wanted = wanted
        blends = {name: OverlapAdd(model.spec.frames, model.spec.crop) for name in _NAMES}
        self._blends = blends if wanted else {}
        self._failed = ""

    def make(self, clip: Clip, explained: Attribution) -> EvidenceMaps | None:
        """Return the maps of a window that was explained, None from the first failure on.

        A network without them is explained all the same.
        """
        if not self._wanted:
            return None
        target = self._target if isinstance(self._target, Contrast) else explained.target
        try:
            here = clip.moved_to(self._model.device)
            return evidence_maps(self._model, here, target, report=self._report, check=self._check)
        except torch.OutOfMemoryError:
            if self._model.device.type != "cpu":
                self._model = self._model.copied_to(torch.device("cpu"))
                return self.make(clip, explained)
            self._give_up(f"The memory of {self._model.device} is too small for them.")
        except AttributionError as error:
            self._give_up(str(error))
        return None

    def blend(
        self, maps: EvidenceMaps | None, kept: int, done: int, *, left_out: bool = False
    ) -> Maps | None:
        """Add the first steps of a window, and return those that no later one changes."""
        if maps is None or not self._blends:
            self._blends = {}
            return None
        for name, blend in self._blends.items():
            blend.add(getattr(maps, name)[:kept], left_out=left_out)
        motion, appearance = (blend.flush(done) for blend in self._blends.values())
        return motion, appearance

    def notices(self, maps: EvidenceMaps | None) -> tuple[str, ...]:
        """Return what the user should know of a window's maps, or why they ended, once."""
        if maps is not None:
            return maps.notices
        failed, self._failed = self._failed, ""
        return (failed,) if failed else ()

    def state(self) -> State:
        """Return the sums and weights that later windows still change, for `restore`."""
        return {
            f"{name}_{part}": array
            for name, blend in self._blends.items()
            for part, array in blend.state().items()
        }

    def restore(self, state: State) -> None:
        """Continue from a `state`, without maps if it has none."""
        if f"{_NAMES[0]}_sum" not in state:
            self._wanted, self._blends = False, {}
        for name, blend in self._blends.items():
            blend.restore(state[f"{name}_sum"], state[f"{name}_weight"])

    def _give_up(self, why: str) -> None:
        self._wanted, self._failed = False, f"Maps of evidence could not be made: {why}"
