"""The picture of a study's report: verdicts and shares by class, motion against appearance.

Drawn by matplotlib through `Figure` objects alone, which is safe in any thread.
"""

from __future__ import annotations

import engine.utils.own_matplotlib  # noqa: F401 - before matplotlib itself

# isort: split
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from engine.export import style
from engine.study.summary import VERDICTS, Group, StudySummary
from engine.utils.printable import printable

MOST_CLASSES = 40
"""Classes drawn: those of least and of most movement."""

_DPI = 110
_WIDTH_INCHES = 14.0
_MOST_NAMED = 12
_COLOURS = (style.MOTION, "#c9a35a", style.SEVERAL, style.STATIC, style.FAINT)


def write_picture(summary: StudySummary, path: Path) -> None:
    """Write the picture as PNG."""
    shown = drawn(summary.classes) or [summary.whole]
    figure = Figure((_WIDTH_INCHES, max(3.6, 1.6 + 0.3 * len(shown))), _DPI)
    figure.set_facecolor(style.BACKGROUND)
    verdicts, shares, bits = figure.subplots(1, 3, width_ratios=(3, 3, 3))
    _draw_verdicts(verdicts, shown)
    _draw_shares(shares, shown)
    _draw_bits(bits, shown)
    for axes in (verdicts, shares, bits):
        _style(axes)
    style.write_as_it_is(figure)
    figure.tight_layout()
    figure.savefig(path, format="png", dpi=_DPI, metadata={"Software": None})


def drawn(classes: Sequence[Group]) -> list[Group]:
    """Return the classes that are drawn."""
    if len(classes) <= MOST_CLASSES:
        return list(classes)
    half = MOST_CLASSES // 2
    return [*classes[:half], *classes[-half:]]


def _draw_verdicts(axes: Axes, shown: Sequence[Group]) -> None:
    left = np.zeros(len(shown))
    for verdict, colour, place in zip(VERDICTS, _COLOURS, range(len(VERDICTS)), strict=True):
        parts = np.array([one.verdicts[place] / max(sum(one.verdicts), 1) for one in shown])
        axes.barh(range(len(shown)), parts, left=left, color=colour, label=verdict, height=0.7)
        left += parts
    axes.set_yticks(range(len(shown)), [f"{_name(one)} ({one.clips})" for one in shown])
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_title("verdicts", color=style.TEXT, pad=28)
    axes.legend(
        ncols=3, loc="lower left", bbox_to_anchor=(0, 1), fontsize=7, frameon=False,
        labelcolor=style.TEXT,
    )  # fmt: skip


def _draw_shares(axes: Axes, shown: Sequence[Group]) -> None:
    for place, one in enumerate(shown):
        axes.plot([one.share.low, one.share.high], [place, place], color=style.FAINT)
        axes.plot([one.share.value], [place], "o", color=style.MOTION)
    axes.set_yticks(range(len(shown)), [""] * len(shown))
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_title("share of movement, 95 % over clips", color=style.TEXT)


def _draw_bits(axes: Axes, shown: Sequence[Group]) -> None:
    for place, one in enumerate(shown):
        motion, several, still = (interval.value for interval in one.bits)
        axes.plot([several + still], [motion], "o", color=style.STATIC)
        if place < _MOST_NAMED:
            axes.annotate(
                _name(one), (several + still, motion), (4, 3), textcoords="offset points",
                color=style.TEXT, fontsize=7,
            )  # fmt: skip
    axes.set_xlabel("bits of pictures", color=style.TEXT)
    axes.set_ylabel("bits of movement", color=style.TEXT)
    axes.set_title("classes by evidence", color=style.TEXT)
    axes.margins(0.15)


def _name(one: Group) -> str:
    name = printable(one.name)
    return name if len(name) <= 24 else f"{name[:23]}…"


def _style(axes: Axes) -> None:
    axes.set_facecolor(style.BACKGROUND)
    axes.tick_params(colors=style.TEXT, labelsize=8)
    axes.grid(color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(style.GRID)
