from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.explain.evidence_choice import EvidenceChoice


@pytest.fixture
def choice(qtbot: QtBot) -> EvidenceChoice:
    choice = EvidenceChoice()
    qtbot.addWidget(choice)
    choice.show()
    return choice


def test_choice_is_full_with_the_usual_prior(choice: EvidenceChoice) -> None:
    assert (choice.chosen, choice.prior) == ("full", None)
    assert choice.usual.isChecked()
    assert choice.file.text() == "Prior"


def test_choice_is_told_by_keys(choice: EvidenceChoice, qtbot: QtBot) -> None:
    choice.effort.setFocus()
    with qtbot.waitSignal(choice.changed):
        qtbot.keyClick(choice.effort, Qt.Key.Key_Down)
    assert choice.chosen == "quick"
    qtbot.keyClick(choice.effort, Qt.Key.Key_Down)
    assert choice.chosen == "off"
    assert not choice.file.isEnabled()


def test_choice_takes_a_prior_from_a_file_and_gives_it_back(
    choice: EvidenceChoice, qtbot: QtBot
) -> None:
    path = Path("/models/mine.prior.json")
    choice.menu.actions()[1].trigger()
    [dialog] = choice.findChildren(QFileDialog)
    with qtbot.waitSignal(choice.changed):
        dialog.fileSelected.emit(str(path))
    dialog.reject()
    assert choice.prior == path
    assert choice.file.text() == "mine"
    assert str(path) in choice.file.toolTip()
    assert not choice.usual.isChecked()
    choice.usual.trigger()
    assert choice.prior is None
    assert choice.usual.isChecked()
