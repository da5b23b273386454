from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from engine.diagnostics.reliability import Badge
from gui.explain.badges import Badges
from gui.explain.results_panel import ResultsPanel, TopClasses
from gui.state.curves import CurveSet
from gui.theme import theme
from tests.engine.store.analyses import evidence_of
from tests.gui.evidence_sets import evidence_set

_LEFT = Qt.MouseButton.LeftButton
LABELS = ("walking", "jogging", "boxing", "waving", "clapping", "squat")
CHANCES = np.array([0.05, 0.1, 0.5, 0.2, 0.1, 0.05])
GOOD = Badge("conservation", "Sums to 99%", "ok", "All of the score is <explained>.")
BAD = Badge("unlike", "Unlike a walk", "error", "Do not conclude from it.")
CAUTION = Badge("border", "Border 30%", "caution", "Read on with care.")


def curves() -> CurveSet:
    """Of frames 5 to 7."""
    values = np.full(3, 2.0)
    return CurveSet(
        start=5,
        relevance=values,
        motion=values / 4,
        static=values * 0.75,
        changing_share=np.array([0.25, 0.5, np.nan]),
        score=np.full(3, 0.5),
        targets=np.full(3, 2),
        labels=LABELS,
        window_edges=[5],
        clip_changing_share=0.37,
        probabilities=np.stack([CHANCES, CHANCES[::-1], CHANCES]),
        top=(2, 3, 1),
        sampled=np.ones(3, bool),
        peaks=(),
        model="tiny",
    )


