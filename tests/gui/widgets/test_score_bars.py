from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.theme import theme
from gui.widgets.picture_strip import PictureStrip
from gui.widgets.score_bars import Pair, ScoreBars, percent, points_text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.62, "62\u00a0%"), (0.0, "0\u00a0%"), (1.0, "100\u00a0%"), (math.nan, "–")],
)
def test_percent_is_whole_or_unknown(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (0.92, 0.31, "−61"),
        (0.1, 0.3, "+20"),
        (0.5, 0.5, "±0"),
        (0.994, 0.996, "+1"),
        (0.5, math.nan, "–"),
    ],
)
def test_points_are_what_the_shown_percents_differ_by(
    before: float, after: float, text: str
) -> None:
    assert points_text(Pair("walking", before, after).points) == text


@pytest.fixture
def bars(qtbot: QtBot) -> ScoreBars:
    bars = ScoreBars("as it is", "changed")
    qtbot.addWidget(bars)
    bars.resize(220, bars.height())
    return bars


def coloured(bars: ScoreBars, colour: str, row: int) -> int:
    """Width in pixels of what has a colour in the bars of a row."""
    image = bars.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    rows = (image.height() - 22) // len(bars.pairs)
    part = pixels[22 + row * rows + 20 : 22 + (row + 1) * rows]
    wanted = QColor(colour)
    same = (part[..., :3] == (wanted.blue(), wanted.green(), wanted.red())).all(-1)
    columns = np.flatnonzero(same.any(0))
    return int(columns[-1] - columns[0] + 1) if len(columns) else 0


def test_bars_are_as_long_as_the_scores(bars: ScoreBars) -> None:
    bars.show_pairs([Pair("walking", 0.5, 0.25), Pair("boxing", 0.0, 1.0)])
    colours = theme.colours()
    assert coloured(bars, colours.static, 0) == pytest.approx(110, abs=1)
    assert coloured(bars, colours.motion, 0) == pytest.approx(55, abs=1)
    assert coloured(bars, colours.static, 1) == 0
    assert coloured(bars, colours.motion, 1) == pytest.approx(220, abs=1)


def test_bars_say_the_scores_to_those_who_hear(bars: ScoreBars) -> None:
    bars.show_pairs([Pair("walking", 0.92, 0.31)])
    assert bars.accessibleName() == "walking: as it is 92\u00a0%, changed 31\u00a0%"


def test_bars_draw_what_is_unknown_or_out_of_range(bars: ScoreBars) -> None:
    bars.show_pairs([Pair("a" * 200, math.nan, math.inf), Pair("b", -1.0, 7.0)])
    assert coloured(bars, theme.colours().motion, 0) == 0
    assert coloured(bars, theme.colours().motion, 1) == pytest.approx(220, abs=1)
    height = bars.height()
    bars.show_pairs([])
    assert bars.height() < height
    bars.grab()


def test_strip_grows_with_its_width_and_its_pictures(qtbot: QtBot) -> None:
    strip = PictureStrip()
    qtbot.addWidget(strip)
    strip.show()
    strip.show_pictures(np.zeros((0, 8, 8, 3), np.uint8), [])
    assert strip.height() == 0
    strip.resize(412, 10)
    strip.show_pictures(np.full((8, 8, 8, 3), 200, np.uint8), [str(k) for k in range(8)])
    QApplication.sendPostedEvents()
    assert strip.height() == 2 * (100 + 16 + 4)
    assert strip.grab().toImage().pixelColor(50, 50) == QColor(200, 200, 200)
    assert strip.grab().toImage().pixelColor(360, 170) == QColor(200, 200, 200)
    strip.close()


def test_values_are_told_in_their_unit() -> None:
    pair = Pair("heart rate", 80.0, 60.0, "bpm")
    assert pair.texts == ("80 bpm", "60 bpm")
    assert (pair.change, pair.shares) == ("−20", (1.0, 0.75))
    assert Pair("rate", 0.0, 0.0, "").shares == (0, 0)
