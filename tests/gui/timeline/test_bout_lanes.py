from __future__ import annotations

from pytestqt.qtbot import QtBot

from engine.annotations.bouts import Bout
from gui.timeline.timeline import Timeline

BOUTS = (
    Bout(3, 10, "walk", "Ann"),
    Bout(10, 12, "walk", "Ann"),
    Bout(8, 20, "a long behaviour"),
    Bout(39, 40, "<b>wave</b>"),
)


def test_lanes_lie_below_and_take_no_room_without_bouts(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(800, 320)
    timeline.show()
    timeline.set_video(40)
    lanes = timeline.plots.lanes
    assert not lanes.plot.isVisible()
    timeline.set_bouts(BOUTS)
    assert lanes.plot.isVisible()
    assert lanes.wanted_px == 3 * 15 + 20 == lanes.plot.minimumHeight()
    [(ticks)] = lanes.plot.getAxis("left")._tickLevels
    walk, long, wave = (text for _, text in ticks)
    assert (walk, long[:3], long[-1], wave[:3]) == ("walk", "a l", "…", "<b>")
    timeline.resize(800, 150)  # the curves keep half of the height, and names need some
    qtbot.waitUntil(lambda: lanes.plot.minimumHeight() < 65)
    assert lanes.plot.getAxis("left")._tickLevels == [[]]
    timeline.set_bouts(())
    assert not lanes.plot.isVisible()


def test_bars_cover_the_frames_of_their_bouts(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_video(40)
    timeline.set_bouts(BOUTS)
    first = timeline.plots.lanes._bars[0].opts
    assert list(first["x0"]) == [2.5, 9.5]
    assert list(first["x1"]) == [9.5, 11.5]


def test_readout_names_the_bouts_on_a_frame_as_text(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_video(40)
    timeline.set_bouts(BOUTS)
    for frame, inside in ((9, ["Ann: walk", "a long behaviour"]), (10, ["Ann: walk"]), (12, [])):
        timeline.set_frame(frame)
        text = timeline.readout.text()
        assert all(name in text for name in inside)
        assert ("Ann: walk" in text) == ("Ann: walk" in inside)
    timeline.set_frame(39)
    assert "&lt;b&gt;wave" in timeline.readout.text()