def shown(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(360, 700)
    widget.show()


@pytest.fixture
def results(qtbot: QtBot) -> ResultsPanel:
    results = ResultsPanel()
    shown(qtbot, results)
    return results


@pytest.fixture
def top(qtbot: QtBot) -> TopClasses:
    top = TopClasses()
    shown(qtbot, top)
    top.show_scores([("boxing", 0.5), ("waving", 0.2), ("jogging", 0.0)], "waving")
    return top


def test_results_say_what_to_do_before_there_are_any(results: ResultsPanel) -> None:
    assert results.clip.text() == "–"
    assert "Explain the video" in results.evidence.reason.text()
    for part in (results.limits, results.conservation, results.notices, results.failure):
        assert not part.isVisible()
    assert not results.top.isVisible()
    assert not results.badges.isVisible()


def test_results_of_a_clip_are_shown_in_words(results: ResultsPanel) -> None:
    results.show_clip(curves(), 0.9987, ("Half of it was padded.", "No flow."))
    assert results.clip.text() == "37%"
    assert "63% stays as it is" in results.meaning.text()
    assert "no evidence" in results.evidence.reason.text()
    assert results.conservation.text() == "Relevance sums to 99.87% of the score."
    assert results.notices.text() == "Half of it was padded.\nNo flow."
    for part in (results.limits, results.conservation, results.notices):
        assert part.isVisible()


@pytest.mark.parametrize("conservation", [None, math.nan, math.inf])
def test_results_that_are_not_known_are_not_shown(
    results: ResultsPanel, conservation: float | None
) -> None:
    results.show_clip(curves(), 0.9, ("a notice",))
    results.show_clip(curves(), conservation)
    assert not results.conservation.isVisible()
    assert not results.notices.isVisible()


def test_results_before_the_first_frame_have_no_figure(results: ResultsPanel) -> None:
    results.show_clip(replace(curves(), clip_changing_share=math.nan), None)
    assert results.clip.text() == "–"
    assert not results.limits.isVisible()


def test_results_of_a_frame_follow_the_playhead(results: ResultsPanel) -> None:
    results.show_frame(curves(), 5)
    assert results.frame.text() == "This frame: 25%"
    assert results.top.height() == 5 * 24
    names = [label for label, _ in results.top.rows]
    assert names == ["boxing", "waving", "jogging", "clapping", "walking"]  # equals in order
    results.show_frame(curves(), 6)
    assert results.frame.text() == "This frame: 50%"
    assert results.top.rows[0] == ("waving", 0.5)
    results.show_frame(curves(), 7)
    assert results.frame.text() == ""


@pytest.mark.parametrize("frame", [4, 8, -1])
def test_results_outside_what_is_explained_say_so(results: ResultsPanel, frame: int) -> None:
    results.show_frame(curves(), 5)
    results.show_frame(curves(), frame)
    assert results.frame.text() == ""
    assert results.top.rows == []
    image = results.top.grab().toImage()
    faint = QColor(theme.colours().faint)
    said = [image.pixelColor(x, y) == faint for x in range(200) for y in range(20)]
    assert any(said)  # in place of the classes


def test_results_lead_with_the_evidence(results: ResultsPanel, qtbot: QtBot) -> None:
    moves = evidence_of(1.0, 0.5, 8.5, "movement")
    found = replace(curves(), evidence=evidence_set([moves], 5, 3))
    results.show_clip(found, None)
    results.show_frame(found, 6)
    assert results.evidence.verdict.text().startswith("Movement: 85")
    assert "Verdict of 1 window." in results.evidence.about.text()
    assert results.evidence.here.isVisible()
    results.show_frame(found, 40)
    assert not results.evidence.here.isVisible()
    with qtbot.waitSignal(results.help_requested, timeout=1000) as asked:
        results.evidence.about.linkActivated.emit("evidence")
    assert asked.args == ["evidence"]
    results.clear()
    assert not results.evidence.verdict.isVisible()


def test_failure_stands_above_what_was_found_before(results: ResultsPanel) -> None:
    results.show_clip(curves(), None)
    results.show_subject('LRP of "boxing", frames 5-7')
    bright = results.numbers.grab().toImage()
    results.show_failure("The weights do not fit.")
    assert results.failure.text() == "Not explained. The weights do not fit."
    assert results.failure.isVisible()
    assert results.clip.text() == "37%"
    assert results.faded.isEnabled()
    assert results.numbers.grab().toImage() != bright
    results.show_failure("")
    assert not results.failure.isVisible()
    assert not results.faded.isEnabled()


def test_failure_without_earlier_results_greys_nothing(results: ResultsPanel) -> None:
    results.show_failure("The weights do not fit.")
    assert not results.faded.isEnabled()


def test_results_of_a_part_are_small(results: ResultsPanel) -> None:
    found = replace(curves(), evidence=evidence_set([evidence_of(1.0, 0.5, 8.5, "movement")], 5, 3))
    results.show_clip(found, None)
    results.setStyleSheet(theme.style_sheet(theme.DARK))
    results.show_subject("LRP, 1 of 5 windows", partial=True)
    small = results.evidence.verdict.fontInfo().pixelSize()
    results.show_subject("LRP")
    assert small < results.evidence.verdict.fontInfo().pixelSize()


def test_advice_of_a_badge_is_shown_in_full_and_taken_away(results: ResultsPanel) -> None:
    said = "trained on rendered figures; load a Kinetics model for real footage."
    results.show_badges((GOOD, replace(BAD, advice=said)))
    assert results.evidence.advice.isVisibleTo(results)
    assert results.evidence.advice.text() == said
    assert results.evidence.advice.wordWrap()
    results.show_badges((GOOD, BAD))
    assert not results.evidence.advice.isVisibleTo(results)


def test_clear_takes_everything_away(results: ResultsPanel) -> None:
    results.show_clip(curves(), 0.9, ("a notice",))
    results.show_frame(curves(), 5)
    results.show_badges((GOOD,))
    results.clear()
    assert (results.clip.text(), results.frame.text(), results.top.rows) == ("–", "", [])
    assert not results.badges.isVisible()
    assert not results.notices.isVisible()


def test_answer_and_verdict_lead_and_the_tests_are_a_click_away(
    results: ResultsPanel, qtbot: QtBot
) -> None:
    found = replace(curves(), evidence=evidence_set([evidence_of(1.0, 0.5, 8.5, "movement")], 5, 3))
    assert not results.evidence.tests.isVisible()
    results.show_clip(found, None)
    results.show_frame(found, 6)
    verdict = results.evidence.verdict
    below = verdict.mapTo(results, verdict.rect().bottomLeft()).y()
    assert results.top.geometry().bottom() < below < 250
    with qtbot.waitSignal(results.tests_requested):
        results.evidence.tests.click()


def test_link_asks_for_help(results: ResultsPanel, qtbot: QtBot) -> None:
    results.show_clip(curves(), None)
    results.limits.setFocus()
    qtbot.keyClick(results.limits, Qt.Key.Key_Tab)  # to the link in it
    with qtbot.waitSignal(results.help_requested, timeout=1000) as asked:
        qtbot.keyClick(results.limits, Qt.Key.Key_Return)
    assert asked.args == ["reading-heatmaps"]


@pytest.fixture
def link_colour(results: ResultsPanel, qapp: QApplication) -> Iterator[Callable[[str], None]]:
    """Sets the colour of links in all of the application, as a change of scheme does.

    Without the style sheet that an earlier window may have left: it holds colours until it is
    set anew, as a change of scheme does.
    """
    before, sheet = QApplication.palette(), qapp.styleSheet()
    qapp.setStyleSheet("")

    def set_colour(name: str) -> None:
        palette = QPalette(before)
        palette.setColor(QPalette.ColorRole.Link, QColor(name))
        QApplication.setPalette(palette)

    yield set_colour
    QApplication.setPalette(before)
    qapp.setStyleSheet(sheet)


def test_link_takes_over_the_colour_of_another_scheme(
    results: ResultsPanel, link_colour: Callable[[str], None], qtbot: QtBot
) -> None:
    def painted() -> set[str]:
        image = results.limits.grab().toImage()
        every = ((x, y) for x in range(image.width()) for y in range(image.height()))
        return {image.pixelColor(x, y).name() for x, y in every} & {"#ff0000", "#0000ff"}

    results.show_clip(curves(), None)
    for colour in ("#ff0000", "#0000ff"):
        link_colour(colour)
        qtbot.waitUntil(lambda colour=colour: painted() == {colour})


def test_click_on_a_class_chooses_it_and_below_none(top: TopClasses, qtbot: QtBot) -> None:
    chosen: list[str] = []
    top.chosen.connect(chosen.append)
    for y in (10, 40, 70, 90, 120):
        qtbot.mouseClick(top, _LEFT, pos=QPoint(60, y))
    assert chosen == ["boxing", "waving", "jogging"]


def test_keys_choose_a_class_and_stop_at_the_ends(top: TopClasses, qtbot: QtBot) -> None:
    chosen: list[str] = []
    top.chosen.connect(chosen.append)
    up, down = [Qt.Key.Key_Up] * 4, [Qt.Key.Key_Down] * 4
    for keys in (up, down[:1], down, [Qt.Key.Key_Up]):
        for key in keys:
            qtbot.keyClick(top, key)
        qtbot.keyClick(top, Qt.Key.Key_Return)
    assert chosen == ["boxing", "waving", "jogging", "waving"]


def test_keys_without_classes_choose_nothing(top: TopClasses, qtbot: QtBot) -> None:
    qtbot.keyClick(top, Qt.Key.Key_Down)
    top.show_scores([], "")
    with qtbot.assertNotEmitted(top.chosen):
        qtbot.keyClick(top, Qt.Key.Key_Down)
        qtbot.keyClick(top, Qt.Key.Key_Return)
        qtbot.keyClick(top, Qt.Key.Key_Up)


def test_bars_are_as_long_as_the_scores(top: TopClasses) -> None:
    image = top.grab().toImage()

    def colour(row: int, share: float) -> QColor:
        return image.pixelColor(round(share * top.width()), row * 24 + 5)

    empty = QColor(theme.colours().field)
    assert colour(0, 0.45) == QColor(theme.colours().border)
    assert colour(0, 0.55) == empty
    assert colour(1, 0.25) == empty
    assert colour(2, 0.01) == empty
    assert colour(1, 0.19) not in (empty, QColor(theme.colours().border))  # it is explained


def badges_of(qtbot: QtBot, *badges: Badge, width: int = 360) -> Badges:
    found = Badges()
    qtbot.addWidget(found)
    found.show_badges(badges)
    found.resize(width, found.heightForWidth(width))
    return found


def test_badges_stand_in_lines_that_fit(qtbot: QtBot) -> None:
    wide, narrow = (badges_of(qtbot, GOOD, BAD, CAUTION, width=width) for width in (900, 130))
    assert len({chip.y() for chip in wide.chips}) == 1
    assert len({chip.y() for chip in narrow.chips}) == 3
    inside = QRect(0, 0, 130, narrow.height())
    assert all(inside.contains(chip.geometry()) for chip in narrow.chips)


def test_badges_are_replaced_and_the_same_ones_kept(qtbot: QtBot) -> None:
    badges = badges_of(qtbot, GOOD, BAD)
    chips = list(badges.chips)
    badges.show_badges([GOOD, BAD])
    assert badges.chips == chips
    badges.show_badges([CAUTION])
    assert [chip.badge for chip in badges.chips] == [CAUTION]
    assert not any(chip.isVisible() for chip in chips)
    badges.show_badges([])
    assert not badges.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, None])
