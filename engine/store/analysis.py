"""An analysis in a folder: readable while it grows, lazily and by range, and opened again later."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engine.cancel import Check, never
from engine.errors import EngineError
from engine.evidence.evidence import Evidence
from engine.selective import MapSeparation, Separation
from engine.store.arrays import ARRAYS, Facts, GrowingArray, StoredArray, start_group, write_whole
from engine.store.contrast import Contrast
from engine.store.document import (
    Header,
    check_windows,
    finite,
    finite_median,
    header_from_dict,
    header_to_dict,
    read_document,
    short,
    versions,
    windows_from_list,
    write_analysis,
)
from engine.store.explained_video import found_video
from engine.store.explained_windows import ExplainedWindows
from engine.store.map_volumes import NAMES, Maps, MapVolumes, high_quantile, no_maps
from engine.store.opened import LOGITS, STEP_LOGITS, facts_of, open_files
from engine.store.saving import RELEVANCE, write_maps, write_parts, write_steps
from engine.store.window_evidence import (
    STEPS,
    clip_to_dict,
    evidence_from_list,
    explained_to_list,
    steps_array,
)
from engine.store.written import Written
from engine.store.zarr_files import DESCRIPTION, check_group, write_group
from engine.types import DEFAULT_PRESET, Float32Array, Preset, Window
from engine.utils.atomic import TEMPORARY_HINT, TemporaryFolder
from engine.utils.schema import Finite, convert, to_plain

DOCUMENT = "analysis.json"
Place = Literal["folder", "cache", "temporary"]


class Analysis(ExplainedWindows):
    """Relevance of a range of a video, the model's outputs, and every setting behind them.

    Made by `Analysis.create` and filled with `append` while it is computed, or read back
    with `Analysis.open`. Frames are counted from the start of the range unless said otherwise.

    Attributes
    ----------
    folder : Path
        Where it lives.
    header : Header
        What was explained, and how.
    is_part : bool
        True while it is only a part of what is being explained.
    """

    def __init__(self, folder: Path, header: Header, array: GrowingArray | StoredArray) -> None:
        super().__init__(header)
        self.folder = folder
        self._array = array
        self._lock = threading.Lock()
        self._maps: MapVolumes | None = None
        self._has_maps = False
        self._separations: dict[Preset, Separation | MapSeparation] = {}
        self._quantiles: list[float] = []
        self._contrast = Contrast()
        self._temporary: TemporaryFolder | None = None
        self._closing: Callable[[], None] | None = None
        self.is_part = False

    @classmethod
    def create(cls, header: Header, folder: Path | None = None) -> Analysis:
        """Start an empty analysis in a folder, or in a temporary one that `close` removes.

        It has maps of evidence where they are asked for, until something is appended without.

        Raises
        ------
        EngineError
            If the folder cannot be written.
        """
        temporary = None
        if folder is None:
            temporary = TemporaryFolder()
            folder = temporary.path
        shape = (len(header.step_frames), *header.spec.crop)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            group = start_group(folder)
            array = GrowingArray(group, RELEVANCE, shape)
            maps = MapVolumes.create(group, shape) if header.wants_maps else None
        except OSError as error:
            hint = "Choose another folder." if temporary is None else TEMPORARY_HINT
            raise EngineError(f"{folder} cannot be written: {error.strerror}.", hint) from error
        analysis = cls(folder, header, array)
        analysis._maps, analysis._has_maps = maps, maps is not None
        analysis._temporary = temporary
        return analysis

    @classmethod
    def open(cls, folder: Path) -> Analysis:
        """Open a saved analysis.

        Raises
        ------
        EngineError
            If the folder does not hold a complete analysis.
        """
        document = read_document(folder / DOCUMENT)
        try:
            header = header_from_dict(document)
            request = replace(header.request, video=found_video(document, folder))
            header = replace(header, request=request)
            files = open_files(folder, header, document)
            analysis = cls(folder, header, files.array(RELEVANCE))
            if "maps" in document:
                motion, appearance = map(files.array, NAMES)
                analysis._maps = MapVolumes.open((motion, appearance), document["maps"])
                analysis._has_maps = True
            entries = document["windows"]
            analysis._evidence = evidence_from_list(entries, files.log2_steps())
            of_steps = files.step_logits()
            windows = windows_from_list(entries, files.logits(), header.start, of_steps)
            check_windows(windows, header)
            analysis._windows = windows
            analysis._quantiles = [convert(document["scale"], Finite, "scale")]
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise EngineError(
                f"{folder} does not hold a complete analysis: {short(error)}.",
                "Explain the video again.",
            ) from error
        return analysis

    @classmethod
    def resumed(cls, header: Header, folder: Path, written: Written, check: Check) -> Analysis:
        """Go on with an analysis whose computation was broken off.

        Raises
        ------
        KeyError, ValueError, OSError
            If the arrays in the folder are not what was written.
        """
        shape = (len(header.step_frames), *header.spec.crop)
        group = folder / ARRAYS
        check_group(group)
        array = GrowingArray.resumed(group, RELEVANCE, shape, written.growth, check)
        analysis = cls(folder, header, array)
        if written.maps is not None:
            analysis._maps = MapVolumes.resumed(group, shape, written.maps, check)
            analysis._has_maps = True
        analysis._windows, analysis._evidence = written.windows, written.evidence
        analysis._quantiles = list(written.quantiles)
        return analysis

    @property
    def steps_written(self) -> int:
        """Sampled frames whose relevance can be read."""
        return self._array.written

    @property
    def complete(self) -> bool:
        """True once all of what was asked for is explained."""
        return self.steps_written == len(self.step_frames) and not self.is_part

    @property
    def place(self) -> Place:
        """Where it lives. A "temporary" one is gone once it is closed."""
        kept: Place = "folder" if self._closing is None else "cache"
        return kept if self._temporary is None else "temporary"

    @property
    def scale(self) -> float:
        """Absolute relevance drawn in the full colour: one for the whole clip.

        The median over the parts written so far of their 99.5 % quantiles; a scale of its own
        for each frame would fake changes over time.
        """
        return float(np.median(self._quantiles)) if self._quantiles else 0.0

    @cached_property
    def _steps_a_frame(self) -> float:
        """Steps that a frame with any serves on average. Asked for at each paint."""
        return len(self.step_frames) / (1 + int(np.count_nonzero(np.diff(self.step_frames))))

    def measure_contrast(self, preset: Preset, check: Check = never) -> None:
        """Measure the percentiles of a preset's maps for `full_colour`, once all is explained."""
        if self.complete:
            self._contrast.measure(preset, self.separation(preset), check)

    def full_colour(self, preset: Preset, percentile: float | None = None) -> float:
        """Return what is drawn in the full colour of a preset's maps.

        That is `scale`, 1 where the preset scales signed relevance to 0..1, and a scale of their
        own for maps of evidence; times the steps that a frame serves on average, as they add up.
        With a percentile it is that of the maps, once `measure_contrast` has measured it.
        """
        measured = None if percentile is None else self._contrast.at(preset, percentile)
        if measured is not None:
            return measured
        scale = self.scale
        if preset == "evidence" and self._maps is not None:
            scale = self._maps.scale
        elif self.separation(preset).is_rescaled:
            return 1.0
        return scale * self._steps_a_frame

    def read_steps(self, start: int, stop: int) -> Float32Array:
        """Relevance of sampled frames [start, stop), float32 (n, h, w)."""
        return self._array.read(start, stop)

    @property
    def has_maps(self) -> bool:
        """True where there are maps of evidence, or will be as it grows."""
        return self._has_maps

    @property
    def maps_written(self) -> int:
        """Sampled frames whose maps of evidence can be read."""
        return 0 if self._maps is None else min(self._maps.written, self.steps_written)

    def read_maps(self, start: int, stop: int) -> Maps:
        """Return the maps of evidence of sampled frames [start, stop), float32 (n, h, w) each.

        Raises
        ------
        EngineError
            If there are none.
        """
        if self._maps is None:
            raise no_maps(self.header.wants_maps)
        return self._maps.read(start, stop)

    def shown_preset(self, preset: Preset) -> Preset:
        """Return the preset, or the usual one where it needs maps that are not here."""
        return DEFAULT_PRESET if preset == "evidence" and not self.has_maps else preset

    def separation(self, preset: Preset) -> Separation | MapSeparation:
        """Return the relevance separated by a preset, at any sigma. Made once a preset.

        Raises
        ------
        EngineError
            If it needs maps of evidence and there are none, see `has_maps`.
        """
        if preset == "evidence" and not self.has_maps:
            raise no_maps(self.header.wants_maps)
        with self._lock:
            if preset not in self._separations:
                of_maps = preset == "evidence"
                made = MapSeparation(self) if of_maps else Separation(self, preset)
                self._separations[preset] = made
            return self._separations[preset]

    def append(
        self,
        windows: Sequence[Window],
        relevance: Float32Array,
        evidence: Sequence[Evidence | None] | None = None,
        maps: Maps | None = None,
    ) -> None:
        """Add windows, the relevance, float32 (n, h, w), of the steps that they complete.

        Evidence is one a window, or None where none was measured. Maps of evidence are as long
        as the relevance; without them the whole analysis goes on without.

        Raises
        ------
        TypeError
            If the analysis was read from disk.
        """
        if not isinstance(self._array, GrowingArray):
            raise TypeError("an analysis that was opened cannot grow")
        if relevance.size:
            self._quantiles.append(high_quantile(np.abs(relevance)))
        self._has_maps &= maps is not None
        if self._maps is not None and maps is not None and self.has_maps:
            self._maps.append(maps)  # before the relevance, which says how much can be read
        self._evidence = (*self._evidence, *(evidence or [None] * len(windows)))
        self._windows = (*self._windows, *windows)  # last: evidence is never shorter
        self._array.append(relevance)

    def save(self, folder: Path, *, preset: Preset, sigma: float, check: Check = never) -> None:
        """Write everything to a folder: arrays (also motion and static), settings, results.

        The folder is made; `Analysis.open` reads it.

        Raises
        ------
        EngineError
            If it cannot be written, or is the folder that the analysis is read from.
        """
        if folder.resolve() == self.folder.resolve():
            raise EngineError(
                f"{folder} cannot be overwritten while it is read.", "Choose another folder."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            facts = facts_of(self._write_arrays(start_group(folder), preset, sigma, check))
            write_analysis(folder / DOCUMENT, self.document(preset=preset, sigma=sigma) | facts)
        except OSError as error:
            raise EngineError(
                f"{folder} cannot be written: {error.strerror}.", "Choose another folder."
            ) from error

    def document(self, *, preset: Preset, sigma: float) -> dict[str, Any]:
        """Return settings and results as plain values, as analysis.json holds them."""
        curves = self.separation(preset).curves(sigma)
        request = replace(self.header.request, preset=preset, sigma=sigma)
        whole = self.clip_evidence()
        return {
            **self.settings(),
            **header_to_dict(replace(self.header, request=request)),
            "results": {
                "changing_share": finite(curves.clip_changing_share),
                "threshold": finite_median(curves.threshold),
                "derivative_std": finite_median(curves.std),
                "conservation": finite(self.conservation),
                **({"by_input": to_plain(self.by_input)} if self.by_input else {}),
                **({} if whole is None else {"evidence": clip_to_dict(whole)}),
            },
        }

    def settings(self) -> dict[str, Any]:
        """Return `document` without the results of the separation, which read all arrays."""
        return {
            **header_to_dict(self.header),
            "windows": explained_to_list(self._windows, self.evidence, self.header),
            "cuts": [cut + self.header.start for cut in self.cuts],
            "scale": self.scale,
            "versions": versions(),
            **({"made_with": to_plain(made)} if (made := self.header.provenance) else {}),
            **({"maps": self._maps.settings} if self._maps is not None and self.has_maps else {}),
        }

    def write_numbers(self, group: Path) -> Facts:
        """Write the arrays of windows, which are small, and remove maps that were given up."""
        for name in () if self.has_maps else NAMES:
            shutil.rmtree(group / name, ignore_errors=True)
        steps = steps_array(self.evidence, len(self.header.spec.labels))
        arrays = {LOGITS: self.logits(), STEP_LOGITS: self.step_logits(), STEPS: steps}
        facts = {DESCRIPTION: write_group(group)}
        for name, values in arrays.items():
            if values is not None:
                facts |= write_whole(group, name, values)
        return facts

    @property
    def facts(self) -> Facts:
        """Facts of the files of relevance and maps that were written."""
        own = self._array.facts if isinstance(self._array, GrowingArray) else {}
        return own | (self._maps.facts if self._maps is not None and self.has_maps else {})

    @property
    def progress(self) -> Written:
        """The written part, for `resumed`."""
        if not isinstance(self._array, GrowingArray):
            raise TypeError("an analysis that was opened cannot grow")
        maps = self._maps.progress if self._maps is not None and self.has_maps else None
        quantiles = tuple(self._quantiles)
        return Written(self._windows, self._evidence, quantiles, self._array.growth, maps)

    def when_closed(self, action: Callable[[], None]) -> None:
        """Have something called once, when the analysis is let go of."""
        self._closing = action

    def close(self) -> None:
        """Close the analysis and remove its folder if that is temporary."""
        action, self._closing = self._closing, None
        if action is not None:
            action()
        if self._temporary is not None:
            self._temporary.discard()

    def _write_arrays(self, group: Path, preset: Preset, sigma: float, check: Check) -> Facts:
        separation, size = self.separation(preset), self.header.spec.crop
        steps, frames = (len(self.step_frames), *size), (self.frame_count, *size)
        facts = write_steps(
            group, (RELEVANCE,), steps, lambda a, b: (self.read_steps(a, b),), check
        )
        if self.has_maps:
            facts |= write_maps(group, steps, self.read_maps, check)
        facts |= write_parts(group, frames, lambda a, b: separation.frames(a, b, sigma), check)
        return facts | self.write_numbers(group)
