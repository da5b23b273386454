from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.annotations.notes import Note
from engine.export import export_clip
from engine.export.clip_layout import clip_layout
from engine.export.composition import Composition
from engine.render.export_clip_settings import LAYOUTS, ClipSettings, Layout
from engine.render.model_view import model_view
from engine.render.panes import clip_panes
from engine.store import Analysis
from engine.types import UInt8Array
from engine.video import Video, open_video
from tests.engine.export.conftest import FRAMES
from tests.engine.video.encode.overlays import psnr


def pane_of(picture: UInt8Array, look: ClipSettings, video: Video, number: int) -> UInt8Array:
    layout = clip_layout(look, video.display_size)
    left, top = layout.corners[number]
    return picture[top : top + layout.pane[1], left : left + layout.pane[0]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_each_layout_is_written_as_it_is_composed(
    layout: Layout, count: int, analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    look = ClipSettings("recommended", 1.0, panes=clip_panes()[:count], layout=layout)
    composition = Composition(analysis, video, look, (4, 7))
    path = export_clip(analysis, video, tmp_path / "a.mp4", look=look, frames=(4, 7))
    with open_video(path) as written:
        assert written.size == composition.size
        assert psnr(written[1], composition.picture(5)) >= 35


@pytest.mark.parametrize("pane", clip_panes())
def test_each_pane_shows_something_of_its_own(pane: str, analysis: Analysis, video: Video) -> None:
    look = ClipSettings("recommended", 1.0, panes=(pane,), timeline=False)
    shown = pane_of(Composition(analysis, video, look, (0, FRAMES)).picture(5), look, video, 0)
    assert shown.std() > 3
    is_video = np.array_equal(shown, video.picture(5, shown.shape[1], shown.shape[0]))
    assert is_video == (pane == "video")


def test_model_pane_shows_the_pixels_that_the_model_is_given(
    analysis: Analysis, video: Video
) -> None:
    look = ClipSettings("recommended", 1.0, panes=("model",))
    shown = pane_of(Composition(analysis, video, look, (0, FRAMES)).picture(5), look, video, 0)
    view = model_view(video.picture(5, *video.display_size), analysis.header.spec)
    middle = shown[:, (shown.shape[1] - shown.shape[0]) // 2 :][:, : shown.shape[0]]
    cell = shown.shape[0] // view.shape[0]
    np.testing.assert_array_equal(middle[cell // 2 :: cell, cell // 2 :: cell], view)


def test_flow_pane_of_the_last_frame_shows_the_motion_before_it(
    analysis: Analysis, video: Video
) -> None:
    look = ClipSettings("recommended", 1.0, panes=("flow",), timeline=False, numbers=False)
    composition = Composition(analysis, video, look, (0, FRAMES))
    assert composition.picture(FRAMES - 1).std() > 3


def test_captions_are_shown_on_their_frames_alone(analysis: Analysis, video: Video) -> None:
    look = ClipSettings("recommended", 1.0, panes=("video",), captions=(Note(5, 7, "here"),))
    composition = Composition(analysis, video, look, (0, FRAMES))

    def differs(frame: int) -> bool:
        shown = pane_of(composition.picture(frame), look, video, 0)
        return not np.array_equal(shown, video.picture(frame, shown.shape[1], shown.shape[0]))

    assert [differs(frame) for frame in (4, 5, 6, 7)] == [False, True, True, False]
