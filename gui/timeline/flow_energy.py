"""Motion per frame by optical flow, measured in a thread on request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check
from engine.motion.flow import LEAST_SIDE_PX, flows
from engine.types import Float64Array, Progress, Report
from engine.video import open_video
from gui.state.video_info import VideoRequest
from gui.tasks.jobs import JobRunner

_SIDE_PX = 160


@dataclass(frozen=True, slots=True, eq=False)
class FlowEnergy:
    """Motion of the frames of a range.

    Attributes
    ----------
    request : VideoRequest
        The video.
    start : int
        The first frame.
    energy : float64 array, (n,)
        Mean speed over the picture with the camera's motion taken off, in shares of the
        picture's longer side a frame.
    """

    request: VideoRequest
    start: int
    energy: Float64Array


def flow_energy(
    request: VideoRequest, frames: tuple[int, int], report: Report, check: Check
) -> FlowEnergy:
    """Measure the motion of a range of frames.

    Raises
    ------
    EngineError
        If the video cannot be read.
    """
    start, stop = frames
    energy = np.full(stop - start, np.nan)
    path = request.path
    with open_video(
        path, stream=request.stream, deinterlace=request.deinterlace, hold=True
    ) as video:
        width, height = video.display_size
        factor = min(_SIDE_PX / max(width, height), 1.0)
        size = max(round(width * factor), LEAST_SIDE_PX), max(round(height * factor), LEAST_SIDE_PX)
        pictures = (video.picture(frame, *size) for frame in range(start, stop))
        for index, motion in enumerate(flows(pictures, check=check)):
            energy[index] = motion.energy / max(size)
            report(Progress("Measuring the motion", index + 1, stop - start))
    return FlowEnergy(request, start, energy)


class FlowMeasuring(QObject):
    """Measures the motion of the open video when asked to.

    Signals
    -------
    measured(start, energy)
        First frame, and float64 (n,) as in `FlowEnergy`.
    told(text), failed(failure)
    """

    measured = Signal(int, object)
    told = Signal(str)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = JobRunner("motion", self)
        self._runner.progressed.connect(self._on_runner_progressed)
        self._runner.finished.connect(self._on_runner_finished)
        self._runner.failed.connect(self.failed)

    def start(self, request: VideoRequest, frame_count: int) -> None:
        """Measure a whole video."""
        self._runner.submit(
            lambda report, check: flow_energy(request, (0, frame_count), report, check)
        )

    def stop(self) -> None:
        """Give up: another video is open."""
        self._runner.cancel()

    def close(self) -> None:
        """End the thread."""
        self._runner.close()

    @Slot(object)
    def _on_runner_progressed(self, progress: Progress) -> None:
        self.told.emit(f"{progress.stage}: {progress.done / progress.total:.0%}")

    @Slot(object)
    def _on_runner_finished(self, result: FlowEnergy) -> None:
        self.told.emit("Measured how much moves in each frame")
        self.measured.emit(result.start, result.energy)
