"""The picture of a bias report: motion share of every clip by class, bits, and losses.

Drawn by matplotlib through `Figure` objects alone, which is safe in any thread.
"""

from __future__ import annotations

import engine.utils.own_matplotlib  # noqa: F401 - before matplotlib itself

# isort: split
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, ScalarFormatter

from engine.bias.measure import BiasClip
from engine.bias.summary import BiasSummary, ClassBias
from engine.export import style
from engine.export.whole_file import whole_file
from engine.utils.printable import printable

MOST_CLASSES = 40
"""Classes drawn: those of lowest motion share; all are in the table."""

_DPI = 120
_WIDTH_INCHES = 15.0


def write_picture(summary: BiasSummary, clips: Sequence[BiasClip], title: str, path: Path) -> None:
    """Write the picture as PNG or SVG, by the suffix.

    Parameters
    ----------
    summary : BiasSummary
    clips : sequence of BiasClip
        What was summarised.
    title : str
        One line above.
    path : Path

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    shown = summary.classes[:MOST_CLASSES]
    height = 2.1 + 0.44 * len(shown)
    figure = Figure(figsize=(_WIDTH_INCHES, height), dpi=_DPI, facecolor=style.BACKGROUND)
    shares, bits, drops = figure.subplots(1, 3, sharey=True, width_ratios=(3, 2, 3))
    _draw_shares(shares, shown, clips)
    _draw_bits(bits, shown)
    _draw_drops(drops, shown)
    shares.set_yticks(range(len(shown)), [_name(one) for one in shown])
    shares.set_ylim(len(shown) - 0.4, -0.6)
    figure.text(
        0.012, 1 - 0.30 / height, printable(title), color=style.TEXT, fontsize=12, va="center"
    )
    style.write_as_it_is(figure)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.42 / height))
    kind = "svg" if path.suffix.lower() == ".svg" else "png"
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with whole_file(path) as partial:
        figure.savefig(partial, format=kind, dpi=_DPI, metadata=metadata)


def _name(one: ClassBias) -> str:
    label = printable(one.label)
    name = label if len(label) <= 28 else label[:27] + "…"
    return f"{name} ({one.clips})\n{one.verdict}"


def _draw_shares(axes: Axes, shown: Sequence[ClassBias], clips: Sequence[BiasClip]) -> None:
    """Draw a dot a clip, jittered if there are many, and the mean as a bar."""
    for place, one in enumerate(shown):
        values = [
            clip.motion_share for clip in clips if clip.label == one.label and clip.evidence.is_told
        ]
        spread = 0.22 * np.sin(2.4 * np.arange(len(values)))
        axes.scatter(values, place + spread, s=14, color=style.MOTION, alpha=0.45, linewidth=0)
    of_maps = [one.changing_share for one in shown]
    _draw_means(axes, of_maps, style.FAINT, 0.3, "changing share of the maps")
    _draw_means(axes, [one.motion_share for one in shown], style.MOTION, 0.0, "motion share")
    axes.set_xlim(-0.02, 1.02)
    _add_legend(axes)
    _style(axes, "Share of movement in the evidence")


def _draw_bits(axes: Axes, shown: Sequence[ClassBias]) -> None:
    """Draw the mean evidence of a clip as bars, its three parts one behind the other."""
    left = np.zeros(len(shown))
    parts = (
        ("movement", style.MOTION, [one.order_bits.value for one in shown]),
        ("several pictures", style.SEVERAL, [one.frames_bits.value for one in shown]),
        ("one picture", style.STATIC, [one.still_bits.value for one in shown]),
    )
    for name, colour, values in parts:
        axes.barh(range(len(shown)), values, 0.6, left, color=colour, label=name)
        left += np.array(values)
    _add_legend(axes)
    _style(axes, "Bits of evidence a clip")
    axes.xaxis.set_major_formatter(ScalarFormatter())


def _draw_drops(axes: Axes, shown: Sequence[ClassBias]) -> None:
    kinds = (
        ("frozen", style.STATIC, 0.0, [one.freeze_drop for one in shown]),
        ("shuffled", style.SCORE, 0.2, [one.shuffle_drop for one in shown]),
        ("reversed", style.FAINT, -0.2, [one.reverse_drop for one in shown]),
    )
    for name, colour, shift, drops in kinds:
        _draw_means(axes, drops, colour, shift, name)
    axes.axvline(0, color=style.GRID, linewidth=1, zorder=0)
    _add_legend(axes)
    _style(axes, "Probability of the class that is lost when the clip is ...")


def _draw_means(
    axes: Axes, means: Sequence[Any], colour: str, shift: float = 0.0, name: str = ""
) -> None:
    values = np.array([one.value for one in means])
    errors = np.array([[one.value - one.low, one.high - one.value] for one in means]).T
    axes.errorbar(
        values, np.arange(len(means)) + shift, xerr=np.nan_to_num(errors).clip(0), fmt="D",
        color=colour, markersize=5, elinewidth=1.4, capsize=2.5, label=name or None,
        markeredgecolor=style.BACKGROUND, markeredgewidth=0.6,
    )  # fmt: skip


def _add_legend(axes: Axes) -> None:
    legend = axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=9, frameon=False,
        labelcolor=style.TEXT,
    )  # fmt: skip
    legend.set_zorder(5)


def _style(axes: Axes, title: str) -> None:
    axes.set_facecolor(style.BACKGROUND)
    axes.set_xlabel(title, color=style.TEXT, fontsize=10)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.tick_params(colors=style.FAINT, labelsize=9, length=3, labelcolor=style.TEXT)
    axes.grid(axis="x", color=style.GRID, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(style.GRID)
