from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.state.curves import CurveSet
from gui.state.peaks import Peak
from gui.theme import theme
from gui.timeline.readout import readout
from gui.timeline.timeline import Timeline

FRAMES = 60
START, STOP = 10, 50
_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


def curves() -> CurveSet:
    """Of frames 10 to 49; at 20 a third of the relevance is motion."""
    count = STOP - START
    sampled = np.ones(count, bool)
    sampled[1::2] = False
    share = np.full(count, 0.25)
    share[10], share[11] = 1 / 3, np.nan
    return CurveSet(
        start=START,
        relevance=np.full(count, 12.0),
        motion=12.0 * np.nan_to_num(share),
        static=12.0 * (1 - np.nan_to_num(share)),
        changing_share=share,
        score=np.full(count, 0.5),
        targets=np.ones(count, np.int64),
        labels=("walking", "jumping <jacks>"),
        window_edges=[10, 30],
        clip_changing_share=0.25,
        probabilities=np.full((count, 2), 0.5),
        top=(0, 1),
        sampled=sampled,
        peaks=(Peak(20, 1 / 3, 1.0), Peak(40, 0.3, 0.5)),
        cuts=(25,),
    )


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(800, 260)
    timeline.set_video(FRAMES)
    timeline.set_curves(curves())
    timeline.show()
    qtbot.waitUntil(lambda: timeline._view.viewport().width() > 500)
    return timeline


