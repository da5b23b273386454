"""Bouts of the open video: joins files, lanes of the timeline, table and analysis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from engine.annotations.bout_evidence import FrameNumbers, bout_evidence, bout_table, edges_of
from engine.annotations.bouts import Bout
from engine.annotations.formats.registry import read_bouts, write_bouts
from engine.annotations.formats.source import VideoTimes
from engine.annotations.formats.video_times import video_times
from engine.types import Float64Array
from engine.utils.atomic import AtomicPath
from engine.utils.targets import check_target
from engine.video.encode.errors import export_errors
from gui.commands.command import Command
from gui.notes.bouts_panel import BoutsPanel
from gui.state.curves import CurveSet
from gui.state.video_info import VideoInfo
from gui.state.view_model import ViewModel
from gui.tasks.jobs import JobRunner
from gui.timeline.timeline import Timeline

Bouts = tuple[Bout, ...]


class BoutsController(QObject):
    """Holds the bouts of the open video.

    Parameters
    ----------
    view_model : ViewModel
    timeline : Timeline
        Shows them as lanes.

    Signals
    -------
    failed(failure) : Failure
    told(text) : str
    """

    failed = Signal(object)
    told = Signal(str)

    def __init__(self, view_model: ViewModel, timeline: Timeline, parent: QObject) -> None:
        super().__init__(parent)
        self.bouts: Bouts = ()
        self.panel = BoutsPanel()
        self._view_model, self._timeline = view_model, timeline
        self._video: VideoInfo | None = None
        self._curves: CurveSet | None = None
        self._files, self._numbers = JobRunner("bouts", self), JobRunner("evidence a bout", self)
        self._files.finished.connect(self._on_files_finished)
        self._numbers.finished.connect(self._on_numbers_finished)
        for runner in (self._files, self._numbers):
            runner.failed.connect(self.failed)
        self.panel.load_requested.connect(self.load)
        self.panel.save_requested.connect(self.save)
        self.panel.removal_requested.connect(self.clear)
        self.panel.chosen.connect(self._on_panel_chosen)

    @Slot(object)
    def set_video(self, info: VideoInfo) -> None:
        """Drop the bouts of the video before."""
        self._files.cancel()
        self.update_video(info)
        self.clear()

    @Slot(object)
    def update_video(self, info: VideoInfo) -> None:
        """Learn more of the same video."""
        self._video = info
        self.panel.show_video(info.path.stem, True)

    @Slot(object)
    def load(self, path: Path) -> None:
        """Show the bouts of a file in place of those before."""
        video = self._times()
        if video is None:
            self.told.emit(f"Open the video first that the bouts in {path} are of")
        else:
            self._files.submit(lambda report, check: read_bouts(path, video))

    @Slot(object, str)
    def save(self, path: Path, name: str) -> None:
        """Write the bouts in a format, or their numbers if it has no name."""
        video, bouts, rows = self._times(), self.bouts, self.panel.rows.evidence
        if video is None or self._video is None:
            return
        inputs = (self._video.path,)

        def write() -> Path:
            if name:
                write_bouts(bouts, video, path, name, inputs)
                return path
            check_target(path, inputs)
            with export_errors(path), AtomicPath(path) as partial:
                partial.write_text(bout_table(rows), encoding="utf-8", newline="\n")
            return path

        self._files.submit(lambda report, check: write())

    @Slot()
    def clear(self) -> None:
        """Show no bouts."""
        self._show(())

    @Slot(object)
    def show_curves(self, curves: CurveSet) -> None:
        """Gather the numbers of bouts from the curves of an analysis, which may still grow."""
        self._curves = curves
        self._measure()

    @Slot(object)
    def forget_curves(self, *_: object) -> None:
        """Show no numbers: another analysis is shown, or none."""
        self._curves = None
        self._measure()

    def _measure(self) -> None:
        curves, bouts, video = self._curves, self.bouts, self._video
        self._numbers.cancel()
        if curves is None or video is None or not bouts or not len(curves.relevance):
            self.panel.rows.show_bouts(bouts)
            return
        numbers = numbers_of_curves(curves, video.timestamps_s)
        self._numbers.submit(lambda report, check: bout_evidence(numbers, bouts))

    def commands(self) -> tuple[Command, ...]:
        """Return the command that loads bouts."""

        def has_video() -> bool:
            return self._video is not None

        text = "Load bouts (BORIS, ELAN, VIA, CSV)..."
        return (Command("edit.bouts", text, self.panel.ask_for_file, (), has_video),)

    def close(self) -> None:
        """End the threads."""
        self._files.close()
        self._numbers.close()

    def _times(self) -> VideoTimes | None:
        info = self._video
        return None if info is None else video_times(info.path.name, info.timestamps_s, info.fps)

    def _show(self, bouts: Bouts) -> None:
        self.bouts = bouts
        self._timeline.set_bouts(bouts)
        self.panel.rows.show_bouts(bouts)
        self._measure()

    @Slot(object)
    def _on_files_finished(self, result: Bouts | Path) -> None:
        if isinstance(result, Path):
            self.told.emit(f"Written: {result}")
            return
        self._show(result)
        self.told.emit(f"{len(result)} bouts, as lanes under the timeline")

    @Slot(object)
    def _on_numbers_finished(self, rows: object) -> None:
        if isinstance(rows, tuple) and len(rows) == len(self.bouts):
            self.panel.rows.show_bouts(self.bouts, rows)

    @Slot(object)
    def _on_panel_chosen(self, bout: Bout) -> None:
        count = self._view_model.state.frame_count
        self._view_model.update(playing=False, range=(bout.first, min(bout.stop, count)))
        self._view_model.go_to(bout.first)


def numbers_of_curves(curves: CurveSet, times_s: Float64Array) -> FrameNumbers:
    """Return the numbers of the frames of curves, given the times of all frames of the video."""
    count = len(curves.relevance)
    bits, intervals = np.full((3, count), np.nan), np.full((2, count), np.nan)
    if curves.evidence is not None:
        found = curves.evidence.curves
        known = min(len(found.share), count)
        for row, values in zip(
            bits, (found.still_bits, found.frames_bits, found.order_bits), strict=True
        ):
            row[:known] = values[:known]
        for row, values in zip(intervals, (found.low, found.high), strict=True):
            row[:known] = values[:known]
    edges_s = edges_of(times_s)[curves.start : curves.stop + 1]
    return FrameNumbers(
        curves.start, edges_s, bits, intervals, curves.relevance, curves.motion, curves.score
    )
