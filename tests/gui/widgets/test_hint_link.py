from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.widgets.hint_link import HintLink


def test_hint_link_shows_names_as_they_are_and_brings_its_page(qtbot: QtBot) -> None:
    hint = HintLink("More", "evidence")
    qtbot.addWidget(hint)
    hint.say("Class <jump> & more.")
    assert hint.text() == 'Class &lt;jump&gt; &amp; more. <a href="evidence">More</a>'
    hint.show()
    hint.setFocus()
    qtbot.keyClick(hint, Qt.Key.Key_Tab)
    with qtbot.waitSignal(hint.linkActivated, timeout=1000) as asked:
        qtbot.keyClick(hint, Qt.Key.Key_Return)
    assert asked.args == ["evidence"]
