from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.render import POLARITIES, HeatLook
from engine.store import Analysis
from engine.types import Request
from gui.panes.pane import Pane
from gui.panes.pane_grid import PaneGrid
from gui.state.video_info import FrameSet
from gui.state.view_state import ViewState
from tests.clips import moving_square
from tests.gui.conftest import FRAMES, header_for, relevance, window_at

STATE = ViewState(frame_count=FRAMES)


def analysis_of(count: int = FRAMES, sign: float = 1.0) -> Analysis:
    analysis = Analysis.create(header_for(Request(video=Path("square.mp4")), 0, count))
    analysis.append([window_at(0, count)], sign * relevance(0, count))
    analysis.separation("recommended").curves(1.0)  # as whoever makes the curves does
    return analysis


@pytest.fixture
def analysis() -> Iterator[Analysis]:
    made = analysis_of()
    yield made
    made.close()


@pytest.fixture
def grid(qtbot: QtBot) -> PaneGrid:
    grid = PaneGrid()
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    grid.set_video((96, 64))
    grid.kinds_changed.connect(grid.set_kinds)
    grid.show()
    return grid


def shown(grid: PaneGrid, frame: int = 5) -> FrameSet:
    width, height = grid.request(frame).size
    return FrameSet(frame, moving_square(frame + 1, (width, height))[frame])


def middle(pane: Pane) -> QPoint:
    return pane.picture_rect().center()


def wheel(pane: Pane, notches: int, place: QPoint) -> None:
    position = QPointF(place)
    event = QWheelEvent(
        position,
        pane.mapToGlobal(position),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def bytes_of(image: QImage | None) -> bytes:
    assert image is not None
    return bytes(image.constBits())


def test_grid_shows_the_frame_in_every_pane(grid: PaneGrid, analysis: Analysis) -> None:
    grid.set_analysis(analysis)
    grid.show_frame(shown(grid), STATE)
    assert grid.shown_frame == 5
    assert all(pane.image is not None for pane in grid.panes.values())


@pytest.mark.parametrize("count", [1, 2, 6, 4])
def test_set_count_shows_so_many_panes(grid: PaneGrid, count: int) -> None:
    grid.set_count(count)
    assert len(grid.panes) == count
    visible = [pane for pane in grid.findChildren(Pane) if pane.isVisible()]
    assert len(visible) == count


def test_show_kind_swaps_panes(grid: PaneGrid) -> None:
    grid.show_kind(0, "motion")
    assert list(grid.panes) == ["motion", "relevance", "video", "static"]
    assert grid.panes["motion"].title == "Motion"


def test_title_dragged_onto_another_pane_swaps_them(grid: PaneGrid) -> None:
    source, target = grid.panes["video"], grid.panes["static"]
    QTest.mousePress(source, Qt.MouseButton.LeftButton, pos=QPoint(30, 8))
    place = source.mapFromGlobal(target.mapToGlobal(middle(target)))
    QTest.mouseRelease(source, Qt.MouseButton.LeftButton, pos=place)
    assert list(grid.panes) == ["static", "relevance", "motion", "video"]


def test_wheel_zooms_all_panes_about_the_pointer(grid: PaneGrid, qtbot: QtBot) -> None:
    grid.show_frame(shown(grid), STATE)
    pane = grid.panes["video"]
    corner = pane.picture_rect().topLeft() + QPoint(2, 2)
    with qtbot.waitSignal(grid.frame_wanted):
        wheel(pane, 5, corner)
    visible = grid.view.visible
    assert grid.view.zoom > 2
    assert visible.left < 0.01
    assert visible.right < 0.5


def test_zoomed_panes_show_the_same_part(grid: PaneGrid, analysis: Analysis) -> None:
    grid.set_kinds(("video", "relevance"))
    grid.set_analysis(analysis)
    grid.zoom_by(4)
    grid.show_frame(shown(grid), ViewState(frame_count=FRAMES, heat=STATE.heat))
    sizes = {
        (pane.image.width(), pane.image.height()) for pane in grid.panes.values() if pane.image
    }
    assert len(sizes) == 1


def test_drag_pans_and_double_click_resets(grid: PaneGrid) -> None:
    grid.show_frame(shown(grid), STATE)
    pane = grid.panes["relevance"]
    grid.zoom_by(4)
    before = grid.view
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle(pane))
    QTest.mouseMove(pane, middle(pane) + QPoint(40, 0))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle(pane) + QPoint(40, 0))
    assert grid.view.left < before.left
    QTest.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=middle(pane))
    assert grid.view.zoom == 1


def test_hover_reads_frame_pixel_relevance_share_and_rank(
    grid: PaneGrid, analysis: Analysis, qtbot: QtBot
) -> None:
    grid.set_analysis(analysis)
    grid.show_frame(shown(grid), STATE)
    pane = grid.panes["relevance"]
    with qtbot.waitSignal(grid.pointed_at) as told:
        QTest.mouseMove(pane, middle(pane))
    text = told.args[0]
    assert text.startswith("frame 5, pixel (4")
    assert "of the frame, rank" in text


def test_hover_outside_the_picture_tells_nothing(grid: PaneGrid, qtbot: QtBot) -> None:
    grid.show_frame(shown(grid), STATE)
    with qtbot.waitSignal(grid.pointed_at) as told:
        QTest.mouseMove(grid.panes["video"], QPoint(3, 3))
    assert told.args == [""]


