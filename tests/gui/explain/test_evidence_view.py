from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from engine.evidence import Evidence
from gui.explain.bits_bars import BitsBars
from gui.explain.evidence_view import EvidenceView
from gui.theme import theme
from tests.engine.store.analyses import evidence_of
from tests.gui.evidence_sets import evidence_set

MOVES = evidence_of(1.0, 0.5, 8.5, "movement")
NOTHING = replace(
    evidence_of(0.02, 0.01, 0.03, "cannot tell"),
    share=math.nan,
    interval=(math.nan, math.nan),
    reason="Nothing changes in this clip.",
)


@pytest.fixture
def view(qtbot: QtBot) -> EvidenceView:
    view = EvidenceView()
    qtbot.addWidget(view)
    view.resize(300, 400)
    view.show()
    return view


def show(view: EvidenceView, *evidence: Evidence | None) -> None:
    view.show_clip(evidence_set(evidence))


def test_view_leads_with_the_verdict_and_says_what_it_is_of(view: EvidenceView) -> None:
    show(view, MOVES, MOVES)
    said = view.verdict.text().replace("\u00a0", " ")
    assert said == "Movement: 85 % of the evidence (75 to 95 %)"
    assert view.reason.text() == "It is movement."
    about = view.about.text()
    assert "Verdict of 2 windows together. Prior: 4 stills of 2 videos." in about


def test_view_without_a_verdict_has_the_reason_and_no_number(view: EvidenceView) -> None:
    show(view, NOTHING)
    assert view.verdict.text() == "Cannot tell"
    assert view.reason.text() == "Nothing changes in this clip."
    assert view.bars.isVisible()
    view.show_frame(5)
    assert "Cannot tell. Nothing changes" in view.here.text()


def test_view_without_evidence_says_how_to_get_it(view: EvidenceView) -> None:
    assert "Explain the video" in view.reason.text()
    show(view, MOVES)
    view.show_frame(5)
    view.show_clip(None)
    assert "Set Evidence to quick or full" in view.reason.text()
    view.show_frame(5)
    for part in (view.verdict, view.bars, view.here, view.about):
        assert not part.isVisible()


def test_view_follows_the_playhead_by_windows(view: EvidenceView) -> None:
    show(view, MOVES, None)
    view.show_frame(3)
    said = view.here.text().replace("\u00a0", " ")
    assert said.startswith("At the playhead, frames 0 to 15: Movement: 85 % of the evidence")
    assert "8.50 + 0.50 + 1.00 bits" in said
    assert "for boxing" in said
    view.show_frame(20)
    assert view.here.text() == "At the playhead, frames 8 to 23: not measured."
    view.show_frame(47)
    assert not view.here.isVisible()


def test_bars_have_the_bits_of_the_answer_and_of_the_class(view: EvidenceView) -> None:
    show(view, MOVES)
    rows = view.bars.rows
    assert [row.name for row in rows] == ["Movement", "Several pictures", "One picture", "Together"]
    assert [row.bits for row in rows] == [8.5, 0.5, 1.0, 10.0]
    own = [row.of_class for row in rows]
    assert sum(own[:3]) == pytest.approx(own[3])
    assert "Movement: 8.50 bits" in view.bars.accessibleName()


def test_bars_are_as_long_as_their_shares(view: EvidenceView) -> None:
    show(view, MOVES)
    image = view.bars.grab().toImage()
    y, width = 18 + 19 + 5, image.width()
    motion = QColor(theme.colours().motion)
    assert image.pixelColor(round(0.83 * width), y) == motion
    assert image.pixelColor(round(0.87 * width), y) != motion


def test_bars_of_what_cannot_be_told_are_faint(view: EvidenceView) -> None:
    show(view, replace(MOVES, verdict="cannot tell"))
    image = view.bars.grab().toImage()
    shown = image.pixelColor(round(0.5 * image.width()), 18 + 19 + 5)
    assert shown != QColor(theme.colours().motion)
    assert shown.red() > shown.blue()


def test_bars_of_next_to_nothing_look_so(view: EvidenceView) -> None:
    show(view, NOTHING)
    image = view.bars.grab().toImage()
    motion = QColor(theme.colours().motion)
    assert image.pixelColor(round(0.2 * image.width()), 18 + 19 + 5) != motion


def test_bars_without_evidence_draw_nothing(qtbot: QtBot) -> None:
    bars = BitsBars()
    qtbot.addWidget(bars)
    assert bars.rows == ()
    bars.grab()
