"""A pane kind added through the public seam is seen wherever panes are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.export.clip_layout import clip_layout
from engine.export.composition import Composition
from engine.render.export_clip_settings import ClipSettings
from engine.render.panes import PANES, PaneFrame, PaneKind, RenderedPane
from engine.types import Request
from engine.video import open_video
from gui.export.pane_list import PaneList
from gui.panes.pane_grid import PaneGrid
from gui.state.session_file import SessionFile, dump, load
from gui.state.view_state import ViewState
from tests.clips import moving_square, write_clip
from tests.engine.export.conftest import made_up
from tests.gui.panes.test_pane_grid import STATE, bytes_of, shown
from tests.gui.panes.test_pane_menu import choose, menu_of


def draw_negative(kind: PaneKind, frame: PaneFrame) -> RenderedPane:
    return RenderedPane(255 - frame.canvas.picture, "inverted")


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = PaneKind("negative", "Negative", "The frame inverted", draw_negative)
    monkeypatch.setitem(PANES, kind.name, kind)


@pytest.fixture
def grid(qtbot: QtBot) -> PaneGrid:
    grid = PaneGrid()
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    grid.set_video((96, 64))
    grid.kinds_changed.connect(grid.set_kinds)
    grid.show()
    return grid


def test_toy_pane_is_chosen_in_the_menu_and_drawn(grid: PaneGrid, qtbot: QtBot) -> None:
    grid.show_frame(shown(grid), STATE)
    choose(qtbot, menu_of(grid, "static"), "Negative")
    assert tuple(grid.panes) == ("video", "relevance", "motion", "negative")
    grid.show_frame(shown(grid), STATE)
    pane, video = grid.panes["negative"], grid.panes["video"]
    assert (pane.title, pane.badge) == ("Negative", "inverted")
    assert bytes_of(pane.image) != bytes_of(video.image)


def test_toy_pane_is_kept_in_a_session(tmp_path: Path) -> None:
    session = SessionFile(Request(tmp_path / "a.mp4"), ViewState(panes=("negative",)))
    assert load(dump(session)).view.panes == ("negative",)


def test_toy_pane_is_offered_for_export(qtbot: QtBot) -> None:
    panes = PaneList()
    qtbot.addWidget(panes)
    assert "Negative" in [panes.item(row).text() for row in range(panes.count())]
    panes.set_chosen(["negative", "video"])
    assert panes.chosen() == ("negative", "video")


def test_toy_pane_is_drawn_in_an_exported_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "square.mp4", moving_square(20, (160, 120)))
    look = ClipSettings("recommended", 1.0, panes=("negative",))
    with open_video(clip) as video:
        analysis = made_up(clip, video)
        picture = Composition(analysis, video, look, (0, 20)).picture(5)
        layout = clip_layout(look, video.display_size)
        expected = 255 - video.picture(5, *layout.pane)
        analysis.close()
    (left, top), (width, height) = layout.corners[0], layout.pane
    np.testing.assert_array_equal(picture[top : top + height, left : left + width], expected)
