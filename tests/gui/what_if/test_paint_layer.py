from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QUndoStack
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.annotations.region_masks import mask
from engine.annotations.regions import Box, Region, Stroke, Track
from engine.types import MOST_FRAMES
from gui.panes.pane import Pane
from gui.panes.viewport import Viewport
from gui.what_if.paint_layer import PaintLayer, Tool

SIZE = 100, 50
GREY = "#505050"


@pytest.fixture
def stack(qtbot: QtBot) -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def layer(stack: QUndoStack) -> PaintLayer:
    layer = PaintLayer(stack)
    layer.show_frame(7)
    return layer


def draw(layer: PaintLayer, tool: Tool, *points: tuple[float, float]) -> None:
    layer.set_tool(tool)
    layer.press(*points[0])
    for point in points[1:]:
        layer.move(*point)
    layer.release()


def painted(layer: PaintLayer, picture: QRect | None = None) -> np.ndarray:
    """Which pixels of a grey picture the layer changes, bool (H, W)."""
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor(GREY))
    painter = QPainter(image)
    layer.paint(painter, QRect(0, 0, *SIZE) if picture is None else picture)
    painter.end()
    width, height = SIZE
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)
    return np.asarray((pixels[..., :3] != QColor(GREY).red()).any(-1))


def test_layer_draws_a_box_from_any_corner(layer: PaintLayer) -> None:
    draw(layer, "box", (0.6, 0.2), (0.9, 0.9), (0.1, 0.8))
    assert layer.region == Region((Box(0, MOST_FRAMES, 0.1, 0.2, 0.6, 0.8),))


def test_layer_draws_nothing_without_a_tool(layer: PaintLayer, stack: QUndoStack) -> None:
    draw(layer, "off", (0.1, 0.1), (0.5, 0.5))
    assert layer.region == Region()
    assert stack.count() == 0


@pytest.mark.parametrize("tool", ["box", "follow"])
def test_layer_takes_a_click_for_no_box(layer: PaintLayer, stack: QUndoStack, tool: Tool) -> None:
    draw(layer, tool, (0.4, 0.4), (0.401, 0.401))
    draw(layer, tool, (0.4, 0.4), (0.4, 0.9))
    assert stack.count() == 0


def test_layer_keeps_boxes_inside_the_picture(layer: PaintLayer) -> None:
    draw(layer, "box", (0.5, 0.5), (7.0, -3.0))
    assert layer.region.shapes == (Box(0, MOST_FRAMES, 0.5, 0.0, 1.0, 0.5),)


def test_layer_paints_and_erases_with_the_radius_chosen(layer: PaintLayer) -> None:
    layer.set_radius(0.1)
    draw(layer, "brush", (0.1, 0.1), (0.2, 0.1), (0.2, 0.1), (0.2, 0.3))
    layer.set_radius(0.2)
    draw(layer, "eraser", (0.1, 0.1))
    line = (0.1, 0.1), (0.2, 0.1), (0.2, 0.3)
    assert layer.region.shapes == (
        Stroke(0, MOST_FRAMES, line, 0.1),
        Stroke(0, MOST_FRAMES, line[:1], 0.2, erases=True),
    )


@pytest.mark.parametrize(
    ("frames", "chosen", "span"),
    [
        ("all", (3, 5), (0, MOST_FRAMES)),
        ("range", (3, 5), (3, 5)),
        ("range", None, (0, MOST_FRAMES)),
        ("frame", None, (7, 8)),
    ],
)
def test_layer_paints_on_the_frames_chosen(
    layer: PaintLayer, frames: str, chosen: tuple[int, int] | None, span: tuple[int, int]
) -> None:
    layer.show_range(chosen)
    layer.set_frames(frames)  # type: ignore[arg-type]
    draw(layer, "box", (0, 0), (1, 1))
    draw(layer, "brush", (0.5, 0.5))
    assert [(shape.first, shape.stop) for shape in layer.region.shapes] == [span, span]


def test_layer_follows_through_the_boxes_of_several_frames(layer: PaintLayer) -> None:
    draw(layer, "follow", (0.0, 0.0), (0.2, 0.2))
    layer.show_frame(17)
    draw(layer, "follow", (0.8, 0.8), (1.0, 1.0))
    draw(layer, "follow", (0.4, 0.4), (0.6, 0.6))  # drawn again: it takes the place of the other
    layer.show_frame(2)
    draw(layer, "follow", (0.0, 0.5), (0.2, 0.7))
    (track,) = layer.region.shapes
    assert isinstance(track, Track)
    assert [box.first for box in track.boxes] == [2, 7, 17]
    middle = track.at(12)
    assert middle is not None
    assert (middle.left, middle.right) == pytest.approx((0.2, 0.4))