def test_chip_explains_itself_on_a_key_and_a_click(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, key: Qt.Key | None
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: said.append(text))
    badges = badges_of(qtbot, GOOD)
    chip = badges.chips[0]
    if key is None:
        qtbot.mouseClick(chip, _LEFT)
    else:
        qtbot.keyClick(chip, Qt.Key.Key_A)
        qtbot.keyClick(chip, key)
    assert len(said) == 1
    assert "Sums to 99%" in said[0]
    assert "&lt;explained&gt;" in said[0]
    assert chip.accessibleName() == "OK: Sums to 99%"


@pytest.mark.parametrize(
    ("badge", "colour"), [(GOOD, "score"), (CAUTION, "motion"), (BAD, "damage")]
)
def test_chip_has_a_dot_in_the_colour_of_its_level(qtbot: QtBot, badge: Badge, colour: str) -> None:
    badges = badges_of(qtbot, badge)
    dot = badges.chips[0].grab().toImage().pixelColor(13, 12)
    assert dot == QColor(getattr(theme.colours(), colour))


def test_results_of_values_have_no_class_and_no_percent(results: ResultsPanel) -> None:
    rates = replace(
        curves(),
        labels=("heart rate", "breaths"),
        probabilities=np.array([[62.5, 71.0]] * 3),
        targets=np.zeros(3, int),
        unit="per minute",
    )
    results.show_clip(rates, None)
    results.show_frame(rates, 5)
    assert results.classes.text() == "Values at this frame"
    assert results.top.rows == [("heart rate", 62.5), ("breaths", 71.0)]
    assert "gives values" in results.evidence.reason.text()
    results.grab()
    assert results.top.height() == 2 * 24  # a row a value
    results.show_clip(curves(), None)
    assert results.classes.text() == "Top classes at this frame"