def place(timeline: Timeline, frame: float) -> QPoint:
    """Where a frame is, on the viewport that takes the mouse."""
    viewport = timeline._view.viewport()
    return QPoint(round(timeline._x_of(frame)), viewport.height() // 3)


def mouse(
    timeline: Timeline,
    kind: QEvent.Type,
    frame: float,
    buttons: Qt.MouseButton = _LEFT,
    keys: Qt.KeyboardModifier = _NONE,
) -> None:
    at = QPointF(place(timeline, frame))
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else buttons
    event = QMouseEvent(kind, at, at, button, buttons, keys)
    QApplication.sendEvent(timeline._view.viewport(), event)


def drag(timeline: Timeline, *frames: float, keys: Qt.KeyboardModifier = _NONE) -> None:
    mouse(timeline, QEvent.Type.MouseButtonPress, frames[0], keys=keys)
    for frame in frames[1:]:
        mouse(timeline, QEvent.Type.MouseMove, frame, keys=keys)
    mouse(timeline, QEvent.Type.MouseButtonRelease, frames[-1], keys=keys)


def hover(timeline: Timeline, frame: float) -> None:
    mouse(timeline, QEvent.Type.MouseMove, frame, Qt.MouseButton.NoButton)


def wheel(
    timeline: Timeline, frame: float, turned: tuple[int, int], keys: Qt.KeyboardModifier = _NONE
) -> None:
    at = QPointF(place(timeline, frame))
    event = QWheelEvent(
        at,
        at,
        QPoint(),
        QPoint(*turned),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline._view.viewport(), event)


def span(timeline: Timeline) -> tuple[float, float]:
    left, right = timeline.shares.viewRange()[0]
    return left, right


def requested(timeline: Timeline) -> list[int]:
    frames: list[int] = []
    timeline.frame_requested.connect(frames.append)
    return frames


def ranges(timeline: Timeline) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    timeline.range_changed.connect(found.append)
    return found


@pytest.mark.parametrize("frame", [0, 7, 31, FRAMES - 1])
def test_click_asks_for_the_frame_under_the_pointer(
    timeline: Timeline, qtbot: QtBot, frame: int
) -> None:
    with qtbot.waitSignal(timeline.frame_requested) as asked:
        qtbot.mouseClick(timeline._view.viewport(), _LEFT, pos=place(timeline, frame))
    assert asked.args == [frame]


def test_drag_asks_for_frame_after_frame_and_stays_inside(timeline: Timeline) -> None:
    frames = requested(timeline)
    drag(timeline, 30, 35, 1000, -1000)
    assert frames == [30, 35, FRAMES - 1, 0]
    hover(timeline, 20)
    assert len(frames) == 4


def test_shift_and_drag_choose_a_range_in_either_direction(timeline: Timeline) -> None:
    found = ranges(timeline)
    drag(timeline, 20, 25, keys=_SHIFT)
    drag(timeline, 20, 12, keys=_SHIFT)
    assert found == [(20, 21), (20, 26), (20, 21), (12, 21)]


@pytest.mark.parametrize(
    ("edge", "to", "frames"), [(19.5, 15, (15, 30)), (29.5, 40, (20, 41)), (29.5, 16, (16, 21))]
)
def test_edge_of_the_range_can_be_dragged(
    timeline: Timeline, edge: float, to: int, frames: tuple[int, int]
) -> None:
    timeline.set_range((20, 30))
    found, asked = ranges(timeline), requested(timeline)
    drag(timeline, edge, to)
    assert found[-1] == frames
    assert asked == []


def test_range_is_tinted_and_taken_away(timeline: Timeline) -> None:
    timeline.set_range((20, 30))
    regions = timeline.plots._ranges
    assert [region.getRegion() for region in regions] == [(19.5, 29.5)] * 4
    shown = timeline.plots._rows
    for plot, region in zip(shown, regions, strict=True):
        assert region.isVisible() == plot.isVisible()  # bits have no row without evidence
    timeline.set_range(None)
    assert not any(region.isVisible() for region in regions)


def test_wheel_zooms_about_the_pointer_and_never_beyond_the_video(timeline: Timeline) -> None:
    wheel(timeline, 45, (0, 120))
    left, right = span(timeline)
    assert right - left == pytest.approx((FRAMES - 1) / 1.25)
    assert (45 - left) / (right - left) == pytest.approx(45 / (FRAMES - 1))
    for _ in range(20):
        wheel(timeline, 45, (0, 120))
    left, right = span(timeline)
    assert right - left == pytest.approx(10)
    for _ in range(20):
        wheel(timeline, 45, (0, -120))
    assert span(timeline) == pytest.approx((0, FRAMES - 1))


@pytest.mark.parametrize(("turned", "keys"), [((0, -120), _CONTROL), ((-120, 0), _NONE)])
def test_wheel_sideways_pans_a_tenth(
    timeline: Timeline, turned: tuple[int, int], keys: Qt.KeyboardModifier
) -> None:
    for _ in range(4):
        wheel(timeline, 20, (0, 120))
    left, right = span(timeline)
    wheel(timeline, 20, turned, keys)
    assert span(timeline)[0] == pytest.approx(left + 0.1 * (right - left))


def test_double_click_shows_the_whole_video_again(timeline: Timeline, qtbot: QtBot) -> None:
    for _ in range(4):
        wheel(timeline, 20, (0, 120))
    qtbot.mouseDClick(timeline._view.viewport(), _LEFT, pos=place(timeline, 20))
    assert span(timeline) == pytest.approx((0, FRAMES - 1))


def test_playhead_is_followed_by_pages_when_zoomed(timeline: Timeline) -> None:
    for _ in range(8):
        wheel(timeline, 5, (0, 120))
    width = span(timeline)[1] - span(timeline)[0]
    timeline.set_frame(40)
    left, right = span(timeline)
    assert left < 40 < right
    assert right - left == pytest.approx(width)
    timeline.set_frame(41)
    assert span(timeline)[0] == left  # not at every frame


def test_hover_reads_the_values_and_leaving_those_of_the_playhead(timeline: Timeline) -> None:
    timeline.set_frame(12)
    hover(timeline, 20)
    text = timeline.readout.text()
    assert text.startswith("Frame 20:")
    assert "changing share 33%" in text
    assert "score of jumping &lt;jacks&gt; 50%" in text
    assert "motion 4" in text
    assert "= 12" in text
    assert timeline.plots._hair.isVisible()
    QApplication.sendEvent(timeline._view.viewport(), QEvent(QEvent.Type.Leave))
    assert timeline.readout.text().startswith("Frame 12:")
    assert not timeline.plots._hair.isVisible()


def test_hover_outside_what_is_explained_says_so(timeline: Timeline) -> None:
    hover(timeline, 3)
    assert timeline.readout.text() == "Frame 3:&nbsp; not explained yet"


def test_text_of_a_note_is_read_on_its_frames_only(timeline: Timeline) -> None:
    timeline.clear()
    nothing = timeline.readout.text()
    timeline.set_notes([(5, 8, "a <step>")])
    hover(timeline, 7)
    assert "a &lt;step&gt;" in timeline.readout.text()
    hover(timeline, 8)
    assert timeline.readout.text() == nothing


@pytest.mark.parametrize(
    ("key", "items"),
    [
        ("share", "_share _other_share"),
        ("score", "_score _other_score"),
        ("top", "_top"),
        ("parts", "_whole _motion"),
        ("peaks", "_peaks"),
    ],
)
def test_switch_shows_and_hides_its_curves(
    timeline: Timeline, qtbot: QtBot, key: str, items: str
) -> None:
    switch = timeline.switches[key]
    found = [getattr(timeline.plots, name) for name in items.split()]
    curve = found[0][0] if isinstance(found[0], list) else found[0]
    before = curve.isVisible()
    assert switch.isChecked() == before
    assert switch.text()[0] == ("●" if before else "○")
    qtbot.mouseClick(switch, _LEFT)
    assert curve.isVisible() is not before
    assert switch.text()[0] == ("○" if before else "●")


def test_flow_is_asked_for_once_and_then_shown(timeline: Timeline, qtbot: QtBot) -> None:
    switch = timeline.switches["flow"]
    assert switch.text() == "○ motion: measure"
    with qtbot.waitSignal(timeline.flow_wanted):
        qtbot.mouseClick(switch, _LEFT)
    timeline.set_flow(0, np.linspace(0.0, 0.02, FRAMES))
    assert switch.text() == "● motion in the video"
    assert timeline.plots._flow.getData()[1].max() == 1.0
    hover(timeline, FRAMES - 1)
    assert "moves 2.00% of the width a frame" in timeline.readout.text()
    with qtbot.assertNotEmitted(timeline.flow_wanted):
        qtbot.mouseClick(switch, _LEFT)


@pytest.mark.parametrize("energy", [[], [np.nan] * 3, [0.0] * 3])
def test_flow_without_any_motion_is_no_error(timeline: Timeline, energy: list[float]) -> None:
    timeline.set_flow(0, np.array(energy))
    hover(timeline, 1)
    assert timeline.readout.text().startswith("Frame 1:")


def test_other_analysis_is_read_beside_the_first(timeline: Timeline) -> None:
    timeline.name_other("Grad-CAM & more")
    other = dataclasses.replace(curves(), changing_share=np.full(STOP - START, 0.75))
    timeline.set_other(other)
    hover(timeline, 20)
    assert "Grad-CAM &amp; more 75%" in timeline.readout.text()
    timeline.set_other(None)
    hover(timeline, 20)
    assert "Grad-CAM" not in timeline.readout.text()


def test_curves_are_drawn_on_their_frames_and_dropped(timeline: Timeline) -> None:
    x, motion = timeline.plots._motion.getData()
    assert (x[0], x[-1], motion[10]) == (START, STOP - 1, pytest.approx(4))
    assert timeline.plots.edges.frames == [10, 30]
    assert timeline.plots.cuts.frames == [25]
    assert [point.pos().x() for point in timeline.plots._peaks.points()] == [20, 40]
    timeline.clear()
    assert timeline.plots._motion.getData()[0] is None
    assert timeline.plots.edges.frames == timeline.plots.cuts.frames == []
    assert len(timeline.plots._peaks.points()) == 0
    assert "appear here" in timeline.readout.text()


def test_peaks_are_found_from_the_playhead(timeline: Timeline) -> None:
    assert timeline.peak_frame(20, 1) == 40
    assert timeline.peak_frame(20, -1) == 40  # round the end
    assert timeline.peak_frame(30, -1) == 20
    timeline.clear()
    assert timeline.peak_frame(20, 1) is None


def test_damage_is_hatched_and_gone_with_the_video(timeline: Timeline) -> None:
    timeline.set_damage([(3, 9)])
    assert [region.getRegion() for region in timeline.plots.damage] == [(2.5, 8.5)]
    assert "frames 3-8" in timeline.plots.damage[0].toolTip()
    timeline.set_video(5)
    assert timeline.damage == []
    assert span(timeline) == pytest.approx((0, 4))


def test_mouse_without_a_video_does_nothing(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.show()
    with qtbot.assertNotEmitted(timeline.frame_requested):
        qtbot.mouseClick(timeline._view.viewport(), _LEFT)
    hover(timeline, 0)
    wheel(timeline, 0, (0, 120))
    assert "appear here" in timeline.readout.text()


def test_light_colours_are_taken_over(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "_shown", theme.LIGHT)
    QApplication.sendEvent(timeline, QEvent(QEvent.Type.PaletteChange))
    assert theme.LIGHT.motion in timeline.switches["share"].styleSheet()
    assert timeline.plots._cursors[0].pen.color().name() == theme.LIGHT.text
    assert timeline.plots.view.backgroundBrush().color().name() == theme.LIGHT.background


def test_readout_tells_what_is_missing_or_interpolated() -> None:
    assert readout(21, None, None) == ""
    text = readout(21, curves(), None)
    assert "changing share - (interpolated)" in text
    assert "interpolated" not in readout(20, curves(), None)


def test_readout_shortens_long_notes() -> None:
    text = readout(3, None, None, ["word " * 40])
    assert text.count("word") < 8
    assert "…" in text


def test_a_drag_with_the_middle_button_takes_the_view_along(
    timeline: Timeline, qtbot: QtBot
) -> None:
    for _ in range(4):
        wheel(timeline, 20, (0, 120))
    middle, viewport = Qt.MouseButton.MiddleButton, timeline._view.viewport()
    frames = span(timeline)
    begin, end = place(timeline, 25), place(timeline, 22)
    asked = requested(timeline)
    QTest.mousePress(viewport, middle, pos=begin)
    QTest.mouseMove(viewport, end)
    QTest.mouseRelease(viewport, middle, pos=end)
    assert span(timeline)[0] == pytest.approx(frames[0] + 3, abs=0.2)
    assert span(timeline)[1] - span(timeline)[0] == pytest.approx(frames[1] - frames[0])
    assert asked == []


def test_a_note_at_the_playhead_is_read_at_once(timeline: Timeline) -> None:
    timeline.set_frame(5)
    timeline.set_notes([(4, 8, "here it is")])
    assert "here it is" in timeline.readout.text()
    timeline.set_notes([])
    assert "here it is" not in timeline.readout.text()


def test_values_span_the_height_and_are_read_in_their_unit(timeline: Timeline) -> None:
    score = np.linspace(60, 80, STOP - START)
    rates = dataclasses.replace(curves(), score=score, unit="bpm", labels=("rate", "heart rate"))
    timeline.set_curves(rates)
    drawn = timeline.plots._score.yData
    assert (drawn.min(), drawn.max()) == (0, 1)
    text = readout(START, rates, None, shown=("score",))
    assert "heart rate 60 bpm of 60 to 80 bpm" in text
    assert "%" not in text


def test_cut_is_told_at_its_frame(timeline: Timeline) -> None:
    hover(timeline, 25)
    assert "another shot begins" in timeline.readout.text()
    hover(timeline, 26)
    assert "another shot" not in timeline.readout.text()


def test_readout_has_the_colours_of_the_theme_at_once(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline.set_curves(curves())
    timeline.set_frame(START + 1)
    assert theme.DARK.motion in timeline.readout.text()
    monkeypatch.setattr(theme, "_shown", theme.LIGHT)
    timeline.changeEvent(QEvent(QEvent.Type.PaletteChange))
    assert theme.LIGHT.motion in timeline.readout.text()
    assert theme.DARK.motion not in timeline.readout.text()
