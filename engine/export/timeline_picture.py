"""The timeline as a picture: motion share and score above, evidence in bits below.

An analysis without evidence has the changing share and the relevance as motion + static instead.

Drawn by matplotlib's Agg canvas through `Figure` objects alone, which is safe in any thread.
"""

from __future__ import annotations

import engine.utils.own_matplotlib  # noqa: F401 - before matplotlib itself

# isort: split
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine.evidence.summary import EvidenceCurves
from engine.evidence.words import basis_sentence
from engine.export import style
from engine.export.job import ExportJob
from engine.export.whole_file import whole_file
from engine.selective import Curves
from engine.store import Analysis
from engine.types import Float64Array, Int64Array, Preset, UInt8Array
from engine.utils.score_text import score_curve, score_range

_DPI = 100
_SIZE = 1600, 500
_FILL = 0.6  # full colours smear at their edges in a video, where colour has half the pixels
_MOST_WINDOWS = 150  # more edges than this are a grey wash


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """A drawn timeline.

    Attributes
    ----------
    picture : uint8 array, (height, width, 3)
        RGB.
    columns : float64 array, (N,)
        Where each frame of the range lies, in pixels from the left.
    top, bottom : int
        Rows between which a cursor is drawn.
    """

    picture: UInt8Array
    columns: Float64Array
    top: int
    bottom: int


def draw_timeline(
    analysis: Analysis,
    *,
    preset: Preset,
    sigma: float,
    size: tuple[int, int] = _SIZE,
    frames: tuple[int, int] | None = None,
) -> Timeline:
    """Draw the curves of a range, by default all of it, at (width, height) in pixels."""
    start, stop = frames or (analysis.header.start, analysis.header.stop)
    figure, shares, sums = _figure(analysis, preset, sigma, size, (start, stop))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    picture = np.asarray(pixels)[:, :, :3].copy()
    points = np.stack([np.arange(start, stop), np.zeros(stop - start)], axis=1)
    columns = sums.transData.transform(points)[:, 0]
    height = size[1]
    top = round(height * (1 - shares.get_position().y1))
    bottom = round(height * (1 - sums.get_position().y0))
    return Timeline(picture, columns, top, bottom)


