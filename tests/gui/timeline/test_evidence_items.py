from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.state.curves import CurveSet
from gui.timeline.timeline import Timeline
from tests.engine.store.analyses import evidence_of
from tests.gui.evidence_sets import evidence_set
from tests.gui.timeline.test_timeline import START, STOP, curves, hover

MOVES, RESTS = evidence_of(1, 0.5, 8.5, "movement"), evidence_of(5, 0, 0, "one picture")
_LEFT = Qt.MouseButton.LeftButton


def with_evidence() -> CurveSet:
    """Of frames 10 to 49: windows from 10, 18 and 26, the last without evidence."""
    found = evidence_set([MOVES, RESTS, None], START, STOP - START)
    return replace(curves(), evidence=found)


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(800, 300)
    timeline.set_video(60)
    timeline.set_curves(with_evidence())
    timeline.show()
    qtbot.waitUntil(lambda: timeline._view.viewport().width() > 500)
    return timeline


def test_share_is_drawn_on_its_frames_with_its_interval(timeline: Timeline) -> None:
    items = timeline.plots.evidence
    x, share = items.share.getData()
    assert (x[0], x[-1]) == (START, STOP - 1)
    assert share[0] == pytest.approx(0.85)
    assert np.isnan(share[-1])
    low, high = items.low.getData()[1], items.high.getData()[1]
    assert (low[0], high[0]) == (pytest.approx(0.75), pytest.approx(0.95))


def test_bits_are_stacked_with_movement_at_the_bottom(timeline: Timeline) -> None:
    one_picture, several, movement = (item.getData()[1] for item in timeline.plots.evidence.stack)
    assert (movement[0], several[0], one_picture[0]) == pytest.approx((8.5, 9.0, 10.0))
    assert movement[16] == 0
    assert one_picture[-1] == 0  # none was measured


def test_bits_that_round_to_nothing_do_not_fill_the_axis(timeline: Timeline) -> None:
    faint = evidence_set([evidence_of(0, 0, 0.001, "cannot tell")] * 3, START, STOP - START)
    timeline.set_curves(replace(curves(), evidence=faint))
    assert timeline.plots.bits.viewRange()[1][1] >= 0.1


def test_evidence_leads_where_there_is_any_and_the_map_else(timeline: Timeline) -> None:
    def shown() -> set[str]:
        return {key for key, switch in timeline.switches.items() if switch.isChecked()}

    assert shown() == {"evidence", "bits", "score", "peaks"}
    assert timeline.plots.bits.isVisible()
    assert not timeline.plots.sums.isVisible()
    timeline.set_curves(curves())
    assert shown() == {"share", "parts", "score", "peaks"}
    assert not timeline.plots.bits.isVisible()
    assert timeline.plots.evidence.share.getData()[0] is None


def test_what_the_user_switched_stays(timeline: Timeline, qtbot: QtBot) -> None:
    qtbot.mouseClick(timeline.switches["parts"], _LEFT)
    qtbot.mouseClick(timeline.switches["evidence"], _LEFT)
    timeline.set_curves(with_evidence())
    assert timeline.plots.sums.isVisible()
    assert not timeline.plots.evidence.band.isVisible()


def test_order_is_switched_on_and_scaled_to_the_plot(timeline: Timeline, qtbot: QtBot) -> None:
    order = timeline.plots.evidence.order
    assert not order.isVisible()
    qtbot.mouseClick(timeline.switches["order"], _LEFT)
    assert order.isVisible()
    assert np.nanmax(order.getData()[1]) == 1
    assert "order 8.50 bits" in hovered(timeline, START)


def hovered(timeline: Timeline, frame: int) -> str:
    hover(timeline, frame)
    return timeline.readout.text()


def test_hover_reads_share_interval_verdict_and_bits(timeline: Timeline) -> None:
    text = hovered(timeline, START)
    assert "motion share 85% (75 to 95%): movement" in text
    assert all(part in text for part in ("8.50", "0.50", "1.00", " bits"))
    assert "changing share" not in text  # it is switched off
    assert "motion share" not in hovered(timeline, STOP - 1)


def test_other_evidence_is_dashed_and_read_beside_the_first(timeline: Timeline) -> None:
    timeline.name_other("closed")
    other = evidence_set([RESTS, RESTS, RESTS], START, STOP - START)
    timeline.set_other(replace(curves(), evidence=other))
    assert timeline.plots.evidence.other.getData()[1][0] == 0
    assert "closed 0%" in hovered(timeline, START)
    timeline.set_other(None)
    assert timeline.plots.evidence.other.getData()[0] is None


def test_switches_wrap_where_the_window_is_narrow(timeline: Timeline, qtbot: QtBot) -> None:
    timeline.resize(420, 300)
    qtbot.waitUntil(lambda: len({switch.y() for switch in timeline.switches.values()}) > 1)
    assert timeline.minimumSizeHint().width() < 420