def test_difference_of_an_analysis_with_itself_is_nothing(
    grid: PaneGrid, analysis: Analysis
) -> None:
    grid.set_kinds(("video", "difference"))
    grid.set_analysis(analysis)
    grid.set_other(analysis)
    frame = shown(grid)
    grid.show_frame(FrameSet(5, np.full_like(frame.picture, 128)), STATE)
    image = grid.panes["difference"].image
    assert image is not None
    middle_colour = image.pixelColor(image.width() // 2, image.height() // 2)
    assert middle_colour.red() == middle_colour.green() == middle_colour.blue()


def test_difference_with_the_opposite_is_not_nothing(grid: PaneGrid, analysis: Analysis) -> None:
    other = analysis_of(sign=-1)
    grid.set_kinds(("video", "difference"))
    grid.set_analysis(analysis)
    grid.set_other(other)
    grid.show_frame(shown(grid), STATE)
    same = bytes_of(grid.panes["difference"].image)
    grid.set_other(analysis)
    grid.redraw(STATE)
    assert bytes_of(grid.panes["difference"].image) != same
    other.close()


def test_difference_and_its_bar_show_both_signs_whatever_is_chosen(
    grid: PaneGrid, analysis: Analysis
) -> None:
    grid.set_kinds(("video", "difference"))
    grid.set_analysis(analysis)
    grid.set_other(analysis)
    pictures = []
    for polarity in POLARITIES:
        grid.show_frame(shown(grid), replace(STATE, heat=HeatLook(polarity=polarity)))
        pictures.append(grid.panes["difference"].grab().toImage())
    assert pictures[0] == pictures[1] == pictures[2]


@pytest.mark.parametrize("kind", ["other relevance", "difference", "flow", "model"])
def test_panes_that_lack_something_say_what(grid: PaneGrid, kind: str) -> None:
    grid.set_kinds(("video", kind))
    grid.show_frame(shown(grid), STATE)
    assert grid.panes[kind].image is None
    assert grid.panes[kind].message


def test_request_asks_for_flow_and_the_models_view_only_when_shown(
    grid: PaneGrid, analysis: Analysis
) -> None:
    grid.set_analysis(analysis)
    assert not grid.request(3).extras.flow
    grid.set_kinds(("video", "flow", "model", "motion"))
    assert grid.request(3).extras.flow
    assert grid.request(3).extras.seen_by == analysis.header.spec


def test_a_range_of_its_own_changes_one_pane(grid: PaneGrid, analysis: Analysis) -> None:
    grid.set_analysis(analysis)
    grid.show_frame(shown(grid), STATE)
    before = {kind: bytes_of(grid.panes[kind].image) for kind in ("motion", "relevance")}
    grid.renderer.ranges["relevance"] = analysis.scale * 50
    grid.redraw(STATE)
    assert bytes_of(grid.panes["relevance"].image) != before["relevance"]
    assert bytes_of(grid.panes["motion"].image) == before["motion"]


class Cross:
    def paint(self, painter: QPainter, picture: object) -> None:
        painter.fillRect(picture, QColor("#123456"))


def test_layer_is_painted_over_the_picture(grid: PaneGrid) -> None:
    grid.show_frame(shown(grid), STATE)
    grid.set_layer(Cross())
    pane = grid.panes["video"]
    assert pane.grab().toImage().pixelColor(middle(pane)).name() == "#123456"


def test_drawing_tells_places_in_the_whole_picture(grid: PaneGrid, qtbot: QtBot) -> None:
    grid.show_frame(shown(grid), STATE)
    grid.set_drawing(True)
    pane = grid.panes["video"]
    with qtbot.waitSignals([grid.pressed, grid.released]):
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=middle(pane))
    grid.zoom_by(4)
    with qtbot.waitSignal(grid.pressed) as pressed:
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=middle(pane))
    assert pressed.args == pytest.approx([0.5, 0.5], abs=0.02)


SIX: tuple[str, ...] = ("video", "relevance", "motion", "static", "flow", "model")


@pytest.mark.parametrize("kinds", [SIX, SIX[:1], SIX[:2]])
def test_frames_are_asked_for_as_large_as_new_panes_will_be(
    kinds: tuple[str, ...], grid: PaneGrid, qtbot: QtBot
) -> None:
    asked: list[tuple[int, int]] = []
    grid.frame_wanted.connect(lambda: asked.append(grid.request(0).size))
    grid.set_kinds(kinds)
    QApplication.sendPostedEvents()  # the layout's own turn changes nothing any more
    assert asked[-1] == grid.request(0).size
    assert min(asked[-1]) > 100


def test_frames_are_asked_for_anew_when_the_grid_grows(grid: PaneGrid, qtbot: QtBot) -> None:
    before = grid.request(0).size
    asked: list[tuple[int, int]] = []
    grid.frame_wanted.connect(lambda: asked.append(grid.request(0).size))
    grid.resize(1600, 1200)
    QApplication.sendPostedEvents()
    assert asked[-1] == grid.request(0).size
    assert asked[-1][0] > 1.5 * before[0]


def test_signed_maps_of_the_paper_are_drawn_from_zero_to_one(grid: PaneGrid) -> None:
    analysis = analysis_of(sign=-1.0)
    analysis.separation("paper-2020").curves(1.0)
    state = replace(STATE, preset="paper-2020", frame=5)
    grid.set_analysis(analysis)
    heat = grid.renderer.heat_of("motion", 5, state)
    assert heat is not None
    assert heat.marks == ("scaled to 0..1",)
    assert grid.renderer.scale_of("motion", state) == heat.clip_scale == 1.0
    analysis.close()