def write_timeline(job: ExportJob) -> Path:
    """Write the timeline of a range as PNG or SVG by the suffix.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    figure, _, _ = _figure(job.analysis, job.look.preset, job.look.sigma, _SIZE, job.frames)
    kind = "svg" if job.path.suffix.lower() == ".svg" else "png"
    with whole_file(job.path) as partial:
        # the same curves, the same file: no date in it
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(partial, format=kind, dpi=_DPI, metadata=metadata)
    return job.path


def _figure(
    analysis: Analysis, preset: Preset, sigma: float, size: tuple[int, int], frames: tuple[int, int]
) -> tuple[Figure, Axes, Axes]:
    width, height = size
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor=style.BACKGROUND)
    shares, sums = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _fill(shares, sums, analysis, preset, sigma, frames)
    _place(figure, size)
    style.write_as_it_is(figure)
    return figure, shares, sums


def _fill(
    shares: Axes,
    sums: Axes,
    analysis: Analysis,
    preset: Preset,
    sigma: float,
    frames: tuple[int, int],
) -> None:
    header = analysis.header
    inside = slice(frames[0] - header.start, frames[1] - header.start)
    whole = analysis.clip_evidence()
    if whole is None:
        _fill_map(shares, sums, analysis.separation(preset).curves(sigma), frames, inside)
    else:
        _fill_evidence(shares, sums, analysis.evidence_curves(), frames, inside)
        _write_basis(shares, basis_sentence(whole))
    scores, unit = analysis.target_scores()[inside], header.spec.score_unit
    curve = score_curve(scores, unit)
    label = "class score" if unit is None else f"value\n{score_range(scores, unit)}"
    shares.plot(
        np.arange(*frames), curve, color=style.SCORE, linewidth=1.4, linestyle="--", label=label
    )
    shares.set_ylim(0, 1.02 if whole is None else 1.3)  # room for the text
    sums.set_ylim(bottom=0)
    sums.set_xlim(frames[0], max(frames[1] - 1, frames[0] + 1))
    _mark_windows(shares, analysis, frames)
    _label_frames(sums, header.timestamps_s, frames, header.start)
    _style(shares)
    _style(sums)


def _fill_map(
    shares: Axes, sums: Axes, curves: Curves, frames: tuple[int, int], inside: slice
) -> None:
    x = np.arange(*frames)
    share = np.nan_to_num(curves.changing_share[inside])
    shares.fill_between(x, share, color=style.MOTION, alpha=0.35, linewidth=0)
    shares.plot(x, share, color=style.MOTION, linewidth=1.6, label="changing share")
    parts = {
        "motion relevance": (style.MOTION, curves.motion[inside]),
        "static relevance": (style.STATIC, curves.static[inside]),
    }
    _stack(sums, x, parts)


def _fill_evidence(
    shares: Axes, sums: Axes, curves: EvidenceCurves, frames: tuple[int, int], inside: slice
) -> None:
    x = np.arange(*frames)
    low, high = curves.low[inside], curves.high[inside]
    shares.fill_between(x, low, high, color=style.MOTION, alpha=0.3, linewidth=0)
    share = curves.share[inside]
    shares.plot(x, share, color=style.MOTION, linewidth=1.6, label="motion share, 95 %")
    parts = {
        "movement, bits": (style.MOTION, curves.order_bits[inside]),
        "several pictures": (style.SEVERAL, curves.frames_bits[inside]),
        "one picture": (style.STATIC, curves.still_bits[inside]),
    }
    _stack(sums, x, parts)


def _stack(axes: Axes, x: Int64Array, parts: dict[str, tuple[str, Float64Array]]) -> None:
    axes.stackplot(
        x,
        *(np.nan_to_num(values) for _, values in parts.values()),
        colors=[colour for colour, _ in parts.values()],
        labels=list(parts),
        linewidth=0,
        alpha=_FILL,
    )


def _write_basis(axes: Axes, text: str) -> None:
    axes.text(0.004, 0.965, text, transform=axes.transAxes, color=style.FAINT, fontsize=9, va="top")


def _mark_windows(axes: Axes, analysis: Analysis, frames: tuple[int, int]) -> None:
    header = analysis.header
    edges = [int(w.frame_indices[0]) + header.start for w in analysis.windows]
    inside = [edge for edge in edges if frames[0] < edge < frames[1]]
    if len(inside) <= _MOST_WINDOWS:
        for edge in inside:
            axes.axvline(edge, color=style.GRID, linewidth=0.8, zorder=0)
    for cut in (cut + header.start for cut in analysis.cuts):
        if frames[0] < cut < frames[1]:
            axes.axvline(cut, color=style.FAINT, linewidth=1.4, linestyle="--", zorder=1)


def _label_frames(axes: Axes, times_s: Float64Array, frames: tuple[int, int], start: int) -> None:
    ticks = [int(t) for t in axes.xaxis.get_major_locator().tick_values(*frames)]
    ticks = sorted({t for t in ticks if frames[0] <= t < frames[1]})
    axes.set_xticks(ticks, [f"{t}\n{clock(times_s[t - start])}" for t in ticks])


def _style(axes: Axes) -> None:
    axes.set_facecolor(style.BACKGROUND)
    axes.tick_params(colors=style.FAINT, labelsize=9, length=3)
    for spine in axes.spines.values():
        spine.set_color(style.GRID)
    legend = axes.legend(
        loc="center left",
        bbox_to_anchor=(1.005, 0.5),
        fontsize=9,
        frameon=False,
        labelcolor=style.TEXT,
        handlelength=1.2,
    )
    legend.set_zorder(5)


def _place(figure: Figure, size: tuple[int, int]) -> None:
    width, height = size
    left, right, top, bottom = 62, 172, 10, 40
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        top=1 - top / height,
        bottom=bottom / height,
        hspace=0.12,
    )


def clock(time_s: float) -> str:
    """Format a time as minutes, seconds and milliseconds: 1:02.345."""
    milliseconds = round(time_s * 1000)
    minutes, rest = divmod(abs(milliseconds), 60_000)
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"
