from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState, at_frame


def test_at_frame_stays_inside_the_video() -> None:
    state = ViewState(frame_count=10)
    assert at_frame(state, 99).frame == 9
    assert at_frame(state, -5).frame == 0


def test_session_tells_only_of_differences(qtbot: QtBot) -> None:
    session = ViewModel()
    told: list[tuple[ViewState, ViewState]] = []
    session.changed.connect(lambda old, new: told.append((old, new)))
    session.update(frame_count=10)
    session.go_to(4)
    session.go_to(4)
    assert [new.frame for _, new in told] == [0, 4]


def test_step_stops_playing(qtbot: QtBot) -> None:
    session = ViewModel()
    session.update(frame_count=10, playing=True, frame=3)
    session.step(-1)
    assert (session.state.frame, session.state.playing) == (2, False)


def test_session_without_a_video_stays_put(qtbot: QtBot) -> None:
    session = ViewModel()
    session.step(1)
    assert session.state.frame == 0
