from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.explain.class_search import FOLLOW, ClassSearch
from gui.state.class_matches import Label, by_probability, matches

LABELS = ("walking", "hand waving", "hand clapping", "playing harp", "clapping hands", "running")


# the offscreen platform says this of every list that opens below a box
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def search(qtbot: QtBot) -> Iterator[ClassSearch]:
    search = ClassSearch()
    qtbot.addWidget(search)
    search.set_labels(LABELS)
    search.show()
    search.setFocus()
    yield search
    search.popup.hide()
    search.hide()


def type_in(search: ClassSearch, text: str) -> None:
    line = search.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)


def press(search: ClassSearch, key: Qt.Key) -> None:
    popup = search.popup
    QTest.keyClick(popup if popup.isVisible() else search.lineEdit(), key)


def rows(search: ClassSearch) -> list[str]:
    return [search.rows.index(row).data() for row in range(search.rows.rowCount())]


def found(typed: str) -> list[str]:
    labels = tuple(Label(text) for text in LABELS)
    return [LABELS[index] for index in matches(typed, labels, None)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hand", ["hand waving", "hand clapping", "clapping hands"]),
        ("clap", ["clapping hands", "hand clapping"]),
        ("hc", ["hand clapping"]),
        ("HARP", ["playing harp"]),
        ("nni", ["running"]),
        ("zebra", []),
        ("", list(LABELS)),
        ("  ", list(LABELS)),
    ],
)
def test_matches_finds_beginnings_words_initials_and_parts(typed: str, expected: list[str]) -> None:
    assert found(typed) == expected


def test_matches_puts_the_label_called_so_first() -> None:
    labels = (Label("running uphill"), Label("running"))
    assert matches("Running", labels, None) == [1, 0]


def test_matches_puts_the_likelier_first_among_equals() -> None:
    labels = tuple(Label(text) for text in LABELS)
    order = by_probability(np.array([0.1, 0.1, 0.3, 0.0, 0.4, np.nan]))
    assert LABELS[matches("hand", labels, order)[0]] == "hand clapping"
    assert matches("", labels, order)[0] == 4


def test_typing_and_enter_take_the_best_match(search: ClassSearch) -> None:
    type_in(search, "clap")
    assert rows(search)[:2] == [FOLLOW, "clapping hands"]
    press(search, Qt.Key.Key_Return)
    assert search.chosen() == "clapping hands"


def test_down_and_enter_take_the_row(search: ClassSearch) -> None:
    type_in(search, "hand")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        press(search, key)
    press(search, Qt.Key.Key_Return)
    assert search.chosen() == "hand clapping"


def test_down_goes_to_the_first_match_also_of_initials(search: ClassSearch) -> None:
    type_in(search, "hc")
    press(search, Qt.Key.Key_Down)
    assert search.currentText() == "hand clapping"


def test_first_row_follows_the_model_whatever_is_typed(search: ClassSearch) -> None:
    search.setCurrentText("running")
    type_in(search, "wal")
    press(search, Qt.Key.Key_Down)
    press(search, Qt.Key.Key_Up)
    press(search, Qt.Key.Key_Return)
    assert search.chosen() is None
    assert search.currentText() == FOLLOW


def test_text_that_means_nothing_goes_back(search: ClassSearch) -> None:
    search.setCurrentText("running")
    type_in(search, "zebra")
    assert rows(search) == [FOLLOW]
    press(search, Qt.Key.Key_Return)
    assert search.chosen() == "running"


def test_empty_text_follows_the_model(search: ClassSearch) -> None:
    search.setCurrentText("running")
    line = search.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    assert search.chosen() is None
    press(search, Qt.Key.Key_Return)
    assert search.currentText() == FOLLOW


def test_arrow_shows_all_classes(search: ClassSearch) -> None:
    type_in(search, "hand")
    search.showPopup()
    assert rows(search) == [FOLLOW, *LABELS]
    assert search.popup.isVisible()


def test_scores_are_shown_with_ranks(search: ClassSearch) -> None:
    search.show_scores(np.array([0.1, 0.5, 0.2, 0.05, 0.05, 0.1]))
    assert search.rows.score_text(1) == "#1  50%"
    assert search.rows.score_text(2) == "#2  20%"
    search.showPopup()
    assert rows(search)[1] == "hand waving"


@pytest.mark.parametrize("scores", [None, np.zeros(3), np.full(6, np.nan)])
def test_scores_that_do_not_fit_show_nothing(
    search: ClassSearch, scores: np.ndarray | None
) -> None:
    search.show_scores(np.full(6, 1 / 6))
    search.show_scores(scores)
    assert [search.rows.score_text(index) for index in range(6)] == [""] * 6


def test_labels_keep_the_chosen_class_if_they_have_it(search: ClassSearch) -> None:
    search.setCurrentText("running")
    search.set_labels(("a", "running"))
    assert search.chosen() == "running"
    search.set_labels(("a", "b"))
    assert search.chosen() is None
    search.set_labels(())
    assert rows(search) == [FOLLOW]


def test_label_set_before_the_classes_are_known_stays(qtbot: QtBot) -> None:
    search = ClassSearch()
    qtbot.addWidget(search)
    search.setCurrentText("boxing")
    assert search.chosen() == "boxing"
    search.set_labels(("boxing",))
    assert search.chosen() == "boxing"


def test_thousand_classes_are_quick(qtbot: QtBot) -> None:
    search = ClassSearch()
    qtbot.addWidget(search)
    labels = tuple(f"doing number {k} with both hands" for k in range(1000))
    scores = np.random.default_rng(0).random(1000)
    began = time.perf_counter()
    search.set_labels(labels)
    filled = time.perf_counter()
    for _ in range(10):
        search.show_scores(scores)
        search.rows.search("hand 7")
    searched = (time.perf_counter() - filled) / 10
    assert filled - began < 0.2
    assert searched < 0.03


def test_values_are_listed_in_their_order_in_their_unit(search: ClassSearch) -> None:
    search.set_labels(("heart rate", "breaths"), "The first value")
    search.show_scores(np.array([62.5, 71.0]), "bpm")
    search.rows.search("")
    assert rows(search) == ["The first value", "heart rate", "breaths"]
    assert search.rows.score_text(0) == "62.5 bpm"
    assert search.chosen() is None
    search.set_labels(LABELS)
    assert rows(search)[0] == FOLLOW
    assert search.chosen() is None