def test_layer_steps_are_undone_and_done_again(layer: PaintLayer, stack: QUndoStack) -> None:
    states = [layer.region]
    draw(layer, "box", (0.1, 0.1), (0.5, 0.5))
    states.append(layer.region)
    draw(layer, "brush", (0.5, 0.5), (0.6, 0.6))
    states.append(layer.region)
    draw(layer, "follow", (0.5, 0.5), (0.8, 0.8))
    states.append(layer.region)
    layer.clear()
    states.append(layer.region)
    assert len(set(states[:-1])) == 4
    assert states[-1] == Region()
    for state in reversed(states[:-1]):
        stack.undo()
        assert layer.region == state
    for state in states[1:]:
        stack.redo()
        assert layer.region == state
    assert all(stack.text(i) for i in range(stack.count()))


def test_layer_clears_nothing_without_a_step(layer: PaintLayer, stack: QUndoStack) -> None:
    layer.clear()
    assert stack.count() == 0


def test_layer_tells_of_each_change_once(layer: PaintLayer, qtbot: QtBot) -> None:
    told: list[Region] = []
    layer.region_changed.connect(told.append)
    draw(layer, "box", (0.1, 0.1), (0.3, 0.3), (0.5, 0.5))
    layer.show_region(layer.region)
    layer.show_region(Region())
    assert told == [Region((Box(0, MOST_FRAMES, 0.1, 0.1, 0.5, 0.5),)), Region()]


def test_layer_adds_a_box_by_numbers(layer: PaintLayer, stack: QUndoStack) -> None:
    layer.add_box((0.25, 0.25, 0.75, 0.5))
    assert layer.region.shapes == (Box(0, MOST_FRAMES, 0.25, 0.25, 0.75, 0.5),)
    stack.undo()
    assert layer.region == Region()


def test_layer_forgets_what_was_begun_on_another_frame(layer: PaintLayer) -> None:
    layer.set_tool("box")
    layer.press(0.1, 0.1)
    layer.move(0.5, 0.5)
    layer.show_frame(8)
    layer.move(0.6, 0.6)
    layer.release()
    assert layer.region == Region()


def test_layer_shows_what_the_mask_has(layer: PaintLayer) -> None:
    draw(layer, "box", (0.2, 0.2), (0.6, 0.8))
    draw(layer, "eraser", (0.4, 0.5))
    wanted = mask(layer.region, 7, SIZE)
    found = painted(layer)
    assert found[wanted].all()
    assert found.sum() < 1.7 * wanted.sum()  # the dark edge lies outside
    layer.show_region(Region())
    assert not painted(layer).any()


def test_layer_shows_what_is_being_drawn(layer: PaintLayer, qtbot: QtBot) -> None:
    layer.set_tool("box")
    layer.press(0.2, 0.2)
    with qtbot.waitSignal(layer.repaint_wanted):
        layer.move(0.6, 0.8)
    assert painted(layer).any()
    assert layer.region == Region()


def test_layer_shows_nothing_on_frames_without_paint(layer: PaintLayer) -> None:
    layer.set_frames("frame")
    draw(layer, "box", (0.2, 0.2), (0.6, 0.8))
    assert painted(layer).any()
    layer.show_frame(8)
    assert not painted(layer).any()


def test_layer_follows_the_zoom_and_stays_on_the_picture(stack: QUndoStack) -> None:
    view = Viewport(0.5, 0.5, 2.0)
    layer = PaintLayer(stack, lambda: view)
    layer.add_box((0.75, 0.0, 1.0, 1.0))
    picture = QRect(10, 10, 60, 30)  # of which the right half shows the box
    found = painted(layer, picture)
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max()) == (10, 39)
    assert columns.max() == 69
    assert columns.min() == pytest.approx(40, abs=3)


def test_layer_is_drawn_on_by_the_mouse_over_a_pane(layer: PaintLayer, qtbot: QtBot) -> None:
    pane = Pane("Video", has_bar=False)
    qtbot.addWidget(pane)
    pane.resize(200, 124)
    pane.show_picture(np.full((100, 200, 3), 80, np.uint8))
    pane.show()
    pane.layer, pane.drawing = layer, True
    pane.pressed.connect(layer.press)
    pane.moved.connect(layer.move)
    pane.released.connect(layer.release)
    layer.set_tool("box")
    corner = pane.picture_rect().topLeft()
    QTest.mousePress(
        pane, Qt.MouseButton.LeftButton, pos=corner + QRect(0, 0, 41, 21).bottomRight()
    )
    QTest.mouseMove(pane, corner + QRect(0, 0, 101, 51).bottomRight())
    QTest.mouseRelease(
        pane, Qt.MouseButton.LeftButton, pos=corner + QRect(0, 0, 101, 51).bottomRight()
    )
    (box,) = layer.region.shapes
    assert isinstance(box, Box)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.2, 0.2, 0.5, 0.5))
    pane.close()
